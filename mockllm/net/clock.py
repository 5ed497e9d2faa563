"""Time: the one port through which a plan waits.

Here: the `Clock` protocol, the clock of an event loop, and one over it that can be scaled, paused and moved on. Not
here: what is waited for (`player.py`). All times are whole microseconds on a scale that only goes up and whose zero
means nothing.
"""

import asyncio
import time
from math import ceil
from typing import Protocol

LEAST_SCALE = 0.001
"""The slowest that a clock can be made, in seconds for each real second."""

MOST_SCALE = 1_000.0
"""The fastest that a clock can be made; beyond it a timer's own rounding is all there is."""

_US_PER_S = 1_000_000
_US_PER_MS = 1_000
_MS_PER_S = 1_000


class Clock(Protocol):
    """What tells the time and lets it pass."""

    def now_us(self) -> int:
        """The time, in microseconds; never goes back."""
        ...

    def wall_s(self) -> int:
        """The time of day, in whole seconds since 1970."""
        ...

    async def sleep_until(self, due_us: int) -> None:
        """Return when `now_us()` has reached `due_us`, never earlier; at once if it has already."""
        ...


class RealClock:
    """The time of an event loop, by its own timers.

    A stock asyncio loop is asked for the exact deadline. Other loops (uvloop) count timers in whole milliseconds and
    stand still within one turn of the loop, so there the time is read from the system, and a timer is set for the
    millisecond of the deadline: if that comes too early, for the next one. All deadlines of one millisecond share a
    wake-up.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._exact = isinstance(loop, asyncio.BaseEventLoop)

    def now_us(self) -> int:
        """The time, in microseconds."""
        return round((self._loop.time() if self._exact else time.monotonic()) * _US_PER_S)

    def wall_s(self) -> int:
        """The time of day of this machine, in whole seconds since 1970."""
        return int(time.time())

    async def sleep_until(self, due_us: int) -> None:
        """Return when the time has come. A timer may fire early by its own rounding; then it is set again."""
        while (now_us := self.now_us()) < due_us:
            woken = self._loop.create_future()
            timer = self.timer(now_us, due_us, woken)
            try:
                await woken
            finally:
                timer.cancel()

    def future(self) -> asyncio.Future[None]:
        """Something to wait for on this clock's loop."""
        return self._loop.create_future()

    def timer(self, now_us: int, due_us: int, woken: asyncio.Future[None]) -> asyncio.TimerHandle:
        """Wake it when the time has come, or earlier by the timer's own rounding."""
        if self._exact:
            return self._loop.call_at(due_us / _US_PER_S, _wake, woken)
        ticks = max(due_us // _US_PER_MS - now_us // _US_PER_MS, 1)
        return self._loop.call_later(ticks / _MS_PER_S, _wake, woken)


class SteeredClock:
    """A clock over a real one whose speed can be changed, and which can be paused and moved on, while plans wait on it.

    Only what waits on this clock is steered: the server's own waits. A client's timeouts and its pauses between tries
    pass in real time, so at scale 10 a stall of 60 s lasts 6 s and a client that gives up after 30 s never does.
    """

    def __init__(self, real: RealClock) -> None:
        self._real = real
        self._scale = 1.0
        self._paused = False
        self._since_us = self._at_us = real.now_us()
        self._sleepers: dict[asyncio.Future[None], int] = {}

    @property
    def scale(self) -> float:
        """How many seconds pass here in one real second while the clock is not paused."""
        return self._scale

    @property
    def paused(self) -> bool:
        """Whether the clock stands still but for `move_to`."""
        return self._paused

    @property
    def sleepers(self) -> int:
        """How many wait."""
        return len(self._sleepers)

    @property
    def next_due_us(self) -> int | None:
        """When the first of those that wait is due; None if nobody waits."""
        return min(self._sleepers.values(), default=None)

    def now_us(self) -> int:
        """The time, in microseconds."""
        if self._paused:
            return self._at_us
        passed_us = self._real.now_us() - self._since_us
        return self._at_us + (passed_us if self._scale == 1 else int(passed_us * self._scale))

    def wall_s(self) -> int:
        """The time of day, in whole seconds since 1970: off by what this clock is."""
        if self._scale == 1 and not self._paused:
            return self._real.wall_s() + (self._at_us - self._since_us) // _US_PER_S
        return self._real.wall_s() + (self.now_us() - self._real.now_us()) // _US_PER_S

    def steer(self, *, scale: float | None = None, paused: bool | None = None) -> None:
        """Go on from the present time at this speed, or not at all; what is left out stays as it is.

        Raises ValueError for a scale outside `LEAST_SCALE` and `MOST_SCALE`.
        """
        if scale is not None and not LEAST_SCALE <= scale <= MOST_SCALE:
            raise ValueError(
                f"a clock cannot run at scale {scale:g}: give {LEAST_SCALE:g} to {MOST_SCALE:g}, or pause it"
            )
        self._at_us, self._since_us = self.now_us(), self._real.now_us()
        self._scale = self._scale if scale is None else scale
        self._paused = self._paused if paused is None else paused
        for sleeper in tuple(self._sleepers):
            _wake(sleeper)  # each of them sets its timer anew

    def move_to(self, at_us: int) -> None:
        """Let it be this late at once; an earlier time changes nothing. Those that are due then wake."""
        if at_us <= self.now_us():
            return
        self._at_us, self._since_us = at_us, self._real.now_us()
        for sleeper in tuple(self._sleepers):
            _wake(sleeper)

    async def sleep_until(self, due_us: int) -> None:
        """Return when the time has come, however it came."""
        while self.now_us() < due_us:
            woken = self._real.future()
            self._sleepers[woken] = due_us
            timer = self._timer(due_us, woken)
            try:
                await woken
            finally:
                del self._sleepers[woken]
                if timer is not None:
                    timer.cancel()

    def _timer(self, due_us: int, woken: asyncio.Future[None]) -> asyncio.TimerHandle | None:
        if self._paused:
            return None
        left_us = due_us - self._at_us
        real_us = self._since_us + (left_us if self._scale == 1 else ceil(left_us / self._scale))
        return self._real.timer(self._real.now_us(), real_us, woken)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
