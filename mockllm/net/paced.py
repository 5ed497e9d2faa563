"""A score while it is played: what is due is written when the clock says so.

Most streams are scores, and most of them have pauses. Here: what `player.play` does, for a score, without a turn of a
coroutine for each event. Not here: other plans (`player.py`), scores without pauses, which go out whole (`whole.py`).
"""

import asyncio
from bisect import bisect_right
from operator import ne

from mockllm import http1
from mockllm.exchange import Deliveries, Ending, Outcome
from mockllm.net.clock import Alarm, AlarmClock
from mockllm.net.connection import Connection
from mockllm.plan import Microseconds
from mockllm.score import Score

MOST_EVENTS = 128
"""How many events are written together before other streams get their turn."""

MOST_BYTES = 65_536
"""How many bytes are handed over in one write, but for a single event that has more."""

_END = http1.end_bytes("chunked")


async def play_score(
    score: Score, connection: Connection, clock: AlarmClock, start_us: Microseconds, deliveries: Deliveries
) -> Outcome:
    """What `player.play` does, for a score. Raises ValueError as that does, before anything is sent."""
    stream = _Stream(score, connection, clock, start_us, deliveries)
    try:
        await stream.go_on()
        while not stream.is_over:
            if connection.full:
                await connection.drain()
            if connection.left:
                return Outcome(Ending.LEFT, len(deliveries))
            await stream.go_on()
    finally:
        stream.stop()
    return Outcome(Ending.COMPLETE, len(deliveries) - 1)


class _Stream:
    """A score, and how far it is. It writes by itself until it is over or the connection stands in its way."""

    __slots__ = (
        "_alarm",
        "_at_us",
        "_clock",
        "_connection",
        "_deliveries",
        "_dues",
        "_events",
        "_halted",
        "_head",
        "_loop",
        "_next",
        "_next_us",
        "_start_us",
        "is_over",
    )

    def __init__(
        self, score: Score, connection: Connection, clock: AlarmClock, start_us: Microseconds, deliveries: Deliveries
    ) -> None:
        self._events = score.events
        self._dues = score.dues
        self._connection = connection
        self._clock = clock
        self._start_us = start_us
        self._deliveries = deliveries
        self._loop = asyncio.get_running_loop()
        self._halted: asyncio.Future[None] | None = None
        self._alarm: Alarm | asyncio.Handle | None = None
        self._head = http1.head_bytes(score.head)
        self._next = 0  # the first event that is not written
        self._next_us = score.head_us  # when that is due, or the head
        self._at_us = 0  # up to when waits are recorded
        self.is_over = False

    async def go_on(self) -> None:
        """Write whatever is due, whenever it is; return when the stream is over, or the connection is full or left."""
        self._halted = self._loop.create_future()
        self._write()
        await self._halted

    def stop(self) -> None:
        """Write no more."""
        if self._alarm is not None:
            self._alarm.cancel()

    def _ring(self) -> None:
        try:
            self._write()
        except Exception as error:  # noqa: BLE001 - it belongs to the one who waits
            assert self._halted is not None
            self._halted.set_exception(error)

    def _write(self) -> None:
        now_us = self._clock.now_us() - self._start_us
        if now_us < self._next_us:
            self._alarm = self._clock.wake_at(self._start_us + self._next_us, self._ring)
            return
        connection = self._connection
        if connection.full or connection.left:
            if self._at_us != self._next_us:
                self._deliveries.add(1, now_us)
                self._at_us = self._next_us
            self._halt()
            return
        first = self._next
        last = self._reach(first, now_us)
        self.is_over = self._events.reach(last + 1) == last
        data = self._events.chunked(first, last) if last > first else b""
        if self._head or self.is_over:
            data = b"".join((self._head, data, _END if self.is_over else b""))
        connection.write(data)
        self._deliveries.add(self._steps(first, last), now_us)
        self._head = b""
        self._next = last
        if self.is_over:
            self._halt()
        elif not self._dues or self._dues[last] <= now_us:
            self._alarm = self._loop.call_soon(self._ring)
        else:
            self._next_us = self._dues[last]
            self._alarm = self._clock.wake_at(self._start_us + self._next_us, self._ring)

    def _reach(self, first: int, now_us: Microseconds) -> int:
        """Up to which event, not included, all are due and written together."""
        if self._dues and self._dues[min(first + 1, len(self._dues) - 1)] > now_us and not self._head:
            return first + 1  # nearly always, and nothing is to be looked for
        last = self._events.reach(first + MOST_EVENTS)
        if self._dues:
            last = bisect_right(self._dues, now_us, first, last)
        offsets = self._events.mould.offsets
        if last - first > 1 and offsets[last] - offsets[first] > MOST_BYTES:
            last = max(bisect_right(offsets, offsets[first] + MOST_BYTES, first, last) - 1, first + 1)
        return last

    def _steps(self, first: int, last: int) -> int:
        """How many steps of the plan it is to write these, with the waits before them that are not recorded yet."""
        steps = last - first + bool(self._head) + self.is_over + (self._at_us != self._next_us)
        self._at_us = self._next_us
        if self._dues and (last > first + 1 or (self._head and last)):
            dues = self._dues[first:last]
            steps += sum(map(ne, dues, (self._at_us, *dues)))
            self._at_us = dues[-1]
        return steps

    def _halt(self) -> None:
        assert self._halted is not None
        self._halted.set_result(None)
