"""The clock of a server that runs: its waits pass when somebody says so."""

import pytest

from mockllm.client.base import Place
from mockllm.client.blocking import ControlClient
from mockllm.control import clock
from mockllm.control.base import ControlError, Nothing
from mockllm.control.clock import Advance, PutClock, RunIdle
from mockllm.net.mock import MockLLM
from mockllm.scenario.load import load_text
from tests.net.control.conftest import SLOW

DAY_S = 86_400


@pytest.fixture
def slow(served):
    served.load(load_text(SLOW))
    return served


def test_a_clock_tells_its_state_and_can_be_scaled(call):
    state = call(clock.GET, Nothing())
    assert (state.scale, state.paused, state.waiting, state.next_in_us, state.open) == (1.0, False, 0, None, 0)
    assert call(clock.PUT, PutClock(scale=2)).scale == 2
    assert call(clock.PUT, PutClock(paused=True)).paused
    assert call(clock.PUT, PutClock()).scale == 2


def test_a_paused_clock_lets_nothing_pass_until_it_is_moved_on(slow, call, asker):
    call(clock.PUT, PutClock(paused=True))
    before_us = call(clock.GET, Nothing()).now_us
    answered = asker(slow.base_url, stream=True).later()
    slow.wait_for("arrived")
    state = call(clock.ADVANCE, Advance(by_s=0))
    assert (state.now_us, state.open, state.waiting, state.next_in_us) == (before_us, 1, 1, 10_000_000)
    state = call(clock.ADVANCE, Advance(by_s=12))
    assert (state.now_us, state.moved_us, state.next_in_us) == (before_us + 12_000_000, 12_000_000, 3_000_000)
    state = call(clock.ADVANCE, Advance(by_s=3))
    assert (state.open, state.waiting) == (0, 0)
    assert "[DONE]" in answered()[1]
    done = [delivery.done_us for delivery in slow.journal.last.deliveries]
    assert {0, 10_000_000, 15_000_000} == set(done)


def test_it_runs_until_nothing_is_open(slow, call, asker):
    call(clock.PUT, PutClock(paused=True))
    answered = [asker(slow.base_url, text, stream=True).later() for text in "ab"]
    slow.wait_for("arrived", count=2)
    state = call(clock.RUN_IDLE, RunIdle(most_s=12))
    assert (state.moved_us, state.open) == (10_000_000, 2)
    state = call(clock.RUN_IDLE, RunIdle())
    assert (state.moved_us, state.open) == (5_000_000, 0)
    assert all("[DONE]" in answer()[1] for answer in answered)


def test_running_until_idle_gives_up_when_its_time_is_up(slow, call, asker):
    call(clock.PUT, PutClock(paused=True))
    answered = asker(slow.base_url, stream=True).later()
    slow.wait_for("arrived")
    assert call(clock.RUN_IDLE, RunIdle(timeout_s=0)).open == 1
    call(clock.RUN_IDLE, RunIdle())
    answered()


def test_a_scaled_clock_is_faster_for_the_server_alone(slow, call, asker):
    call(clock.PUT, PutClock(scale=1000))
    assert "[DONE]" in asker(slow.base_url, stream=True).answer()[1]  # 15 s of the clock in 15 ms
    assert slow.journal.last.deliveries[-1].due_us == 15_000_000


class Fixed:
    def now_us(self):
        return 0

    def wall_s(self):
        return 0

    async def sleep_until(self, due_us):
        del due_us


@pytest.mark.parametrize("operation", [clock.GET, clock.PUT, clock.ADVANCE, clock.RUN_IDLE])
def test_a_clock_that_was_given_cannot_be_steered(operation):
    asked = {clock.GET: Nothing(), clock.PUT: PutClock(), clock.ADVANCE: Advance(by_s=1), clock.RUN_IDLE: RunIdle()}
    with (
        MockLLM(clock=Fixed()) as mock,
        pytest.raises(ControlError, match="a Fixed, which cannot be steered") as refused,
    ):
        ControlClient(Place.of(mock.url)).call(operation, asked[operation])
    assert (refused.value.status, refused.value.code) == (409, "fixed_clock")
