"""The timeline as the clock of a server.

Here: how plans wait on it, each on the loop that it is played on. Not here: the timeline (`timeline.py`), and the clock
of a test (`VirtualClock` there).
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from mockllm.net.clock import Alarm, sleep_by_alarm
from mockllm.net.virtual.timeline import US_PER_S

if TYPE_CHECKING:
    from mockllm.net.virtual.session import VirtualTime


class LoopClock:
    """The timeline as the clock of a server: by it plans wait on their loop."""

    def __init__(self, time: "VirtualTime", loop: asyncio.AbstractEventLoop) -> None:
        self._time = time
        self._loop = loop

    def now_us(self) -> int:
        """The time, in microseconds."""
        return self._time.timeline.now_us

    def wall_s(self) -> int:
        """The time of day, in whole seconds since 1970."""
        return self._time.wall_s + self.now_us() // US_PER_S

    async def sleep_until(self, due_us: int) -> None:
        """Return when the time has come."""
        await sleep_by_alarm(self, due_us)

    def wake_at(self, due_us: int, wake: Callable[[], None]) -> Alarm:
        """Call this when the time has come."""
        return _Alarm(self, self._loop, due_us, wake)


class _Alarm:
    """One that waits on the timeline, with a timer of its own."""

    def __init__(
        self, clock: LoopClock, loop: asyncio.AbstractEventLoop, due_us: int, wake: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._loop = loop
        self._due_us = due_us
        self._wake = wake
        self._timer = self._set()

    def cancel(self) -> None:
        self._timer.cancel()

    def _set(self) -> asyncio.TimerHandle:
        return self._loop.call_later((self._due_us - self._clock.now_us()) / US_PER_S, self._ring)

    def _ring(self) -> None:
        if self._clock.now_us() < self._due_us:
            self._timer = self._set()
        else:
            self._wake()
