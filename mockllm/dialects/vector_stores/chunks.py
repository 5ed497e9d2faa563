"""The texts of files in pieces, and which of them are nearest to a question (OpenAI's description).

Here: how a file is cut, and the filters and the order of a search. Not here: what a vector is (`vectors.py`) and the
endpoints (`__init__.py`).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mockllm.dialects.rules import Choice, Decimal, Either, Fields, Flag, Items, Map, Row, Tagged, Text, Whole, check
from mockllm.dialects.vectors import similarity, vector
from mockllm.request import JSON

MOST_CHUNKS = 2_000
"""How many pieces of one file are searched."""

USUAL_STRATEGY: Mapping[str, JSON] = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
}
"""How files are cut unless the request says otherwise (wire-contract §6)."""

STRATEGY = Row(
    "chunking_strategy",
    Tagged(
        "type",
        {
            "auto": (),
            "static": (
                Row(
                    "static",
                    Fields(
                        (
                            Row("max_chunk_size_tokens", Whole(100, 4_096), required=True),
                            Row("chunk_overlap_tokens", Whole(0, 2_048), required=True),
                        ),
                    ),
                    required=True,
                ),
            ),
        },
    ),
)

ATTRIBUTES = Row("attributes", Map(Either((Text(most=512), Decimal(), Flag())), most=16, longest=64))
"""What a client says of a file, by which searches can be filtered."""

_MODEL, _SIZE = "text-embedding-3-small", 1_536
_WORD = re.compile(r"\S+\s*")
_SINGLE = Either((Text(), Decimal(), Flag()))


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a file, and what is said of the file."""

    file_id: str
    filename: str
    attributes: JSON
    text: str


def cut(content: bytes, strategy: Mapping[str, Any]) -> tuple[str, ...]:
    """The text in overlapping pieces, a word for a token; what is no UTF-8 has none."""
    try:
        words = _WORD.findall(content.decode())
    except UnicodeDecodeError:
        return ()
    static = strategy["static"]
    size = int(static["max_chunk_size_tokens"])
    step = max(size - int(static["chunk_overlap_tokens"]), 1)
    last = max(len(words) - size, 0)
    starts = [*range(0, last, step), last] if words else []
    return tuple("".join(words[start : start + size]).strip() for start in starts[:MOST_CHUNKS])


def ranked(chunks: Sequence[Chunk], queries: Sequence[str], least: float) -> Iterator[tuple[float, Chunk]]:
    """The pieces that are near enough to one of the questions, the nearest first; equals stay in their order."""
    asked = [_vector(query) for query in queries]
    scored = [(max(similarity(_vector(chunk.text), each) for each in asked), chunk) for chunk in chunks]
    kept = [(max(score, 0.0), chunk) for score, chunk in scored]
    return (pair for pair in sorted(kept, key=lambda pair: -pair[0]) if pair[0] >= least)


@lru_cache(4 * MOST_CHUNKS)
def _vector(text: str) -> tuple[float, ...]:
    return vector(text, _MODEL, _SIZE)


_COMPARED = (Row("key", Text(filled=True), required=True), Row("value", _SINGLE, required=True))
_LISTED = (
    Row("key", Text(filled=True), required=True),
    Row("value", Items(Either((Text(), Decimal()))), required=True),
)

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, wanted: bool(found == wanted),
    "ne": lambda found, wanted: bool(found != wanted),
    "gt": lambda found, wanted: bool(found > wanted),
    "gte": lambda found, wanted: bool(found >= wanted),
    "lt": lambda found, wanted: bool(found < wanted),
    "lte": lambda found, wanted: bool(found <= wanted),
    "in": lambda found, wanted: found in wanted,
    "nin": lambda found, wanted: found not in wanted,
}


def check_filter(condition: object, path: str = "filters") -> None:
    """Raise ApiError 400 for what is no filter."""
    cases = {name: _LISTED if name in {"in", "nin"} else _COMPARED for name in _COMPARISONS}
    within = (Row("filters", Items(Fields()), required=True),)
    check(Tagged("type", {**cases, "and": within, "or": within}), condition, path)
    if isinstance(condition, Mapping) and condition["type"] in {"and", "or"}:
        for place, inner in enumerate(condition["filters"]):
            check_filter(inner, f"{path}.filters[{place}]")


def fits(condition: Mapping[str, Any], attributes: Any) -> bool:
    """Whether a file with these attributes passes a filter. What is not said of a file, or is of another type, is
    neither greater nor less than anything.
    """
    match condition["type"]:
        case "and":
            return all(fits(inner, attributes) for inner in condition["filters"])
        case "or":
            return any(fits(inner, attributes) for inner in condition["filters"])
        case kind:
            try:
                return _COMPARISONS[kind](attributes.get(condition["key"]), condition["value"])
            except TypeError:
                return False


RANKING = Row(
    "ranking_options",
    Fields(
        (Row("ranker", Choice(("none", "auto", "default-2024-11-15"))), Row("score_threshold", Decimal(0, 1))),
    ),
)
