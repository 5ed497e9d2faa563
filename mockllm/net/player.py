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
from mockllm.exchange import Deliveries, Ending, Outcome
from mockllm.net.clock import Clock
from mockllm.net.connection import Connection
from mockllm.net.gates import Gatekeeper
from mockllm.plan import (
    Admit,
    BodyFraming,
    Close,
    End,
    Gate,
    Head,
    HeadRest,
    Interim,
    Messages,
    Microseconds,
    Plan,
    Raw,
    Reset,
    Send,
    Step,
    Wait,
)
from mockllm.score import step_after

STEPS_PER_TURN = 128
"""How many steps are played before other streams get their turn."""

PIECE_BYTES = 65_536
"""How many bytes are handed over in one write."""
_BYTES_PER_TURN = 16 * PIECE_BYTES


async def play(
    plan: Plan,
    connection: Connection,
    clock: Clock,
    start_us: Microseconds,
    deliveries: Deliveries,
    *,
    gatekeeper: Gatekeeper | None = None,
) -> Outcome:
    """Play the plan, counting from `start_us` on the clock; returns how it ended. Without a `gatekeeper` all gates are
    open.

    Adds every finished step to the deliveries. On cancellation CancelledError goes through, and what was
    delivered by then is in `deliveries`; `interrupted` tells the outcome. Raises ValueError for a head that cannot be
    sent (`http1.head_bytes`).
    """
    performance = _Performance(connection, clock, start_us, deliveries, gatekeeper)
    try:
        for index, step in enumerate(plan):
            if index % STEPS_PER_TURN == STEPS_PER_TURN - 1 or performance.size >= PIECE_BYTES:
                await performance.breathe()
            # The hot path: the bytes of a whole answer are gathered without one await.
            if isinstance(step, Send) and not step.alone and len(step.data) < PIECE_BYTES:
                performance.send(step.data)
            elif await performance.act(step):
                break
        else:
            await performance.finish()
    except _ClientLeftError:
        return Outcome(Ending.LEFT, len(deliveries))
    except _GateShutError:
        connection.reset()
        return Outcome(Ending.SHUT, len(deliveries))
    return Outcome(performance.ending, max(len(deliveries) - 1, 0))


def interrupted(plan: Plan, connection: Connection, deliveries: Deliveries) -> Outcome:
    """How a play ended that was cancelled: by the client that left, or else by the server that stopped."""
    step = max(step_after(plan, len(deliveries)), 0)
    return Outcome(Ending.LEFT if connection.left else Ending.STOPPED, step)


class _ClientLeftError(Exception):
    """The client was gone when a step wanted to act."""


class _GateShutError(Exception):
    """Nobody opened a gate for as long as a plan waits at one."""


class _Performance:
    """A plan while it is played: where it is in time, and the bytes that are due but not handed over yet."""

    __slots__ = (
        "_admits",
        "_alone",
        "_body_bytes",
        "_clock",
        "_connection",
        "_deliveries",
        "_due_us",
        "_ended",
        "_framing",
        "_gatekeeper",
        "_head",
        "_head_left",
        "_parts",
        "_raw",
        "_start_us",
        "_steps",
        "ending",
        "size",
    )

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        start_us: Microseconds,
        deliveries: Deliveries,
        gatekeeper: Gatekeeper | None,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._start_us = start_us
        self._deliveries = deliveries
        self._gatekeeper = gatekeeper
        self._due_us = 0
        self._parts: list[bytes] = []
        self._steps = 0
        self._head: Head | None = None
        self._head_left = b""
        self._framing: BodyFraming = "close"
        self._body_bytes = 0
        self._raw = False
        self._ended = False
        self._alone = False
        self._admits = False
        self.size = 0
        self.ending = Ending.COMPLETE

    @property
    def _reusable(self) -> bool:
        """The client can tell that the body is over, so the connection can stay open for the next request."""
        return (
            self._ended and not self._raw and self._head is not None and http1.tells_end(self._head, self._body_bytes)
        )

    async def act(self, step: Step) -> bool:
        """Do what the step asks for; True if it ended the connection, so that no step can follow."""
        match step:
            case Send():
                await self._send_apart(step)
            case Wait():
                await self._wait(step.us)
            case Gate():
                await self._wait_at(step)
            case Head() | Interim():
                self._begin(step)
            case HeadRest():
                self._send_head(step.size)
            case Raw():
                self._raw = True
                self._add(step.data)
            case End():
                return await self._end(step)
            case Close() | Reset():
                return await self._cut(step)
            case Admit() | Messages():
                self._admits = True
                self._steps += 1
            case _:
                assert_never(step)
        return False

    def _begin(self, head: Head | Interim) -> None:
        if isinstance(head, Interim):
            self._add(http1.interim_bytes(head))
            return
        self._head = head
        self._framing = head.body
        self._head_left = http1.head_bytes(head)
        self._send_head(head.first)

    def _send_head(self, size: int | None) -> None:
        size = len(self._head_left) if size is None else size
        self._add(self._head_left[:size])
        self._head_left = self._head_left[size:]

    def send(self, data: bytes) -> None:
        self._body_bytes += len(data)
        self._add(http1.chunk_bytes(data, self._framing))

    async def _send_apart(self, step: Send) -> None:
        await self._push()
        data = memoryview(http1.chunk_bytes(step.data, self._framing))
        self._alone = step.alone
        for offset in range(0, len(data), PIECE_BYTES):
            if offset and not offset % _BYTES_PER_TURN:
                await asyncio.sleep(0)
            await self._make_room()
            self._connection.write(data[offset : offset + PIECE_BYTES])
        self._alone = step.alone
        self._body_bytes += len(step.data)
        self._steps += 1
        self._record()

    async def _end(self, step: End) -> bool:
        self._ended = True
        self.ending = Ending.CUT if step.cause else Ending.COMPLETE
        now_us = self._clock.now_us() - self._start_us
        self._add(http1.end_bytes(self._framing, http1.lateness(now_us, self._due_us) if step.tells else ()))
        if self._reusable:
            return False
        await self.finish()
        return True

    async def _wait(self, us: Microseconds) -> None:
        if us > 0:
            await self._push()
            if self._connection.left:
                raise _ClientLeftError
            self._due_us += us
            due_us = self._start_us + self._due_us
            if self._clock.now_us() < due_us:
                await self._clock.sleep_until(due_us)
        self._steps += 1
        if us > 0:
            self._record()

    async def _wait_at(self, gate: Gate) -> None:
        await self._push()
        if self._connection.left:
            raise _ClientLeftError
        if self._gatekeeper is not None and not await self._gatekeeper.wait(len(self._deliveries), gate):
            raise _GateShutError
        if self._connection.left:
            raise _ClientLeftError
        now_us = self._clock.now_us() - self._start_us
        self._due_us = max(self._due_us, now_us)
        self._deliveries.add(1, now_us)

    async def _cut(self, step: Close | Reset) -> bool:
        self.ending = Ending.CUT
        await self._push()
        await self._connection.flush()
        if self._connection.left:
            raise _ClientLeftError
        if isinstance(step, Close):
            self._connection.close()
        else:
            self._connection.reset()
        self._steps += 1
        self._record()
        return True

    async def finish(self) -> None:
        """The plan is over. If the client cannot tell, or was left in the middle, the connection's end tells it."""
        await self._push()
        if not self._reusable and not self._admits:
            await self._connection.flush()
            self._connection.close()

    async def breathe(self) -> None:
        await self._push()
        await asyncio.sleep(0)

    def _add(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
            self.size += len(data)
        self._steps += 1

    async def _push(self) -> None:
        if self._parts:
            await self._make_room()
            self._connection.write(b"".join(self._parts))
            self._parts.clear()
            self.size = 0
        self._record()

    async def _make_room(self) -> None:
        if self._alone:
            self._alone = False
            await self._connection.flush()
        elif self._connection.full:
            await self._connection.drain()
        if self._connection.left:
            raise _ClientLeftError

    def _record(self) -> None:
        if self._steps:
            self._deliveries.add(self._steps, self._clock.now_us() - self._start_us)
            self._steps = 0
