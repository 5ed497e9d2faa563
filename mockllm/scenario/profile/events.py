"""How the events of Responses differ at a vendor.

Here: the steps that change which events there are and what they are called: thinking that is told as it is
(`Thinking`), arguments that come whole (`Arguments`), and events without names (`Unnamed`). Not here: the keys of an
event (`shape.py`) and the chunks of Chat Completions (`steps.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field

from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.seeds import Seed

_RAW: Mapping[str, str] = {
    "response.reasoning_summary_part.added": "response.content_part.added",
    "response.reasoning_summary_text.delta": "response.reasoning_text.delta",
    "response.reasoning_summary_text.done": "response.reasoning_text.done",
    "response.reasoning_summary_part.done": "response.content_part.done",
}
_PARTS = frozenset({"response.reasoning_summary_part.added", "response.reasoning_summary_part.done"})
_DELTA = "response.function_call_arguments.delta"


class Thinking(FrameFault):
    """How thinking is told: raw is the content of its item instead of a summary, and whole is a summary that has no
    events of its parts, but those of its text.
    """

    kind: ClassVar[str] = "thinking"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    shorthand: ClassVar[str | None] = "told"

    told: Literal["raw", "whole"] = Field(description="raw, as the content; whole, as a summary that has no parts")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames with the thinking told so, or None if there is none."""
        if self.told == "whole":
            kept = tuple(frame for frame in frames if _type(frame) not in _PARTS)
            return None if len(kept) == len(frames) else tuple(_numbered(kept))
        changed = tuple(_raw(frame) for frame in frames)
        return None if changed == frames else changed


class Arguments(FrameFault):
    """The arguments of a function call come in one event, or in none but the one that tells that they are done."""

    kind: ClassVar[str] = "arguments"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    shorthand: ClassVar[str | None] = "come"

    come: Literal["whole", "done"] = Field(description="whole, in one delta; done, only with the event at the end")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames with fewer deltas, or None if there is no call."""
        last = {_item(frame): place for place, frame in enumerate(frames) if _type(frame) == _DELTA}
        if not last:
            return None
        texts: dict[Any, str] = {}
        kept: list[Frame] = []
        for place, frame in enumerate(frames):
            data = frame.data
            if _type(frame) != _DELTA or not isinstance(data, Mapping):
                kept.append(frame)
                continue
            texts[_item(frame)] = text = texts.get(_item(frame), "") + str(data["delta"])
            if self.come == "whole" and last[_item(frame)] == place:
                kept.append(replace(frame, data={**data, "delta": text}, label=text, cause=f"fault: {self.kind}"))
        return tuple(_numbered(tuple(kept)))


class Unnamed(FrameFault):
    """Events have no `event:` line, though the API names each by its type."""

    kind: ClassVar[str] = "unnamed"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    shorthand: ClassVar[str | None] = "every"

    every: Literal[True] = Field(default=True, description="said of all events")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames without names, or None if none has one."""
        bare = tuple(frame if frame.event is None else replace(frame, event=None) for frame in frames)
        return None if bare == frames else bare


def _type(frame: Frame) -> JSON:
    return frame.data.get("type") if isinstance(frame.data, Mapping) else None


def _item(frame: Frame) -> JSON:
    return frame.data.get("item_id") if isinstance(frame.data, Mapping) else None


def _numbered(frames: Frames) -> Iterator[Frame]:
    """The frames with the numbers of a sequence that lacks none."""
    number = 0
    for frame in frames:
        if isinstance(frame.data, Mapping) and "sequence_number" in frame.data:
            yield replace(frame, data={**frame.data, "sequence_number": number})
            number += 1
        else:
            yield frame


def _raw(frame: Frame) -> Frame:
    """An event, or a plain body, in which thinking is what it is."""
    if not isinstance(frame.data, Mapping):
        return frame
    data = _told_raw(frame.data)
    if (name := _RAW.get(str(_type(frame)))) is None:
        return frame if data == frame.data else replace(frame, data=data)
    renamed: dict[str, Any] = {("content_index" if key == "summary_index" else key): each for key, each in data.items()}
    renamed["type"] = name
    if isinstance(part := renamed.get("part"), Mapping):
        renamed["part"] = {**part, "type": "reasoning_text"}
    return replace(frame, data=renamed, event=None if frame.event is None else name)


def _told_raw(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON with raw thinking in the item, the response or the outputs that are in it."""
    told: dict[str, Any] = dict(value)
    for key in ("item", "response"):
        if isinstance(inner := told.get(key), Mapping):
            told[key] = _told_raw(inner)
    if isinstance(output := told.get("output"), list):
        told["output"] = [_told_raw(item) if isinstance(item, Mapping) else item for item in output]
    if told.get("type") == "reasoning" and (summary := told.get("summary")):
        told["summary"] = []
        told["content"] = [{"type": "reasoning_text", "text": part["text"]} for part in summary]
    return told
