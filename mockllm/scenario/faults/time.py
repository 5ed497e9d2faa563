"""Faults of time: the answer stops and may go on, or comes too slowly, or comments fill its silence."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from mockllm.plan import FOREVER_US, End, Frame, Head, Microseconds, Plan, Send, Step, Wait
from mockllm.scenario.base import Integer, Number
from mockllm.scenario.faults.base import Layer, PlanFault
from mockllm.scenario.position import At
from mockllm.seeds import Seed
from mockllm.units import Duration, refusal

_MOST_BEATS = 100_000
"""The most heartbeats that a fault adds to one answer."""

_EVENT_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_COMMENT = ": keep-alive"
_HEARTBEAT = Frame(data=_COMMENT, kind="comment", label=_COMMENT)
_HEARTBEAT_BYTES = f"{_COMMENT}\n\n".encode()


class Stall(PlanFault):
    """Nothing more comes for a while, then the answer goes on; without `for` it never does. A heartbeat sends SSE
    comments meanwhile, for which the answer must be a stream whose head is out.
    """

    kind: ClassVar[str] = "stall"
    layer: ClassVar[Layer] = Layer.TIME

    at: At = Field(description="where the silence begins")
    for_: Duration = Field(default=FOREVER_US, alias="for", description="how long it lasts; for ever if left out")
    heartbeat: Duration | None = Field(default=None, description="send a comment each time this long has passed", gt=0)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.heartbeat is not None and self.for_ // self.heartbeat > _MOST_BEATS:
            raise refusal(f"more than {_MOST_BEATS} heartbeats: lengthen `heartbeat` or shorten `for`")
        return self

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the silence in it, or None if the position is not in it or no comment can be sent there."""
        if (place := self.at.find(plan)) is None:
            return None
        plan, index = place
        if self.heartbeat is not None and not _streams(plan[:index]):
            return None
        return (*plan[:index], *self._silence(), *plan[index:])

    def _silence(self) -> tuple[Step, ...]:
        cause = f"fault: {self.kind}"
        if self.heartbeat is None:
            return (Wait(self.for_, cause),)
        beats, rest = divmod(self.for_, self.heartbeat)
        beat: tuple[Step, ...] = (Wait(self.heartbeat, cause), Send(_HEARTBEAT_BYTES, _HEARTBEAT))
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
    however much of it is due already.
    """

    kind: ClassVar[str] = "drip"
    layer: ClassVar[Layer] = Layer.TIME

    bytes: Annotated[Integer, Field(ge=1)] = Field(default=1, description="the size of a piece")
    every: Duration = Field(default=100_000, gt=0, description="the least time from one piece to the next")
    at: At | None = Field(default=None, description="where it begins; with the body if left out")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with its pieces, or None if the position is not in it or nothing is sent after it."""
        place = (plan, 0) if self.at is None else self.at.find(plan)
        if place is None:
            return None
        plan, index = place
        if not any(isinstance(step, Send) for step in plan[index:]):
            return None
        return (*plan[:index], *self._pieces(plan[index:]))

    def _pieces(self, plan: Plan) -> Iterator[Step]:
        """The steps with every send in pieces; waits become as much shorter as the pieces are late."""
        due = now = free = 0
        for step in plan:
            if isinstance(step, Wait):
                due += step.us
                if due > now:
                    yield replace(step, us=due - now)
                    now = due
            elif isinstance(step, Send):
                for start in range(0, len(step.data), self.bytes):
                    if free > now:
                        yield Wait(free - now)
                        now = free
                    yield self._piece(step, start)
                    free = now + self.every
            else:
                yield step

    def _piece(self, send: Send, start: int) -> Send:
        data = send.data[start : start + self.bytes]
        return replace(send, data=data, offset=send.offset + start, alone=True, cause=f"fault: {self.kind}")


def _comment(text: str) -> str:
    if not text.startswith(":") or not text.isprintable():
        raise refusal("a comment is one line that begins with a colon, such as ': ping'")
    return text


class Heartbeat(PlanFault):
    """SSE comments fill the silence: one each time a stream, once its head is out, has sent nothing for so long, up to
    100000 in an answer. Put it after the stall that it should fill.
    """

    kind: ClassVar[str] = "heartbeat"
    layer: ClassVar[Layer] = Layer.TIME

    every: Duration = Field(default=5_000_000, gt=0, description="the longest silence")
    text: Annotated[str, AfterValidator(_comment)] = Field(default=_COMMENT, description="the comment's line")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with its comments, or None if it is no stream or is never silent for longer than `every` between
        two events.
        """
        start = next((index + 1 for index, step in enumerate(plan) if isinstance(step, Head)), None)
        if start is None or not _streams(plan[:start]):
            return None
        filled = (*plan[:start], *self._filled(plan[start:]))
        return None if filled == plan else filled

    def _filled(self, plan: Plan) -> Iterator[Step]:
        silent: Microseconds = 0
        left = _MOST_BEATS
        between = True
        for step in plan:
            if isinstance(step, Wait) and between:
                # A byte that is due just when a comment would be makes it needless.
                beats = min(max(silent + step.us - 1, 0) // self.every, left)
                yield from self._beats(step, silent, beats)
                silent += step.us - beats * self.every
                left -= beats
                continue
            if isinstance(step, Send):
                between = step.data.endswith(_EVENT_ENDS)
                silent = 0
            elif isinstance(step, End):
                between = False
            yield step

    def _beats(self, wait: Wait, silent: Microseconds, beats: int) -> Iterator[Step]:
        """The wait, which begins after so much silence, with so many comments in it."""
        comment = Frame(data=self.text, kind="comment", label=self.text)
        rest = wait.us
        for _ in range(beats):
            yield replace(wait, us=self.every - silent)
            yield Send(f"{self.text}\n\n".encode(), comment, cause=f"fault: {self.kind}")
            rest -= self.every - silent
            silent = 0
        yield replace(wait, us=rest)


def _streams(sent: Plan) -> bool:
    """Whether the head has gone out and leaves the length of the body open."""
    return any(isinstance(step, Head) and step.body != "length" for step in sent)
