"""The JSON of chunks and bodies as a profile has it.

Here: `Shape`, which is the fault `patch` with more powers: keys are renamed and put in order, and values may follow
from the request, from the whole answer and from what they are set in (`value.py`). Not here: which frames there are
(`steps.py`).
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator

from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.scenario.base import JSONValue, Shaped
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import FrameChoice
from mockllm.scenario.faults.payload.patch import put_into
from mockllm.scenario.json_path import settable
from mockllm.scenario.profile.places import containers, targets
from mockllm.scenario.profile.value import NOTHING, Context, checked, evaluate
from mockllm.scenario.text import listed_texts
from mockllm.seeds import Seed
from mockllm.units import refusal

SettablePath = Annotated[str, AfterValidator(settable)]
_Paths = Annotated[tuple[SettablePath, ...], BeforeValidator(listed_texts, json_schema_input_type=str | list[str])]
Template = Annotated[JSONValue, AfterValidator(checked)]
"""Any JSON, whose texts may hold `{{ ... }}`."""


class Shape(FrameFault):
    """Keys of the JSON are renamed, set, removed, pruned and put in order, in this sequence. Where a path leads to
    several places, a value is evaluated for each: `here` is the mapping or list that it is set in, `chunk` the whole
    JSON, `sent` how many tokens have been sent with it, `number` that of the frame.
    """

    kind: ClassVar[str] = "shape"
    layer: ClassVar[Layer] = Layer.PAYLOAD

    frames: FrameChoice = Field(default=FrameChoice(which="all"), description="which frames")
    rename: Mapping[SettablePath, str] = Field(default_factory=dict, description="JSONPath to the key's new name")
    set: Mapping[SettablePath, Template] = Field(default_factory=dict, description="JSONPath to a value")
    remove: _Paths = Field(default=(), description="JSONPaths to take away")
    prune: _Paths = Field(default=(), description="JSONPaths to take away where they are null or an empty list")
    order: Annotated[
        Literal["sorted"] | tuple[str, ...] | Mapping[str, tuple[str, ...]],
        Shaped("sorted", "a list of keys", "a mapping of JSONPaths to such lists"),
    ] = Field(
        default=(),
        description="the first keys of the JSON, in this order, or of what each path leads to; or sorted, everywhere",
    )

    _context: Context = PrivateAttr(default=Context())

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.rename or self.set or self.remove or self.prune or self.order):
            raise refusal("this shape changes nothing: give rename, set, remove, prune or order")
        return self

    def within(self, context: Context) -> Self:
        """The same shape for the answer with this context."""
        copy = self.model_copy()
        copy._context = context  # noqa: SLF001 # it is of this very class
        return copy

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames in their new shape, or None if there is nothing to change in those that are meant."""
        words = self._context.words()
        return self.frames.changed(frames, lambda frame: self._changed(frame, words))

    def _changed(self, frame: Frame, words: Mapping[str, Any]) -> Frame | None:
        if not isinstance(frame.data, Mapping):
            return None
        local = {**words, "sent": frame.tokens_before + frame.tokens, "number": frame.ordinal}
        data = self.reshaped(frame.data, local)
        return None if data == frame.data and not self.order else replace(frame, data=data, cause=f"fault: {self.kind}")

    def reshaped(self, original: Mapping[str, JSON], words: Mapping[str, Any]) -> Mapping[str, JSON]:
        """The JSON in its new shape."""
        data: Any = deepcopy(dict(original))
        words = {**words, "chunk": data}
        for path, name in self.rename.items():
            _rename(path, name, data)
        for path, value in self.set.items():
            _put(path, value, data, words)
        for path in self.remove:
            _remove(path, data, _anything)
        for path in self.prune:
            _remove(path, data, _nothing_said)
        return self._ordered(data)

    def _ordered(self, data: Any) -> Mapping[str, JSON]:
        match self.order:
            case str():
                ordered: Mapping[str, JSON] = _sorted(data)
                return ordered
            case Mapping():
                for path, first in self.order.items():
                    for target in targets(path, data):
                        if isinstance(target, dict):
                            _lead(target, first)
            case first:
                _lead(data, first)
        kept: Mapping[str, JSON] = data
        return kept


def _rename(path: str, name: str, data: JSON) -> None:
    """Give a key another name, in its place among the keys."""
    places, key = containers(path, data)
    for mapping in places:
        if isinstance(mapping, dict) and key in mapping:
            pairs = [(name if each == key else each, value) for each, value in mapping.items()]
            mapping.clear()
            mapping.update(pairs)


def _put(path: str, value: JSONValue, data: JSON, words: Mapping[str, Any]) -> None:
    places, key = containers(path, data)
    for place in places:
        new = evaluate(value, {**words, "here": place})
        if new is not NOTHING:
            put_into(place, key, deepcopy(new))


def _sorted(data: JSON) -> Any:
    match data:
        case Mapping():
            return {key: _sorted(data[key]) for key in sorted(data)}
        case list():
            return [_sorted(item) for item in data]
        case _:
            return data


def _lead(mapping: dict[str, Any], first: tuple[str, ...]) -> None:
    """Let these keys be the first of the mapping."""
    led = {**{key: mapping[key] for key in first if key in mapping}, **mapping}
    mapping.clear()
    mapping.update(led)


def _remove(path: str, data: JSON, is_meant: Callable[[JSON], bool]) -> None:
    places, key = containers(path, data)
    for mapping in places:
        if isinstance(mapping, dict) and key in mapping and is_meant(mapping[key]):
            del mapping[key]


def _anything(_value: JSON) -> bool:
    return True


def _nothing_said(value: JSON) -> bool:
    return value is None or value == []
