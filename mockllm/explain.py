"""What a scenario answers to its requests, and why, as text.

Here: the text of `mockllm explain`, which tests keep as golden files. It is the truth, because a real engine decides;
only time does not pass. It names no paths of this machine and draws nothing from it, so it is the same everywhere. Not
here: the timeline of one plan (`plan.render`) and reading scenarios and requests from files (`cli/explain.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import assert_never

import orjson

from mockllm.dialects import ROUTES
from mockllm.engine import Engine
from mockllm.errors import MockLLMError
from mockllm.exchange import Exchange, Trouble
from mockllm.plan import Close, End, Head, HeadRest, Plan, Raw, Reset, Send, Step, Wait, render
from mockllm.request import JSON, Call, Headers, Request
from mockllm.scenario.base import found
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.script import first_match

_DIALECTS = {route.endpoint.api: route for route in reversed(ROUTES) if "{" not in route.pattern}
"""The route that a request to an API takes; of several the first in the table."""

MOST_TRIES = 20
"""How often a request is tried again where nobody said how often."""

_FIRST_ERROR = 400
_LONGEST_QUOTE = 40

Body = Mapping[str, JSON]


def explain(scenario: Scenario, bodies: Iterable[Body], attempts: int | None = None) -> str:
    """Which rule answers each request, why the others do not, and the plan as a timeline.

    The requests come one after the other in one namespace; how often each is tried is as in `visits`. Ends with a
    line break.
    """
    lines: list[str] = []
    for number, exchanges in enumerate(visits(scenario, bodies, attempts), start=1):
        first = exchanges[0]
        lines.append(f"request {number}  {first.call.method} {first.call.path}  {_asked(first.request)}".rstrip())
        for exchange in exchanges:
            lines.append(f"  {_verdict(exchange)}")
            if exchange is first and first.request is not None:
                lines += [f"    not {miss}" for miss in first_match(scenario, first.request).misses]
            lines += [f"  {line}" for line in _timeline(exchange.plan)]
            if exchange.unfired:
                lines.append(f"    unfired: {', '.join(exchange.unfired)}")
    return "".join(f"{line}\n" for line in lines)


def visits(scenario: Scenario, bodies: Iterable[Body], attempts: int | None = None) -> Iterator[tuple[Exchange, ...]]:
    """The exchanges of each request: as many as `attempts` says.

    Without `attempts` a request is tried again as a client would do that does not give up, while the reply has
    scripted attempts and the last try went wrong, up to `MOST_TRIES` in all.
    """
    engine = Engine(Library(scenarios=[scenario]))
    for body in bodies:
        yield tuple(_tries(engine, call_of(scenario, body), attempts))


def call_of(scenario: Scenario, body: Body, base: str = "/v1") -> Call:
    """The request with this body, as a client with a good key would send it. The key `api` of the body, which is not
    sent, says where; chat if there is none. Raises MockLLMError for an API that there is not.
    """
    sent = {key: value for key, value in body.items() if key != "api"}
    api = body.get("api", "chat")
    route = _DIALECTS.get(api) if isinstance(api, str) else None
    if route is None:
        raise MockLLMError(f"a request goes to one of the APIs {', '.join(sorted(_DIALECTS))}, not to {found(api)}")
    headers: list[tuple[str, str]] = []
    if has_body := route.method == "POST":
        headers.append(("content-type", "application/json"))
    if scenario.auth is not None and scenario.auth.keys:
        headers.append(("authorization", f"Bearer {scenario.auth.keys[0]}"))
    path, data = base + route.pattern, orjson.dumps(sent) if has_body else b""
    return Call(route.method, path, headers=Headers(tuple(headers)), body=data)


def _tries(engine: Engine, call: Call, attempts: int | None) -> Iterator[Exchange]:
    for _ in range(attempts or MOST_TRIES):
        exchange = engine.handle(call)
        yield exchange
        if attempts is None and not (_is_pending(engine, exchange) and _went_wrong(exchange.plan)):
            return


def _is_pending(engine: Engine, exchange: Exchange) -> bool:
    """Whether further attempts are scripted for this very request."""
    state = engine.namespaces().get(exchange.namespace)
    if state is None or exchange.request is None:
        return False
    return any(fingerprint == exchange.request.fingerprint for _, fingerprint in state.pending)


def _went_wrong(plan: Plan) -> bool:
    """Whether a client would try again: it was refused or cut off, or met a silence that it may not want to bear."""
    return any(_is_trouble(step) for step in plan)


def _is_trouble(step: Step) -> bool:
    match step:
        case Head(status=status):
            return status >= _FIRST_ERROR
        case Close() | Reset():
            return True
        case End(cause=cause) | Wait(cause=cause):
            return bool(cause)
        case HeadRest() | Send() | Raw():
            return False
        case _:
            assert_never(step)


def _timeline(plan: Plan) -> Iterator[str]:
    """The plan's steps; what is sent in many equal pieces stands on one line with their count."""
    for line, run in groupby(render(plan).splitlines()):
        count = sum(1 for _ in run)
        yield line if count == 1 else f"{line}  x{count}"


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
    return f"{exchange.trouble or 'refused'}: {exchange.why.removeprefix('mockllm: ')}"
