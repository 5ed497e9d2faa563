"""Asking whether a server is there."""

import pytest

from mockllm.control.base import Nothing
from mockllm.control.status import OPERATIONS


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda it: it.name)
def test_a_request_arrives_as_it_was_meant(arrived, operation):
    assert arrived(operation, Nothing()) == Nothing()


def test_only_health_and_readiness_need_no_token():
    assert {operation.name for operation in OPERATIONS if operation.public} == {"health", "ready"}
