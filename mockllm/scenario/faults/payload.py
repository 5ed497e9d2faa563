"""Faults of what single frames carry: their JSON is wrong, missing or not JSON."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

import jsonpath
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import IndexSelector, NameSelector
from pydantic import BeforeValidator, Field, field_validator, model_validator

from mockllm.plan import Frame, Frames
from mockllm.scenario.base import Authored, Integer, JSONValue
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.seeds import Seed

_Place = Literal["first", "last", "all", "role", "token", "finish", "usage", "done", "body"]


class FrameChoice(Authored):
    """Which frames a fault acts on: a word, a number, or a list of numbers; the first frame is 0."""

    shorthand: ClassVar[str | None] = "which"

    which: _Place | Annotated[Integer, Field(ge=0)] | tuple[Annotated[Integer, Field(ge=0)], ...]

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


def _tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Patch(FrameFault):
    """Set or remove values in the JSON of chosen frames, by JSONPath. A value that is set need not be there before."""

    kind: ClassVar[str] = "patch"
    layer: ClassVar[Layer] = Layer.PAYLOAD

    frames: FrameChoice = Field(default=FrameChoice(which="all"), description="which frames")
    set: Mapping[str, JSONValue] = Field(default_factory=dict, description="JSONPath to the new value")
    remove: Annotated[tuple[str, ...], BeforeValidator(_tuple, json_schema_input_type=str | list[str])] = Field(
        default=(), description="JSONPaths to take away"
    )

    @field_validator("set")
    @classmethod
    def _set_paths(cls, value: Mapping[str, JSONValue]) -> Mapping[str, JSONValue]:
        for path in value:
            _parent(path)
        return value

    @field_validator("remove")
    @classmethod
    def _remove_paths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for path in value:
            _compiled(path)
        return value

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.set and not self.remove:
            raise ValueError("a patch needs something to set or to remove")
        return self

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The patched frames, or None if no chosen frame changed."""
        last = max((frame.ordinal for frame in frames), default=0)
        patched = tuple(self._patch(frame) if self.frames.picks(frame, last) else frame for frame in frames)
        return None if patched == frames else patched

    def _patch(self, frame: Frame) -> Frame:
        if not isinstance(frame.data, Mapping):
            return frame
        data = deepcopy(frame.data)
        for path in self.remove:
            for match in list(jsonpath.finditer(path, data)):
                if match.parent is not None:
                    _take(match.parent.obj, match.parts[-1])
        for path, value in self.set.items():
            parent, key = _parent(path)
            for match in parent.finditer(data):
                _put(match.obj, key, value)
        return frame if data == frame.data else replace(frame, data=data, cause=f"fault: {self.kind}")


def _compiled(path: str) -> jsonpath.JSONPath:
    try:
        compiled = jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"'{path}' is not a JSONPath: {error}") from None
    if not isinstance(compiled, jsonpath.JSONPath):
        raise ValueError(f"'{path}' joins several paths: write one entry for each")  # noqa: TRY004 # pydantic reads ValueError
    return compiled


def _parent(path: str) -> tuple[jsonpath.JSONPath, str | int]:
    """The path of the container and the key or index within it. Raises ValueError where the path does not end in one
    of these.
    """
    compiled = _compiled(path)
    match list(compiled.segments):
        case [*rest, JSONPathChildSegment(selectors=[NameSelector(name=key)] | (NameSelector(name=key),))]:
            return jsonpath.JSONPath(env=compiled.env, segments=rest), key
        case [*rest, JSONPathChildSegment(selectors=[IndexSelector(index=index)] | (IndexSelector(index=index),))]:
            return jsonpath.JSONPath(env=compiled.env, segments=rest), index
    raise ValueError(f"'{path}' must end in a key or an index to be set, such as $.choices[0].delta.role")


def _take(container: object, key: str | int) -> None:
    """Remove a key of a mapping, or an item of a list."""
    match container, key:
        case dict(), str():
            del container[key]
        case list(), int():
            del container[key]


def _put(container: object, key: str | int, value: JSONValue) -> None:
    """Set a key of a mapping, or an item of a list; an index one past the end appends."""
    match container, key:
        case dict(), str():
            container[key] = value
        case list(), int() if -len(container) <= key < len(container):
            container[key] = value
        case list(), int() if key == len(container):
            container.append(value)
