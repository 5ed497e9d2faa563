"""The clock by which the server's plans wait.

Here: the operations of `mockllm/control/clock.py`, and moving a clock on from one deadline to the next, so that each
exchange does what is due at its own time. Not here: the clock itself (`net/clock.py`).
"""

from mockllm.control.base import MOST_WAIT_S, ControlError, Nothing
from mockllm.control.clock import Advance, ClockState, PutClock, RunIdle
from mockllm.net.clock import SteeredClock
from mockllm.net.control.desk import Desk

_US_PER_S = 1_000_000


def show(desk: Desk, _asked: Nothing) -> ClockState:
    """The clock as it is."""
    return _state(desk, _clock(desk))


def put(desk: Desk, asked: PutClock) -> ClockState:
    """Change its speed, or let it stand still or go on."""
    clock = _clock(desk)
    clock.steer(scale=asked.scale, paused=asked.paused)
    return _state(desk, clock)


async def advance(desk: Desk, asked: Advance) -> ClockState:
    """Move it on by so much."""
    clock = _clock(desk)
    before_us = clock.now_us()
    target_us = before_us + round(asked.by_s * _US_PER_S)
    async with desk.waiting(MOST_WAIT_S):
        await desk.settle()
        while (due_us := clock.next_due_us) is not None and due_us <= target_us:
            clock.move_to(due_us)
            await desk.settle()
        clock.move_to(target_us)
        await desk.settle()
    return _state(desk, clock, moved_us=clock.now_us() - before_us)


async def run_until_idle(desk: Desk, asked: RunIdle) -> ClockState:
    """Move it on from deadline to deadline until no exchange is open, or nothing more is due within the limits."""
    clock = _clock(desk)
    before_us = clock.now_us()
    last_us = before_us + round(asked.most_s * _US_PER_S)
    async with desk.waiting(asked.timeout_s):
        await desk.settle()
        while desk.server.open_exchanges and (due_us := clock.next_due_us) is not None and due_us <= last_us:
            clock.move_to(due_us)
            await desk.settle()
    return _state(desk, clock, moved_us=clock.now_us() - before_us)


def _clock(desk: Desk) -> SteeredClock:
    clock = desk.server.clock
    if not isinstance(clock, SteeredClock):
        detail = f"this server was given a {type(clock).__name__}, which cannot be steered: start it without a clock"
        raise ControlError(409, "fixed_clock", detail)
    return clock


def _state(desk: Desk, clock: SteeredClock, *, moved_us: int = 0) -> ClockState:
    now_us, due_us = clock.now_us(), clock.next_due_us
    return ClockState(
        scale=clock.scale,
        paused=clock.paused,
        now_us=now_us,
        waiting=clock.sleepers,
        next_in_us=None if due_us is None else max(due_us - now_us, 0),
        open=desk.server.open_exchanges,
        moved_us=moved_us,
    )
