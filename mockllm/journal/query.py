"""Which exchanges somebody asks for, and what somebody waits for.

Here: `Query`, a choice of exchanges, and `Awaited`, an event that must have happened to so many of them; values that
look only at a record. Not here: the record (`journal/__init__.py`) and waiting (`net/waits.py`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict, assert_never

from pydantic import ValidationError

from mockllm.errors import MockLLMError
from mockllm.exchange import Ending, Exchange
from mockllm.gates import OWN_MARK
from mockllm.plan import Microseconds
from mockllm.report import table
from mockllm.scenario.base import nearest
from mockllm.scenario.match import When

_LEFT_AT = re.compile(rf"{Ending.LEFT} at step \d+")


@dataclass(frozen=True, slots=True)
class Query:
    """A choice of exchanges: those that meet everything that is not None.

    `rule` is the title of the rule that answered, `outcome` an `Ending` or its words, with the step or without.
    `since` is the number of an exchange after which they arrived, `since_us` the reading of the server's clock from
    which on they did. Raises ValueError for an outcome that no exchange can have.
    """

    namespace: str | None = None
    rule: str | None = None
    outcome: str | None = None
    since: int | None = None
    since_us: Microseconds | None = None
    when: When | None = None

    def __post_init__(self) -> None:
        if self.outcome is not None:
            check_outcome(self.outcome)

    def fits(self, exchange: Exchange) -> bool:
        """Whether the exchange is one of them."""
        return (
            self.namespace in {None, exchange.namespace}
            and self.rule in {None, exchange.rule}
            and self.outcome in {None, exchange.outcome.ending, str(exchange.outcome)}
            and (self.since is None or exchange.number > self.since)
            and (self.since_us is None or exchange.call.at_us >= self.since_us)
            and (self.when is None or _matches(self.when, exchange))
        )

    def __str__(self) -> str:
        when = None if self.when is None else self.when.model_dump(by_alias=True, exclude_unset=True)
        said = {
            "of namespace": self.namespace,
            "answered by": self.rule,
            "with outcome": self.outcome,
            "after number": self.since,
            "from us": self.since_us,
            "matching": when,
        }
        return "".join(f" {word} {value!r}" for word, value in said.items() if value is not None)


class Event(StrEnum):
    """What can happen to an exchange."""

    ARRIVED = "arrived"
    GATE = "gate"
    LEFT = "left"
    ENDED = "ended"


_SAID = {
    Event.ARRIVED: "that arrived",
    Event.LEFT: "whose client left",
    Event.ENDED: "that ended",
}


@dataclass(frozen=True, slots=True)
class Awaited:
    """An event that must have happened to `count` exchanges of a choice. `gate` is the name of the gate that must have
    been reached, any if None.
    """

    event: Event
    count: int = 1
    gate: str | None = None
    query: Query = Query()

    def met(self, exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
        """Those to which it happened."""
        return tuple(exchange for exchange in exchanges if self.query.fits(exchange) and self._happened(exchange))

    def missed(self, exchanges: Iterable[Exchange], timeout_s: float) -> str:
        """What to say when it took too long: what was waited for, and what happened instead."""
        every = tuple(exchanges)
        plural = "exchange" if self.count == 1 else "exchanges"
        return (
            f"waited {timeout_s:g} s for {self.count} {plural} {self._words()}{self.query}, found "
            f"{len(self.met(every))}. This is what happened:\n{table(every)}"
        )

    def _happened(self, exchange: Exchange) -> bool:
        match self.event:
            case Event.ARRIVED:
                return True
            case Event.GATE:
                return any(self._is_meant(visit.name) for visit in exchange.gates)
            case Event.LEFT:
                return exchange.outcome.ending is Ending.LEFT
            case Event.ENDED:
                return exchange.outcome.ending is not Ending.OPEN
            case _:
                assert_never(self.event)

    def _is_meant(self, gate: str) -> bool:
        return gate == self.gate if self.gate is not None else OWN_MARK not in gate

    def _words(self) -> str:
        if self.event is Event.GATE:
            return "that came to a gate" if self.gate is None else f"that came to the gate '{self.gate}'"
        return _SAID[self.event]


class Only(TypedDict, total=False):
    """What narrows down the exchanges of an `Awaited`, as `Query` has it; `when` as a rule would say it."""

    rule: str
    outcome: str
    since: int
    since_us: Microseconds
    when: When | Mapping[str, Any]


def awaited(event: str, *, count: int, gate: str | None, namespace: str | None, only: Only) -> Awaited:
    """What somebody waits for, in their words. Raises ValueError for an event or an outcome that there is not, and
    MockLLMError for a matcher that does not exist.
    """
    if event not in set(Event):
        known = [str(it) for it in Event]
        raise ValueError(f"there is no event '{event}': {nearest(event, known)}wait for one of {', '.join(known)}")
    if gate is not None and event != Event.GATE:
        raise ValueError(f"the event '{event}' has no gate: wait for 'gate', or leave out gate={gate!r}")
    when = only.get("when")
    query = Query(
        namespace,
        only.get("rule"),
        only.get("outcome"),
        only.get("since"),
        only.get("since_us"),
        None if when is None else matcher(when),
    )
    return Awaited(Event(event), count, gate, query)


def check_outcome(outcome: str) -> None:
    """Raises ValueError for words that no exchange can end with."""
    allowed = [str(ending) for ending in Ending]
    if outcome not in allowed and not _LEFT_AT.fullmatch(outcome):
        raise ValueError(
            f"no exchange ends with '{outcome}': {nearest(outcome, allowed)}an outcome is one of {', '.join(allowed)}"
        )


def matcher(when: When | Mapping[str, Any]) -> When:
    """What a rule would say after `when`, as a value. Raises MockLLMError for a matcher that does not exist."""
    try:
        return When.model_validate(when)
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, details['loc']))}: {details['msg']}".removeprefix(": ")
            for details in error.errors(include_url=False)
        )
        raise MockLLMError(f"this is not a matcher: {'; '.join(problems)}") from None


def _matches(when: When, exchange: Exchange) -> bool:
    return exchange.request is not None and not when.differences(exchange.request)
