"""Faults that cannot both act on one answer.

Here: the table of what excludes what, and the check of a list of faults as it is loaded. Not here: faults whose
position an answer does not have, which only the answer can tell, and faults of several sources (a try's own beside
those of its reply, chaos beside the script), of which one may well take the place of another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from mockllm.scenario.faults.base import Fault
from mockllm.scenario.words import KEY


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Any of `kinds` beside any of `others`, and why that cannot be. Without `others` it is every other kind but those
    that are `tolerated`.
    """

    kinds: frozenset[str]
    others: frozenset[str]
    why: str
    tolerated: frozenset[str] = frozenset()

    def applies(self, one: str, other: str) -> bool:
        """Whether these two are meant, in either order."""
        return self._meant(one, other) or self._meant(other, one)

    def _meant(self, one: str, other: str) -> bool:
        return one in self.kinds and (other in self.others if self.others else other not in self.tolerated)


def _only_one(*kinds: str, why: str) -> Exclusion:
    return Exclusion(frozenset(kinds), frozenset(kinds), why)


def _apart(kinds: Sequence[str], others: Sequence[str], why: str) -> Exclusion:
    return Exclusion(frozenset(kinds), frozenset(others), why)


EXCLUSIONS: tuple[Exclusion, ...] = (
    _only_one("reset", "close", "truncate", "garbage", "hang", why="an answer ends once"),
    _only_one("status", "redirect", why="an answer has one status"),
    _only_one("body", "redirect", why="an answer has one body"),
    _only_one("body", "error_in_200", why="an answer has one body"),
    _only_one("content_type", why="an answer has one content type"),
    _only_one("gzip", "br", why="a body has one encoding here"),
    _only_one("content_length", "chunked", "http_1_0", why="the end of a body is told in one way"),
    _only_one("slow_headers", why="a head goes out at one speed"),
    _only_one("finish_reason", why="a turn has one finish reason"),
    _apart(["bad_chunk_size"], ["content_length", "http_1_0", "body", "redirect"], "such an answer has no chunks"),
    _apart(["reset", "close", "garbage"], ["keep_open", "close_idle"], "the connection is gone by then"),
    _apart(["http_1_0"], ["close_idle"], "the end of the body is the end of the connection anyway"),
    Exclusion(
        frozenset({"hang"}),
        frozenset(),
        "no answer comes, so nothing else can be wrong with it",
        tolerated=frozenset({"interim"}),
    ),
)
"""What excludes what; the first row that fits two faults gives the reason."""


def compatible(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """The faults as they are. Raises ValidationError, at the later of two, for any that cannot both hold."""
    if clashes := tuple(_clashes(faults)):
        raise ValidationError.from_exception_data("faults", list(clashes))
    return faults


def clash(one: str, other: str) -> str | None:
    """Why faults of these kinds cannot both hold, or None if they can."""
    return next((entry.why for entry in EXCLUSIONS if entry.applies(one, other)), None)


def _clashes(faults: tuple[Fault, ...]) -> Iterator[InitErrorDetails]:
    for (_, one), (place, other) in combinations(enumerate(faults), 2):
        if (why := clash(one.kind, other.kind)) is not None:
            named = f"two of {one.kind}" if one.kind == other.kind else f"{one.kind} and {other.kind}"
            message = f"{named} cannot both hold: {why}: keep one of them, or give each to a try of its own"
            error = PydanticCustomError(KEY, "{message}", {"message": message})
            yield InitErrorDetails(type=error, loc=(place, other.kind), input=other)
