"""What happens, as it happens: the feed of a server.

Here: the operation, the events that it sends, and an exchange in a row. Not here: what one watcher has still to be
told (`feed.py`), and telling it (`net/control/events.py`).
"""

from pydantic import Field

from mockllm.control.base import MOST_NAME, Answer, Ask, Operation, Stream
from mockllm.exchange import Ending, Exchange
from mockllm.plan import Plan
from mockllm.score import Score

MOST_WATCHERS = 100
"""How many may watch at a time."""

MEDIA = "text/event-stream"

_MOST_FAULTS = 8
_FAULT = "fault: "
_CHAOS = "chaos["

_NOTES = """Server-sent events, each with JSON as its data.

- `hello`: `{epoch, version, base_url, exchanges, dropped, resumed}`, first of all. `epoch` is another one when the
  server is another one.
- `rows`: `{rows: [Row]}`, exchanges that are new or have changed, whole, so that the last one counts. First those that
  the journal has, the newest first.
- `ready`: `{last}`, when all of those are told.
- `progress`: `{progress: [[number, done]]}`, how many steps of an open exchange are done.
- `changed`: `{what: [...]}`, of `journal` (it was cleared), `scenarios`, `namespaces`, `gates`, `faults`, `clock`: what
  to read again.
- `missed`: `{missed}`, when a watcher is too slow; the stream ends, and whoever comes again with the last id is told
  all that it has missed.

Every id tells up to where all exchanges are told to their end. `Last-Event-ID` or `last_event_id` resumes from there. A
comment comes now and then when nothing happens. There is no end while the server runs."""


class Row(Answer):
    """An exchange in a row. `done` of its `steps` are done; `faults` is what was done to the answer on purpose, and
    `unfired` what should have been; `gate` is where it waits; `end_us` is null while it is open.
    """

    number: int
    at_us: int
    wall_s: int
    namespace: str
    method: str
    path: str
    api: str
    model: str
    stream: bool
    rule: str | None
    status: int
    attempt: int
    trouble: str | None
    faults: tuple[str, ...]
    unfired: tuple[str, ...]
    gate: str | None
    ending: str
    steps: int
    done: int
    bytes: int
    end_us: int | None


class AskEvents(Ask):
    """From where on."""

    last_event_id: str | None = Field(default=None, max_length=MOST_NAME, description="the last id that was seen")


WATCH = Operation(
    "watchEvents",
    "GET",
    "/events",
    "What happens, as it happens, as server-sent events.",
    AskEvents,
    Stream,
    refuses=(503,),
    media=MEDIA,
    notes=_NOTES,
)

OPERATIONS = (WATCH,)


def row(exchange: Exchange) -> Row:
    """An exchange in a row."""
    call, request, outcome = exchange.call, exchange.request, exchange.outcome
    is_open = outcome.ending is Ending.OPEN
    steps, done = len(exchange.plan), len(exchange.deliveries)
    return Row(
        number=exchange.number,
        at_us=call.at_us,
        wall_s=call.wall_s,
        namespace=exchange.namespace,
        method=call.method,
        path=call.path,
        api="" if request is None else request.api,
        model="" if request is None else request.model,
        stream=request is not None and request.stream,
        rule=exchange.rule,
        status=exchange.status,
        attempt=exchange.attempt,
        trouble=exchange.trouble,
        faults=faults(exchange.plan, exchange.struck),
        unfired=exchange.unfired,
        gate=exchange.gate,
        ending=outcome.ending,
        steps=steps,
        done=done,
        bytes=exchange.bytes_planned if done == steps else exchange.bytes_sent,
        end_us=None if is_open else outcome.at_us,
    )


def faults(plan: Plan, struck: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What is done to an answer on purpose, each once, in the order of the plan; what a profile does is no fault."""
    if isinstance(plan, Score):  # nothing was done to it, and to look at its steps takes work
        return struck[:_MOST_FAULTS]
    causes = dict.fromkeys(step.cause for step in plan if step.cause.startswith((_FAULT, _CHAOS)))
    told = dict.fromkeys([*struck, *(cause.removeprefix(_FAULT) for cause in causes)])
    return tuple(told)[:_MOST_FAULTS]
