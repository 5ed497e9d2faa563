"""Choices side by side: what an engine makes in one batch comes in turn from each of them.

Here: the order in which the parts of several choices go out. Not here: what the parts are (the APIs) and when they go
out (`scenario/pace/`), which gives token k of each choice the same time.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from typing import TypeVar

_T = TypeVar("_T")


def side_by_side(lanes: Iterable[Iterable[_T]], tokens: Callable[[_T], int]) -> Iterator[tuple[int, _T]]:
    """The parts of all lanes, each with the number of its lane: token k of each lane before token k + 1 of any. Parts
    that carry no token follow the one before them, those of all lanes in turn.
    """
    lanes = tuple(lanes)
    if len(lanes) == 1:
        return ((0, part) for part in lanes[0])
    placed = merge(*(_placed(number, lane, tokens) for number, lane in enumerate(lanes)), key=lambda part: part[:3])
    return ((number, part) for _, _, number, part in placed)


def _placed(number: int, lane: Iterable[_T], tokens: Callable[[_T], int]) -> Iterator[tuple[int, int, int, _T]]:
    """Each part after the tokens that are out by then, and how many parts without tokens lie between."""
    done = since = 0
    for part in lane:
        since = 0 if tokens(part) else since + 1
        done += tokens(part)
        yield done, since, number, part
