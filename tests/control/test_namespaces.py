"""Asking about namespaces."""

import pytest

from mockllm.control import namespaces
from mockllm.control.base import Nothing
from mockllm.control.namespaces import AskProblems, Bind, OneNamespace, PutSeed
from mockllm.strict import Check

ONE = OneNamespace(namespace="hello@a/b c")
CASES = [
    (namespaces.LIST, Nothing()),
    (namespaces.GET, ONE),
    (namespaces.RESET_ALL, Nothing()),
    (namespaces.RESET, ONE),
    (namespaces.DROP, ONE),
    (namespaces.BIND, Bind(namespace="@r", called="x", scenario="rules: []")),
    (namespaces.BIND, Bind(namespace="@r", scenario={"rules": []})),
    (namespaces.BIND, Bind(namespace="@r", named="hello")),
    (namespaces.BIND, Bind(namespace="@r", default=True)),
    (namespaces.GET_SEED, ONE),
    (namespaces.PUT_SEED, PutSeed(namespace="@r", seed=-7)),
    (namespaces.PROBLEMS, AskProblems(namespace="@r")),
    (namespaces.PROBLEMS, AskProblems(namespace="@r", allow=(Check.IDLE, Check.UNFIRED), pointed=True)),
]


@pytest.mark.parametrize(("operation", "asked"), CASES)
def test_a_request_arrives_as_it_was_meant(arrived, operation, asked):
    assert arrived(operation, asked) == asked


def test_every_operation_is_tried():
    assert {operation for operation, _ in CASES} == set(namespaces.OPERATIONS)
