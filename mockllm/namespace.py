"""The state of one isolated copy of a scenario.

Here: script positions, attempts, which faults fired, what chaos counts, connections and leaves to send a body, stored
objects, when it was last used. A step is taken in one go, so two simultaneous requests take two steps. Not here: which
namespace a call uses (`address.py`), who keeps them (`registry.py`), and what its limits have admitted (`usage.py`).
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from mockllm.request import Request
from mockllm.scenario.chaos import UNTOUCHED, Counts
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.script import Step, reply_index
from mockllm.store import Store, Stored
from mockllm.usage import FREE, Charge, Usage

MOST_REMEMBERED = 100_000
"""How many requests one namespace remembers for counting attempts; the oldest is forgotten first."""

_Key = tuple[int, int, str]
"""A rule, one of its replies, and a request's fingerprint."""

_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(slots=True)
class Namespace:
    """The state of one isolated copy of a scenario."""

    scenario: Scenario
    taken: dict[int, int] = field(default_factory=dict)
    tries: OrderedDict[_Key, int] = field(default_factory=OrderedDict)
    pending: OrderedDict[tuple[int, str], int] = field(default_factory=OrderedDict)
    fired: set[tuple[int, int, int, int]] = field(default_factory=set)
    store: Store = field(default_factory=Store)
    usage: Usage = field(default_factory=Usage)
    used_us: int = 0
    began_us: int | None = None
    connections: int = 0
    leaves: int = 0
    copies: OrderedDict[str, int] = field(default_factory=OrderedDict)
    counts: Counts = UNTOUCHED
    struck: set[str] = field(default_factory=set)

    def charge(self, request: Request, exchange: int | None = None) -> Charge:
        """Take the request from its limit, and give the exchange a place if places are limited or load is counted; None
        wants no place. Raises ApiError if it is refused.
        """
        found, load = self.scenario.limit_of(request), self.scenario.load
        charge = FREE if found is None else self.usage.charge(*found, request, exchange)
        return charge if load is None or exchange is None else self.usage.enter(load, request, exchange, charge.told)

    def begin(self, now_us: int) -> None:
        """Note when the first call came, from which the windows of chaos are counted; later calls change nothing."""
        if self.began_us is None:
            self.began_us = now_us

    def elapsed_us(self, now_us: int) -> int:
        """The time since the first call, in microseconds; 0 for a call that came before it and was decided later."""
        return max(now_us - (now_us if self.began_us is None else self.began_us), 0)

    def take(self, number: int, rule: Rule, request: Request) -> tuple[int, int] | None:
        """The reply and the attempt number that this request gets, taken in one go; None if the script is used up.

        `number` is the rule's place among the rules. A request that was given an attempt of a reply stays with that
        reply until its attempts are over, so that a retry never eats the next turn.
        """
        place = number, request.fingerprint
        index = self.pending.get(place) if self.pending else None
        if index is None:
            taken = self.taken.get(number, 0)
            index = reply_index(rule, taken)
            if index is None:
                return None
            self.taken[number] = taken + 1
        key = (number, index, request.fingerprint)
        attempt = self.tries.get(key, 0) + 1
        _remember(self.tries, key, attempt)
        if attempt <= len(rule.replies[index].attempts):
            _remember(self.pending, place, index)
        elif self.pending:
            self.pending.pop(place, None)
        return index, attempt

    def keep(self, kept: Iterable[Stored], request: Request) -> None:
        """Keep what belongs to the answer of this request, and count it among the answers that it got."""
        for stored in kept:
            self.store.put(replace(stored, at_us=request.call.at_us))
            _remember(self.copies, request.fingerprint, self.copies.get(request.fingerprint, 0) + 1)

    def stay(self, number: int, index: int, request: Request) -> None:
        """Let the next try of this request get the same reply, as chaos struck this one."""
        _remember(self.pending, (number, request.fingerprint), index)

    def fire(self, number: int, index: int, attempt: int, step: Step, missed: Collection[int]) -> None:
        """Note which faults of a step had a place to act, by their places in the step; attempt 0 is the reply itself,
        after its scripted attempts. `missed` are the places of those that had none.
        """
        attempt = 0 if step.last else attempt
        self.fired.update((number, index, attempt, place) for place in range(len(step.faults)) if place not in missed)


def _remember(memory: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    memory[key] = value
    if len(memory) > MOST_REMEMBERED:
        memory.popitem(last=False)  # a dict would look for its first key among many that were forgotten
