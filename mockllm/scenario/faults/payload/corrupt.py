"""What frames carry is no JSON any more.

Here: `Corrupt`, one way of breaking for each word of `how`. Not here: JSON that is whole but wrong (`patch.py`).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import FrameChoice, written
from mockllm.seeds import Seed

Way = Literal["cut_json", "invalid_utf8", "nan", "html", "empty", "not_json", "null"]

_HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"
_TEXT = "upstream error: connection lost"
_HALF_A_PAIR = "\ud83c"
"""A surrogate, whose three bytes (ED A0 BC) are not UTF-8 (RFC 3629 §3)."""


class Corrupt(FrameFault):
    """What chosen frames carry is broken: JSON cut in the middle, bytes that are not UTF-8, NaN for numbers, an HTML
    page, nothing, a text, or null. The first three need JSON to break.
    """

    kind: ClassVar[str] = "corrupt"
    layer: ClassVar[Layer] = Layer.PAYLOAD

    frames: FrameChoice = Field(description="which frames")
    how: Annotated[
        Way,
        # YAML reads a bare null as nothing.
        BeforeValidator(lambda way: "null" if way is None else way, json_schema_input_type=Way | None),
    ] = Field(description="in which way")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The broken frames, or None if none of those chosen can be broken so."""
        return self.frames.changed(frames, self._corrupted)

    def _corrupted(self, frame: Frame) -> Frame | None:
        if frame.kind in {"comment", "raw"}:
            return None
        data = _WAYS[self.how](frame.data)
        return None if data is None else replace(frame, data=data, cause=f"fault: {self.kind} {self.how}")


def _cut(data: JSON) -> JSON:
    """The first half of the JSON, which lacks at least its closing bracket."""
    if not isinstance(data, (Mapping, list, tuple)):
        return None
    text = written(data)
    return text[: len(text) // 2]


def _invalid(data: JSON) -> JSON:
    """The JSON whose innermost text, where the words of an answer are, ends in bytes that are not UTF-8."""
    if (path := max(_texts(data), key=len, default=None)) is None:
        return None
    return _broken(data, path)


def _broken(value: JSON, path: tuple[str | int, ...]) -> JSON:
    """The value with half a character more at the end of the text that the path leads to."""
    if not path:
        return f"{value}{_HALF_A_PAIR}"
    first, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {key: _broken(item, rest) if key == first else item for key, item in value.items()}
    items = value if isinstance(value, (list, tuple)) else ()
    return [_broken(item, rest) if index == first else item for index, item in enumerate(items)]


def _nan(data: JSON) -> JSON:
    """The JSON with NaN for every number, as Python's own writer spells it; None if it has no number."""
    changed = _without_numbers(data)
    return written(changed) if written(changed) != written(data) else None


def _without_numbers(value: JSON) -> JSON:
    match value:
        case bool():
            return value
        case int() | float():
            return math.nan
        case Mapping():
            return {key: _without_numbers(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_numbers(item) for item in value]
        case _:
            return value


def _texts(value: JSON, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all texts, the last first."""
    match value:
        case str():
            yield path
        case Mapping():
            for key in reversed(list(value)):
                yield from _texts(value[key], (*path, key))
        case list() | tuple():
            for index in reversed(range(len(value))):
                yield from _texts(value[index], (*path, index))


_WAYS: Mapping[Way, Callable[[JSON], JSON]] = {
    "cut_json": _cut,
    "invalid_utf8": _invalid,
    "nan": _nan,
    "html": lambda _data: _HTML,
    "empty": lambda _data: "",
    "not_json": lambda _data: _TEXT,
    "null": lambda _data: "null",
}
