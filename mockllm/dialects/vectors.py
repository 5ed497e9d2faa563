"""Vectors of texts, and how near two texts are to each other.

A vector follows from its text and the model alone: the same text has the same vector on any machine, whatever it came
with, and texts that share words or parts of words are nearer to each other than others. Not here: the endpoint that
answers with vectors (`embeddings.py`) and the one that searches by them (`vector_stores/`).
"""

import hashlib
import math
import re
import struct
from collections.abc import Iterator, Mapping

USUAL_SIZE = 1_536
"""How long the vectors of an unknown model are."""

_SIZES: Mapping[str, int] = {"text-embedding-3-large": 3_072, "text-embedding-3-small": USUAL_SIZE}

# How much words and their parts weigh, and in how many places of the vector each shows.
_WORD, _PART, _PLACES = 24, 8, 24
_WORDS = re.compile(r"\w+")


def size_of(model: str) -> int | None:
    """How long the vectors of a model are at most; None for one that is not known."""
    return _SIZES.get(bare(model))


def bare(model: str) -> str:
    """The id of a model without its maker."""
    return model.rsplit("/", 1)[-1]


def similarity(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The cosine of two unit vectors, in four digits, which are the same on every machine."""
    return round(math.fsum(a * b for a, b in zip(one, other, strict=True)), 4)


def vector(text: str, model: str, size: int) -> tuple[float, ...]:
    """The unit vector of a text, each number of which has an exact form in 32 bits. A shorter vector is the beginning
    of the model's own, made a unit again, as with the real models.
    """
    whole = _dense(text, model, max(size, size_of(model) or USUAL_SIZE))
    for feature, weight in _features(text):
        digest = hashlib.shake_128(f"{model}\n{feature}".encode(errors="surrogatepass")).digest(3 * _PLACES)
        for start in range(0, len(digest), 3):
            place = int.from_bytes(digest[start : start + 2], "big") % len(whole)
            whole[place] += weight if digest[start + 2] & 1 else -weight
    kept = whole[:size]
    # Sums of squares of integers and a correctly rounded root: the same on every machine.
    length = math.sqrt(sum(number * number for number in kept)) or 1.0
    return struct.unpack(f"<{size}f", struct.pack(f"<{size}f", *(number / length for number in kept)))


def _dense(text: str, model: str, size: int) -> list[int]:
    """A small number for every place, so that none is empty; they follow from the whole text."""
    digest = hashlib.shake_128(f"{model}\n\n{text}".encode(errors="surrogatepass")).digest(size)
    return [byte % 8 * 2 - 7 for byte in digest]


def _features(text: str) -> Iterator[tuple[str, int]]:
    """The words of a text and the parts of its words, with their weights."""
    for word in _WORDS.findall(text.casefold()):
        yield word, _WORD
        marked = f"<{word}>"
        yield from (("".join(part), _PART) for part in zip(marked, *(marked[skip:] for skip in (1, 2)), strict=False))
