"""Where in an answer a fault acts: `at`.

Here: the positions of the language and the one function, `locate`, that finds a position in a plan. Positions count
what the turn produced, never what an earlier fault made of it, because frames and bytes were numbered when the plan
was built. Not here: what happens there (`faults/`).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from mockllm.plan import End, Head, Plan, Send
from mockllm.scenario.base import Authored, Integer, Keyed, found, nearest
from mockllm.units import Share, refusal

Count = Annotated[Integer, Field(ge=0)]
Name = Literal["start", "headers", "finish", "done", "end"]
_NAMES: tuple[Name, ...] = ("start", "headers", "finish", "done", "end")

Place = tuple[Plan, int]
"""A plan, with the index of the first step after the position; a Send may have been divided to make room for it."""


class Point(Authored):
    """A named point: `start` (nothing sent), `headers` (head sent), `finish`, `done` (before that frame), `end` (all
    sent).
    """

    kind: ClassVar[str] = "point"
    shorthand: ClassVar[str | None] = "name"

    name: Name

    def find(self, plan: Plan) -> Place | None:
        """The point in the plan, or None if the answer has no such frame."""
        index = _POINTS[self.name](plan)
        return None if index is None else (plan, index)


class AtToken(Authored):
    """After this many tokens have gone out and before the next."""

    kind: ClassVar[str] = "token"
    shorthand: ClassVar[str | None] = "count"

    count: Count

    def find(self, plan: Plan) -> Place | None:
        """The point in the plan, or None if the turn has fewer tokens."""
        sends = _sends(plan)
        carriers = [(index, send.frame) for index, send in sends if send.frame.tokens]
        for index, frame in carriers:
            if frame.tokens_before >= self.count:
                return plan, index
        total = sum(frame.tokens for frame in {frame.ordinal: frame for _, frame in carriers}.values())
        return (plan, carriers[-1][0] + 1) if carriers and total == self.count else None


class AtFrame(Authored):
    """After this many frames have gone out and before the next; the first frame is number 0. A plain body is one
    frame.
    """

    kind: ClassVar[str] = "frame"
    shorthand: ClassVar[str | None] = "number"

    number: Count

    def find(self, plan: Plan) -> Place | None:
        """The point in the plan, or None if the answer has fewer frames."""
        return _before_frame(plan, self.number)


class AtEvent(Authored):
    """Before the first frame whose SSE event has this name."""

    kind: ClassVar[str] = "event"
    shorthand: ClassVar[str | None] = "name"

    name: str

    def find(self, plan: Plan) -> Place | None:
        """The point in the plan, or None if no frame has this event name."""
        index = next((index for index, send in _sends(plan) if send.frame.event == self.name), None)
        return None if index is None else (plan, index)


class AtByte(Authored):
    """After this many bytes of the body, which may be in the middle of a frame or of a character."""

    kind: ClassVar[str] = "byte"
    shorthand: ClassVar[str | None] = "count"

    count: Count

    def find(self, plan: Plan) -> Place | None:
        """The point in the plan, or None if the body is shorter."""
        return _at_byte(plan, self.count)


class AtShare(Authored):
    """After this share of the answer: of the frames of a stream, of the bytes of a plain body; rounded down."""

    kind: ClassVar[str] = "share"
    shorthand: ClassVar[str | None] = "share"

    share: Share

    def find(self, plan: Plan) -> Place | None:
        """The point in the plan, or None if the answer has no body."""
        sends = _sends(plan)
        if not sends:
            return None
        if sends[0][1].frame.kind == "body":
            return _at_byte(plan, int(_body_bytes(plan) * self.share))
        frames = {send.frame.ordinal for _, send in sends if send.frame.ordinal >= 0}
        return _before_frame(plan, int(len(frames) * self.share))


Position = Point | AtToken | AtFrame | AtEvent | AtByte | AtShare


class _At(Keyed):
    """A named point, or a mapping with one key."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            _named, super().__get_pydantic_core_schema__(source, handler)
        )


def _named(value: object) -> object:
    if isinstance(value, str):
        if value not in _NAMES:
            allowed = [*_NAMES, "{token: 3}", "{frame: 3}", "{event: NAME}", "{byte: 120}", "{share: 50%}"]
            raise refusal(f"unknown position '{value}': {nearest(value, list(_NAMES))}allowed: {', '.join(allowed)}")
        return {"point": value}
    if isinstance(value, int):
        raise refusal(
            f"a position needs a unit: write {{frame: {found(value)}}}, {{token: {found(value)}}} or {{byte: ...}}"
        )
    return value


At = Annotated[Position, _At("position", Point, AtToken, AtFrame, AtEvent, AtByte, AtShare)]
"""A position: `start`, `headers`, `finish`, `done`, `end`, `{token: 3}`, `{frame: 3}`, `{event: NAME}`, `{byte:
120}`, `{share: 50%}`.
"""


def _sends(plan: Plan) -> list[tuple[int, Send]]:
    """The frames' sends, without those that faults added."""
    return [(index, step) for index, step in enumerate(plan) if isinstance(step, Send) and step.frame.ordinal >= 0]


def _body_bytes(plan: Plan) -> int:
    return sum(len(send.data) for _, send in _sends(plan))


def _before_frame(plan: Plan, number: int) -> Place | None:
    sends = _sends(plan)
    for index, send in sends:
        if send.frame.ordinal >= number:
            return plan, index
    frames = {send.frame.ordinal for _, send in sends}
    return (plan, sends[-1][0] + 1) if sends and max(frames) + 1 == number else None


def _at_byte(plan: Plan, count: int) -> Place | None:
    end = 0
    last: int | None = None
    for index, send in _sends(plan):
        if send.offset >= count:
            return plan, index
        end = send.offset + len(send.data)
        if count < end:
            cut = count - send.offset
            before = replace(send, data=send.data[:cut])
            after = replace(send, data=send.data[cut:], offset=count)
            return (*plan[:index], before, after, *plan[index + 1 :]), index + 1
        last = index
    return (plan, last + 1) if last is not None and count == end else None


def _after_head(plan: Plan) -> int | None:
    return next((index + 1 for index, step in enumerate(plan) if isinstance(step, Head)), None)


def _before_kind(kind: str) -> Callable[[Plan], int | None]:
    return lambda plan: next((index for index, send in _sends(plan) if send.frame.kind == kind), None)


def _before_end(plan: Plan) -> int | None:
    return next((index for index, step in enumerate(plan) if isinstance(step, End)), None)


_POINTS: dict[Name, Callable[[Plan], int | None]] = {
    "start": lambda _plan: 0,
    "headers": _after_head,
    "finish": _before_kind("finish"),
    "done": _before_kind("done"),
    "end": _before_end,
}
