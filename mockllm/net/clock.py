"""Time: the one port through which a plan waits.

Here: the `Clock` protocol and the clock of an event loop. Not here: what is waited for (`player.py`). All times are
whole microseconds on a scale that only goes up and whose zero means nothing.
"""

import asyncio
import time
from typing import Protocol

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
            timer = self._timer(now_us, due_us, woken)
            try:
                await woken
            finally:
                timer.cancel()

    def _timer(self, now_us: int, due_us: int, woken: asyncio.Future[None]) -> asyncio.TimerHandle:
        if self._exact:
            return self._loop.call_at(due_us / _US_PER_S, _wake, woken)
        ticks = max(due_us // _US_PER_MS - now_us // _US_PER_MS, 1)
        return self._loop.call_later(ticks / _MS_PER_S, _wake, woken)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
