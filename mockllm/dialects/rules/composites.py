"""The shapes that are made of other shapes: arrays, objects, maps, tagged objects and unions.

Not here: single values (`scalars.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeGuard

from mockllm.dialects.rules.refusals import join, outside, phrase_list, refusal
from mockllm.dialects.rules.scalars import Choice
from mockllm.dialects.rules.shape import Row, Shape, check, check_rows


def _without_article(phrase: str) -> str:
    for article in ("a ", "an ", "one of "):
        if phrase.startswith(article):
            return phrase.removeprefix(article)
    return phrase


@dataclass(frozen=True, slots=True)
class Items:
    """An array whose items have one shape. `filled` forbids the empty one, `most` is the longest."""

    of: Shape[Any]
    filled: bool = False
    most: int | None = None

    @property
    def phrase(self) -> str:
        """The type, as in `an array of strings` or `an array of one of 'text' or 'audio'`."""
        noun = self.of.phrase
        return f"an array of {noun}" if noun.startswith("one of ") else f"an array of {_without_article(noun)}s"

    def accepts(self, value: object) -> TypeGuard[list[object]]:
        """Arrays."""
        return isinstance(value, list)

    def inspect(self, value: list[object], path: str) -> None:
        """Raise ApiError `empty_array` or `array_above_max_length`, or what an item earns."""
        if self.filled and not value:
            expected = "an array with minimum length 1"
            raise outside(path, "empty_array", "empty array", expected=expected, got="an empty array")
        if self.most is not None and len(value) > self.most:
            expected, got = f"an array with maximum length {self.most}", f"an array with length {len(value)}"
            raise outside(path, "array_above_max_length", "array too long", expected=expected, got=got)
        for index, item in enumerate(value):
            check(self.of, item, f"{path}[{index}]")


@dataclass(frozen=True, slots=True)
class Fields:
    """An object with known members; members without a row are accepted."""

    rows: tuple[Row, ...] = ()
    phrase: str = "an object"

    def accepts(self, value: object) -> TypeGuard[dict[str, object]]:
        """Objects."""
        return isinstance(value, dict)

    def inspect(self, value: dict[str, object], path: str) -> None:
        """Raise what the first faulty member earns."""
        check_rows(self.rows, value, path)


@dataclass(frozen=True, slots=True)
class Tagged:
    """An object whose other members depend on the string in one of them.

    `otherwise` are the rows for a tag that is absent or unknown, where the service does not look at the tag first;
    without them such a tag is refused.
    """

    tag: str
    cases: Mapping[str, tuple[Row, ...]]
    otherwise: tuple[Row, ...] | None = None
    phrase: ClassVar[str] = "an object"

    def accepts(self, value: object) -> TypeGuard[dict[str, object]]:
        """Objects."""
        return isinstance(value, dict)

    def inspect(self, value: dict[str, object], path: str) -> None:
        """Raise what the tag or the first faulty member earns."""
        tag = value.get(self.tag)
        if isinstance(tag, str) and tag in self.cases:
            check_rows(self.cases[tag], value, path)
        elif self.otherwise is not None:
            check_rows(self.otherwise, value, path)
        else:
            check_rows((Row(self.tag, Choice(tuple(self.cases)), required=True),), value, path)


@dataclass(frozen=True, slots=True)
class Map:
    """An object with free names and members of one shape; `most` members, names of at most `longest` characters."""

    of: Shape[Any]
    most: int | None = None
    longest: int | None = None
    phrase: str = "an object"

    def accepts(self, value: object) -> TypeGuard[dict[str, object]]:
        """Objects."""
        return isinstance(value, dict)

    def inspect(self, value: dict[str, object], path: str) -> None:
        """Raise ApiError `object_above_max_properties` or `property_name_above_max_length`, or what a member earns."""
        if self.most is not None and len(value) > self.most:
            expected = f"an object with at most {self.most} properties"
            got = f"an object with {len(value)} properties"
            raise outside(path, "object_above_max_properties", "too many properties", expected=expected, got=got)
        for name, item in value.items():
            if self.longest is not None and len(name) > self.longest:
                raise _long_name(path, name, self.longest)
            check(self.of, item, join(path, name))


def _long_name(path: str, name: str, longest: int) -> Exception:
    # Recorded: the sentence shortens the name in the middle, `param` has all of it.
    message = (
        f"Invalid property name in '{path}': '{name[:3]}...{name[-3:]}' is too long. Expected a string with maximum "
        f"length {longest}, but got a string with length {len(name)} instead."
    )
    return refusal(message, code="property_name_above_max_length", param=join(path, name))


@dataclass(frozen=True, slots=True)
class Either:
    """One of several shapes of different JSON types; of several arrays the first item tells which is meant."""

    shapes: tuple[Shape[Any], ...]

    @property
    def phrase(self) -> str:
        """The types, the first with its article: `one of a string or array of objects`."""
        first, *others = (shape.phrase for shape in self.shapes)
        return f"one of {phrase_list([first, *map(_without_article, others)], 'or')}"

    def accepts(self, value: object) -> TypeGuard[object]:
        """Whatever one of the shapes accepts."""
        return any(shape.accepts(value) for shape in self.shapes)

    def inspect(self, value: object, path: str) -> None:
        """Raise what the shape of this type says."""
        fitting = [shape for shape in self.shapes if shape.accepts(value)]
        next((shape for shape in fitting if _is_meant(shape, value)), fitting[0]).inspect(value, path)


def _is_meant(shape: Shape[Any], value: object) -> bool:
    return not (isinstance(shape, Items) and isinstance(value, list) and value) or shape.of.accepts(value[0])
