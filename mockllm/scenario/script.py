"""Which rule answers, and which of its replies: the decision, without the state.

Here: the first rule that matches with the reasons why the others do not, and the step that a script takes. Not here:
where the counts of steps are kept (`engine.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import overload

from mockllm.bounded import Same
from mockllm.request import Request
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.faults import Fault
from mockllm.scenario.match import Difference, When
from mockllm.scenario.probe import View, probes
from mockllm.scenario.reply import Reply

_NEAREST = 3
_MOST_RULES = 256


@dataclass(frozen=True, slots=True)
class Miss:
    """A rule that does not match, and why."""

    title: str
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        return f"{self.title}: " + "; ".join(map(str, self.differences))


class _Misses(Sequence[Miss]):
    """The rules that were tried, which say why they do not match when somebody asks: with many rules few of the reasons
    are ever read.
    """

    __slots__ = ("_places", "_request", "_rules")

    def __init__(self, rules: tuple[Rule, ...], places: Sequence[int], request: Request) -> None:
        self._rules = rules
        self._places = places
        self._request = request

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Miss: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Miss, ...]: ...
    def __getitem__(self, index: int | slice) -> Miss | tuple[Miss, ...]:
        places = self._places[index]
        return self._miss(places) if isinstance(places, int) else tuple(map(self._miss, places))

    def _miss(self, place: int) -> Miss:
        rule = self._rules[place]
        return Miss(rule.title(place), rule.when.differences(self._request))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as that of a request, which holds JSON


@dataclass(frozen=True, slots=True)
class Match:
    """The index of the rule that answers, None if none does, and the rules tried before it."""

    rule: int | None
    misses: Sequence[Miss]

    def nearest(self) -> tuple[Miss, ...]:
        """The few rules that came nearest: those with the fewest differences."""
        return tuple(sorted(self.misses, key=lambda miss: len(miss.differences))[:_NEAREST])


def first_match(scenario: Scenario, request: Request, *, named_only: bool = False) -> Match:
    """The first rule that matches. With `named_only` a rule must name the API, as for lists, which have an answer of
    their own.
    """
    rules = scenario.rules
    if rules and _takes_all(Same(rules[0])) and not named_only:
        return Match(0, ())
    view = View.of(request)
    tried: list[int] = []
    for index, (rule, cannot_match) in enumerate(zip(rules, probes(Same(rules)), strict=True)):
        if named_only and rule.when.api is None:
            continue
        if not cannot_match(view) and not rule.when.differences(request):
            return Match(index, _Misses(rules, tried, request) if tried else ())
        tried.append(index)
    return Match(None, _Misses(rules, tried, request))


@lru_cache(_MOST_RULES)
def _takes_all(rule: Same[Rule]) -> bool:
    """Whether every request matches."""
    return rule.value.when == When()


def reply_index(rule: Rule, taken: int) -> int | None:
    """Which reply the next request gets when `taken` have been given; None if the script is used up."""
    count = len(rule.replies)
    if taken < count:
        return taken
    if count == 1 or rule.then == "repeat":
        return count - 1
    return taken % count if rule.then == "loop" else None


@dataclass(frozen=True, slots=True)
class Step:
    """What one try gets: a reply, with the faults of this try, in the manner of a profile. `last` says that further
    tries get the same.
    """

    reply: Reply
    faults: tuple[Fault, ...]
    last: bool
    profile: str | None = None


def step_of(reply: Reply, attempt: int, profile: str | None = None) -> Step:
    """The step of the attempt with this number, counted from 1; after the scripted ones comes the reply itself.
    `profile` is that of what names none.
    """
    attempts: Sequence[Reply | Fault] = reply.attempts
    profile = reply.profile or profile
    if attempt > len(attempts):
        return Step(reply, reply.faults, last=True, profile=profile)
    entry = attempts[attempt - 1]
    if isinstance(entry, Fault):
        return Step(reply, (*reply.faults, entry), last=False, profile=profile)
    return Step(entry, entry.faults, last=False, profile=entry.profile or profile)


def armed(scenario: Scenario) -> Iterator[tuple[int, int, int, int, Fault]]:
    """Every scripted fault with its rule, reply, attempt (0 for the reply itself) and place in the step."""
    for rule_index, rule in enumerate(scenario.rules):
        for index, reply in enumerate(rule.replies):
            yield from ((rule_index, index, 0, place, fault) for place, fault in enumerate(reply.faults))
            for number, entry in enumerate(reply.attempts, start=1):
                if isinstance(entry, Fault):
                    yield rule_index, index, number, len(reply.faults), entry
                else:
                    yield from ((rule_index, index, number, place, fault) for place, fault in enumerate(entry.faults))
