"""The shapes of single values: strings, numbers, flags and enumerations.

Not here: arrays, objects and unions (`composites.py`).
"""

import re
from dataclasses import dataclass
from typing import ClassVar, TypeGuard

from mockllm.dialects.rules.refusals import (
    listing,
    outside,
    refusal,
    unknown_value,
    unmatched,
    unsupported_value,
)


@dataclass(frozen=True, slots=True)
class Text:
    """A string. `filled` forbids the empty one, `most` is the longest in characters, `pattern` must match all of it."""

    filled: bool = False
    most: int | None = None
    pattern: str | None = None
    phrase: ClassVar[str] = "a string"

    def accepts(self, value: object) -> TypeGuard[str]:
        """Strings."""
        return isinstance(value, str)

    def inspect(self, value: str, path: str) -> None:
        """Raise ApiError `empty_string`, `string_above_max_length` or `invalid_value`, in this order."""
        if self.filled and not value:
            expected = "a string with minimum length 1"
            raise outside(path, "empty_string", "empty string", expected=expected, got="an empty string")
        if self.most is not None and len(value) > self.most:
            expected, got = f"a string with maximum length {self.most}", f"a string with length {len(value)}"
            raise outside(path, "string_above_max_length", "string too long", expected=expected, got=got)
        if self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            raise unmatched(path, self.pattern)


@dataclass(frozen=True, slots=True)
class Flag:
    """Either true or false."""

    phrase: ClassVar[str] = "a boolean"

    def accepts(self, value: object) -> TypeGuard[bool]:
        """Booleans."""
        return isinstance(value, bool)

    def inspect(self, value: bool, path: str) -> None:
        """Both are allowed."""


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer between two bounds, both allowed. `1.0` is no integer and neither is a boolean."""

    low: int | None = None
    high: int | None = None
    phrase: ClassVar[str] = "an integer"

    def accepts(self, value: object) -> TypeGuard[int]:
        """Integers."""
        return isinstance(value, int) and not isinstance(value, bool)

    def inspect(self, value: int, path: str) -> None:
        """Raise ApiError `integer_below_min_value` or `integer_above_max_value`."""
        _check_range(value, path, "integer", self.low, self.high)


@dataclass(frozen=True, slots=True)
class Decimal:
    """A number, whole or not, between two bounds, both allowed."""

    low: int | None = None
    high: int | None = None
    # The real service wants "a decimal" and finds "a decimal number"; several users have recorded both.
    phrase: ClassVar[str] = "a decimal"

    def accepts(self, value: object) -> TypeGuard[float]:
        """Numbers."""
        return isinstance(value, int | float) and not isinstance(value, bool)

    def inspect(self, value: float, path: str) -> None:
        """Raise ApiError `decimal_below_min_value` or `decimal_above_max_value`."""
        _check_range(value, path, "decimal", self.low, self.high)


def _check_range(value: float, path: str, word: str, low: int | None, high: int | None) -> None:
    if low is not None and value < low:
        problem, expected = f"{word} below minimum value", f"a value >= {low}"
        raise outside(path, f"{word}_below_min_value", problem, expected=expected, got=str(value))
    if high is not None and value > high:
        problem, expected = f"{word} above maximum value", f"a value <= {high}"
        raise outside(path, f"{word}_above_max_value", problem, expected=expected, got=str(value))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some strings.

    `unlisted` ones are taken too, but no refusal names them. A parameter whose refusal names no values at all has its
    own `sentence`, which comes without a code.
    """

    values: tuple[str, ...]
    unlisted: tuple[str, ...] = ()
    sentence: str | None = None

    @property
    def phrase(self) -> str:
        """The values, as in `one of 'auto' or 'disabled'`."""
        return f"one of {listing(self.values, 'or')}"

    def accepts(self, value: object) -> TypeGuard[str]:
        """Strings."""
        return isinstance(value, str)

    def inspect(self, value: str, path: str) -> None:
        """Raise ApiError `invalid_value`, or the sentence."""
        if value in self.values or value in self.unlisted:
            return
        if self.sentence is not None:
            raise refusal(self.sentence, param=path)
        raise unknown_value(path, value, self.values)


@dataclass(frozen=True, slots=True)
class Supported:
    """One of the strings that a model supports; anything else, of whatever type, is quoted back."""

    values: tuple[str, ...]
    phrase: ClassVar[str] = "a string"

    def accepts(self, value: object) -> TypeGuard[object]:
        """Everything: a wrong type gets the same sentence as a wrong value."""
        del value
        return True

    def inspect(self, value: object, path: str) -> None:
        """Raise ApiError `unsupported_value`."""
        if value not in self.values:
            raise unsupported_value(path, value, f"Supported values are: {listing(self.values, 'and')}.")


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A parameter that a model does not take at all; `instead` is the one to use."""

    instead: str
    phrase: ClassVar[str] = "null"

    def accepts(self, value: object) -> TypeGuard[object]:
        """Everything: the parameter is refused, not its value."""
        del value
        return True

    def inspect(self, value: object, path: str) -> None:
        """Raise ApiError `unsupported_parameter`."""
        del value
        message = f"Unsupported parameter: '{path}' is not supported with this model. Use '{self.instead}' instead."
        raise refusal(message, code="unsupported_parameter", param=path)
