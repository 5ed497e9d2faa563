"""Asking about gates."""

import pytest

from mockllm.control import gates
from mockllm.control.gates import AskGates, OneGate, OpenGate

CASES = [
    (gates.LIST, AskGates()),
    (gates.LIST, AskGates(namespace="hello@a")),
    (gates.OPEN, OpenGate(namespace="@a", gate="tool result", once=True)),
    (gates.CLOSE, OneGate(namespace="@a", gate="g")),
]


@pytest.mark.parametrize(("operation", "asked"), CASES)
def test_a_request_arrives_as_it_was_meant(arrived, operation, asked):
    assert arrived(operation, asked) == asked


def test_every_operation_is_tried():
    assert {operation for operation, _ in CASES} == set(gates.OPERATIONS)
