"""The record of every exchange.

Here: a bounded list of exchanges, each recorded once when it arrives and completed once when it ends, the questions
tests ask of it, and the assertions that show what did arrive when they fail. Not here: the exchange itself
(`exchange.py`), which exchanges a question means (`query.py`), which of them belong to one call (`calls.py`), files
(`export.py`, `har.py`) and tables for people (`report.py`). Reads may come from another thread than writes, so each
takes the lock for as long as it copies.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from mockllm.exchange import Delivery, Ending, Exchange, GateVisit, Outcome
from mockllm.journal.calls import CallGroup, calls
from mockllm.journal.export import Record, json_lines
from mockllm.journal.har import har
from mockllm.journal.kept import Kept
from mockllm.journal.query import Query, check_outcome, matcher
from mockllm.plan import Microseconds
from mockllm.report import table, title
from mockllm.scenario.match import Difference, When

MOST_EXCHANGES = 10_000
"""How many exchanges are kept; the oldest goes first."""

MOST_BYTES = 256 * 1024 * 1024
"""How many bytes of requests and plans are kept, about; see `kept.py` for what goes first."""


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
        self._kept = Kept(most_exchanges=most_exchanges, most_bytes=most_bytes)
        self._lock = threading.Lock()
        self._watchers: tuple[Callable[[Exchange], None], ...] = ()
        self._settle = settle
        self.clears = 0  # how often it was told to forget something

    def open(self, exchange: Exchange) -> None:
        """Record an exchange that has just arrived."""
        with self._lock:
            self._kept.put(exchange)
        if self._watchers:
            self._tell(exchange)

    def visit(self, number: int, visit: GateVisit) -> None:
        """Record that an exchange has come to a gate, or that it goes on from there."""
        with self._lock:
            if (exchange := self._kept.get(number)) is None:
                return
            earlier = tuple(known for known in exchange.gates if known.step != visit.step)
            changed = replace(exchange, gates=(*earlier, visit))
            self._kept.change(changed)
        self._tell(changed)

    def end(self, number: int, deliveries: Sequence[Delivery], outcome: Outcome) -> Exchange | None:
        """Complete the record and return it; one that was dropped meanwhile stays dropped."""
        with self._lock:
            if (exchange := self._kept.get(number)) is None:
                return None
            ended = exchange.ended(deliveries, outcome)
            self._kept.change(ended, ended=True)
        if self._watchers:
            self._tell(ended)
        return ended

    def clear(self, *, namespace: str | None = None) -> None:
        """Forget everything, or the exchanges of one namespace."""
        with self._lock:
            self._kept.clear(namespace)
            self.clears += 1

    def get(self, number: int) -> Exchange | None:
        """The exchange with this number as it is now; None if it was dropped or there is none."""
        with self._lock:
            return self._kept.get(number)

    @property
    def dropped(self) -> int:
        """How many exchanges were dropped because of the limits."""
        return self._kept.dropped

    @contextmanager
    def watched(self, look: Callable[[Exchange], None]) -> Iterator[None]:
        """Show a function each exchange that changes, in the thread that changed it; it must not block."""
        with self._lock:
            self._watchers = (*self._watchers, look)
        try:
            yield
        finally:
            with self._lock:
                self._watchers = tuple(known for known in self._watchers if known is not look)

    def now(self) -> tuple[Exchange, ...]:
        """A copy of the record as it is, without waiting for what the server has in hand."""
        with self._lock:
            return self._kept.all()

    def all(
        self,
        *,
        namespace: str | None = None,
        rule: str | None = None,
        outcome: str | None = None,
        since: int | None = None,
        since_us: Microseconds | None = None,
    ) -> tuple[Exchange, ...]:
        """A copy of the record, or of that part of it that meets everything that is given; see `query.Query`."""
        return self.query(Query(namespace, rule, outcome, since, since_us))

    def query(self, query: Query) -> tuple[Exchange, ...]:
        """The exchanges that a query chooses."""
        self._settle()
        return tuple(filter(query.fits, self.now()))

    def calls(self, *, namespace: str | None = None) -> tuple[CallGroup, ...]:
        """The exchanges as what a client sees: calls, each with its attempts. See `calls.calls`."""
        return calls(self.all(namespace=namespace))

    def json_lines(self) -> str:
        """The record for other programs, one JSON object a line; see `export.py`."""
        return "".join(f"{line}\n" for line in json_lines(self.all()))

    def har(self) -> Record:
        """The record as the value of an HTTP Archive file, version 1.2."""
        return har(self.all(), version=version("mockllm-server"))

    def _tell(self, changed: Exchange) -> None:
        for look in self._watchers:
            look(changed)

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
            check_outcome(outcome)
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
        test = matcher(when)
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


def _requests(count: int) -> str:
    return f"{count} request" if count == 1 else f"{count} requests"


def _differences(test: When, exchange: Exchange) -> tuple[Difference, ...]:
    """Why the exchange's request does not match; a call that was refused before it was read matches nothing."""
    if exchange.request is None:
        return (Difference("request", "one that the API accepts", exchange.why or "a call that was refused"),)
    return test.differences(exchange.request)
