"""An exchange as a rule: what the request must be like, and the answer as it came.

Here: `when` in the words that people use (the API, the turn, the last message), and `replay` with one entry a chunk.
Not here: what is secret (`redact.py`) and rules that would be the same for different requests (`book.py`).
"""

import base64
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from mockllm.admission import read, unread
from mockllm.cassette import Chunk, Recorded
from mockllm.dialects import Found, find
from mockllm.dialects.base import is_dialect
from mockllm.dialects.sse import event_bytes
from mockllm.errors import ApiError, MockLLMError
from mockllm.replayed import frame_of
from mockllm.request import Call, Request
from mockllm.scenario.document import Scenario
from mockllm.scenario.script import first_match
from mockllm.store import Store

_BASE = "/v1/"
_PATTERN_MARKS = frozenset("*?[")
_LONGEST = 2_000
_SYSTEM = frozenset({"system", "developer"})
_US_PER_MS = 1_000
_OK = 200

Mapped = dict[str, Any]


def answers(scenario: Scenario, call: Call) -> bool:
    """Whether a rule of the scenario answers the call."""
    found, request = _found(call), request_of(call)
    if found is None or request is None:
        return False
    return first_match(scenario, request, named_only=not is_dialect(found.endpoint)).rule is not None


def _found(call: Call) -> Found | None:
    """The endpoint of a call, wherever its base is."""
    _, base, rest = call.path.partition(_BASE)
    try:
        return find(call.method, f"/{rest}" if base else call.path)
    except ApiError:
        return None


def request_of(call: Call) -> Request | None:
    """What the call asks for; None if it is for no endpoint that a scenario can answer."""
    if (found := _found(call)) is None:
        return None
    try:
        return read(found, call, Scenario(), Store(), ())
    except MockLLMError:
        return unread(found, call)


def when_of(request: Request, original: Request) -> Mapped:
    """What a request must have to be this one again, without what was redacted and so differs from the original."""
    when: Mapped = {"api": request.api}
    if request.model and request.model == original.model and not _PATTERN_MARKS & set(request.model):
        when["model"] = request.model
    if request.messages:
        when["stream"] = request.stream
        when["turn"] = request.turn
    system = [message.text for message in request.messages if message.role in _SYSTEM]
    if system and system == [message.text for message in original.messages if message.role in _SYSTEM]:
        when["system"] = _whole("\n".join(system))
    for message, before in zip(request.messages[-1:], original.messages[-1:], strict=False):
        same = message.text == before.text
        when["last"] = {"role": message.role, **(_whole(message.text) if same and message.text else {})}
    return when


def _whole(text: str) -> Mapped:
    """A test for a text: all of it, or the beginning of a very long one."""
    return {"equals": text} if len(text) <= _LONGEST else {"contains": text[:_LONGEST]}


def reply_of(answer: Recorded) -> Mapped:
    """The answer written out."""
    spec: Mapped = {}
    if answer.status != _OK:
        spec["status"] = answer.status
    if answer.version != "1.1":
        spec["version"] = answer.version
    if answer.headers:
        spec["headers"] = _headers(answer.headers)
    if answer.framing != "chunked":
        spec["framing"] = answer.framing
    if answer.head_us:
        spec["head"] = time_text(answer.head_us)
    times = [answer.head_us, *(chunk.at_us for chunk in answer.chunks), answer.end_us]
    gaps = [after - before for before, after in pairwise(times)]
    spec["chunks"] = [_chunk(chunk, gap) for chunk, gap in zip(answer.chunks, gaps, strict=False)]
    if answer.ending != "end":
        spec["ending"] = answer.ending
    if gaps[-1]:
        spec["ending_after"] = time_text(gaps[-1])
    if answer.tail:
        spec["tail"] = base64.b64encode(answer.tail).decode()
    return {"replay": spec}


def time_text(us: int) -> str:
    """A time as it is written in YAML, exactly."""
    return f"{us}us" if us % _US_PER_MS else f"{us // _US_PER_MS}ms"


def _headers(pairs: tuple[tuple[str, str], ...]) -> Mapped:
    headers: Mapped = {}
    for name, value in pairs:
        if name not in headers:
            headers[name] = value
        else:
            told = headers[name]
            headers[name] = [*(told if isinstance(told, list) else [told]), value]
    return headers


def _chunk(chunk: Chunk, gap: int) -> Mapped:
    entry: Mapped = {"after": time_text(gap)} if gap else {}
    if chunk.data:
        entry |= _data(chunk.data)
    if chunk.wire is not None:
        entry["wire"] = base64.b64encode(chunk.wire).decode()
    return entry


def _data(data: bytes) -> Mapped:
    """An event that is written as usual by its data; all else as it is."""
    frame = frame_of(data)
    if not isinstance(frame.data, bytes) and _is_safe(frame.data) and event_bytes(frame) == data:
        return {**({} if frame.event is None else {"event": frame.event}), "data": frame.data}
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
    return {"text": text} if text.isprintable() or _is_yaml(text) else {"base64": base64.b64encode(data).decode()}


def _is_yaml(text: str) -> bool:
    """Whether YAML can hold the text."""
    return all(character.isprintable() or character in "\n\r\t" for character in text)


def _is_safe(value: Any) -> bool:
    """Whether YAML gives this very JSON back."""
    match value:
        case str():
            return _is_yaml(value)
        case float():
            return False
        case Mapping():
            return all(isinstance(key, str) and _is_yaml(key) and _is_safe(item) for key, item in value.items())
        case list():
            return all(map(_is_safe, value))
        case _:
            return True
