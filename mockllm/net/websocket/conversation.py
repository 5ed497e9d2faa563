"""The life of a WebSocket, from the answer that opened it to its end.

Here: messages of the client become events of its dialogue, the answers that this wants become exchanges, and those of a
lane follow each other. Not here: what events mean (`dialects/`), what is answered (the engine) and when it goes out
(`player.py`). Events are heard as they come, with no wait, and what is said to them at once goes between the frames of
the answers that are being played.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

import orjson

from mockllm.dialects.dialogue import Ask, Dialogue, Event, Reaction
from mockllm.errors import ApiError
from mockllm.exchange import Deliveries, Ending, Exchange, Outcome
from mockllm.net.connection import SocketConnection
from mockllm.net.websocket import Host
from mockllm.net.websocket.inbox import Farewell, Inbox, Ping, Received, Text, Violation
from mockllm.net.websocket.line import Line, Wire
from mockllm.plan import Frame, Plan, Send, Step
from mockllm.request import Call
from mockllm.websocket import METHOD, PONG, close_bytes, frame_bytes, text_bytes

_log = logging.getLogger("mockllm")

MOST_ACTIVE = 16
"""How many answers are made at a time on one connection; others wait (SDK, `lib/responses_websocket/README.md`)."""

MOST_WAITING = 256
"""How many answers wait on one connection at most; a further one is refused."""

_FAILED = 1011
_INVALID_EVENT = "invalid_event"


@dataclass(slots=True)
class _Lane:
    """The answers of one lane: the one that is being made, and played once it has begun, and those after it."""

    waiting: deque[Ask] = field(default_factory=deque)
    task: "asyncio.Task[None] | None" = None
    begun: bool = False
    stopped: bool = False


class Conversation:
    """One connection that has become a WebSocket. It is what aiohttp calls a parser: bytes that come are fed to it."""

    def __init__(self, opening: Call, dialogue: Dialogue, connection: SocketConnection, host: Host) -> None:
        self._opening = opening
        self._dialogue = dialogue
        self._connection = connection
        self._engine = host.engine
        self._stage = host.stage
        self._clock = host.clock
        self._inbox = Inbox(host.most_bytes)
        self._wire = Wire(connection)
        self._own = Line(self._wire)
        self._lanes: dict[str, _Lane] = {}
        self._over = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Hear what has come. Returns what aiohttp expects: that it is not over, and that nothing is left."""
        try:
            for received in self._inbox.feed(data):
                self._hear(received)
        except Exception:  # noqa: BLE001 - a bug in one conversation must not end the server
            self._fail()
        if self._connection.full and not self._over.done():
            self._connection.pause_reading()
            self._also(self._ease())
        return False, b""

    def feed_eof(self) -> None:
        """The client sent a FIN: aiohttp cancels `run`."""

    async def run(self) -> None:
        """Return when the conversation is over; what is left of its answers ends with it."""
        try:
            await self._over
            self._wire.release()
            await self._own.flush()
            self._own.close()
        finally:
            tasks = [*self._tasks, *(lane.task for lane in self._lanes.values() if lane.task is not None)]
            for task in tasks:
                _cancel(task)
            await asyncio.gather(*tasks, return_exceptions=True)

    def _also(self, work: Coroutine[None, None, None]) -> None:
        """Do this beside everything else, until the conversation is over."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ease(self) -> None:
        """Read on once the client has read what it was sent."""
        await self._connection.drain()
        self._connection.resume_reading()

    def _fail(self) -> None:
        """End the conversation because of a bug."""
        _log.exception("The WebSocket of connection %d failed.", self._connection.number)
        self._end(Ending.STOPPED, _FAILED, "mockllm failed. This is a bug in it, and its log has the traceback.")

    def _hear(self, received: Received) -> None:
        if self._over.done():
            return
        match received:
            case Text(text=text):
                self._heard(text)
            case Ping(data=data):
                self._own.write(frame_bytes(PONG, data))
            case Farewell(code=code):
                self._end(Ending.LEFT, code)
            case Violation(code=code, reason=reason):
                self._end(Ending.LEFT, code, reason)
            case _:
                assert_never(received)

    def _heard(self, text: str) -> None:
        raw = text.encode(errors="surrogatepass")
        try:
            event = orjson.loads(raw)
        except orjson.JSONDecodeError:
            self._refuse(ApiError(400, "Could not parse the event: it is not valid JSON.", code="invalid_json"), raw)
            return
        if not isinstance(event, dict):
            self._refuse(ApiError(400, "An event is a JSON object with a 'type'.", code=_INVALID_EVENT), raw)
            return
        self._follow(self._dialogue.hear(event), raw)

    def _follow(self, reaction: Reaction, raw: bytes = b"") -> None:
        """Do what the dialogue wants."""
        if reaction.refuses is not None:
            self._refuse(reaction.refuses, raw)
            return
        waiting = sum(len(lane.waiting) for lane in self._lanes.values())
        if reaction.asks and waiting >= MOST_WAITING:
            message = f"{MOST_WAITING} responses wait on this connection already: let them end first."
            self._refuse(ApiError(429, message, type_="rate_limit_error", code="too_many_waiting"), raw)
            return
        self._dialogue = reaction.dialogue
        for event in reaction.says:
            self._own.write(text_bytes(event))
        for ask in reaction.asks:
            self._lanes.setdefault(ask.lane, _Lane()).waiting.append(ask)
        self._start()
        lane = None if reaction.stops is None else self._lanes.get(reaction.stops)
        if lane is not None and lane.task is not None and not lane.stopped:
            lane.stopped = True
            if lane.begun:
                _cancel(lane.task, Ending.CANCELLED)

    def _start(self) -> None:
        """Begin the next answer of each lane that has none, as many as may be made at a time."""
        for lane in tuple(self._lanes.values()):
            active = sum(it.task is not None for it in self._lanes.values())
            if lane.waiting and lane.task is None and active < MOST_ACTIVE:
                ask = lane.waiting.popleft()
                lane.begun = lane.stopped = False
                exchange = self._engine.handle(self._call(orjson.dumps(ask.body), ask.place))
                if isinstance(exchange, Exchange):
                    self._begin(lane, ask, exchange)
                lane.task = asyncio.get_running_loop().create_task(self._answer(lane, ask, exchange))

    def _begin(self, lane: _Lane, ask: Ask, exchange: Exchange) -> None:
        self._dialogue = self._dialogue.begin(ask, events(exchange.plan))
        lane.begun = True

    async def _answer(self, lane: _Lane, ask: Ask, answer: Exchange | Awaitable[Exchange]) -> None:
        """Play an answer, which may have to be waited for; a bug in it must not end the server."""
        try:
            if not isinstance(answer, Exchange):
                answer = await answer
                self._begin(lane, ask, answer)
                if lane.stopped and lane.task is not None:
                    _cancel(lane.task, Ending.CANCELLED)
            await self._play(lane, ask, answer)
        except Exception:  # noqa: BLE001 - a bug in one conversation must not end the server
            self._fail()

    async def _play(self, lane: _Lane, ask: Ask, exchange: Exchange) -> None:
        """Play an answer to its end, or to where the client stopped it, and go on with what follows from it."""
        line = Line(self._wire)
        deliveries = Deliveries(exchange.plan)
        try:
            await self._stage.play(exchange, line, self._clock, deliveries=deliveries)
        except asyncio.CancelledError:
            if not lane.stopped or self._over.done():
                raise
        done = _complete(exchange.plan, len(deliveries), line) if lane.stopped else len(deliveries)
        lane.task = None
        if self._connection.dead:
            self._end(Ending.CUT)
            return
        said = events(exchange.plan, done)
        self._follow(self._dialogue.end(ask, said, stopped=lane.stopped))
        self._start()

    def _refuse(self, error: ApiError, raw: bytes) -> None:
        """Tell the client at once what is wrong with an event; it is recorded as an exchange of its own."""
        refusal = self._engine.refuse(self._call(raw), error)
        if isinstance(refusal, Exchange):
            self._tell(refusal)
        else:
            self._also(self._tell_later(refusal))

    async def _tell_later(self, refusal: Awaitable[Exchange]) -> None:
        self._tell(await refusal)

    def _tell(self, exchange: Exchange) -> None:
        """Send the whole of a refusal."""
        for step in exchange.plan:
            if isinstance(step, Send):
                self._own.write(step.data)
        deliveries = Deliveries(exchange.plan)
        deliveries.add_rest(self._clock.now_us() - exchange.call.at_us)
        self._engine.finish(exchange, deliveries, Outcome(Ending.COMPLETE, len(deliveries) - 1))

    def _end(self, ending: Ending, code: int | None = None, reason: str = "") -> None:
        """Say farewell and let `run` end; answers that are still played end in this way."""
        if self._over.done():
            return
        for lane in self._lanes.values():
            lane.waiting.clear()
            if lane.task is not None:
                _cancel(lane.task, ending)
        if not self._connection.dead:
            self._own.write(close_bytes(code, reason))
        self._over.set_result(None)

    def _call(self, body: bytes, place: str = "") -> Call:
        now_us, wall_s, path = self._clock.now_us(), self._clock.wall_s(), self._opening.path + place
        return replace(self._opening, method=METHOD, path=path, body=body, at_us=now_us, wall_s=wall_s, reused=True)


def _cancel(task: asyncio.Task[None], ending: Ending | None = None) -> None:
    """Cancel the task unless somebody did; not before it has begun, or its exchange would never end."""

    def cancel() -> None:
        if not task.cancelling():
            task.cancel(ending)

    asyncio.get_running_loop().call_soon(cancel)


def events(plan: Plan, done: int | None = None) -> tuple[Event, ...]:
    """The events that a plan sends, or that its first steps have sent: of each frame all pieces must have gone out."""
    last = {id(step.frame): (index, step.frame) for index, step in enumerate(plan) if isinstance(step, Send)}
    whole = (frame for index, frame in last.values() if done is None or index < done)
    return tuple(frame.data for frame in whole if isinstance(frame.data, Mapping) and frame.kind != "comment")


def _complete(plan: Plan, done: int, line: Line) -> int:
    """Send what is missing of a frame that has begun: the rest of its pieces. Returns how many steps are done then."""
    begun = next((step.frame for step in reversed(plan[:done]) if isinstance(step, Send)), None)
    rest = [index for index, step in enumerate(plan) if index >= done and _belongs(step, begun)]
    for index in rest:
        step = plan[index]
        assert isinstance(step, Send)
        line.write(step.data)
    return max((index + 1 for index in rest), default=done)


def _belongs(step: Step, frame: Frame | None) -> bool:
    return isinstance(step, Send) and step.frame is frame
