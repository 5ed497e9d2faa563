"""Output items: what the parts of a turn are called in the Responses API (wire-contract §7.3, §7.5).

Here: one item for each part, as it is when it is added (in progress, empty) and as it is when it is done; stream and
body are both made of these. Look next at `hosted.py`, the items of the service's own tools. Not here: events
(`stream.py`) and the object around the items (`write.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from mockllm.dialects.responses import hosted
from mockllm.dialects.responses.shown import ENCRYPTED, encrypted, includes
from mockllm.request import JSON, Request
from mockllm.seeds import Label, Seed
from mockllm.turn import (
    Audio,
    Choice,
    Hosted,
    Logprob,
    Part,
    Reasoning,
    Refusal,
    StopReason,
    Text,
    ToolCall,
    Turn,
    part_text,
    token_text,
)

_SHARED_DIGITS = 16
_DIGITS = 50

_REASONS: Mapping[str | None, str] = {
    StopReason.LENGTH: "max_output_tokens",
    StopReason.CONTENT_FILTER: "content_filter",
}


def derived_id(turn: Turn, prefix: str, *labels: Label) -> str:
    """`prefix_` and 50 hex digits, of which all ids of one response share the first 16 (wire-contract §7.2)."""
    seed = Seed.of("responses", turn.key)
    own = seed.child(prefix, *labels).hex(_DIGITS - _SHARED_DIGITS)
    return f"{prefix}_{seed.hex(_SHARED_DIGITS)}{own}"


def response_id(turn: Turn) -> str:
    """The id of the response."""
    return derived_id(turn, "resp")


@dataclass(frozen=True, slots=True)
class OutputItem:
    """An item with its part: as `added`, and as `done`."""

    part: Part
    added: Mapping[str, JSON]
    done: Mapping[str, JSON]

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.done["id"])


def output_items(turn: Turn, request: Request) -> tuple[OutputItem, ...]:
    """The items of the turn's first choice; the API has no more."""
    choice = turn.choices[0]
    last = len(choice.parts) - 1
    cut = incomplete_reason(choice) is not None
    return tuple(
        _item(part, turn, request, index, "incomplete" if cut and index == last else "completed")
        for index, part in enumerate(choice.parts)
    )


def incomplete_reason(choice: Choice) -> str | None:
    """Why the response is incomplete, or None if it is complete."""
    return _REASONS.get(choice.stop)


def _item(part: Part, turn: Turn, request: Request, index: int, status: str) -> OutputItem:
    match part:
        case Text() | Refusal() | Audio():
            key = derived_id(turn, "msg", index)
            added: dict[str, JSON] = {"id": key, "type": "message", "status": "in_progress", "content": []}
            added["role"] = "assistant"
            return OutputItem(part, added, {**added, "status": status, "content": [content_part(part)]})
        case Reasoning():
            return _reasoning(part, turn, request, index)
        case ToolCall(kind="custom"):
            key = derived_id(turn, "ctc", index)
            added = {"id": key, "type": "custom_tool_call", "status": "in_progress", "call_id": part.id, "input": ""}
            added["name"] = part.name
            return OutputItem(part, added, {**added, "status": status, "input": part_text(part)})
        case ToolCall():
            key = derived_id(turn, "fc", index)
            added = {"id": key, "type": "function_call", "status": "in_progress", "arguments": "", "call_id": part.id}
            added["name"] = part.name
            return OutputItem(part, added, {**added, "status": status, "arguments": part_text(part)})
        case Hosted():
            return _hosted(part, turn, request, index, cut=status != "completed")
        case _:
            assert_never(part)


def _reasoning(part: Reasoning, turn: Turn, request: Request, index: int) -> OutputItem:
    """Reasoning as a summary, or as it is. Its encrypted form differs between `added` and `done`, and the latter counts
    (§7.5).
    """
    added: dict[str, JSON] = {"id": derived_id(turn, "rs", index), "type": "reasoning"}
    done = dict(added)
    if includes(request, ENCRYPTED):
        seed = Seed.of("encrypted", turn.key, index)
        added |= {"content": [], "encrypted_content": encrypted(seed.child("added"))}
        done |= {"content": [], "encrypted_content": encrypted(seed.child("done"))}
    added["summary"] = []
    done["summary"] = []
    if part.raw:
        added["content"] = []
        done["content"] = [{"type": "reasoning_text", "text": part_text(part)}] if part.pieces else []
    elif part.pieces:
        done["summary"] = [{"type": "summary_text", "text": part_text(part)}]
    return OutputItem(part, added, done)


def _hosted(part: Hosted, turn: Turn, request: Request, index: int, *, cut: bool) -> OutputItem:
    """An item of the service's own tools. Compacted content, too, differs between `added` and `done` (§7.5)."""
    head: dict[str, JSON] = {"id": derived_id(turn, hosted.PREFIXES[part.type], index), "type": part.type}
    added = {**head, **hosted.added(part)}
    if part.type == "compaction":
        added["encrypted_content"] = encrypted(Seed.of("compaction", turn.key, index))
    return OutputItem(part, added, {**head, **hosted.done(part, request, cut=cut)})


def content_part(part: Text | Refusal | Audio, *, empty: bool = False) -> dict[str, JSON]:
    """The content part of a message; `empty` is what it is before its first delta. Speech is its transcript."""
    text = "" if empty else part_text(part)
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": text}
    annotations: list[JSON] = []
    logprobs: list[JSON] = []
    if isinstance(part, Text) and not empty:
        annotations = [flat_annotation(annotation) for annotation in part.annotations]
        logprobs = [logprob_json(entry, with_bytes=True) for entry in part.logprobs]
    return {"type": "output_text", "annotations": annotations, "logprobs": logprobs, "text": text}


def flat_annotation(annotation: JSON) -> JSON:
    """An annotation in this API's flat form: what Chat Completions nests under the name of the type comes up."""
    if isinstance(annotation, Mapping):
        kind = annotation.get("type")
        inner = annotation.get(kind) if isinstance(kind, str) else None
        if isinstance(inner, Mapping):
            return {"type": kind, **inner}
    return annotation


def logprob_json(entry: Logprob, *, with_bytes: bool) -> dict[str, JSON]:
    """One token's log probability with its alternatives; items have the bytes of each, events do not (the SDK's
    `response_output_text.py` and `response_text_delta_event.py`).
    """
    top = [_token_json(token, logprob, with_bytes=with_bytes) for token, logprob in entry.top]
    return {**_token_json(entry.token, entry.logprob, with_bytes=with_bytes), "top_logprobs": top}


def _token_json(token: bytes, logprob: float, *, with_bytes: bool) -> dict[str, JSON]:
    own: dict[str, JSON] = {"bytes": list(token)} if with_bytes else {}
    return {"token": token_text(token), **own, "logprob": logprob}
