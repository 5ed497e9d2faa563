"""What `mockllm serve` tells while it runs: one line for each finished exchange and each event of its own.

Here: an exchange as a line for people and as a record for machines, and where both go. Not here: tables and timelines
(`report.py`), and what happens to files (`shelf.py`).
"""

import logging
from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import orjson

from mockllm.cli.files import shown
from mockllm.errors import Problem
from mockllm.exchange import Exchange
from mockllm.plan import Head, Send
from mockllm.report import frames
from mockllm.request import JSON

Format: TypeAlias = Literal["text", "json"]
Record: TypeAlias = dict[str, JSON]

_US_PER_MS = 1_000
_US_PER_S = 1_000_000
_MOST_US_IN_MS = 10 * _US_PER_S
_FEW_US = 10 * _US_PER_MS


class Log:
    """Takes exchanges, events and problems, and writes each as one line. With `quiet` no exchanges."""

    def __init__(self, write: Callable[[str], None], *, form: Format = "text", quiet: bool = False) -> None:
        self._write = write
        self._form = form
        self._quiet = quiet

    def exchange(self, exchange: Exchange) -> None:
        """An exchange has ended."""
        if not self._quiet:
            self._put(lambda: line(exchange), lambda: {"event": "exchange", **record_of(exchange)})

    def note(self, event: str, text: str, **fields: JSON) -> None:
        """Something happened to the server; `event` names its kind for machines."""
        self._put(lambda: text, lambda: {"event": event, "message": text, **fields})

    def problem(self, problem: Problem) -> None:
        """A scenario file is wrong."""
        told = shown(problem)
        place: Record = {"file": told.source, "line": told.line, "column": told.column, "path": told.path}
        self._put(lambda: str(told), lambda: {"event": "problem", "message": told.message, **place})

    def _put(self, text: Callable[[], str], fields: Callable[[], Record]) -> None:
        if self._form == "json":
            self._write(orjson.dumps(fields()).decode())
        else:
            self._write(_printable(text()))


class LogHandler(logging.Handler):
    """Puts the warnings of the server and of what it is built on into the same log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write the warning, with its traceback if there is one: it is a bug then."""
        text = self.format(record)
        for part in text.splitlines():
            self._log.note(record.levelname.lower(), part, logger=record.name)


def record_of(exchange: Exchange) -> Record:
    """What is told of an exchange, for machines. Times count from the moment the request was read.

    `status` is null if no head went out, and `first_us` is the time of the first body byte.
    """
    call, outcome = exchange.call, exchange.outcome
    done = {delivery.step: delivery.done_us for delivery in exchange.deliveries}
    played = [(step, done[index]) for index, step in enumerate(exchange.plan) if index in done]
    return {
        "number": exchange.number,
        "method": call.method,
        "path": call.path,
        "namespace": exchange.namespace or None,
        "rule": exchange.rule,
        "attempt": exchange.attempt,
        "status": next((step.status for step, _ in played if isinstance(step, Head)), None),
        "frames": sum(steps[-1] in done for steps in frames(exchange.plan)),
        "bytes": exchange.bytes_sent,
        "first_us": next((at_us for step, at_us in played if isinstance(step, Send)), None),
        "total_us": max(done.values(), default=0),
        "outcome": outcome.ending.value,
        "step": outcome.step,
        "trouble": exchange.trouble.value if exchange.trouble is not None else None,
        "why": exchange.why if exchange.trouble is not None else None,
        "unfired": list(exchange.unfired),
        "struck": list(exchange.struck),
    }


def line(exchange: Exchange) -> str:
    """What is told of an exchange, for people."""
    return "  ".join(_words(exchange))


def _words(exchange: Exchange) -> Iterator[str]:
    told = record_of(exchange)
    yield f"{told['method']} {told['path']}"
    if exchange.namespace:
        yield exchange.namespace
    if exchange.rule is not None:
        yield exchange.rule if exchange.attempt == 1 else f"{exchange.rule} attempt {exchange.attempt}"
    yield "no status" if told["status"] is None else str(told["status"])
    yield f"{told['frames']} frame{'' if told['frames'] == 1 else 's'}, {told['bytes']} B"
    first = "" if told["first_us"] is None else f"first {_short(told['first_us'])}, "
    yield f"{first}total {_short(told['total_us'])}"
    yield str(exchange.outcome)
    if exchange.struck:
        yield f"struck by {', '.join(exchange.struck)}"
    if exchange.unfired:
        yield f"unfired {', '.join(exchange.unfired)}"
    if exchange.trouble is not None:
        yield f"{exchange.trouble}: {exchange.why}"


def _short(us: JSON) -> str:
    """A measured time for people: `1.2ms`, `250ms`, `12.3s`."""
    assert isinstance(us, int)
    if us >= _MOST_US_IN_MS:
        return f"{us / _US_PER_S:.1f}s"
    return f"{us / _US_PER_MS:.1f}ms" if us < _FEW_US else f"{us / _US_PER_MS:.0f}ms"


def _printable(text: str) -> str:
    """The text on one line, without what a terminal would obey: a path may hold anything."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
