"""Time: the one port through which a plan waits.

Here: the protocols, the clock of an event loop, and one over it that can be scaled, paused and moved on. Not here: what
is waited for (`player.py`, `paced.py`). All times are whole microseconds on a scale that only goes up and whose zero
means nothing.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count
from math import ceil
from typing import Protocol

LEAST_SCALE = 0.001
"""The slowest that a clock can be made, in seconds for each real second."""

MOST_SCALE = 1_000.0
"""The fastest that a clock can be made; beyond it a timer's own rounding is all there is."""

_US_PER_S = 1_000_000
_US_PER_MS = 1_000
_NS_PER_US = 1_000
_MS_PER_S = 1_000

_MOST_WAKES = 256
"""How many are woken before the loop does something else."""

_MOST_CANCELLED = 64
"""How many alarms that were cancelled are kept at least, until it is their time."""


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


class Alarm(Protocol):
    """Something that waits to be woken."""

    def cancel(self) -> None:
        """Do not wake it any more; nothing happens if it is awake."""
        ...


class AlarmClock(Clock, Protocol):
    """A clock that also wakes what is no coroutine, which takes less time than to go on with one."""

    def wake_at(self, due_us: int, wake: Callable[[], None]) -> Alarm:
        """Call this, in a turn of the loop to come, when `now_us()` has reached `due_us`, never earlier."""
        ...


async def sleep_by_alarm(clock: AlarmClock, due_us: int) -> None:
    """What `sleep_until` does, for a clock that can wake; in the loop by which that does it."""
    while clock.now_us() < due_us:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        alarm = clock.wake_at(due_us, partial(_settle, woken))
        try:
            await woken
        finally:
            alarm.cancel()


class RealClock:
    """The time of an event loop, by its own timers.

    A stock asyncio loop is asked for the exact deadline. Other loops (uvloop) count timers in whole milliseconds and
    stand still within one turn of the loop, so there the time is read from the system, and a timer is set for the
    millisecond of the deadline: if that comes too early, for the next one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._exact = isinstance(loop, asyncio.BaseEventLoop)

    def now_us(self) -> int:
        """The time, in microseconds."""
        return round(self._loop.time() * _US_PER_S) if self._exact else time.monotonic_ns() // _NS_PER_US

    def wall_s(self) -> int:
        """The time of day of this machine, in whole seconds since 1970."""
        return int(time.time())

    async def sleep_until(self, due_us: int) -> None:
        """Return when the time has come. A timer may fire early by its own rounding; then it is set again."""
        while (now_us := self.now_us()) < due_us:
            woken = self._loop.create_future()
            timer = self.timer(now_us, due_us, partial(_settle, woken))
            try:
                await woken
            finally:
                timer.cancel()

    def timer(self, now_us: int, due_us: int, wake: Callable[[], None]) -> asyncio.TimerHandle:
        """Call it when the time has come, or earlier by the timer's own rounding."""
        if self._exact:
            return self._loop.call_at(due_us / _US_PER_S, wake)
        ticks = max(due_us // _US_PER_MS - now_us // _US_PER_MS, int(due_us > now_us))
        return self._loop.call_later(ticks / _MS_PER_S, wake)


class SteeredClock:
    """A clock over a real one whose speed can be changed, and which can be paused and moved on, while plans wait on it.

    Only what waits on this clock is steered: the server's own waits. A client's timeouts and its pauses between tries
    pass in real time, so at scale 10 a stall of 60 s lasts 6 s and a client that gives up after 30 s never does.

    There is one real timer, for the first that is due. All that are due then are woken, in the order in which they
    are due, and of those that are due together the one that came first.
    """

    def __init__(self, real: RealClock) -> None:
        self._real = real
        self._scale = 1.0
        self._paused = False
        self._since_us = self._at_us = real.now_us()
        self._numbers = count()
        self._alarms: list[tuple[int, int, _Alarm]] = []  # a heap
        self._cancelled = 0
        self._timer: asyncio.TimerHandle | None = None
        self._rings = False

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
        return len(self._alarms) - self._cancelled

    @property
    def next_due_us(self) -> int | None:
        """When the first of those that wait is due; None if nobody waits."""
        while self._alarms and self._alarms[0][2].wake is None:
            heappop(self._alarms)
            self._cancelled -= 1
        return self._alarms[0][0] if self._alarms else None

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
        self._ring()

    def move_to(self, at_us: int) -> None:
        """Let it be this late at once; an earlier time changes nothing. Those that are due then wake."""
        if at_us <= self.now_us():
            return
        self._at_us, self._since_us = at_us, self._real.now_us()
        self._ring()

    async def sleep_until(self, due_us: int) -> None:
        """Return when the time has come, however it came."""
        await sleep_by_alarm(self, due_us)

    def wake_at(self, due_us: int, wake: Callable[[], None]) -> Alarm:
        """Call this when the time has come, however it came."""
        alarm = _Alarm(self, wake)
        entry = (due_us, next(self._numbers), alarm)
        heappush(self._alarms, entry)
        if self._alarms[0] is entry and not self._rings:
            self._set()
        return alarm

    def forget(self) -> None:
        """One more alarm is not to ring."""
        self._cancelled += 1
        if self._cancelled > max(_MOST_CANCELLED, len(self._alarms) // 2):
            self._alarms = [entry for entry in self._alarms if entry[2].wake is not None]
            heapify(self._alarms)
            self._cancelled = 0

    def _ring(self) -> None:
        """Wake those that are due, and set the timer for the next."""
        now_us = self.now_us()
        self._rings = True
        try:
            for _ in range(_MOST_WAKES):
                if not self._alarms or self._alarms[0][0] > now_us:
                    break
                alarm = heappop(self._alarms)[2]
                if (wake := alarm.wake) is None:
                    self._cancelled -= 1
                else:
                    alarm.wake = None
                    wake()
        finally:
            self._rings = False
            self._set()

    def _set(self) -> None:
        """Set the timer for the first that is due; a paused clock has one only for what is due already."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_us = self.next_due_us
        if due_us is None or (self._paused and due_us > self._at_us):
            return
        left_us = due_us - self._at_us
        real_us = self._since_us + (left_us if self._scale == 1 else ceil(left_us / self._scale))
        self._timer = self._real.timer(self._real.now_us(), real_us, self._ring)


class _Alarm:
    """One that waits on a steered clock; it has nothing to call any more when it is awake, or cancelled."""

    __slots__ = ("_clock", "wake")

    def __init__(self, clock: SteeredClock, wake: Callable[[], None]) -> None:
        self._clock = clock
        self.wake: Callable[[], None] | None = wake

    def cancel(self) -> None:
        if self.wake is not None:
            self.wake = None
            self._clock.forget()


def _settle(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
