"""Values in the JSON of frames are set and removed.

Here: `Patch`, by JSONPath. Not here: frames whose JSON is no JSON any more (`corrupt.py`).
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import count
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.scenario.base import JSONValue, Shaped, found
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import FrameChoice
from mockllm.scenario.json_path import parent_of, removable, settable, single
from mockllm.scenario.text import listed_texts
from mockllm.seeds import Seed
from mockllm.units import refusal

_FRAME = re.compile(r"\{\{ *frame *\}\}")


def _differing(series: str | tuple[JSONValue, ...]) -> str | tuple[JSONValue, ...]:
    if not series:
        raise refusal("there is no value to set: give a list of them, or a text with {{ frame }} in it")
    if isinstance(series, str) and not _FRAME.search(series):
        raise refusal(f"{found(series)} is the same in each frame: put {{{{ frame }}}} in it, or write it under set")
    return series


Series = Annotated[
    Annotated[str | tuple[JSONValue, ...], Shaped("a text with {{ frame }} in it", "a list of values")],
    AfterValidator(_differing),
]
"""A value for each frame: the values in turn, or a text in which `{{ frame }}` is the number of the frame."""


class Patch(FrameFault):
    """Set or remove values in the JSON of chosen frames, by JSONPath. A value that is set need not be there before."""

    kind: ClassVar[str] = "patch"
    layer: ClassVar[Layer] = Layer.PAYLOAD

    frames: FrameChoice = Field(default=FrameChoice(which="all"), description="which frames")
    set: Mapping[Annotated[str, AfterValidator(settable)], JSONValue] = Field(
        default_factory=dict, description="JSONPath to the new value"
    )
    remove: Annotated[
        tuple[Annotated[str, AfterValidator(removable)], ...],
        BeforeValidator(listed_texts, json_schema_input_type=str | list[str]),
    ] = Field(default=(), description="JSONPaths to take away")

    each: Mapping[Annotated[str, AfterValidator(settable)], Series] = Field(
        default_factory=dict,
        description="JSONPath to a value for each frame: a list, used over and over, or a text with {{ frame }} in it",
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.set and not self.remove and not self.each:
            raise refusal("a patch needs something to set or to remove")
        return self

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The patched frames, or None if no path leads anywhere in a chosen frame."""
        turns = count()
        return self.frames.changed(frames, lambda frame: self._patch(frame, turns))

    def _patch(self, frame: Frame, turns: Iterator[int]) -> Frame | None:
        """The patched frame, or None if no path leads anywhere in it; each frame of JSON takes its turn."""
        if not isinstance(frame.data, Mapping):
            return None
        turn = next(turns)
        data = deepcopy(frame.data)
        changes = sum(_take(path, data) for path in self.remove)
        changes += sum(_put(path, value, data) for path, value in self.set.items())
        changes += sum(_put(path, _nth(series, turn, frame), data) for path, series in self.each.items())
        return replace(frame, data=data, cause=f"fault: {self.kind}") if changes else None


def _nth(series: str | tuple[JSONValue, ...], turn: int, frame: Frame) -> JSONValue:
    """The value for a frame, which is the next of those that are patched."""
    if isinstance(series, tuple):
        return series[turn % len(series)]
    return _FRAME.sub(str(frame.ordinal), series)


def _take(path: str, data: JSON) -> int:
    """Remove what the path finds; how much that was."""
    keys: dict[tuple[int, str], dict[str, object]] = {}
    items: dict[tuple[int, int], list[object]] = {}
    for match in single(path).finditer(data):
        match match.parent and match.parent.obj, match.parts[-1]:
            case dict() as mapping, str(key) if key in mapping:
                keys[id(mapping), key] = mapping
            case list() as sequence, int(index):
                items[id(sequence), index] = sequence
    for (_, key), mapping in keys.items():
        del mapping[key]
    # From the last to the first, so that the indices of those before stay as they are.
    for (_, index), sequence in sorted(items.items(), key=lambda item: item[0][1], reverse=True):
        del sequence[index]
    return len(keys) + len(items)


def _put(path: str, value: JSONValue, data: JSON) -> int:
    """Set the key or item that the path ends in, in each container that it leads to; how many these were."""
    parent, key = parent_of(path)
    return sum(put_into(match.obj, key, deepcopy(value)) for match in list(parent.finditer(data)))


def put_into(container: object, key: str | int, value: JSONValue) -> bool:
    """Set a key of a mapping, or an item of a list; an index one past the end appends. False if neither is possible."""
    match container, key:
        case dict(), str():
            container[key] = value
        case list(), int() if -len(container) <= key < len(container):
            container[key] = value
        case list(), int() if key == len(container):
            container.append(value)
        case _:
            return False
    return True
