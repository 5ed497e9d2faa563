"""Asking about limits."""

import pytest

from mockllm.control.limits import OPERATIONS
from mockllm.control.namespaces import OneNamespace


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda it: it.name)
def test_a_request_arrives_as_it_was_meant(arrived, operation):
    asked = OneNamespace(namespace="hello@a")
    assert arrived(operation, asked) == asked
