"""How an answer of the Realtime API fails.

Here: the `error` event for what the client did wrong, and the failed response for what the service could not do. Not
here: which error it is (`catalogue.py`) and where it comes from.

Decided, as only single reports tell: limits and failures of the service (429 and 5xx) end in a `response.done` with the
status `failed`, where client libraries look for them; everything else is an `error` event, after which the session goes
on as before.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mockllm.dialects.realtime.event import event, frame, named
from mockllm.dialects.realtime.write import response
from mockllm.plan import Frame
from mockllm.request import JSON, Call, Request
from mockllm.seeds import Seed

_TOO_MANY, _SERVER = 429, 500


def events(status: int, error: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[Frame]:
    """What the client hears of an error; `asked` is what it wanted, nothing if that was no event."""
    key = asked.get("event_id")
    seed = Seed.of("realtime error", str(key), str(error.get("message")), str(asked.get("session")))
    told: dict[str, JSON] = {name: error.get(name) for name in ("type", "code", "message", "param")}
    if "session" not in asked or (status != _TOO_MANY and status < _SERVER):
        told["event_id"] = key if isinstance(key, str) else None
        yield frame(event("error", named("event", seed), {"error": told}), "error", label=f"error {told['code']}")
        return
    request = Request("realtime", Call("", ""), dict(asked))
    answer = named("resp", seed)
    yield frame(event("response.created", named("event", seed, 0), {"response": response(request, answer)}), "opening")
    why: JSON = {"type": "failed", "error": {name: told[name] for name in ("type", "code", "message")}}
    failed = response(request, answer, status="failed", status_details=why)
    yield frame(event("response.done", named("event", seed, 1), {"response": failed}), "error")
