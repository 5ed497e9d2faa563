"""What the laws of all frameworks share. They run in an environment of their own, without the project's other tests."""

import os

import pytest

RUNS = int(os.environ.get("MOCKLLM_VIRTUAL_RUNS", "5"))


def pytest_generate_tests(metafunc):
    """Each law holds in every run."""
    metafunc.fixturenames.append("_run")
    metafunc.parametrize("_run", range(RUNS), indirect=True)


@pytest.fixture
def _run(request):
    return request.param


@pytest.fixture
def asked_at(mockllm):
    """When the requests came, in seconds."""
    return lambda: [exchange.call.at_us / 1_000_000 for exchange in mockllm.journal]
