"""Faults of how frames become bytes: SSE that is odd, and bytes that arrive in odd pieces."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self, assert_never

from pydantic import Field, model_validator

from mockllm.plan import Frame, Frames
from mockllm.scenario.base import Integer
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.seeds import Seed
from mockllm.units import Duration, refusal

_ADDED = -1
"""The ordinal of a frame that a fault added; positions do not count it."""


class Done(FrameFault):
    """The end marker of a stream goes wrong: it never comes, comes twice, has a trailing space, comes late, or text
    follows it.
    """

    kind: ClassVar[str] = "done"
    layer: ClassVar[Layer] = Layer.FRAMING
    shorthand: ClassVar[str | None] = "mode"

    mode: Literal["omit", "twice", "spaced", "late", "text_after"]
    by: Duration = Field(default=5_000_000, description="how late, for `late`")

    @model_validator(mode="after")
    def _only_late_by(self) -> Self:
        if self.mode != "late" and "by" in self.model_fields_set:
            raise refusal(f"by says how late the end is, but the mode is {self.mode}: drop by, or write mode: late")
        return self

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames with another end, or None if this answer has no end marker."""
        index = next((index for index, frame in enumerate(frames) if frame.kind == "done"), None)
        if index is None:
            return None
        marker = replace(frames[index], cause=f"fault: done {self.mode}")
        return (*frames[:index], *self._ending(marker), *frames[index + 1 :])

    def _ending(self, marker: Frame) -> Frames:
        match self.mode:
            case "omit":
                return ()
            case "twice":
                return (marker, replace(marker, ordinal=_ADDED))
            case "spaced":
                return (replace(marker, data=f"{marker.data} "),)
            case "late":
                return (replace(marker, framing=replace(marker.framing, delay_us=self.by)),)
            case "text_after":
                return (marker, replace(marker, ordinal=_ADDED, data="still here", label='"still here"'))
            case _:
                assert_never(self.mode)


class Split(FrameFault):
    """The bytes of every frame go out in small pieces, each in a write of its own; characters and events are cut
    anywhere.
    """

    kind: ClassVar[str] = "split"
    layer: ClassVar[Layer] = Layer.FRAMING

    bytes: Annotated[Integer, Field(ge=1)] = Field(default=1, description="the size of a piece")
    every: Duration = Field(default=0, description="time from one piece to the next")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames, marked to be cut when they are bytes; None if there are none."""
        if not frames:
            return None
        return tuple(
            replace(frame, framing=replace(frame.framing, split_bytes=self.bytes, split_every_us=self.every))
            for frame in frames
        )
