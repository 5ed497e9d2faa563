"""Quantities as authors write them: `250ms`, `64KiB`, `5%`.

Here: parsers from text to exact numbers, the pydantic types made of them, and how a refusal shows what it found. Not
here: which field takes which unit (`scenario/`). A bare number is refused where a unit is missing, because nobody can
tell seconds from milliseconds by looking.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

_US_PER_UNIT = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_BYTES_PER_UNIT = {
    "B": 1,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "kB": 1_000,
    "MB": 1_000_000,
    "GB": 1_000_000_000,
}
_LONGEST_US = 24 * _US_PER_UNIT["h"]

_FOUND_LENGTH = 60
_FOUND_DEPTH = 4

_Item = TypeVar("_Item")

# The lengths keep the arithmetic exact: a Decimal has 28 digits.
_NUMBER = r"([0-9]{1,12}(?:\.[0-9]{1,12})?)"
_DURATION = re.compile(rf"{_NUMBER} ?(us|ms|s|m|h|d)")
_SIZE = re.compile(rf"{_NUMBER} ?(B|KiB|MiB|GiB|kB|MB|GB)")
_SHARE = re.compile(rf"{_NUMBER} ?%")


def parse_duration(text: str) -> int:
    """Microseconds of `250ms`, `1.5s`, `2m`. Raises ValueError with the accepted forms, over a day, and below a
    microsecond.
    """
    us = _quantity(text, _DURATION, _US_PER_UNIT, "duration", "250ms, 1.5s or 2m")
    if us > _LONGEST_US:
        raise ValueError(f"{found(text)} is longer than the longest wait: write 24h or less")
    return _whole(us, text, "microseconds")


def parse_size(text: str) -> int:
    """Bytes of `64KiB`. Raises ValueError with the accepted forms, and for a part of a byte."""
    return _whole(_quantity(text, _SIZE, _BYTES_PER_UNIT, "size", "512B, 64KiB or 1MiB"), text, "bytes")


def parse_share(text: str) -> float:
    """A fraction of `5%`. Raises ValueError with the accepted form, or above 100 %."""
    if text == "0":
        return 0.0
    if (match := _SHARE.fullmatch(text)) is None:
        raise ValueError(f"{found(text)} is not a share: write a percentage, such as 5%")
    share = Decimal(match[1]) / 100
    if share > 1:
        raise ValueError(f"{found(text)} is more than the whole: write 100% or less")
    return float(share)


def _quantity(text: str, form: re.Pattern[str], units: Mapping[str, int], noun: str, examples: str) -> Decimal:
    if text == "0":
        return Decimal(0)
    if (match := form.fullmatch(text)) is None:
        told = f"{found(text)} is not a {noun}: write a number and a unit, such as {examples}"
        raise ValueError(f"{told} (units: {', '.join(units)})")
    return Decimal(match[1]) * units[match[2]]


def _whole(quantity: Decimal, text: str, noun: str) -> int:
    if quantity % 1:
        raise ValueError(f"{found(text)} is no whole number of {noun}: round it")
    return int(quantity)


REFUSAL = "scenario"
"""The pydantic error type of every message that is already in our words."""


def refusal(message: str) -> PydanticCustomError:
    """A validation error whose text is this message, as it stands."""
    return PydanticCustomError(REFUSAL, "{message}", {"message": message})


def found(value: object) -> str:
    """What was found where something else was expected: one short line, written as in YAML."""
    text = _flow(value, _FOUND_DEPTH)
    return text if len(text) <= _FOUND_LENGTH else f"{text[:_FOUND_LENGTH]}..."


def _flow(value: object, depth: int) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return repr(value[: _FOUND_LENGTH + 1])
        case Mapping():
            return "{" + ", ".join(_pairs(value, depth)) + "}"
        case list() | tuple():
            return "[" + ", ".join(_flow(item, depth - 1) if depth else "..." for item in _first(value)) + "]"
        case _:
            return repr(value)


def _pairs(value: Mapping[object, object], depth: int) -> Iterator[str]:
    for key, item in _first(value.items()):
        yield f"{key}: {_flow(item, depth - 1) if depth else '...'}"


def _first(items: Iterable[_Item]) -> Iterable[_Item]:
    """As many as the longest line can show."""
    return islice(items, _FOUND_LENGTH)


def _reader(parse: Callable[[str], float], noun: str, example: str) -> Callable[[Any], Any]:
    """A validator that takes the text form, or 0, which needs no unit."""

    def read(value: object) -> object:
        if isinstance(value, str):
            try:
                return parse(value)
            except ValueError as error:
                raise refusal(str(error)) from None
        if isinstance(value, bool) or value != 0:
            raise refusal(f"{found(value)} is not a {noun}: write it as a number with its unit, such as {example}")
        return value

    return read


def _schema(pattern: str, examples: list[str]) -> WithJsonSchema:
    zero = {"const": 0}
    text = {"type": "string", "pattern": f"^(0|{pattern})$", "examples": examples}
    return WithJsonSchema({"anyOf": [text, zero]})


Duration = Annotated[
    int,
    Field(ge=0),
    BeforeValidator(_reader(parse_duration, "duration", "250ms")),
    _schema(_DURATION.pattern, ["250ms", "1.5s", "2m"]),
]
"""Microseconds, written `250ms`, `1.5s`, `2m`, `0`."""

Size = Annotated[
    int, Field(ge=0), BeforeValidator(_reader(parse_size, "size", "64KiB")), _schema(_SIZE.pattern, ["64KiB"])
]
"""Bytes, written `64KiB`, `512B`, `0`."""

Share = Annotated[
    float,
    Field(ge=0, le=1),
    BeforeValidator(_reader(parse_share, "share", "5%")),
    _schema(_SHARE.pattern, ["5%"]),
]
"""A fraction from 0 to 1, written `5%`, `0`."""
