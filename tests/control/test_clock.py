"""Asking about the clock."""

import pytest

from mockllm.control import clock
from mockllm.control.base import Nothing
from mockllm.control.clock import Advance, PutClock, RunIdle

CASES = [
    (clock.GET, Nothing()),
    (clock.PUT, PutClock(scale=0.5)),
    (clock.PUT, PutClock(paused=True)),
    (clock.ADVANCE, Advance(by_s=1.25)),
    (clock.RUN_IDLE, RunIdle(most_s=60, timeout_s=1)),
]


@pytest.mark.parametrize(("operation", "asked"), CASES)
def test_a_request_arrives_as_it_was_meant(arrived, operation, asked):
    assert arrived(operation, asked) == asked


def test_every_operation_is_tried():
    assert {operation for operation, _ in CASES} == set(clock.OPERATIONS)


def test_a_clock_is_not_run_past_the_hour_for_which_a_gate_waits_unless_somebody_says_so():
    assert RunIdle().most_s < 3600
