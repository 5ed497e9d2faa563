"""What YAML text means below lists and mappings: its characters, scalars and tags, and its syntax errors in words.

Strategy: tables. Scalars follow the YAML 1.2 core schema (yaml.org/spec/1.2.2 §10.3.2), so `no`, `1:30` and
`2024-01-01` are text; what the parser library believes about them (YAML 1.1) is never asked. Not here: lists, mappings,
aliases and positions. Look next at `reader.py`, the one user of this module.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from mockllm.scenario.base import found

Scalar: TypeAlias = str | int | float | bool | None

LONGEST_NUMBER = 640
"""Characters in a number: the longest integer that every Python can print (the floor of `set_int_max_str_digits`)."""

_CORE_PREFIX = "tag:yaml.org,2002:"

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_CORE = re.compile(
    r"(?P<null>null|Null|NULL|~|)"
    r"|(?P<bool>true|True|TRUE|false|False|FALSE)"
    r"|(?P<int>[-+]?[0-9]+)"
    r"|(?P<prefixed>0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<unbounded>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_CORE_STARTS = frozenset("~nNtTfF+-.0123456789")


class RefusedError(ValueError):
    """A scalar or a tag that no scenario can hold; the text says why and what to write instead."""


def refused_characters(text: str) -> Iterator[tuple[int, str]]:
    """The index of each character that cannot stand in YAML as it is, and what to write instead.

    YAML 1.2.2 §5.1, less U+0085, U+2028 and U+2029: they are text in YAML 1.2, but the parser (YAML 1.1) takes them for
    line ends and would change them without a word.
    """
    for match in _FORBIDDEN.finditer(text):
        code = ord(match[0])
        remedy = _HALF if _SURROGATE.match(match[0]) else f'write "\\u{code:04X}" in double quotes'
        yield match.start(), f"U+{code:04X} cannot stand in YAML as it is: {remedy}"


def read_scalar(text: str, style: str | None, tag: str | None) -> Scalar:
    """The value of a scalar; `style` is its first sign, empty for a plain one, and `tag` is None unless written.

    Raises RefusedError for `.inf`, `.nan` and numbers out of range, which JSON does not have, and for every tag
    but those of the core schema.
    """
    if style == '"' and not text.isascii() and (half := _SURROGATE.search(text)):
        raise RefusedError(f"U+{ord(half[0]):04X} is not a character: {_HALF}")
    if tag is not None:
        return _read_tagged(text, tag)
    if style or (text and text[0] not in _CORE_STARTS) or (match := _CORE.fullmatch(text)) is None:
        return text
    return _PLAIN[str(match.lastgroup)](text)


def _read_tagged(text: str, tag: str) -> Scalar:
    name = tag_name(tag)
    if name in {"!", "!!str"}:
        return text
    if name not in _TAGGED:
        raise RefusedError(refused_tag(tag))
    match = _CORE.fullmatch(text)
    if match is None or match.lastgroup not in _TAGGED[name]:
        raise RefusedError(f"the tag {name} does not fit {found(text)}: change the text or remove the tag")
    return _TAGGED[name][match.lastgroup](text)


def tag_name(tag: str) -> str:
    """The tag as an author writes it: `!!int`, not the address it stands for."""
    return f"!!{tag.removeprefix(_CORE_PREFIX)}" if tag.startswith(_CORE_PREFIX) else tag


def refused_tag(tag: str) -> str:
    """The objection to a tag that would need an object, or that stands at the wrong kind of value."""
    return f"the tag {tag_name(tag)} cannot be used here: a scenario is plain data, so remove it, or quote it as text"


def syntax_message(problem: str, began: str, character: str) -> str:
    """The parser's finding, what it was reading, and what to do; `character` stands at the place of the fault."""
    clue = f"{problem} {character!r}"
    remedy = next((remedy for fragment, remedy in _REMEDIES if fragment in clue), _ANY_REMEDY)
    return f"this is not YAML: {problem}{began}: {remedy}"


def _read_null(_: str) -> None:
    return None


def _read_bool(text: str) -> bool:
    return text[0] in "tT"


def _read_integer(text: str) -> int:
    _judge_length(text)
    return int(text)


def _read_prefixed(text: str) -> int:
    _judge_length(text)
    return int(text, 0)


def _read_float(text: str) -> float:
    _judge_length(text)
    number = float(text)
    return _refuse_unbounded(text) if math.isinf(number) else number


def _judge_length(text: str) -> None:
    if len(text) > LONGEST_NUMBER:
        raise RefusedError(
            f"a number of {len(text)} characters, {LONGEST_NUMBER} are allowed: shorten it, or quote it if it is text"
        )


def _refuse_unbounded(text: str) -> float:
    raise RefusedError(f"{found(text)} is no number that JSON can hold: give a finite one, or quote it if it is text")


_PLAIN: Mapping[str, Callable[[str], Scalar]] = {
    "null": _read_null,
    "bool": _read_bool,
    "int": _read_integer,
    "prefixed": _read_prefixed,
    "float": _read_float,
    "unbounded": _refuse_unbounded,
}
_TAGGED: Mapping[str, Mapping[str | None, Callable[[str], Scalar]]] = {
    "!!null": {"null": _read_null},
    "!!bool": {"bool": _read_bool},
    "!!int": {"int": _read_integer, "prefixed": _read_prefixed},
    "!!float": {"int": _read_float, "float": _read_float, "unbounded": _refuse_unbounded},
}

_HALF = "write the whole character, or \\U and its eight hexadecimal digits in double quotes"
_SPACES = "indent with spaces, never with tabs"
_SAME_COLUMN = "start all keys of a mapping in the same column, and put quotes around the whole of a value"
_ANY_REMEDY = "check the indentation, quotes and brackets around here"
_REMEDIES: tuple[tuple[str, str], ...] = (
    ("token '\\t'", _SPACES),
    ("tab character", _SPACES),
    ("start any token", "put quotes around a value that starts with this character"),
    ("mapping values are not allowed", "put quotes around a value that contains ': ', or correct the indentation"),
    ("sequence entries are not allowed", "start the list on a line of its own, or quote the '-'"),
    ("expected key", _SAME_COLUMN),
    ("'-' indicator", "start all items of a list in the same column, each with '- '"),
    ("alphabetic or numeric", "put quotes around a value that starts with * or &"),
    ("comment or line break", "put quotes around a value that starts with | or >"),
    ("expected ','", "close the bracket, and put quotes around a value that contains brackets or ': '"),
    ("expected ':'", "write ': ' after the key"),
    ("end of stream", "close the quote"),
    ("unknown escape", "double the backslash, or use single quotes"),
    ("Unicode character escape", _HALF),
    ("document start", "correct the indentation: the document ended before this place"),
    ("tag handle", "remove the tag: a scenario is plain data"),
)
"""What the parser's finding contains, and the remedy; the first row that fits is taken."""
