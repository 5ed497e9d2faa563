"""The one loop that waits and writes: a plan is played on a connection, step by step.

Here: when bytes are handed over and what is recorded of it. Not here: HTTP's bytes (`http1.py`), sockets
(`connection.py`), and who asks for the plan to be played (`server.py`).

Waits are relative in a plan and absolute here, so lateness does not add up. Bytes with no wait between them become one
write. A write waits for room *before* it is made, never after, so that nothing lies between the last write of a plan
and its end: a client that has read the whole answer finds the exchange finished.
"""

import asyncio
from typing import assert_never

from mockllm import http1
from mockllm.exchange import Delivery, Ending, Outcome
from mockllm.net.clock import Clock
from mockllm.net.connection import Connection
from mockllm.plan import BodyFraming, Close, End, Head, Microseconds, Plan, Raw, Reset, Send, Wait

STEPS_PER_TURN = 128
"""How many steps are played before other streams get their turn."""

PIECE_BYTES = 65_536
"""How many bytes are handed over in one write."""

_BYTES_PER_TURN = 16 * PIECE_BYTES


async def play(
    plan: Plan, connection: Connection, clock: Clock, start_us: Microseconds, deliveries: list[Delivery]
) -> Outcome:
    """Play the plan, counting from `start_us` on the clock; returns how it ended.

    Appends one delivery per finished step, in order. On cancellation CancelledError goes through, and what was
    delivered by then is in `deliveries`; `interrupted` tells the outcome. Raises ValueError for a head that cannot be
    sent (`http1.head_bytes`).
    """
    performance = _Performance(connection, clock, start_us, deliveries)
    try:
        for index, step in enumerate(plan):
            if index % STEPS_PER_TURN == STEPS_PER_TURN - 1 or performance.size >= PIECE_BYTES:
                await performance.breathe()
            match step:
                case Send():
                    await performance.send(index, step)
                case Wait():
                    await performance.wait(index, step.us)
                case Head():
                    performance.begin(index, step)
                case Raw():
                    performance.add_raw(index, step.data)
                case End():
                    performance.end(index, step)
                    if not performance.reusable:
                        break
                case Close() | Reset():
                    return await performance.cut(index, step)
                case _:
                    assert_never(step)
        await performance.finish()
    except _ClientLeftError:
        return Outcome(Ending.LEFT, len(deliveries))
    return Outcome(performance.ending, max(len(deliveries) - 1, 0))


def interrupted(connection: Connection, deliveries: list[Delivery]) -> Outcome:
    """How a play ended that was cancelled: by the client that left, or else by the server that stopped."""
    return Outcome(Ending.LEFT if connection.left else Ending.STOPPED, len(deliveries))


class _ClientLeftError(Exception):
    """The client was gone when a step wanted to act."""


class _Performance:
    """A plan while it is played: where it is in time, and the bytes that are due but not handed over yet."""

    __slots__ = (
        "_alone",
        "_body_bytes",
        "_clock",
        "_connection",
        "_deliveries",
        "_due_us",
        "_ended",
        "_framing",
        "_head",
        "_marks",
        "_parts",
        "_raw",
        "_start_us",
        "ending",
        "size",
    )

    def __init__(
        self, connection: Connection, clock: Clock, start_us: Microseconds, deliveries: list[Delivery]
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._start_us = start_us
        self._deliveries = deliveries
        self._due_us = 0
        self._parts: list[bytes] = []
        self._marks: list[tuple[int, int, int]] = []
        self._head: Head | None = None
        self._framing: BodyFraming = "close"
        self._body_bytes = 0
        self._raw = False
        self._ended = False
        self._alone = False
        self.size = 0
        self.ending = Ending.COMPLETE

    @property
    def reusable(self) -> bool:
        """The client can tell that the body is over, so the connection can stay open for the next request."""
        return (
            self._ended
            and not self._raw
            and self._head is not None
            and http1.tells_end(self._head, self._body_bytes)
        )

    def begin(self, index: int, head: Head) -> None:
        self._head = head
        self._framing = head.body
        self._add(index, http1.head_bytes(head), 0)

    async def send(self, index: int, step: Send) -> None:
        data = http1.chunk_bytes(step.data, self._framing)
        self._body_bytes += len(step.data)
        if step.alone:
            await self._push()
            self._alone = True
            self._add(index, data, len(step.data))
            await self._push()
            self._alone = True
        elif len(data) >= PIECE_BYTES:
            await self._push()
            await self._push_pieces(data)
            self._mark(index, len(step.data))
        else:
            self._add(index, data, len(step.data))

    def add_raw(self, index: int, data: bytes) -> None:
        self._raw = True
        self._add(index, data, len(data))

    def end(self, index: int, step: End) -> None:
        self._ended = True
        self.ending = Ending.CUT if step.cause else Ending.COMPLETE
        self._add(index, http1.end_bytes(self._framing), 0)

    async def wait(self, index: int, us: Microseconds) -> None:
        self._due_us += us
        if us > 0:
            await self._push()
            if self._connection.left:
                raise _ClientLeftError
            due_us = self._start_us + self._due_us
            if self._clock.now_us() < due_us:
                await self._clock.sleep_until(due_us)
        self._mark(index, 0)

    async def cut(self, index: int, step: Close | Reset) -> Outcome:
        await self._push()
        await self._connection.flush()
        if self._connection.left:
            raise _ClientLeftError
        if isinstance(step, Close):
            self._connection.close()
        else:
            self._connection.reset()
        self._mark(index, 0)
        self._record()
        return Outcome(Ending.CUT, index)

    async def finish(self) -> None:
        """The plan is over. If the client cannot tell, or was left in the middle, the connection's end tells it."""
        await self._push()
        if not self.reusable:
            await self._connection.flush()
            self._connection.close()

    async def breathe(self) -> None:
        await self._push()
        await asyncio.sleep(0)

    def _add(self, index: int, data: bytes, counted: int) -> None:
        if data:
            self._parts.append(data)
            self.size += len(data)
        self._mark(index, counted)

    def _mark(self, index: int, counted: int) -> None:
        self._marks.append((index, self._due_us, counted))

    async def _push(self) -> None:
        if self._parts:
            await self._make_room()
            self._connection.write(b"".join(self._parts))
            self._parts.clear()
            self.size = 0
        self._record()

    async def _push_pieces(self, data: bytes) -> None:
        view = memoryview(data)
        for offset in range(0, len(view), PIECE_BYTES):
            if offset and not offset % _BYTES_PER_TURN:
                await asyncio.sleep(0)
            await self._make_room()
            self._connection.write(view[offset : offset + PIECE_BYTES])

    async def _make_room(self) -> None:
        if self._alone:
            self._alone = False
            await self._connection.flush()
        elif self._connection.full:
            await self._connection.drain()
        if self._connection.left:
            raise _ClientLeftError

    def _record(self) -> None:
        done_us = self._clock.now_us() - self._start_us
        self._deliveries += [Delivery(index, due_us, done_us, count) for index, due_us, count in self._marks]
        self._marks.clear()
