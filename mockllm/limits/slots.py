"""A limit of how many requests are answered at a time, and how many wait for their turn.

Here: who runs, who waits and who is refused, by the numbers of their exchanges. Not here: the waiting itself (`net/`).
"""

from dataclasses import dataclass, replace
from enum import Enum


class Place(Enum):
    """What a request gets when it comes."""

    RUNS = "runs"
    WAITS = "waits"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Slots:
    """At most `most_running` exchanges run and `most_waiting` wait, in the order in which they came."""

    most_running: int
    most_waiting: int = 0
    running: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()

    def enter(self, number: int) -> tuple["Slots", Place]:
        """A place for an exchange that is not there yet; refused if all are taken."""
        if len(self.running) < self.most_running:
            return replace(self, running=(*self.running, number)), Place.RUNS
        if len(self.waiting) < self.most_waiting:
            return replace(self, waiting=(*self.waiting, number)), Place.WAITS
        return self, Place.REFUSED

    def leave(self, number: int) -> tuple["Slots", int | None]:
        """Without the exchange, which ended or gave up waiting, and the one that runs in its stead, if any. One that
        has no place changes nothing.
        """
        if number in self.waiting:
            return replace(self, waiting=tuple(other for other in self.waiting if other != number)), None
        if number not in self.running:
            return self, None
        running = tuple(other for other in self.running if other != number)
        if not self.waiting:
            return replace(self, running=running), None
        first, *rest = self.waiting
        return replace(self, running=(*running, first), waiting=tuple(rest)), first
