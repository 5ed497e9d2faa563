"""Faults of the connection: the answer ends before it should in one of three ways, never begins, or never ends, or the
connection does not live as long as it should.
"""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mockllm import http1
from mockllm.plan import FOREVER_US, End, Head, Interim, Messages, Plan, Raw, Send, Step, Wait
from mockllm.plan import Close as CloseStep
from mockllm.plan import Reset as ResetStep
from mockllm.scenario.base import Integer
from mockllm.scenario.faults.base import Layer, PlanFault
from mockllm.scenario.position import At, Point
from mockllm.seeds import Seed
from mockllm.units import Duration, refusal
from mockllm.websocket import close_bytes


class _Cut(PlanFault):
    """All that comes before the position is delivered; then the answer ends."""

    layer: ClassVar[Layer] = Layer.CONNECTION

    at: At = Field(description="where the answer ends")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan up to the position and its new end, or None if the position is not in it."""
        if (place := self.at.find(plan)) is None:
            return None
        plan, index = place
        return self._end(plan[:index], f"fault: {self.kind} {_where(plan[:index], plan[index:])}")

    def _end(self, plan: Plan, cause: str) -> Plan:
        raise NotImplementedError


class Reset(_Cut):
    """The connection is reset (RST): the client's read fails."""

    kind: ClassVar[str] = "reset"

    def _end(self, plan: Plan, cause: str) -> Plan:
        return (*plan, ResetStep(cause))


class Close(_Cut):
    """The connection is closed (FIN) without the end of the body: the client can tell that something is missing. Over a
    WebSocket it may say why with a code and a reason; without them the end is abnormal.
    """

    kind: ClassVar[str] = "close"

    code: Annotated[Integer, Field(ge=1000, le=4999)] | None = Field(
        default=None, description="the code with which a WebSocket is closed, such as 1011; not for plain HTTP"
    )
    reason: str | None = Field(default=None, description="the reason that goes with the code", max_length=123)

    @model_validator(mode="after")
    def _reason_has_code(self) -> Self:
        if self.reason is not None and self.code is None:
            raise refusal("a reason goes with a code, such as code: 1011: give the code, or drop the reason")
        return self

    def apply(self, plan: Plan, seed: Seed) -> Plan | None:
        """The plan up to the position and its end, or None if the position is not in it or a code cannot be told."""
        if self.code is not None and not any(isinstance(step, Messages) for step in plan):
            return None
        return super().apply(plan, seed)

    def _end(self, plan: Plan, cause: str) -> Plan:
        told = () if self.code is None else (Raw(close_bytes(self.code, self.reason or ""), f"{cause}, {self.code}"),)
        return (*plan, *told, CloseStep(cause))


class Truncate(_Cut):
    """The body ends cleanly, but too soon: nothing in HTTP tells the client that something is missing. Before the head
    there is no body to end, so the connection closes. Of the messages of a WebSocket those after it never come.
    """

    kind: ClassVar[str] = "truncate"

    def _end(self, plan: Plan, cause: str) -> Plan:
        if any(isinstance(step, Messages) for step in plan):
            return (*plan, End(cause))
        if not any(isinstance(step, Head) for step in plan):
            return (*plan, CloseStep(cause))
        length = sum(len(step.data) for step in plan if isinstance(step, Send))
        kept: tuple[Step, ...] = tuple(_shortened(step, length) if isinstance(step, Head) else step for step in plan)
        return (*kept, End(cause))


class Garbage(_Cut):
    """Bytes that are no HTTP come, and then the connection closes: at `start` in place of the whole answer, later in
    place of its next chunk. Which bytes is drawn from the seed, unless a text is given.
    """

    kind: ClassVar[str] = "garbage"

    at: At = Field(default=Point(name="start"), description="where it comes; in place of the answer if left out")
    bytes: Annotated[Integer, Field(ge=1, le=65_536)] = Field(default=64, description="how many bytes are drawn")
    text: str | None = Field(default=None, description="the bytes themselves, in place of drawn ones", min_length=1)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.text is not None and "bytes" in self.model_fields_set:
            raise refusal("bytes says how many are drawn, but a text is sent: drop one of them")
        return self

    def apply(self, plan: Plan, seed: Seed) -> Plan | None:
        """The plan up to the position and then the garbage, or None if the position is not in it."""
        if (cut := super().apply(plan, seed)) is None:
            return None
        *kept, end = cut
        return (*kept, Raw(_drawn(self.bytes, seed) if self.text is None else self.text.encode(), end.cause), end)

    def _end(self, plan: Plan, cause: str) -> Plan:
        return (*plan, CloseStep(cause))


def _drawn(size: int, seed: Seed) -> bytes:
    """So many bytes, of which the first has its high bit set: no client can take it for a status line or a chunk."""
    first, *rest = bytes.fromhex(seed.child("garbage").hex(2 * size))
    return bytes((first | 0x80, *rest))


class Hang(PlanFault):
    """The request is taken and nothing comes back, not even the head; interim responses do. Without `for` it lasts
    for ever, with it the connection then ends.
    """

    kind: ClassVar[str] = "hang"
    layer: ClassVar[Layer] = Layer.CONNECTION

    for_: Duration = Field(default=FOREVER_US, alias="for", description="how long; for ever if left out")
    then: Literal["close", "reset"] = Field(default="close", description="how the connection ends after it")

    def apply(self, plan: Plan, _seed: Seed) -> Plan:
        """The silence in place of the answer, and then the end of the connection."""
        cause = f"fault: {self.kind}"
        interim = tuple(step for step in plan if isinstance(step, Interim))
        end: Step = CloseStep(cause) if self.then == "close" else ResetStep(cause)
        return (*interim, Wait(self.for_, cause), end)


class KeepOpen(PlanFault):
    """All is sent, and yet it is not over. With `what: body` the end of the body is held back, for which the answer
    must have no length. With `what: connection` the body ends, but the connection stays open even if the head says it
    closes, and answers no further request meanwhile.
    """

    kind: ClassVar[str] = "keep_open"
    layer: ClassVar[Layer] = Layer.CONNECTION

    what: Literal["body", "connection"] = Field(default="body", description="what stays open")
    for_: Duration = Field(default=FOREVER_US, alias="for", description="for how long; for ever if left out")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the wait before or after its end, or None if the answer has not such an end."""
        index = _end(plan)
        if index is None:
            return None
        if self.what == "body":
            held = any(isinstance(step, Head) and step.body != "length" for step in plan[:index])
        else:
            held = _ends_by_itself(plan)
            index += 1
        return (*plan[:index], Wait(self.for_, f"fault: {self.kind}"), *plan[index:]) if held else None


class CloseIdle(PlanFault):
    """The connection is closed after the answer although the head did not say so: a client that sends its next request
    on it fails. Until then it answers nothing more.
    """

    kind: ClassVar[str] = "close_idle"
    layer: ClassVar[Layer] = Layer.CONNECTION
    shorthand: ClassVar[str | None] = "after"

    after: Duration = Field(default=0, description="time from the end of the answer")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the connection's end, or None if the connection would not have stayed open."""
        if not _ends_by_itself(plan) or http1.announces_close(plan):
            return None
        cause = f"fault: {self.kind}"
        return (*plan, *((Wait(self.after, cause),) if self.after else ()), CloseStep(cause))


def _end(plan: Plan) -> int | None:
    return next((index for index, step in enumerate(plan) if isinstance(step, End)), None)


def _ends_by_itself(plan: Plan) -> bool:
    """Whether a client knows the end of the body while the connection stays open."""
    head = next((step for step in plan if isinstance(step, Head)), None)
    is_raw = any(isinstance(step, (Raw, CloseStep, ResetStep)) for step in plan)
    sent = sum(len(step.data) for step in plan if isinstance(step, Send))
    return head is not None and _end(plan) is not None and not is_raw and http1.tells_end(head, sent)


def _where(sent: Plan, unsent: Plan) -> str:
    """How far the answer came, for the timeline: frame 3 is the one that is missing or is not whole."""
    ordinals = _ordinals(sent)
    if not ordinals and any(isinstance(step, Messages) for step in (*sent, *unsent)):
        return "at frame 0"
    if not ordinals:
        return "after the head" if any(isinstance(step, Head) for step in sent) else "before the head"
    last = max(ordinals)
    return f"in frame {last}" if last in _ordinals(unsent) else f"at frame {last + 1}"


def _ordinals(plan: Plan) -> frozenset[int]:
    return frozenset(step.frame.ordinal for step in plan if isinstance(step, Send) and step.frame.ordinal >= 0)


def _shortened(head: Head, length: int) -> Head:
    """The head with an honest content-length, where it has one."""
    headers = tuple((name, str(length) if name.lower() == "content-length" else value) for name, value in head.headers)
    return replace(head, headers=headers)
