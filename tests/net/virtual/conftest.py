"""Runs of one client in virtual time, and what is the same in all of them.

`MOCKLLM_VIRTUAL_RUNS=200` makes that many of each; `-rP` shows what one run costs in real time.
"""

import asyncio
import inspect
import os
from functools import cache
from statistics import median
from time import perf_counter

import pytest

from mockllm import MockLLM, virtual_time
from mockllm.scenario.library import Library

RUNS = int(os.environ.get("MOCKLLM_VIRTUAL_RUNS", "5"))
MESSAGES = [{"role": "user", "content": "Hi"}]


@cache
def gallery():
    """Searched once, as the plugin does for a whole session."""
    return Library.gallery()


def run_once(scenario, client):
    """What one run of a client comes to: what it returns, the time at its end, and what the server saw."""
    with virtual_time() as clock, MockLLM(scenario, library=gallery()) as mock:
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
        found, costs_ms = [], []
        for _ in range(RUNS):
            before_s = perf_counter()
            found.append(run_once(scenario, client))
            costs_ms.append((perf_counter() - before_s) * 1_000)
        distinct = [other for place, other in enumerate(found) if other not in found[:place]]
        print(f"{RUNS} runs, {len(distinct)} distinct, median {median(costs_ms):.1f} ms, least {min(costs_ms):.1f} ms")
        assert distinct == [found[0]]
        return found[0]

    return run
