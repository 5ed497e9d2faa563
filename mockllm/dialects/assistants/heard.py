"""What a run hears of the chat completion that it asks for, which comes as a stream if the run does.

Here: the chunks of a stream, folded to the body that they stand for, and the texts of its deltas, which are those that
the run shows in its own. Not here: what becomes of the run (`work.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mockllm.dialects.base import Ran
from mockllm.request import JSON


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer as one body, and the texts in which it came, if it was a stream."""

    ran: Ran
    texts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Message:
    """What came so far."""

    texts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    finish: JSON = None


def heard(ran: Ran) -> Heard:
    """The answer with the events of its stream folded to a body. One that tells an error is that error."""
    if not ran.events:
        return Heard(ran)
    chunks = [event for event in ran.events if isinstance(event, Mapping)]
    if (failed := next((chunk for chunk in chunks if "error" in chunk), None)) is not None:
        return Heard(replace(ran, body=failed))
    message = _Message()
    for choice in _choices(chunks):
        _add(message, choice)
    calls = [message.calls[index] for index in sorted(message.calls)]
    said: JSON = {
        "content": "".join(message.texts) or None,
        "refusal": "".join(message.refusals) or None,
        "tool_calls": calls,
    }
    usage = next((chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage")), None)
    body: JSON = {"choices": [{"message": said, "finish_reason": message.finish}], "usage": usage}
    return Heard(replace(ran, body=body), tuple(message.texts or message.refusals))


def _choices(chunks: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The first choice of every chunk that has one."""
    for chunk in chunks:
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
            yield choices[0]


def _add(message: _Message, choice: Mapping[str, Any]) -> None:
    delta = choice.get("delta")
    said: Mapping[str, Any] = delta if isinstance(delta, Mapping) else {}
    for name, texts in (("content", message.texts), ("refusal", message.refusals)):
        if isinstance(text := said.get(name), str) and text:
            texts.append(text)
    for place, call in enumerate(said.get("tool_calls") or ()):
        _add_call(message.calls, call.get("index", place), call)
    message.finish = choice.get("finish_reason") or message.finish


def _add_call(calls: dict[int, dict[str, Any]], index: int, piece: Mapping[str, Any]) -> None:
    """Add a piece of a call to what came of it: the arguments grow, all else comes once."""
    if index not in calls:
        calls[index] = {"type": "function", **piece, "function": dict(piece.get("function") or {})}
        return
    function = calls[index]["function"]
    more = (piece.get("function") or {}).get("arguments") or ""
    function["arguments"] = (function.get("arguments") or "") + more
