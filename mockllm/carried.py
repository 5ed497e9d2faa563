"""An answer on its way over a WebSocket: what is an answer of HTTP elsewhere becomes messages.

Here: the errors of each API as events, and the limits that headers tell elsewhere. Not here: their bytes
(`websocket.py`) and the events of answers that are no errors (`dialects/`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockllm.answer import Answer
from mockllm.dialects.body import parse
from mockllm.errors import ApiError, MockLLMError
from mockllm.plan import Frame, Frames
from mockllm.request import JSON, Call
from mockllm.websocket import METHOD

_Error = Mapping[str, Any]
_Body = Mapping[str, Any]


class NotOverWebSocketError(MockLLMError):
    """A reply that only HTTP can carry."""


def carried(answer: Answer, call: Call) -> Answer:
    """The answer as the call's connection carries it: as it is, or over a WebSocket as messages.

    Raises NotOverWebSocketError for verbatim HTTP, which has no place there.
    """
    if call.method != METHOD:
        return answer
    if answer.layer == "verbatim":
        raise NotOverWebSocketError("raw is verbatim HTTP, which a WebSocket cannot carry: reply with events")
    is_realtime = call.path.endswith("/realtime")
    return replace(answer, frames=(_realtime if is_realtime else _responses)(answer, call), paced=(), messages=True)


def _realtime(answer: Answer, call: Call) -> Frames:
    from mockllm.dialects.realtime import failure, limits  # noqa: PLC0415 - no answer of HTTP needs them

    if not answer.streams:
        return tuple(_errors(answer, _asked(call), failure.events))
    return limits.inserted(answer.frames, answer.told)


def _responses(answer: Answer, call: Call) -> Frames:
    return answer.frames if answer.streams else tuple(_errors(answer, _asked(call), _event))


def _asked(call: Call) -> _Body:
    """The event that the answer is for; nothing if that was none."""
    try:
        body = parse(call.body)
    except ApiError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _errors(answer: Answer, asked: _Body, speak: Callable[[int, _Error, _Body], Iterator[Frame]]) -> Frames:
    """The error of a plain body as events, with the headers that go with it."""
    frame = answer.frames[0]
    told = frame.data if isinstance(frame.data, Mapping) else {"message": str(frame.data)}
    error = told.get("error", told)
    fields: dict[str, JSON] = dict(error) if isinstance(error, Mapping) else {"message": str(error)}
    headers = {name: value for name, value in (*answer.told, *answer.headers) if name.lower() != "content-type"}
    if headers:
        fields["headers"] = headers
    return tuple(replace(made, label=made.label or frame.label) for made in speak(answer.status, fields, asked))


def _event(status: int, error: _Error, asked: _Body) -> Iterator[Frame]:
    """The one event of the Responses API (the SDK's `ResponseWsError`), with the lane of what was asked."""
    from mockllm.dialects.responses import socket  # noqa: PLC0415 - no answer of HTTP needs it

    lane = {socket.LANE: asked[socket.LANE]} if isinstance(asked.get(socket.LANE), str) else {}
    fields = {name: error.get(name) for name in ("type", "code", "message", "param")}
    data: JSON = {"type": "error", "error": {**error, **fields}, "status": status, **lane}
    yield Frame(data, "error", event="error")
