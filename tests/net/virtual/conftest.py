"""Runs of one client in virtual time, and what is the same in all of them."""

import asyncio
import inspect
import os

import pytest

from mockllm import MockLLM, virtual_time

RUNS = int(os.environ.get("MOCKLLM_VIRTUAL_RUNS", "5"))
MESSAGES = [{"role": "user", "content": "Hi"}]


def run_once(scenario, client):
    """What one run of a client comes to: what it returns, the time at its end, and what the server saw."""
    with virtual_time() as clock, MockLLM(scenario) as mock:
        found = client(mock, clock)
        if inspect.iscoroutine(found):
            found = asyncio.run(found)
        end = clock.now
        seen = [
            (exchange.call.at_us, exchange.outcome.ending.name, exchange.outcome.at_us) for exchange in mock.journal
        ]
    return found, end, seen


@pytest.fixture
def outcome():
    """The one outcome of many runs."""

    def run(scenario, client):
        found = [run_once(scenario, client) for _ in range(RUNS)]
        assert [other for other in found if other != found[0]] == []
        return found[0]

    return run
