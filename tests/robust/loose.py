"""Reading JSON that may be anything: absent, null and empty are one thing, and nothing here raises but `parse`.

Here: how one value is read. Not here: what a chunk or an event means (`chat.py`, `responses.py`).
"""

import json
from typing import TypeAlias

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"


def parse(text: str) -> JSON:
    """The value of a JSON text, which may hold bare control characters, NaN and infinities. Raises ValueError."""
    value: JSON = json.loads(text, strict=False)
    return value


def fields(value: object) -> dict[str, JSON]:
    """The members of an object; none if it is no object."""
    return value if isinstance(value, dict) else {}


def entries(value: object) -> list[JSON]:
    """The entries of a list; a lone object is a list of one, anything else a list of none."""
    if isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else []


def word(value: object) -> str:
    """A string; empty if it is none."""
    return value if isinstance(value, str) else ""


def first_word(*values: object) -> str:
    """The first that is a string and not empty."""
    return next((value for value in values if isinstance(value, str) and value), "")


def whole(value: object) -> int | None:
    """A whole number, also one written as text or as a float; None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def clean(text: str) -> str:
    """The text with halves of surrogate pairs joined, and replaced by U+FFFD where the other half never came."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def excerpt(text: str, most: int = 120) -> str:
    """The beginning of a text, on one line, for messages."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}..."
