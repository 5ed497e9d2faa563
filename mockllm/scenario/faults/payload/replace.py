"""An event has other data than the one it should have.

Here: `Replace`, by a verbatim text or by other JSON. Not here: single values (`patch.py`), ways of breaking what is
there (`corrupt.py`), events that come on top (`insert.py`).
"""

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from mockllm.plan import Frame, Frames
from mockllm.scenario.base import JSONValue
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import FrameChoice
from mockllm.seeds import Seed


class Replace(FrameFault):
    """Chosen frames carry other data: a text, which is sent as it is, or any other value as JSON. Their names, times
    and places stay, and so do the tokens that positions count.
    """

    kind: ClassVar[str] = "replace"
    layer: ClassVar[Layer] = Layer.PAYLOAD

    frames: FrameChoice = Field(description="which frames")
    data: JSONValue = Field(description="a text, sent as it is, or JSON")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames with the other data, or None if there are none of those chosen."""
        return self.frames.changed(frames, self._replaced)

    def _replaced(self, frame: Frame) -> Frame | None:
        if frame.kind in {"comment", "raw"}:
            return None
        # A frame whose data is None would have no line for it at all.
        data = "null" if self.data is None else self.data
        return replace(frame, data=data, cause=f"fault: {self.kind}")
