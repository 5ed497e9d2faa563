"""The state of one isolated copy of a scenario.

Here: script positions, attempts, which faults fired, stored objects. A step is taken in one go, so two simultaneous
requests take two steps. Not here: which namespace a call uses (`address.py`) and who keeps them (`engine.py`).
"""

from dataclasses import dataclass, field
from typing import TypeVar

from mockllm.limits import Meter, admit, rate_headers, refusal, token_cost
from mockllm.request import Request
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.limits import limit_for
from mockllm.scenario.script import Step, reply_index
from mockllm.store import Store

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
    tries: dict[_Key, int] = field(default_factory=dict)
    pending: dict[tuple[int, str], int] = field(default_factory=dict)
    fired: set[tuple[int, int, int, str]] = field(default_factory=set)
    store: Store = field(default_factory=Store)
    meters: dict[tuple[int, tuple[str, ...]], tuple[Meter, ...]] = field(default_factory=dict)

    def charge(self, request: Request) -> tuple[tuple[str, str], ...]:
        """Take the request from its limits; the headers that tell what remains. Raises ApiError if it is refused."""
        limits = self.scenario.limits
        found = None if limits is None else limit_for(limits, request)
        if found is None:
            return ()
        number, limit = found
        key, now_us, tokens = (number, limit.shared_by(request)), request.call.at_us, token_cost(request, limit.mode)
        admission = admit(self.meters.get(key) or limit.meters(), tokens, now_us)
        _remember(self.meters, key, admission.meters)
        if not admission.decision.admitted:
            raise refusal(admission, model=request.model, tokens=tokens, mode=limit.mode, now_us=now_us)
        return rate_headers(admission.meters, limit.mode, now_us)

    def take(self, number: int, rule: Rule, request: Request) -> tuple[int, int] | None:
        """The reply and the attempt number that this request gets, taken in one go; None if the script is used up.

        `number` is the rule's place among the rules. A request that was given an attempt of a reply stays with that
        reply until its attempts are over, so that a retry never eats the next turn.
        """
        index = self.pending.get((number, request.fingerprint))
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
            _remember(self.pending, (number, request.fingerprint), index)
        else:
            self.pending.pop((number, request.fingerprint), None)
        return index, attempt

    def fire(self, number: int, index: int, attempt: int, step: Step, unfired: tuple[str, ...]) -> None:
        """Note which faults of a step had a place to act; attempt 0 is the reply itself, after its
        scripted attempts.
        """
        attempt = 0 if step.last else attempt
        self.fired.update((number, index, attempt, fault.kind) for fault in step.faults if fault.kind not in unfired)


def _remember(memory: dict[_K, _V], key: _K, value: _V) -> None:
    memory[key] = value
    if len(memory) > MOST_REMEMBERED:
        del memory[next(iter(memory))]
