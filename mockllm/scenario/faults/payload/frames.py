"""Whole frames are missing, come again, or come in another order.

Here: `Drop`, `Duplicate`, `Reorder`. Not here: what is in a frame (`patch.py`, `corrupt.py`) and new frames
(`insert.py`).
"""

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from mockllm.plan import Frame, Frames
from mockllm.scenario.base import Integer
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import ADDED, FrameChoice, Ordinal
from mockllm.seeds import Seed
from mockllm.units import refusal


class Drop(FrameFault):
    """Chosen frames never come."""

    kind: ClassVar[str] = "drop"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    shorthand: ClassVar[str | None] = "frames"

    frames: FrameChoice = Field(description="which frames")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames without those, or None if there are none of them."""
        picked = self.frames.picked(frames)
        if not any(picked):
            return None
        return tuple(frame for frame, dropped in zip(frames, picked, strict=True) if not dropped)


class Duplicate(FrameFault):
    """Chosen frames come several times, one right after the other."""

    kind: ClassVar[str] = "duplicate"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    shorthand: ClassVar[str | None] = "frames"

    frames: FrameChoice = Field(description="which frames")
    times: Annotated[Integer, Field(ge=2, le=10_000)] = Field(default=2, description="how often each of them comes")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames with copies, which positions do not count; None if there are none of them."""
        picked = self.frames.picked(frames)
        if not any(picked):
            return None
        sent: list[Frame] = []
        for frame, again in zip(frames, picked, strict=True):
            sent.append(frame)
            if again:
                copy = replace(frame, ordinal=ADDED, tokens=0, cause=f"fault: {self.kind}")
                sent += [copy] * (self.times - 1)
        return tuple(sent)


def _moving(frames: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(frames)) < len(frames):
        raise refusal("a frame is named twice: name each once, in the order in which they are to come")
    if list(frames) == sorted(frames):
        raise refusal(
            "these frames are in their order already: name two or more in the order in which they are to come"
        )
    return frames


class Reorder(FrameFault):
    """Frames change places: they come in the order given, in the places that they have together, none of them before
    it is due.
    """

    kind: ClassVar[str] = "reorder"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    shorthand: ClassVar[str | None] = "frames"

    frames: Annotated[tuple[Ordinal, ...], AfterValidator(_moving)] = Field(
        description="the numbers of the frames, in the order in which they come"
    )

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames in their new places, or None if one of them does not exist."""
        places = {frame.ordinal: place for place, frame in enumerate(frames)}
        if not places.keys() >= set(self.frames):
            return None
        sent = list(frames)
        for place, ordinal in zip(sorted(places[ordinal] for ordinal in self.frames), self.frames, strict=True):
            sent[place] = replace(frames[places[ordinal]], cause=f"fault: {self.kind}")
        return tuple(sent)
