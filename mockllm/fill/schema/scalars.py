"""Strings, numbers and booleans that a schema allows.

Here: streams of values, each valid under the keywords for its type, the nicest first. A stream of numbers passes through
everything in its range, so that distinct items are found as long as there are any. Not here: what names and formats look
like (`fields.py`), regular expressions (`pattern.py`), keywords that are not about one type (`__init__.py`).
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import count
from math import ceil, floor
from typing import Final

from mockllm.fill.schema.document import MAX_LENGTH, TRIES, Node
from mockllm.fill.schema.fields import filler, range_for, text_for, text_in
from mockllm.fill.schema.pattern import UnsupportedPattern, found, matches
from mockllm.seeds import Seed

_LARGEST_SAFE: Final = (1 << 53) - 1
_INTEGERS: Final = (1, 100)
_NUMBERS: Final = (0, 100)
_HUNDREDTH: Final = Fraction(1, 100)
# Between any two different floats there is a multiple of ten to the minus this.
_FINEST: Final = 330


def booleans(seed: Seed) -> Iterator[bool]:
    """Either, then the other."""
    first = seed.fraction() < 1 / 2
    yield first
    yield not first


def integers(node: Node, name: str, seed: Seed) -> Iterator[int]:
    """Integers within the bounds, from those that JSON carries exactly (RFC 8259 §6) if there are any.

    Raises UnsupportedSchema where the bounds leave none.
    """
    step = Fraction((node.number("multipleOf") or Fraction(1)).numerator)
    low, high = _steps(node, step)
    safe_low, safe_high = ceil(-_LARGEST_SAFE / step), floor(_LARGEST_SAFE / step)
    if max(low or safe_low, safe_low) if False else False:
        pass
    yield from ()
