"""The record as JSON lines: one object an exchange, in a shape that does not change.

Here: `FORMAT`, the number of that shape, and the writing of it. Not here: the same for tools that read HAR
(`har.py`), and what `mockllm serve` prints of each exchange (`cli/log.py`).

The keys of an exchange, in their order. All times are whole microseconds, and but for `at_us` they count from `at_us`,
when the last byte of the request had arrived.

- `format`: 1.
- `number`: of the exchange in its server, from 1.
- `namespace`, `rule`, `why`, `attempt`, `trouble`, `unfired`: as in `exchange.Exchange`.
- `at_us`, `wall_s`: by the server's clock, and by the time of day in seconds since 1970.
- `connection`, `reused`: number of the TCP connection, and whether it carried a request before.
- `call`: `{number, attempt, attempts, gap_us}`, the call of the client that this is an attempt of, counted among what
  is written, and the time since the last attempt ended, null for the first.
- `request`: `{method, path, query, headers, body, encoding}`.
- `response`: `{status, headers, body, encoding, planned_bytes, sent_bytes, unsent_bytes}`, the head and what was sent
  of the body; `status` and `headers` are null if no head was sent.
- `steps`: `[{step, verb, due_us, done_us, bytes}]`, the whole plan; `done_us` is null for what was not done. A gate has
  its name too, as `gate`.
- `gates`: `[{name, step, reached_us, passed_us}]`.
- `outcome`: `{ending, step, at_us}`.

`headers` are pairs of a name and a value. A body is a text, and its `encoding` is `utf-8`, or `base64` for bytes that
are no text.
"""

import base64
from collections.abc import Iterable, Iterator

import orjson

from mockllm.exchange import Exchange
from mockllm.journal.calls import CallGroup, calls
from mockllm.plan import Gate, Head, Raw, Send, Step, Wait
from mockllm.request import JSON

FORMAT = 1
"""The number of the shape; another one is another shape."""

Record = dict[str, JSON]


def json_lines(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """One line for each exchange, without its line break."""
    every = tuple(exchanges)
    places = _places(calls(every))
    for exchange in every:
        yield orjson.dumps(record(exchange, places[exchange.number])).decode()


def record(exchange: Exchange, call: Record) -> Record:
    """One exchange as the value of its line; `call` is what is told of the call that it belongs to."""
    came = exchange.call
    return {
        "format": FORMAT,
        "number": exchange.number,
        "namespace": exchange.namespace,
        "rule": exchange.rule,
        "why": exchange.why,
        "attempt": exchange.attempt,
        "trouble": exchange.trouble,
        "unfired": list(exchange.unfired),
        "at_us": came.at_us,
        "wall_s": came.wall_s,
        "connection": came.connection,
        "reused": came.reused,
        "call": call,
        "request": {
            "method": came.method,
            "path": came.path,
            "query": came.query,
            "headers": _pairs(came.headers.pairs),
            **_text(came.body),
        },
        "response": _response(exchange),
        "steps": list(_steps(exchange)),
        "gates": [
            {"name": it.name, "step": it.step, "reached_us": it.reached_us, "passed_us": it.passed_us}
            for it in exchange.gates
        ],
        "outcome": {
            "ending": exchange.outcome.ending,
            "step": exchange.outcome.step,
            "at_us": exchange.outcome.at_us,
        },
    }


def sent_head(exchange: Exchange) -> Head | None:
    """The head that was sent, or None if none was."""
    done = exchange.plan[: len(exchange.deliveries)]
    return next((step for step in done if isinstance(step, Head)), None)


def sent_body(exchange: Exchange) -> bytes:
    """The bytes of the body that were sent, without HTTP's framing."""
    return b"".join(step.data for step in exchange.plan[: len(exchange.deliveries)] if isinstance(step, Send))


def text_of(data: bytes) -> tuple[str, str]:
    """Bytes as a text, and its encoding: `utf-8` or `base64`."""
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(data).decode(), "base64"


def _places(groups: Iterable[CallGroup]) -> dict[int, Record]:
    """What is told of each exchange's call, by the number of the exchange."""
    return {
        attempt.number: {"number": number, "attempt": place, "attempts": len(group.attempts), "gap_us": gap}
        for number, group in enumerate(groups, start=1)
        for place, (attempt, gap) in enumerate(zip(group.attempts, (None, *group.gaps_us), strict=True), start=1)
    }


def _response(exchange: Exchange) -> Record:
    head = sent_head(exchange)
    return {
        "status": None if head is None else head.status,
        "headers": None if head is None else _pairs(head.headers),
        **_text(sent_body(exchange)),
        "planned_bytes": exchange.bytes_planned,
        "sent_bytes": exchange.bytes_sent,
        "unsent_bytes": exchange.bytes_planned - exchange.bytes_sent,
    }


def _steps(exchange: Exchange) -> Iterator[Record]:
    """The steps; those that were not done are due as if every gate before them had opened at once."""
    done = tuple(exchange.deliveries)
    due_us = 0
    for index, step in enumerate(exchange.plan):
        due_us += step.us if isinstance(step, Wait) else 0
        if index < len(done):
            due_us = done[index].due_us
        yield {
            "step": index,
            "verb": verb(step),
            "due_us": due_us,
            "done_us": done[index].done_us if index < len(done) else None,
            "bytes": len(step.data) if isinstance(step, (Send, Raw)) else 0,
            **({"gate": step.name} if isinstance(step, Gate) else {}),
        }


def verb(step: Step) -> str:
    """What a step does, in the word that a timeline has for it, and `head_rest` for a further part of a head."""
    return {"HeadRest": "head_rest"}.get(type(step).__name__, type(step).__name__.lower())


def _pairs(headers: Iterable[tuple[str, str]]) -> list[JSON]:
    return [[name, value] for name, value in headers]


def _text(data: bytes) -> Record:
    text, encoding = text_of(data)
    return {"body": text, "encoding": encoding}
