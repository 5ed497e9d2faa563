"""Asking about faults that are added."""

import pytest

from mockllm.control import faults
from mockllm.control.faults import AddFault
from mockllm.control.namespaces import OneNamespace

CASES = [
    (faults.LIST, OneNamespace(namespace="@a")),
    (faults.ADD, AddFault(namespace="@a", entry={"chance": "5%", "error": {"status": 500}}, for_s=1.5, calls=3)),
    (faults.CLEAR, OneNamespace(namespace="@a")),
]


@pytest.mark.parametrize(("operation", "asked"), CASES)
def test_a_request_arrives_as_it_was_meant(arrived, operation, asked):
    assert arrived(operation, asked) == asked


def test_every_operation_is_tried():
    assert {operation for operation, _ in CASES} == set(faults.OPERATIONS)
