"""Counters over all exchanges, in the text format of Prometheus.

Here: `Tally`, which an engine shows each exchange that has ended, and how it is written. Not here: the record
(`journal.py`), which forgets; counters never go down. The format is that of Prometheus' exposition formats, version
0.0.4. It is written here because the official client keeps its registry, and what it is set up with, for the whole
process, and a process may have several servers.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mockllm.exchange import Ending, Exchange
from mockllm.plan import Microseconds, Plan

LATENESS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""The upper bounds of the histogram's buckets, in seconds; one without a bound follows."""

MOST_SERIES = 10_000
"""How many combinations of labels are counted apart; further ones are counted as scenario `other`."""

_US_PER_S = 1_000_000
_LATENESS_US = tuple(round(bound * _US_PER_S) for bound in LATENESS_S)
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class _Sort:
    """What is the same of all complete exchanges of a namespace that had this plan: labels, bytes and time."""

    namespace: str
    status: int
    plan: Plan
    key: tuple[str, str, str]
    scenario: str
    sent: int
    planned_us: Microseconds

    def has(self, exchange: Exchange) -> bool:
        """Whether it is one of these. The plan is compared by identity, as equal requests have the same one."""
        return (
            exchange.plan is self.plan
            and exchange.outcome.ending is Ending.COMPLETE
            and exchange.status == self.status
            and exchange.namespace == self.namespace
            and not exchange.gates
        )


class Tally:
    """What was counted since the server began. Where it is one of several processes, `worker` says which, as each
    counts for itself.
    """

    def __init__(self, worker: str | None = None) -> None:
        self._labels = {} if worker is None else {"worker": worker}
        self._exchanges: Counter[tuple[str, str, str]] = Counter()
        self._bytes: Counter[str] = Counter()
        self._lateness: Counter[int] = Counter()
        self._late_us = 0
        self._last: _Sort | None = None

    def observe(self, exchange: Exchange) -> None:
        """Count an exchange that has ended."""
        if (last := self._last) is not None and last.has(exchange):
            self._exchanges[last.key] += 1
            self._bytes[last.scenario] += last.sent
            self._count_lateness(max(exchange.outcome.at_us - last.planned_us, 0))
            return
        scenario = exchange.namespace.partition("@")[0]
        key = (scenario, str(exchange.status), str(exchange.outcome.ending))
        if key not in self._exchanges and len(self._exchanges) >= MOST_SERIES:
            key, scenario = (_OTHER, *key[1:]), _OTHER
        self._exchanges[key] += 1
        self._bytes[scenario] += (sent := _sent(exchange))
        if (late_us := _late_us(exchange)) is not None:
            self._count_lateness(late_us)
            planned_us = exchange.planned_us
            self._last = _Sort(exchange.namespace, exchange.status, exchange.plan, key, scenario, sent, planned_us)

    def _count_lateness(self, late_us: Microseconds) -> None:
        self._late_us += late_us
        self._lateness[bisect_left(_LATENESS_US, late_us)] += 1

    def exposition(self, open_exchanges: int, namespaces: int) -> str:
        """Everything that was counted, and how many exchanges are open and namespaces have state now."""
        own = self._labels
        counted = [
            ({**own, "scenario": scenario, "status": status, "outcome": outcome}, count)
            for (scenario, status, outcome), count in sorted(self._exchanges.items())
        ]
        sent = [({**own, "scenario": scenario}, count) for scenario, count in sorted(self._bytes.items())]
        lines = [
            *_family("exchanges_total", "counter", "Exchanges that have ended.", counted),
            *_family("sent_bytes_total", "counter", "Body and raw bytes that were handed to sockets.", sent),
            *_family("open_exchanges", "gauge", "Exchanges that are being answered.", [(own, open_exchanges)]),
            *_family("namespaces", "gauge", "Namespaces that have state.", [(own, namespaces)]),
            *self._histogram(),
        ]
        return "\n".join(lines) + "\n"

    def _histogram(self) -> Iterator[str]:
        name = "mockllm_lateness_seconds"
        yield f"# HELP {name} How much later than planned an answer was complete."
        yield f"# TYPE {name} histogram"
        total = 0
        for index, bound in enumerate(LATENESS_S):
            total += self._lateness[index]
            yield _line(f"{name}_bucket", {**self._labels, "le": f"{bound:g}"}, total)
        total += self._lateness[len(LATENESS_S)]
        yield _line(f"{name}_bucket", {**self._labels, "le": "+Inf"}, total)
        yield _line(f"{name}_sum", self._labels, f"{self._late_us / _US_PER_S:.6f}")
        yield _line(f"{name}_count", self._labels, total)


def _late_us(exchange: Exchange) -> int | None:
    """How much later than planned the exchange was complete; None if it was not, or if a gate decided when."""
    if exchange.outcome.ending is not Ending.COMPLETE or exchange.gates:
        return None
    return max(exchange.outcome.at_us - exchange.planned_us, 0)


def _sent(exchange: Exchange) -> int:
    """Bytes handed to the socket: of a complete answer all, which is found faster than what was delivered."""
    return exchange.bytes_planned if exchange.outcome.ending is Ending.COMPLETE else exchange.bytes_sent


def _family(name: str, kind: str, about: str, samples: Iterable[tuple[Mapping[str, str], int]]) -> Iterator[str]:
    name = f"mockllm_{name}"
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield _line(name, labels, value)


def _line(name: str, labels: Mapping[str, str], value: int | str) -> str:
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{told}}} {value}" if told else f"{name} {value}"


def _escaped(text: str) -> str:
    """A label's value: a backslash, a quote and a line feed are escaped."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
