"""What a scenario answers to its requests, and why, as text.

Here: the text of `mockllm explain`, which tests keep as golden files. It is the truth, because a real engine decides;
only time does not pass. It names no paths of this machine and draws nothing from it, so it is the same everywhere. Not
here: the timeline of one plan (`plan.render`) and reading scenarios and requests from files (`cli/explain.py`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import assert_never

import orjson

from mockllm.dialects import ROUTES
from mockllm.dialects.base import is_dialect
from mockllm.dialects.form import form_of
from mockllm.engine import Engine
from mockllm.errors import MockLLMError
from mockllm.exchange import Ending, Exchange, Outcome, Trouble
from mockllm.plan import (
    Admit,
    Close,
    End,
    Gate,
    Head,
    HeadRest,
    Interim,
    Messages,
    Plan,
    Raw,
    Reset,
    Send,
    Step,
    Wait,
    duration,
    render,
)
from mockllm.request import JSON, Call, Headers, Request
from mockllm.scenario.base import found
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.script import first_match
from mockllm.websocket import METHOD

_DIALECTS = {route.endpoint.api: route for route in reversed(ROUTES) if "{" not in route.pattern} | {
    f"{route.endpoint.api}.websocket": route
    for route in ROUTES
    if route.method == METHOD and is_dialect(route.endpoint)
}
"""The route that a request to an API takes; of several the first in the table, or what comes over a WebSocket."""

MOST_TRIES = 20
"""How often a request is tried again where nobody said how often."""

PATIENCE_US = 600_000_000
"""How long a client waits for an answer at most; as the official ones do if nobody tells them otherwise."""

_ANSWERED = "answered"
_KIND = re.compile(r": ([a-z0-9_]+)")
_FIRST_ERROR = 400
_LONGEST_QUOTE = 40

NO_FIELDS = frozenset({"api", "headers"})
"""The keys of a request in `example` that are no fields of its body."""

Body = Mapping[str, JSON]


def explain(scenario: Scenario, bodies: Iterable[Body], attempts: int | None = None, every_us: int = 0) -> str:
    """Which rule answers each request, why the others do not, and the plan as a timeline.

    The requests come one after the other in one namespace; how often each is tried, and when, is as in `visits`. With
    `attempts` a timeline that was shown is not shown again, and a line sums up how the tries went. Ends with a line
    break.
    """
    lines = list(_met(scenario))
    for number, exchanges in enumerate(visits(scenario, bodies, attempts, every_us), start=1):
        first = exchanges[0]
        lines.append(f"request {number}  {first.call.method} {first.call.path}  {_asked(first.request)}".rstrip())
        misses = [] if first.request is None else first_match(scenario, first.request).misses
        why = [f"    not {miss}" for miss in misses]
        if attempts is None:
            for exchange in exchanges:
                lines += [f"  {_verdict(exchange)}", *(why if exchange is first else ()), *_plan_lines(exchange)]
        else:
            lines += _compact(exchanges, why)
    return "".join(f"{line}\n" for line in lines)


def visits(
    scenario: Scenario, bodies: Iterable[Body], attempts: int | None = None, every_us: int = 0
) -> Iterator[tuple[Exchange, ...]]:
    """The exchanges of each request: as many as `attempts` says, each `every_us` later than the one before.

    Without `attempts` a request is tried again as a client would do that does not give up, while the reply has
    scripted attempts, or chaos struck it, and the last try went wrong, up to `MOST_TRIES` in all. Such a client waits
    for the end of the answer, but no longer than `PATIENCE_US`, and then as long as the answer tells it to.
    """
    engine = Engine(Library(scenarios=[scenario]))
    at_us = 0
    for body in bodies:
        exchanges = tuple(_tries(engine, replace(call_of(scenario, body), at_us=at_us), attempts, every_us))
        at_us = exchanges[-1].call.at_us + every_us
        yield exchanges


def call_of(scenario: Scenario, body: Body, base: str = "/v1") -> Call:
    """The request with this body, as a client with a good key would send it. The keys `api` and `headers` of the body
    are not sent in it: the one says where, which is chat if there is none, the other what stands in the head. Raises
    MockLLMError for an API that there is not.
    """
    sent = {key: value for key, value in body.items() if key not in NO_FIELDS}
    api = body.get("api", "chat")
    route = _DIALECTS.get(api) if isinstance(api, str) else None
    if route is None:
        raise MockLLMError(f"a request goes to one of the APIs {', '.join(sorted(_DIALECTS))}, not to {found(api)}")
    kind, data = form_of(sent) if route.form else ("application/json", orjson.dumps(sent))
    headers: list[tuple[str, str]] = []
    if has_body := route.method in {"POST", METHOD}:
        headers.append(("content-type", kind))
    if scenario.auth is not None and (key := scenario.auth.good_key()) is not None:
        headers.append(("authorization", f"Bearer {key}"))
    said = body.get("headers", {})
    if not isinstance(said, Mapping):
        raise MockLLMError(f"headers of a request are a mapping of names to texts, found {found(said)}")
    own = {name.lower() for name in said}
    headers = [*(pair for pair in headers if pair[0] not in own), *((name, str(text)) for name, text in said.items())]
    return Call(route.method, base + route.pattern, headers=Headers(tuple(headers)), body=data if has_body else b"")


def _tries(engine: Engine, call: Call, attempts: int | None, every_us: int) -> Iterator[Exchange]:
    at_us = call.at_us
    for _ in range(attempts or MOST_TRIES):
        exchange = engine.handle(replace(call, at_us=at_us))
        engine.finish(exchange, (), Outcome(Ending.COMPLETE))
        yield exchange
        if attempts is None and not (_is_pending(engine, exchange) and _went_wrong(exchange.plan)):
            return
        at_us += every_us if attempts is not None else _pause_us(exchange.plan)


def _pause_us(plan: Plan) -> int:
    """From one try to the next of a client that does as it is told."""
    headers = next((Headers(step.headers) for step in plan if isinstance(step, Head)), Headers())
    hints = ((headers.get("retry-after-ms"), 1_000), (headers.get("retry-after"), 1_000_000))
    hint_us = next((int(text) * unit_us for text, unit_us in hints if text is not None and text.isdecimal()), 0)
    return min(duration(plan), PATIENCE_US) + hint_us


def _is_pending(engine: Engine, exchange: Exchange) -> bool:
    """Whether further attempts are scripted for this very request."""
    state = engine.namespaces().get(exchange.namespace)
    if state is None or exchange.request is None:
        return False
    return any(fingerprint == exchange.request.fingerprint for _, fingerprint in state.pending)


def _went_wrong(plan: Plan) -> bool:
    """Whether a client would try again: it was refused or cut off, or met a silence that it may not want to bear. Over
    a WebSocket a refusal is an event.
    """
    if any(isinstance(step, Messages) for step in plan):
        return any(_is_trouble(step) or (isinstance(step, Send) and step.frame.kind == "error") for step in plan)
    return any(map(_is_trouble, plan))


def _is_trouble(step: Step) -> bool:
    match step:
        case Head(status=status):
            return status >= _FIRST_ERROR
        case Close() | Reset() | Gate():
            return True
        case End(cause=cause) | Wait(cause=cause):
            return bool(cause)
        case HeadRest() | Send() | Raw() | Interim() | Admit() | Messages():
            return False
        case _:
            assert_never(step)


def _compact(exchanges: Sequence[Exchange], why: Sequence[str]) -> Iterator[str]:
    """Each outcome once, at the first try that had it, and a line for how the tries went in all."""
    shown: dict[tuple[str, ...], int] = {}
    for lines, run in groupby(enumerate(exchanges, start=1), key=lambda entry: tuple(_plan_lines(entry[1]))):
        numbered = list(run)
        if lines not in shown:
            number, exchange = numbered.pop(0)
            shown[lines] = number
            yield from (f"  try {number}: {_verdict(exchange)}", *(why if number == 1 else ()), *lines)
        if numbered:
            first, last = numbered[0][0], numbered[-1][0]
            tries = f"try {first}" if first == last else f"tries {first} to {last}"
            yield f"  {tries}: as try {shown[lines]}"
    fates = Counter(map(_fate, exchanges))
    in_order = sorted(fates, key=lambda fate: fate != _ANSWERED)
    yield f"  fates: {', '.join(f'{fates[fate]} {fate}' for fate in in_order)}"


def _fate(exchange: Exchange) -> str:
    """How a try went, in a word or two: the status of a refusal, or else the kinds of the faults that were met."""
    status = next((step.status for step in exchange.plan if isinstance(step, Head)), 0)
    if status >= _FIRST_ERROR:
        return f"status {status}"
    kinds = [kind for step in exchange.plan for kind in _KIND.findall(step.cause)]
    return " and ".join(dict.fromkeys(kinds)) or _ANSWERED


def _plan_lines(exchange: Exchange) -> Iterator[str]:
    yield from (f"  {line}" for line in _timeline(exchange.plan))
    if exchange.unfired:
        yield f"    unfired: {', '.join(exchange.unfired)}"


def _timeline(plan: Plan) -> Iterator[str]:
    """The plan's steps; what is sent in many equal pieces stands on one line with their count."""
    for line, run in groupby(render(plan).splitlines()):
        count = sum(1 for _ in run)
        yield line if count == 1 else f"{line}  x{count}"


def _met(scenario: Scenario) -> Iterator[str]:
    """What connections meet before anything is read."""
    accept = scenario.accept
    for number, met in enumerate(accept if isinstance(accept, tuple) else filter(None, (accept,)), start=1):
        which = f"connection {number}" if isinstance(accept, tuple) else "every connection"
        yield which if met.chance is None else f"{which}, with a chance of {100 * met.chance:g}%"
        yield from (f"  {line}" for line in _timeline(met.plan() or (Admit(met.title),)))


def _asked(request: Request | None) -> str:
    """What was asked for, in a few words."""
    if request is None:
        return ""
    words = [f"model {request.model}"]
    if request.stream:
        words.append("stream")
    if request.messages:
        last = request.messages[-1]
        text = " ".join(last.text.split())
        quoted = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
        words.append(f'{last.role} "{quoted}"')
    return ", ".join(words)


def _verdict(exchange: Exchange) -> str:
    if exchange.trouble is Trouble.UNMATCHED and exchange.request is not None:
        return "no rule answers"
    if exchange.trouble is None and exchange.rule is not None:
        return f"{exchange.rule} answers, attempt {exchange.attempt}"
    if exchange.trouble is None and exchange.status in range(200, 300):
        return exchange.why
    return f"{exchange.trouble or 'refused'}: {exchange.why.removeprefix('mockllm: ')}"
