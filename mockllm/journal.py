"""The record of every exchange.

Here: a bounded list of exchanges, each recorded once when it arrives and completed once when it ends, and the
questions tests ask of it. Not here: the exchange itself (`exchange.py`) and tables for people (`report.py`). Reads
may come from another thread than writes, so each takes the lock for as long as it copies.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace

from mockllm.exchange import Delivery, Ending, Exchange, Outcome

MOST_EXCHANGES = 10_000
"""How many exchanges are kept; the oldest goes first."""

MOST_BYTES = 256 * 1024 * 1024
"""How many bytes of requests and plans are kept, about."""


class Journal:
    """The exchanges of a server, oldest first."""

    def __init__(self, *, most_exchanges: int = MOST_EXCHANGES, most_bytes: int = MOST_BYTES) -> None:
        self._exchanges: OrderedDict[int, Exchange] = OrderedDict()
        self._lock = threading.Lock()
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

    def end(self, number: int, deliveries: tuple[Delivery, ...], outcome: Outcome) -> None:
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
        with self._lock:
            exchanges = tuple(self._exchanges.values())
        return tuple(exchange for exchange in exchanges if namespace in {None, exchange.namespace})

    def open_exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges that have not ended."""
        return tuple(exchange for exchange in self.all() if exchange.outcome.ending is Ending.OPEN)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self._exchanges)

    def __getitem__(self, index: int) -> Exchange:
        return self.all()[index]


def _weight(exchange: Exchange) -> int:
    """The bytes that keeping this exchange costs, about."""
    return len(exchange.call.body) + 200 * len(exchange.plan) + 1_000
