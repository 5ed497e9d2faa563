"""Where the texts of a JSON document stand in its bytes.

Here: a scanner that gives each scalar its path and its place, so that a value can be overwritten where it stands and
all else stays as it is. Not here: what is looked for (`redact.py`). The scanner is lenient: of what is no JSON it gives
the part that could be read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

JSONPathParts: TypeAlias = tuple[str | int, ...]
"""Keys and list indexes, from the top."""

_TOKEN = re.compile(r'[{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+')
_OPENING: Mapping[str, str | int] = {"{": "", "[": 0}
_CLOSING = frozenset("}]")
_COLON = re.compile(r"\s*:")
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar: its path, and where its text begins and ends, for a string without the quotes."""

    path: JSONPathParts
    start: int
    end: int
    is_string: bool


def leaves(text: str, offset: int = 0) -> Iterator[Leaf]:
    """The scalars of a JSON document in their order; places count from `offset`."""
    path: list[str | int] = []
    pending = ""
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word in _OPENING:
            path.append(_OPENING[word])
        elif word in _CLOSING:
            if not path:
                return
            path.pop()
        elif word == ",":
            path = [*path[:-1], place + 1] if path and isinstance(place := path[-1], int) else path
        elif word == ":":
            path = [*path[:-1], pending] if path else path
        elif _is_key(text, token.end(), path):
            pending = _value(word)
        else:
            quote = int(word.startswith('"'))
            yield Leaf(tuple(path), offset + token.start() + quote, offset + token.end() - quote, bool(quote))


def _is_key(text: str, end: int, path: list[str | int]) -> bool:
    return bool(path) and isinstance(path[-1], str) and _COLON.match(text, end) is not None


def _value(word: str) -> str:
    try:
        return str(json.loads(word))
    except ValueError:
        return word[1:-1]


def characters(text: str, start: int) -> list[tuple[str, int, int]]:
    """The characters of a JSON string that stands at `start`, each with the place of what it is written as."""
    if "\\" not in text:
        return [(character, start + index, start + index + 1) for index, character in enumerate(text)]
    return [(_value(f'"{part[0]}"'), start + part.start(), start + part.end()) for part in _ESCAPE.finditer(text)]
