"""Asking about the scenarios of a server."""

import pytest

from mockllm.control import scenarios
from mockllm.control.base import Nothing
from mockllm.control.scenarios import CheckScenario, NamedScenario, PutScenario

CASES = [
    (scenarios.LIST, Nothing()),
    (scenarios.GET, NamedScenario(name="with space/and slash?")),
    (scenarios.PUT, PutScenario(name="x", scenario="rules: [{replies: [é]}]")),
    (scenarios.PUT, PutScenario(name="x", default=True, scenario={"rules": [{"replies": ["hi"]}]})),
    (scenarios.CHECK, CheckScenario(scenario="")),
    (scenarios.DELETE, NamedScenario(name="x")),
    (scenarios.SOURCE, NamedScenario(name="x@y")),
]


@pytest.mark.parametrize(("operation", "asked"), CASES[:4] + CASES[5:])
def test_a_request_arrives_as_it_was_meant(arrived, operation, asked):
    assert arrived(operation, asked) == asked


def test_every_operation_is_tried():
    assert {operation for operation, _ in CASES} == set(scenarios.OPERATIONS)
