"""Faults of how frames become bytes: SSE that is odd, and bytes that arrive in odd pieces.

Here: what differs in the lines of events, which `dialects/sse.py` writes as their `Framing` asks, and in how events
become writes. Not here: what is in the events (`payload/`). Most of these faults leave a stream that the standard
allows, which a client must read all the same.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self, assert_never

from pydantic import Field, model_validator

from mockllm.plan import Frame, Frames
from mockllm.scenario.base import Integer
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import ADDED, FrameChoice, written
from mockllm.seeds import Seed
from mockllm.units import Duration, refusal

_BOM = "\ufeff"

_ESCAPED = {"non_ascii": re.compile(r"[^\x00-\x7f]"), "html": re.compile(r"[<>&']")}
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')


class Done(FrameFault):
    """The end marker of a stream goes wrong: it never comes, comes twice, has a trailing space, comes late, or text
    follows it.
    """

    kind: ClassVar[str] = "done"
    over_websocket: ClassVar[bool] = False
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
                return (marker, replace(marker, ordinal=ADDED))
            case "spaced":
                return (replace(marker, data="[DONE] "),)
            case "late":
                return (replace(marker, framing=replace(marker.framing, delay_us=self.by)),)
            case "text_after":
                return (marker, replace(marker, ordinal=ADDED, data="still here", label='"still here"'))
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


class _Restyle(FrameFault):
    """The chosen events are written in another way. A plain body has no events."""

    layer: ClassVar[Layer] = Layer.FRAMING

    frames: FrameChoice = Field(default=FrameChoice(which="all"), description="which frames")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The restyled frames, or None if none of those chosen can be."""
        return self.frames.changed(frames, self._of_event)

    def _of_event(self, frame: Frame) -> Frame | None:
        new = None if frame.kind in {"body", "raw"} else self._restyled(frame)
        return new and replace(new, cause=f"fault: {self.kind}")

    def _restyled(self, frame: Frame) -> Frame | None:
        raise NotImplementedError


class LineEnding(_Restyle):
    """Lines end in CRLF or in CR alone, both of which the standard allows."""

    kind: ClassVar[str] = "line_ending"
    over_websocket: ClassVar[bool] = False
    shorthand: ClassVar[str | None] = "style"

    style: Literal["crlf", "cr"]

    def _restyled(self, frame: Frame) -> Frame:
        return _framed(frame, line_ending={"crlf": "\r\n", "cr": "\r"}[self.style])


class NoSpace(_Restyle):
    """No space follows the colon of a field."""

    kind: ClassVar[str] = "no_space"
    over_websocket: ClassVar[bool] = False
    shorthand: ClassVar[str | None] = "frames"

    def _restyled(self, frame: Frame) -> Frame | None:
        return None if frame.kind == "comment" else _framed(frame, space="")


class MultilineData(_Restyle):
    """The JSON of an event is printed over several `data:` lines, which a parser joins with line feeds."""

    kind: ClassVar[str] = "multiline_data"
    shorthand: ClassVar[str | None] = "frames"

    indent: Annotated[Integer, Field(ge=0, le=8)] = Field(default=2, description="spaces for each level")

    def _restyled(self, frame: Frame) -> Frame | None:
        return _framed(frame, indent=self.indent) if isinstance(frame.data, (Mapping, list, tuple)) else None


class EventNames(_Restyle):
    """Every event has a name, though the API sends none: always the same, or with `from_type` the `type` that its
    JSON has.
    """

    kind: ClassVar[str] = "event_names"
    over_websocket: ClassVar[bool] = False
    shorthand: ClassVar[str | None] = "name"

    name: str = Field(description="the name, or from_type")

    def _restyled(self, frame: Frame) -> Frame | None:
        name = _type_of(frame) if self.name == "from_type" else self.name
        return None if name is None or frame.kind == "comment" else replace(frame, event=name)


class Ids(_Restyle):
    """Every event has an `id:` line with a number that goes up by one."""

    kind: ClassVar[str] = "ids"
    over_websocket: ClassVar[bool] = False
    shorthand: ClassVar[str | None] = "first"

    first: Annotated[Integer, Field(ge=0)] = Field(default=0, description="the id of frame 0")

    def _restyled(self, frame: Frame) -> Frame | None:
        if frame.ordinal < 0 or frame.kind == "comment":
            return None
        return replace(frame, fields=(*frame.fields, ("id", str(self.first + frame.ordinal))))


class Escape(FrameFault):
    """In the JSON of a frame characters are written as `uXXXX` escapes, which JSON allows for any of them: those beyond
    ASCII, those that mean something in HTML (`<`, `>`, `&`, `'`), or all characters of all texts. A plain body loses
    its line breaks with it.
    """

    kind: ClassVar[str] = "escape"
    layer: ClassVar[Layer] = Layer.FRAMING
    shorthand: ClassVar[str | None] = "what"

    what: Literal["non_ascii", "html", "all"] = Field(default="non_ascii", description="which characters")
    frames: FrameChoice = Field(default=FrameChoice(which="all"), description="which frames")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames with their escapes, or None if none of those chosen has JSON with such characters."""
        return self.frames.changed(frames, self._rewritten)

    def _rewritten(self, frame: Frame) -> Frame | None:
        if not isinstance(frame.data, (Mapping, list, tuple)):
            return None
        if self.what == "all":
            text = _TEXT.sub(lambda found: _fully_escaped(found[0]), json.dumps(frame.data, separators=(",", ":")))
        else:
            text = _ESCAPED[self.what].sub(lambda found: _escaped(found[0]), written(frame.data))
        return None if text == written(frame.data) else replace(frame, data=text, cause=f"fault: {self.kind}")


class Bom(FrameFault):
    """A byte order mark comes before the first byte of the body. The standard of event streams allows one, that of
    JSON none.
    """

    kind: ClassVar[str] = "bom"
    over_websocket: ClassVar[bool] = False
    layer: ClassVar[Layer] = Layer.FRAMING
    shorthand: ClassVar[str | None] = "count"

    count: Annotated[Integer, Field(ge=1, le=8)] = Field(default=1, description="how many")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames, the first with the mark in front; None if there are none."""
        if not frames:
            return None
        marked = _framed(frames[0], prefix=_BOM * self.count)
        return (replace(marked, cause=f"fault: {self.kind}"), *frames[1:])


class UnterminatedLastEvent(FrameFault):
    """The stream ends before the blank line that would end its last event, or before the end of its last line."""

    kind: ClassVar[str] = "unterminated_last_event"
    over_websocket: ClassVar[bool] = False
    layer: ClassVar[Layer] = Layer.FRAMING
    shorthand: ClassVar[str | None] = "ends"

    ends: Literal["after_line", "in_line"] = Field(default="after_line", description="where the stream ends")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames, the last without its end; None if there is no event at the end."""
        if not frames or frames[-1].kind in {"body", "raw"}:
            return None
        marked = _framed(frames[-1], line_ends=int(self.ends == "after_line"))
        return (*frames[:-1], replace(marked, cause=f"fault: {self.kind}"))


class Coalesce(FrameFault):
    """Several events arrive in one piece: each waits until the last of its group is due."""

    kind: ClassVar[str] = "coalesce"
    layer: ClassVar[Layer] = Layer.FRAMING
    shorthand: ClassVar[str | None] = "frames"

    frames: Annotated[Integer, Field(ge=2)] = Field(description="how many frames a piece has")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames, marked to go out with the next; None if there are not two."""
        if len(frames) < 2:  # noqa: PLR2004 # as many as can be together
            return None
        last = len(frames) - 1
        return tuple(
            replace(_framed(frame, held=True), cause=f"fault: {self.kind}")
            if index < last and (index + 1) % self.frames
            else frame
            for index, frame in enumerate(frames)
        )


def _framed(frame: Frame, **style: str | int | None) -> Frame:
    return replace(frame, framing=replace(frame.framing, **style))  # type: ignore[arg-type] # by name of Framing


def _escaped(text: str) -> str:
    """Each character as the escapes of its UTF-16 units, of which an astral one has two (RFC 8259 §7)."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[index]:02x}{units[index + 1]:02x}" for index in range(0, len(units), 2))


def _fully_escaped(text: str) -> str:
    """A text of JSON with every character as an escape."""
    return f'"{_escaped(json.loads(text))}"'


def _type_of(frame: Frame) -> str | None:
    """The `type` that the JSON of an event has, if it is a text."""
    kind = frame.data.get("type") if isinstance(frame.data, Mapping) else None
    return kind if isinstance(kind, str) else None
