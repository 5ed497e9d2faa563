"""The record of every exchange.

Here: a bounded list of exchanges, each recorded once when it arrives and completed once when it ends, the questions
tests ask of it, and the assertions that show what did arrive when they fail. Not here: the exchange itself
(`exchange.py`) and tables for people (`report.py`). Reads may come from another thread than writes, so each takes the
lock for as long as it copies.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from mockllm.errors import MockLLMError
from mockllm.exchange import Delivery, Ending, Exchange, Outcome
from mockllm.report import table, title
from mockllm.scenario.base import nearest
from mockllm.scenario.match import Difference, When

MOST_EXCHANGES = 10_000
"""How many exchanges are kept; the oldest goes first."""

MOST_BYTES = 256 * 1024 * 1024
"""How many bytes of requests and plans are kept, about."""

_STEP_BYTES = 1_500
"""What a step of a plan takes with its frame, measured over different streams of 50 chunks."""

_LEFT_AT = re.compile(rf"{Ending.LEFT} at step \d+")


class Journal:
    """The exchanges of a server, oldest first.

    `settle` is called before each read. A server that lives on another thread uses it to finish what it has in hand,
    so that an answer that the client has read is found complete.
    """

    def __init__(
        self,
        *,
        most_exchanges: int = MOST_EXCHANGES,
        most_bytes: int = MOST_BYTES,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        self._exchanges: OrderedDict[int, Exchange] = OrderedDict()
        self._lock = threading.Lock()
        self._settle = settle
        self._most_exchanges = most_exchanges
        self._most_bytes = most_bytes
        self._bytes = 0
        self._dropped = 0

    def open(self, exchange: Exchange) -> None:
        """Record an exchange that has just arrived."""
        with self._lock:
            self._exchanges[exchange.number] = exchange
            self._bytes += _weight(exchange)
            while len(self._exchanges) > 1 and (
                len(self._exchanges) > self._most_exchanges or self._bytes > self._most_bytes
            ):
                _, oldest = self._exchanges.popitem(last=False)
                self._bytes -= _weight(oldest)
                self._dropped += 1

    def end(self, number: int, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        """Complete the record; one that was dropped meanwhile stays dropped."""
        with self._lock:
            if (exchange := self._exchanges.get(number)) is not None:
                self._exchanges[number] = replace(exchange, deliveries=deliveries, outcome=outcome)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._exchanges.clear()
            self._bytes = self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many exchanges were dropped because of the limits."""
        return self._dropped

    def all(self, *, namespace: str | None = None) -> tuple[Exchange, ...]:
        """A copy of the record, of one namespace or of all."""
        self._settle()
        with self._lock:
            exchanges = tuple(self._exchanges.values())
        return tuple(exchange for exchange in exchanges if namespace in {None, exchange.namespace})

    def open_exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges that have not ended."""
        return tuple(exchange for exchange in self.all() if exchange.outcome.ending is Ending.OPEN)

    @property
    def last(self) -> Exchange:
        """The exchange that arrived last. Raises AssertionError if none has."""
        exchanges = self.all()
        if not exchanges:
            raise AssertionError("no request arrived, so there is no last exchange")
        return exchanges[-1]

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.all())

    def __getitem__(self, index: int) -> Exchange:
        return self.all()[index]

    def __str__(self) -> str:
        return table(self.all())

    def assert_requests(self, count: int) -> None:
        """Exactly so many requests arrived. Raises AssertionError with those that did."""
        exchanges = self.all()
        if len(exchanges) != count:
            raise AssertionError(f"expected {_requests(count)}, {len(exchanges)} arrived:\n{table(exchanges)}")

    def assert_outcomes(self, *outcomes: str) -> None:
        """The exchanges ended like this, in the order in which they arrived, and there were no others.

        An outcome is an `Ending` or its words (`complete`, `cut as scripted`, `client left`, ...), or these words with
        the step, as in `client left at step 5`. Raises AssertionError with what arrived, and ValueError for words that
        no exchange can end with.
        """
        for outcome in outcomes:
            _check_outcome(outcome)
        exchanges = self.all()
        fits = len(exchanges) == len(outcomes) and all(
            wanted in {exchange.outcome.ending, str(exchange.outcome)}
            for wanted, exchange in zip(outcomes, exchanges, strict=True)
        )
        if not fits:
            wanted = ", ".join(outcomes) or "no exchange"
            ended = ", ".join(str(exchange.outcome) for exchange in exchanges) or "no exchange"
            raise AssertionError(f"expected {wanted}\n   found {ended}\n{table(exchanges)}")

    def assert_called(self, when: When | Mapping[str, Any], *, times: int | None = None) -> tuple[Exchange, ...]:
        """So many requests match, or at least one if `times` is left out; returns the exchanges that do.

        `when` is what a rule of a scenario would say, such as `{"model": "gpt-5*", "last": "weather"}`. Raises
        AssertionError with what arrived and why the nearest of it does not match, and MockLLMError for a matcher that
        does not exist.
        """
        test = _matcher(when)
        exchanges = self.all()
        compared = [(exchange, _differences(test, exchange)) for exchange in exchanges]
        matching = tuple(exchange for exchange, differences in compared if not differences)
        if len(matching) == times or (times is None and matching):
            return matching
        wanted = "at least one request" if times is None else _requests(times)
        shown = test.model_dump(by_alias=True, exclude_unset=True) if isinstance(when, When) else dict(when)
        lines = [f"expected {wanted} to match {shown}, {len(matching)} of {len(exchanges)} did:", table(exchanges)]
        misses = sorted((miss for miss in compared if miss[1]), key=lambda miss: len(miss[1]))
        if misses and len(matching) < (times or 1):
            exchange, differences = misses[0]
            lines += ["the nearest that does not match:", f"  {title(exchange)}"]
            lines += [f"    {difference}" for difference in differences]
        raise AssertionError("\n".join(lines))


def _weight(exchange: Exchange) -> int:
    """The bytes that keeping this exchange costs, about."""
    return len(exchange.call.body) + _STEP_BYTES * len(exchange.plan) + 1_000


def _requests(count: int) -> str:
    return f"{count} request" if count == 1 else f"{count} requests"


def _check_outcome(outcome: str) -> None:
    allowed = [str(ending) for ending in Ending]
    if outcome not in allowed and not _LEFT_AT.fullmatch(outcome):
        raise ValueError(
            f"no exchange ends with '{outcome}': {nearest(outcome, allowed)}an outcome is one of {', '.join(allowed)}"
        )


def _matcher(when: When | Mapping[str, Any]) -> When:
    try:
        return When.model_validate(when)
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, details['loc']))}: {details['msg']}".removeprefix(": ")
            for details in error.errors(include_url=False)
        )
        raise MockLLMError(f"this is not a matcher: {'; '.join(problems)}") from None


def _differences(test: When, exchange: Exchange) -> tuple[Difference, ...]:
    """Why the exchange's request does not match; a call that was refused before it was read matches nothing."""
    if exchange.request is None:
        return (Difference("request", "one that the API accepts", exchange.why or "a call that was refused"),)
    return test.differences(exchange.request)
