"""The state of one isolated copy of a scenario.

Here: script positions, attempts, which faults fired, stored objects. A step is taken in one go, so two simultaneous
requests take two steps. Not here: which namespace a call uses (`address.py`) and who keeps them (`engine.py`).
"""

from dataclasses import dataclass, field
from typing import TypeVar

from mockllm.request import Request
from mockllm.scenario.document import Scenario
from mockllm.scenario.script import Step, reply_index
from mockllm.store import Store

MOST_REMEMBERED = 100_000
"""How many requests one namespace remembers for counting attempts; the oldest is forgotten first."""

_Key = tuple[int, int, str]
"""A rule, one of its replies, and a request's fingerprint."""

_K = TypeVar("_K")


@dataclass(slots=True)
class Namespace:
    """The state of one isolated copy of a scenario."""

    scenario: Scenario
    taken: dict[int, int] = field(default_factory=dict)
    tries: dict[_Key, int] = field(default_factory=dict)
    pending: dict[tuple[int, str], int] = field(default_factory=dict)
    fired: set[tuple[int, int, int, str]] = field(default_factory=set)
    store: Store = field(default_factory=Store)

    def take(self, rule: int, request: Request) -> tuple[int, int] | None:
        """The reply and the attempt number that this request gets, taken in one go; None if the script is used up.

        A request that was given an attempt of a reply stays with that reply until its attempts are over, so that a
        retry never eats the next turn.
        """
        index = self.pending.get((rule, request.fingerprint))
        if index is None:
            taken = self.taken.get(rule, 0)
            index = reply_index(self.scenario.rules[rule], taken)
            if index is None:
                return None
            self.taken[rule] = taken + 1
        key = (rule, index, request.fingerprint)
        attempt = self.tries.get(key, 0) + 1
        _remember(self.tries, key, attempt)
        if attempt <= len(self.scenario.rules[rule].replies[index].attempts):
            _remember(self.pending, (rule, request.fingerprint), index)
        else:
            self.pending.pop((rule, request.fingerprint), None)
        return index, attempt

    def fire(self, rule: int, index: int, attempt: int, step: Step, unfired: tuple[str, ...]) -> None:
        """Note which faults of a step had a place to act; attempt 0 is the reply itself, after its
        scripted attempts.
        """
        number = 0 if step.last else attempt
        self.fired.update((rule, index, number, fault.kind) for fault in step.faults if fault.kind not in unfired)


def _remember(memory: dict[_K, int], key: _K, value: int) -> None:
    memory[key] = value
    if len(memory) > MOST_REMEMBERED:
        del memory[next(iter(memory))]
