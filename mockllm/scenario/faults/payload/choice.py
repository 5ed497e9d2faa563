"""Which frames a fault acts on, and where between them.

Here: the choice by a word or by numbers, which faults of payload and of framing share, positions among frames that
have no times yet, and the JSON of a frame as text. Not here: the positions themselves (`../../position.py`).
"""

import json
from collections.abc import Callable
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field

from mockllm.plan import End, Frame, Frames, Head, Send
from mockllm.request import JSON
from mockllm.scenario.base import Authored, Integer, Shaped
from mockllm.scenario.position import At, AtByte, AtShare, Position
from mockllm.units import refusal

ADDED = -1
"""The ordinal of a frame that a fault added; positions do not count it."""

_Place = Literal["first", "last", "all", "role", "token", "finish", "usage", "done", "body"]
Ordinal = Annotated[Integer, Field(ge=0)]


class FrameChoice(Authored):
    """Which frames a fault acts on: a word, a number, or a list of numbers; the first frame is 0."""

    shorthand: ClassVar[str | None] = "which"

    which: Annotated[
        _Place | Ordinal | tuple[Ordinal, ...],
        Shaped(*get_args(_Place), "a frame's number", "a list of such numbers"),
    ]

    def picks(self, frame: Frame, last: int) -> bool:
        """Whether this frame is meant; `last` is the ordinal of the last frame."""
        match self.which:
            case "all":
                return True
            case "first":
                return frame.ordinal == 0
            case "last":
                return frame.ordinal == last
            case str(kind):
                return frame.kind == kind
            case int(number):
                return frame.ordinal == number
            case numbers:
                return frame.ordinal in numbers

    def picked(self, frames: Frames) -> tuple[bool, ...]:
        """For each frame whether it is meant."""
        last = max((frame.ordinal for frame in frames), default=0)
        return tuple(self.picks(frame, last) for frame in frames)

    def changed(self, frames: Frames, change: Callable[[Frame], Frame | None]) -> Frames | None:
        """The frames with the change in those that are meant; None if it is None in all of them."""
        new = tuple(change(frame) if it else None for frame, it in zip(frames, self.picked(frames), strict=True))
        if not any(new):
            return None
        return tuple(changed or frame for changed, frame in zip(new, frames, strict=True))


def _between(at: Position) -> Position:
    if isinstance(at, AtByte):
        raise refusal(
            f"{{byte: {at.count}}} may be inside a frame, and this acts between frames: name a frame or token"
        )
    return at


Between = Annotated[At, AfterValidator(_between)]
"""A position between two frames: every position but `{byte: 120}`."""


def gap(frames: Frames, at: Position) -> int | None:
    """The index of the first frame after the position, or None if it is not there."""
    if is_plain(frames) and isinstance(at, AtShare):
        return None
    place = at.find((Head(200), *(Send(b"", frame) for frame in frames), End()))
    # The head is in the plan, and not among the frames.
    return None if place is None else max(place[1] - 1, 0)


def is_plain(frames: Frames) -> bool:
    """Whether the answer is a plain body and so has no events."""
    return any(frame.kind == "body" for frame in frames)


def written(data: JSON) -> str:
    """The JSON on one line, with NaN where Python has it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
