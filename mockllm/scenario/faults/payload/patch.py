"""Values in the JSON of frames are set and removed.

Here: `Patch`, by JSONPath. Not here: frames whose JSON is no JSON any more (`corrupt.py`).
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Annotated, ClassVar, Self

import jsonpath
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import IndexSelector, NameSelector
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.scenario.base import JSONValue
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import FrameChoice
from mockllm.scenario.json_match import compiled_path
from mockllm.scenario.text import listed_texts
from mockllm.seeds import Seed
from mockllm.units import refusal


def _single(path: str) -> jsonpath.JSONPath:
    compiled = compiled_path(path)
    if not isinstance(compiled, jsonpath.JSONPath):
        raise refusal(f"'{path}' joins several paths: write one entry for each")
    return compiled


def _removable(path: str) -> str:
    if not _single(path).segments:
        raise refusal(f"'{path}' is the whole of the JSON, which cannot be removed: name a key or an index in it")
    return path


def _parent(path: str) -> tuple[jsonpath.JSONPath, str | int]:
    """The path of the container and the key or index within it. Raises ValueError where the path does not end in one
    of these.
    """
    compiled = _single(path)
    match list(compiled.segments):
        case [*rest, JSONPathChildSegment(selectors=[NameSelector(name=key)] | (NameSelector(name=key),))]:
            return jsonpath.JSONPath(env=compiled.env, segments=rest), key
        case [*rest, JSONPathChildSegment(selectors=[IndexSelector(index=index)] | (IndexSelector(index=index),))]:
            return jsonpath.JSONPath(env=compiled.env, segments=rest), index
    raise refusal(f"'{path}' must end in a key or an index to be set, such as $.choices[0].delta.role")


def _settable(path: str) -> str:
    _parent(path)
    return path


class Patch(FrameFault):
    """Set or remove values in the JSON of chosen frames, by JSONPath. A value that is set need not be there before."""

    kind: ClassVar[str] = "patch"
    layer: ClassVar[Layer] = Layer.PAYLOAD

    frames: FrameChoice = Field(default=FrameChoice(which="all"), description="which frames")
    set: Mapping[Annotated[str, AfterValidator(_settable)], JSONValue] = Field(
        default_factory=dict, description="JSONPath to the new value"
    )
    remove: Annotated[
        tuple[Annotated[str, AfterValidator(_removable)], ...],
        BeforeValidator(listed_texts, json_schema_input_type=str | list[str]),
    ] = Field(default=(), description="JSONPaths to take away")

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.set and not self.remove:
            raise refusal("a patch needs something to set or to remove")
        return self

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The patched frames, or None if no path leads anywhere in a chosen frame."""
        return self.frames.changed(frames, self._patch)

    def _patch(self, frame: Frame) -> Frame | None:
        """The patched frame, or None if no path leads anywhere in it."""
        if not isinstance(frame.data, Mapping):
            return None
        data = deepcopy(frame.data)
        changes = sum(_take(path, data) for path in self.remove)
        changes += sum(_put(path, value, data) for path, value in self.set.items())
        return replace(frame, data=data, cause=f"fault: {self.kind}") if changes else None


def _take(path: str, data: JSON) -> int:
    """Remove what the path finds; how much that was."""
    keys: dict[tuple[int, str], dict[str, object]] = {}
    items: dict[tuple[int, int], list[object]] = {}
    for match in _single(path).finditer(data):
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
    parent, key = _parent(path)
    return sum(_put_into(match.obj, key, deepcopy(value)) for match in list(parent.finditer(data)))


def _put_into(container: object, key: str | int, value: JSONValue) -> bool:
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
