"""Strings, numbers and booleans that a schema allows.

Here: streams of values, each within the keywords for its type, the nicest first. A stream of numbers passes through
everything in its range, so that distinct items are found as long as there are any. Not here: what names and formats
look like (`fields.py`), regular expressions (`pattern.py`), keywords that are not about one type (`__init__.py`).
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, count, islice
from math import ceil, floor
from typing import Final

from mockllm.fill.schema.document import MAX_LENGTH, Node
from mockllm.fill.schema.fields import filler, has_texts, range_for, text_for, text_in
from mockllm.fill.schema.pattern import UnsupportedPattern, is_costly, matches
from mockllm.seeds import Seed

_LARGEST_SAFE: Final = (1 << 53) - 1
_USUAL_INTEGERS: Final = (1, 100)
_USUAL_NUMBERS: Final = (0, 100)
_CENTS: Final = 2
# A float is a multiple of ten to the minus this, so finer steps find nothing new.
_FINEST: Final = 330
# How many texts that suit the name or the format are tried for a pattern before the pattern itself is.
_TRIES_BY_NAME: Final = 4
_TRIES_BY_FORMAT: Final = 16
_PADDING: Final = 6
_DRAWS: Final = 1 << 53

_Bound = int | None


def booleans(seed: Seed) -> Iterator[bool]:
    """The one, then the other."""
    first = seed.fraction() < 1 / 2
    yield first
    yield not first


def integers(node: Node, name: str, seed: Seed) -> Iterator[int]:
    """Integers within the bounds, and if there are any, those that every JSON reader keeps exact (RFC 8259 §6).

    Raises UnsupportedSchema where there are none.
    """
    # A multiple of p/q (in lowest terms) that is whole is a multiple of p.
    step = (node.number("multipleOf") or Fraction(1)).numerator
    low, high = _limits(node, Fraction(step))
    if _is_empty(low, high):
        raise node.refusal(_bound(node), "leaves no integer, with what else bounds it")
    safe = _LARGEST_SAFE // step
    safe_low, safe_high = max(-safe, -safe if low is None else low), min(safe, safe if high is None else high)
    if safe_low <= safe_high:
        low, high = safe_low, safe_high
    first, last = range_for(name, _USUAL_INTEGERS)
    return (times * step for times in _sweep(low, high, (-(-first // step), last // step), seed))


def numbers(node: Node, name: str, seed: Seed) -> Iterator[int | float]:
    """Numbers within the bounds, with two decimals if that is fine enough. Raises UnsupportedSchema for none."""
    asked = node.number("multipleOf")
    steps = [asked] if asked else (Fraction(1, 10**digits) for digits in range(_CENTS, _FINEST))
    for step in steps:
        low, high = _limits(node, step)
        if not _is_empty(low, high):
            first, last = range_for(name, _USUAL_NUMBERS)
            usual = ceil(first / step), floor(last / step)
            return (_short(times * step) for times in _sweep(low, high, usual, seed))
    raise node.refusal(_bound(node), "leaves no number, with what else bounds it")


def texts(node: Node, name: str, seed: Seed) -> Iterator[str]:
    """Texts in the asked-for format, or such as the name suggests, then texts drawn from the pattern.

    Whether a text meets all of these at once is left to `accept.py`. Raises UnsupportedSchema for a length or a pattern
    that no text can have.
    """
    least, most = node.count("minLength"), node.count("maxLength", MAX_LENGTH)
    if least > min(most, MAX_LENGTH):
        raise node.refusal("minLength", f"is {least}, which is more than `maxLength` or than {MAX_LENGTH}")
    seeds = (seed.child("text", index) for index in count())
    form, pattern = node.text("format") or "", node.text("pattern")
    if has_texts(form):
        proposed = (text_in(form, each) for each in seeds)
        tries = _TRIES_BY_FORMAT
    else:
        proposed = (_fitted(text_for(name, each), least, most, each) for each in seeds)
        tries = _TRIES_BY_NAME
    if pattern is None:
        return proposed
    return chain(islice(proposed, 0 if _is_costly(node, pattern) else tries), _drawn(node, pattern, least, most, seed))


def _is_costly(node: Node, pattern: str) -> bool:
    try:
        return is_costly(pattern)
    except UnsupportedPattern as error:
        raise node.refusal("pattern", str(error)) from error


def _drawn(node: Node, pattern: str, least: int, most: int, seed: Seed) -> Iterator[str]:
    """Texts of a pattern. One that is too short, or the only one, is found in a longer text as well."""
    known: set[str] = set()
    drawn = matches(pattern, least, most, seed.child("pattern"))
    paddings = 0
    try:
        while True:
            text = next(drawn)
            yield text
            if (len(text) < least or text in known) and not is_costly(pattern):
                paddings += 1
                letters = filler(seed.child("padding", paddings)).replace(" ", "").lower().ljust(least, "x")
                padding = letters[: max(least - len(text), _PADDING)]
                yield text + padding
                yield padding + text
            known.add(text)
    except UnsupportedPattern as error:
        raise node.refusal("pattern", str(error)) from error


def _fitted(text: str, least: int, most: int, seed: Seed) -> str:
    """The text made longer or shorter, with no space at its end."""
    if len(text) < least:
        most = least
    while len(text) < least:
        text = f"{text} {filler(seed.child('filler', len(text)))}"
    return text[:most].rstrip().ljust(least, "s")


def _limits(node: Node, step: Fraction) -> tuple[_Bound, _Bound]:
    """The least and the largest multiple of `step`, in steps, that the bounds allow."""
    lows = [
        *(ceil(bound / step) for bound in [node.number("minimum")] if bound is not None),
        *(floor(bound / step) + 1 for bound in [node.number("exclusiveMinimum")] if bound is not None),
    ]
    highs = [
        *(floor(bound / step) for bound in [node.number("maximum")] if bound is not None),
        *(ceil(bound / step) - 1 for bound in [node.number("exclusiveMaximum")] if bound is not None),
    ]
    return max(lows, default=None), min(highs, default=None)


def _is_empty(low: _Bound, high: _Bound) -> bool:
    return low is not None and high is not None and low > high


def _bound(node: Node) -> str:
    return next(key for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum") if key in node)


def _sweep(low: _Bound, high: _Bound, usual: tuple[int, int], seed: Seed) -> Iterator[int]:
    """All integers of a range: the usual ones from a drawn one on, then those above, then those below."""
    first, last = usual
    if low is not None and low > last:
        first, last = low, low + max(last - first, abs(low))
    elif high is not None and high < first:
        first, last = high - max(last - first, abs(high)), high
    first = first if low is None else max(first, low)
    last = last if high is None else min(last, high)
    start = first + ((last - first + 1) * int(seed.fraction() * _DRAWS)) // _DRAWS
    above = count(last + 1) if high is None else iter(range(last + 1, high + 1))
    below = count(first - 1, -1) if low is None else iter(range(first - 1, low - 1, -1))
    return chain(range(start, last + 1), range(first, start), above, below)


def _short(number: Fraction) -> int | float:
    """The float that is written shortest, or an integer where floats are further apart than integers."""
    return float(number) if abs(number) <= _LARGEST_SAFE else int(number)
