"""Quantities as authors write them: `250ms`, `64KiB`, `5%`, `60/min`.

Here: parsers from text to exact numbers and the pydantic types made of them. Not here: which field takes which unit
(`scenario/`). A bare number is refused where a unit is missing, because nobody can tell seconds from milliseconds by
looking.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

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

_NUMBER = r"(\d+(?:\.\d+)?)"
_DURATION = re.compile(rf"{_NUMBER} ?(us|ms|s|m|h|d)")
_SIZE = re.compile(rf"{_NUMBER} ?(B|KiB|MiB|GiB|kB|MB|GB)")
_SHARE = re.compile(rf"{_NUMBER} ?%")


def parse_duration(text: str) -> int:
    """Microseconds of `250ms`, `1.5s`, `2m`. Raises ValueError with the accepted forms, or if it is over a day."""
    if text == "0":
        return 0
    if (found := _DURATION.fullmatch(text)) is None:
        raise ValueError(f"'{text}' is not a duration: write a number and a unit, such as 250ms, 1.5s or 2m")
    us = Decimal(found[1]) * _US_PER_UNIT[found[2]]
    if us > _LONGEST_US:
        raise ValueError(f"'{text}' is longer than the longest wait, 24h")
    return int(us)


def parse_size(text: str) -> int:
    """Bytes of `64KiB`. Raises ValueError with the accepted forms."""
    if (found := _SIZE.fullmatch(text)) is None:
        raise ValueError(f"'{text}' is not a size: write a number and a unit, such as 512B, 64KiB or 1MiB")
    return int(Decimal(found[1]) * _BYTES_PER_UNIT[found[2]])


def parse_share(text: str) -> float:
    """A fraction of `5%`. Raises ValueError with the accepted form, or above 100 %."""
    if (found := _SHARE.fullmatch(text)) is None:
        raise ValueError(f"'{text}' is not a share: write a percentage, such as 5%")
    share = Decimal(found[1]) / 100
    if share > 1:
        raise ValueError(f"'{text}' is above 100%")
    return float(share)


REFUSAL = "scenario"
"""The pydantic error type of every message that is already in our words."""


def refusal(message: str) -> PydanticCustomError:
    """A validation error whose text is this message, as it stands."""
    return PydanticCustomError(REFUSAL, "{message}", {"message": message})


def _reader(parse: Callable[[str], float], noun: str, example: str) -> Callable[[Any], Any]:
    """A validator that takes the text form, or (from Python and for 0) the exact number behind it."""

    def read(value: object) -> object:
        if isinstance(value, str):
            try:
                return parse(value)
            except ValueError as error:
                raise refusal(str(error)) from None
        if isinstance(value, bool) or value != 0:
            raise refusal(f"{value!r} is not a {noun}: write it with its unit, such as {example}")
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
