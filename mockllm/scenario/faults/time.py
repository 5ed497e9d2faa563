"""Faults of time: the answer stops and may go on, or comes too slowly, or comments fill its silence."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from mockllm.plan import FOREVER_US, MOST_GATE_US, End, Frame, Head, Messages, Microseconds, Plan, Send, Step, Wait
from mockllm.plan import Gate as GateStep
from mockllm.scenario.base import Integer, Number
from mockllm.scenario.faults.base import Layer, PlanFault
from mockllm.scenario.position import At, Point
from mockllm.seeds import Seed
from mockllm.units import Duration, refusal
from mockllm.websocket import message_bytes

_MOST_BEATS = 100_000
"""The most heartbeats that a fault adds to one answer."""

_EVENT_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_COMMENT = ": keep-alive"
_HEARTBEAT = Frame(data=_COMMENT, kind="comment", label=_COMMENT)


class Stall(PlanFault):
    """Nothing more comes for a while, then the answer goes on; without `for` it never does. A heartbeat sends SSE
    comments meanwhile, for which the answer must be a stream whose head is out; over a WebSocket they are pings.
    """

    kind: ClassVar[str] = "stall"
    layer: ClassVar[Layer] = Layer.TIME

    at: At = Field(description="where the silence begins")
    for_: Duration = Field(default=FOREVER_US, alias="for", description="how long it lasts; for ever if left out")
    heartbeat: Duration | None = Field(default=None, description="send a comment each time this long has passed", gt=0)
    jitter: Duration = Field(default=0, description="how much longer or shorter it may be, drawn from the seed")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.jitter > self.for_:
            raise refusal("the jitter is longer than the silence itself: shorten `jitter` or lengthen `for`")
        if self.heartbeat is not None and (self.for_ + self.jitter) // self.heartbeat > _MOST_BEATS:
            raise refusal(f"more than {_MOST_BEATS} heartbeats: lengthen `heartbeat` or shorten `for`")
        return self

    def apply(self, plan: Plan, seed: Seed) -> Plan | None:
        """The plan with the silence in it, or None if the position is not in it or no comment can be sent there."""
        if (place := self.at.find(plan)) is None:
            return None
        plan, index = place
        if self.heartbeat is not None and not _streams(plan[:index]):
            return None
        return (*plan[:index], *self._silence(self._length_us(seed), plan), *plan[index:])

    def _length_us(self, seed: Seed) -> Microseconds:
        draw = int((2 * self.jitter + 1) * seed.child("jitter").fraction()) - self.jitter if self.jitter else 0
        return min(self.for_ + draw, FOREVER_US)

    def _silence(self, us: Microseconds, plan: Plan) -> tuple[Step, ...]:
        cause = f"fault: {self.kind}"
        if self.heartbeat is None:
            return (Wait(us, cause),)
        beats, rest = divmod(us, self.heartbeat)
        beat: tuple[Step, ...] = (Wait(self.heartbeat, cause), Send(_beat(_HEARTBEAT, plan), _HEARTBEAT))
        return (*beat * beats, Wait(rest, cause)) if rest else beat * beats


class Slow(PlanFault):
    """Everything takes longer: each wait after the position is multiplied, silences of the faults above it included.
    A factor below 1 is faster. No wait becomes longer than a day.
    """

    kind: ClassVar[str] = "slow"
    layer: ClassVar[Layer] = Layer.TIME
    shorthand: ClassVar[str | None] = "factor"

    factor: Annotated[Number, Field(ge=0, allow_inf_nan=False)] = Field(description="how many times as long a wait is")
    from_: At | None = Field(default=None, alias="from", description="where it begins; at the start if left out")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with longer waits, or None if the position is not in it or nothing waits after it."""
        place = (plan, 0) if self.from_ is None else self.from_.find(plan)
        if place is None:
            return None
        plan, index = place
        slowed = tuple(map(self._slowed, plan[index:]))
        return None if slowed == plan[index:] else (*plan[:index], *slowed)

    def _slowed(self, step: Step) -> Step:
        if not isinstance(step, Wait):
            return step
        # Decimal, because 0.29 * 100 is 28.999999999999996 as a float.
        return replace(step, us=int(min(Decimal(str(self.factor)) * step.us, Decimal(FOREVER_US))))


class Drip(PlanFault):
    """From the position on the body comes in small pieces, one after each interval and each in a write of its own,
    however much of it is due already. With `pieces` and `over` it is so many pieces in so long a time.
    """

    kind: ClassVar[str] = "drip"
    layer: ClassVar[Layer] = Layer.TIME

    bytes: Annotated[Integer, Field(ge=1)] = Field(default=1, description="the size of a piece")
    every: Duration = Field(default=100_000, gt=0, description="the least time from one piece to the next")
    pieces: Annotated[Integer, Field(ge=1)] | None = Field(
        default=None, description="how many pieces there are, in place of their size"
    )
    over: Duration | None = Field(default=None, gt=0, description="how long all of them take, in place of every")
    at: At | None = Field(default=None, description="where it begins; with the body if left out")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.pieces is None) != (self.over is None):
            raise refusal("so many pieces come over so long a time: give pieces and over together, or bytes and every")
        if self.pieces is not None and self.model_fields_set & {"bytes", "every"}:
            raise refusal("pieces and over stand in place of bytes and every: keep one pair")
        return self

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with its pieces, or None if the position is not in it or nothing is sent after it."""
        place = (plan, 0) if self.at is None else self.at.find(plan)
        if place is None:
            return None
        plan, index = place
        size = sum(len(step.data) for step in plan[index:] if isinstance(step, Send))
        if not size:
            return None
        if self.pieces is not None and self.over is not None:
            # Not more pieces than bytes; the last may be shorter.
            pieces = self._pieces(plan[index:], -(-size // self.pieces), self.over // self.pieces)
        else:
            pieces = self._pieces(plan[index:], self.bytes, self.every)
        return (*plan[:index], *pieces)

    def _pieces(self, plan: Plan, size: int, every: Microseconds) -> Iterator[Step]:
        """The steps with every send in pieces; waits become as much shorter as the pieces are late. Pieces that are
        counted go on from one send to the next.
        """
        due = now = free = room = 0
        for step in plan:
            if isinstance(step, Wait):
                due += step.us
                if due > now:
                    yield replace(step, us=due - now)
                    now = due
            elif isinstance(step, Send):
                start = 0
                room = room if self.pieces is not None else 0
                while start < len(step.data):
                    if not room:
                        if free > now:
                            yield Wait(free - now)
                            now = free
                        room, free = size, now + every
                    piece = self._piece(step, start, room)
                    yield piece
                    start += len(piece.data)
                    room -= len(piece.data)
            else:
                yield step

    def _piece(self, send: Send, start: int, size: int) -> Send:
        data = send.data[start : start + size]
        return replace(send, data=data, offset=send.offset + start, alone=True, cause=f"fault: {self.kind}")


def _comment(text: str) -> str:
    if not text.startswith(":") or not text.isprintable():
        raise refusal("a comment is one line that begins with a colon, such as ': ping'")
    return text


class Heartbeat(PlanFault):
    """SSE comments fill the silence: one each time a stream, once its head is out, has sent nothing for so long, up to
    100000 in an answer. Put it after the stall that it should fill. Over a WebSocket they are pings.
    """

    kind: ClassVar[str] = "heartbeat"
    layer: ClassVar[Layer] = Layer.TIME

    every: Duration = Field(default=5_000_000, gt=0, description="the longest silence")
    text: Annotated[str, AfterValidator(_comment)] = Field(default=_COMMENT, description="the comment's line")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with its comments, or None if it is no stream or is never silent for longer than `every` between
        two events.
        """
        start = next((index + 1 for index in range(len(plan)) if _streams(plan[index : index + 1])), None)
        if start is None:
            return None
        filled = (*plan[:start], *self._filled(plan[start:], plan[:start]))
        return None if filled == plan else filled

    def _filled(self, plan: Plan, sent: Plan) -> Iterator[Step]:
        silent: Microseconds = 0
        left = _MOST_BEATS
        between = True
        frame = Frame(data=self.text, kind="comment", label=self.text)
        beat = Send(_beat(frame, sent), frame, cause=f"fault: {self.kind}")
        for step in plan:
            if isinstance(step, Wait) and between:
                # A byte that is due just when a comment would be makes it needless.
                beats = min(max(silent + step.us - 1, 0) // self.every, left)
                yield from self._beats(step, silent, (beat,) * beats)
                silent += step.us - beats * self.every
                left -= beats
                continue
            if isinstance(step, Send):
                between = not step.alone if _speaks(sent) else step.data.endswith(_EVENT_ENDS)
                silent = 0
            elif isinstance(step, End):
                between = False
            yield step

    def _beats(self, wait: Wait, silent: Microseconds, beats: tuple[Send, ...]) -> Iterator[Step]:
        """The wait, which begins after so much silence, with these comments in it."""
        rest = wait.us
        for beat in beats:
            yield replace(wait, us=self.every - silent)
            yield beat
            rest -= self.every - silent
            silent = 0
        yield replace(wait, us=rest)


class Gate(PlanFault):
    """The answer waits until a test opens the gate of this name, and goes on from there as if no time had passed. One
    that was opened before lets the answer through at once.
    """

    kind: ClassVar[str] = "gate"
    layer: ClassVar[Layer] = Layer.TIME
    shorthand: ClassVar[str | None] = "name"

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="letters, digits, dots, dashes and underscores")
    at: At = Field(default=Point(name="start"), description="where it stands; before all else if left out")
    most: Duration = Field(default=MOST_GATE_US, gt=0, description="after so long a wait the connection is reset")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the gate in it, or None if the position is not in it."""
        if (place := self.at.find(plan)) is None:
            return None
        plan, index = place
        return (*plan[:index], GateStep(self.name, f"fault: {self.kind}", self.most), *plan[index:])


def _streams(sent: Plan) -> bool:
    """Whether the head has gone out and leaves the length of the body open, or messages are sent."""
    return _speaks(sent) or any(isinstance(step, Head) and step.body != "length" for step in sent)


def _speaks(sent: Plan) -> bool:
    """Whether what is sent are the messages of a WebSocket."""
    return any(isinstance(step, Messages) for step in sent)


def _beat(comment: Frame, plan: Plan) -> bytes:
    """The bytes of a comment, which is a ping where there are messages."""
    return message_bytes(comment) if _speaks(plan) else f"{comment.label}\n\n".encode()
