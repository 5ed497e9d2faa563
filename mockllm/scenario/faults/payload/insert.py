"""Something comes between the frames that no dialect would send.

Here: `Insert`. Not here: errors in a stream (`error.py`) and comments while nothing else comes (`../time.py`).
"""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.scenario.base import Authored, JSONValue
from mockllm.scenario.content import Count
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import Between, gap, is_plain
from mockllm.seeds import Seed
from mockllm.units import refusal


class InsertedEvent(Authored):
    """One event as it is. `data` is sent as text, or as JSON if it is not a string."""

    shorthand: ClassVar[str | None] = "data"

    data: JSONValue = None
    event: str | None = None
    id: str | None = None
    retry: Count | None = None

    def frame(self, cause: str) -> Frame:
        """The event as a frame that positions do not count."""
        fields = (("id", self.id), ("retry", self.retry))
        kept = tuple((name, str(value)) for name, value in fields if value is not None)
        data: JSON = self.data
        return Frame(data, "event", label=self.event or "event", event=self.event, fields=kept, cause=cause)


class Insert(FrameFault):
    """A comment, an event or raw text comes between two frames. It carries no tokens and is not counted."""

    kind: ClassVar[str] = "insert"
    layer: ClassVar[Layer] = Layer.PAYLOAD

    at: Between = Field(description="before which frame")
    comment: str | None = Field(default=None, description="the text of a comment")
    event: InsertedEvent | None = Field(default=None, description="an event, or its data alone")
    raw: str | None = Field(default=None, description="text that is sent as it is; the only one for a plain body")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        given = [name for name in ("comment", "event", "raw") if name in self.model_fields_set]
        if len(given) != 1:
            told = " and ".join(given) or "none"
            raise refusal(f"one of comment, event and raw is inserted, found {told}: write one, and one entry for each")
        return self

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames with the new one; None if the position is not there or a plain body has no room for it."""
        index = gap(frames, self.at)
        if index is None or (self.raw is None and is_plain(frames)):
            return None
        return (*frames[:index], self._frame(), *frames[index:])

    def _frame(self) -> Frame:
        cause = f"fault: {self.kind}"
        if self.raw is not None:
            return Frame(self.raw, "raw", label=f"{self.raw[:40]!r}", cause=cause)
        if self.comment is not None:
            text = "\n".join(f": {line}" for line in self.comment.splitlines() or [""])
            return Frame(text, "comment", label=text[:40], cause=cause)
        return (self.event or InsertedEvent()).frame(cause)
