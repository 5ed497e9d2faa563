"""How an answer of the Responses API fails after its status 200 (wire-contract §4.3).

Here: which frames are of that API, its `error` event in either shape, the `response.failed` that comes after it, and
the body that a plain answer has in their place. Not here: which error it is and where it comes (`error.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from mockllm.plan import Frame, Frames
from mockllm.request import JSON

Shape = Literal["nested", "flat", "chat"]
"""The `error` event with its object inside, as the real service sends it; with the keys of that object beside its type,
as the published reference has it; or the object alone, as Chat Completions has it.
"""

# The order of the keys inside the nested event.
_ORDER = ("type", "code", "message", "param")

# The states of a response that is not made yet and so cannot have failed.
_WAITING = frozenset({"queued", "in_progress"})


def response_of(frames: Frames) -> Mapping[str, JSON] | None:
    """The response that these frames tell of, as it is at first; None if they are not of this API."""
    for frame in frames:
        if isinstance(frame.data, Mapping):
            told = frame.data if frame.kind == "body" else frame.data.get("response")
            if isinstance(told, Mapping) and told.get("object") == "response":
                return told
    return None


def failed(response: Mapping[str, JSON], error: Mapping[str, JSON]) -> dict[str, JSON]:
    """The response after its failure: no output and no usage."""
    code = error.get("code") or error.get("type") or "server_error"
    told: JSON = {"code": str(code), "message": str(error.get("message") or "")}
    empty: dict[str, JSON] = {"completed_at": None, "incomplete_details": None, "output": [], "usage": None}
    return {**response, "status": "failed", **empty, "error": told}


def failed_body(response: Mapping[str, JSON], error: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The plain body of a response that fails; one that is not made yet fails later, and its body stays as it is."""
    return response if response.get("status") in _WAITING else failed(response, error)


def error_frame(before: Frames, error: Mapping[str, JSON], shape: Shape, event: str | None) -> Frame:
    """The `error` event that comes after these frames."""
    number: dict[str, JSON] = {"sequence_number": _next_number(before)}
    if shape == "chat":
        return Frame({"error": dict(error)}, "error", event=event)
    if shape == "nested":
        first = {name: error[name] for name in _ORDER if name in error}
        return Frame({"type": "error", "error": {**first, **error}, **number}, "error", event=event or "error")
    flat: dict[str, JSON] = {name: error.get(name) for name in ("code", "message", "param")}
    return Frame({"type": "error", **flat, **number}, "error", event=event or "error")


def failed_frames(before: Frames, response: Mapping[str, JSON], error: Mapping[str, JSON]) -> Iterator[Frame]:
    """The event that ends the stream; `before` are all frames in front of it."""
    name = "response.failed"
    data: JSON = {"type": name, "response": failed(response, error), "sequence_number": _next_number(before)}
    yield Frame(data, "finish", label="failed", event=name)


def _next_number(before: Frames) -> int:
    numbers = [frame.data.get("sequence_number") for frame in before if isinstance(frame.data, Mapping)]
    return max((number for number in numbers if isinstance(number, int)), default=-1) + 1
