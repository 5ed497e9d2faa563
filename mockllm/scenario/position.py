"""Where in an answer a fault acts: `at`.

Here: the positions of the language; each finds itself in a plan. Positions count what the turn produced, never what an
earlier fault made of it, because frames and bytes were numbered before. Not here: what happens there (`faults/`).
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.json_schema import JsonSchemaValue

from mockllm.plan import End, Head, HeadRest, Plan, Send
from mockllm.scenario.base import Authored, Integer, found, nearest
from mockllm.scenario.keyed import Keyed, by_kind
from mockllm.scenario.words import listed
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
        # Frames behind the last token know how many there were, also when that token's own frame was dropped.
        total = max((send.frame.tokens_before + send.frame.tokens for _, send in sends), default=0)
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
            return _at_byte(plan, self._part_of(sum(len(send.data) for _, send in sends)))
        return _before_frame(plan, self._part_of(_frame_count(sends)))

    def _part_of(self, whole: int) -> int:
        # Decimal, because 0.29 * 100 is 28.999999999999996 as a float.
        return int(Decimal(str(self.share)) * whole)


Position = Point | AtToken | AtFrame | AtEvent | AtByte | AtShare


_WRITTEN = [*_NAMES, "{token: 3}", "{frame: 3}", "{event: NAME}", "{byte: 120}", "{share: 50%}"]


class _At(Keyed):
    """A named point, or a mapping with one key."""

    def _wrap(self, value: object) -> object:
        match value:
            case str() if value in _NAMES:
                return {"point": value}
            case str():
                if (form := next((form for form in _WRITTEN if form.startswith(f"{{{value}:")), None)) is not None:
                    raise refusal(f"the position '{value}' needs a value: write {form}")
                hint = nearest(value, [*_NAMES, *self._allowed()])
                raise refusal(f"unknown position '{value}': {hint}allowed: {', '.join(_WRITTEN)}")
            case int() if not isinstance(value, bool):
                shown = found(value)
                raise refusal(
                    f"a position needs a unit: write {{frame: {shown}}}, {{token: {shown}}} or {{byte: {shown}}}"
                )
            case _:
                return super()._wrap(value)

    def _allowed(self) -> list[str]:
        return [kind for kind in super()._allowed() if kind != Point.kind]

    def _form(self, _value: object) -> str:
        return f"a position: {listed(_WRITTEN)}"

    def _plain(self) -> tuple[JsonSchemaValue, ...]:
        return ({"enum": list(_NAMES)},)


At = Annotated[Position, _At("position", by_kind(Point, AtToken, AtFrame, AtEvent, AtByte, AtShare))]
"""A position: `start`, `headers`, `finish`, `done`, `end`, `{token: 3}`, `{frame: 3}`, `{event: NAME}`, `{byte:
120}`, `{share: 50%}`.
"""


def _sends(plan: Plan) -> list[tuple[int, Send]]:
    """The frames' sends, without those that faults added."""
    return [(index, step) for index, step in enumerate(plan) if isinstance(step, Send) and step.frame.ordinal >= 0]


def _frame_count(sends: list[tuple[int, Send]]) -> int:
    """How many frames the turn produced; those that were dropped in between count."""
    return max((send.frame.ordinal for _, send in sends), default=-1) + 1


def _before_frame(plan: Plan, number: int) -> Place | None:
    sends = _sends(plan)
    for index, send in sends:
        if send.frame.ordinal >= number:
            return plan, index
    return (plan, sends[-1][0] + 1) if sends and _frame_count(sends) == number else None


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
    return max((index + 1 for index, step in enumerate(plan) if isinstance(step, (Head, HeadRest))), default=None)


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
