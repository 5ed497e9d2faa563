"""The Responses API's event stream: a turn as named events with rising sequence numbers, and no `[DONE]`.

Here: the sequence of each kind of item (wire-contract §7.5) and the padding of its deltas (§7.1). Look next at
`hosted.py`, the events of the service's own tools. Not here: the items (`items.py`) and the response object
(`write.py`).
"""

import math
from collections.abc import Iterator, Mapping
from typing import assert_never

from mockllm.dialects.responses import hosted, write
from mockllm.dialects.responses.event import Event, deltas
from mockllm.dialects.responses.items import (
    OutputItem,
    content_part,
    flat_annotation,
    incomplete_reason,
    logprob_json,
    output_items,
)
from mockllm.dialects.sse import compact
from mockllm.plan import Frame
from mockllm.request import JSON, Request
from mockllm.seeds import Seed
from mockllm.tokens import Piece
from mockllm.turn import Audio, Hosted, Logprob, Reasoning, Refusal, Text, ToolCall, Turn, part_text

_PADDED_TO = 16
# Prime, so that so many events pass before the same padding comes again.
_PLACES = 251
_OF_REASONING = "response.reasoning_"


def stream(turn: Turn, request: Request, seed: Seed) -> Iterator[Frame]:
    """The turn as frames: created, in progress, each item one after the other, and the terminal event."""
    padding = seed.child("obfuscation").alphanumeric(_PLACES + _PADDED_TO) if _is_padded(request) else None
    for number, event in enumerate(_events(turn, request)):
        fields: dict[str, JSON] = {**event.fields, "sequence_number": number}
        if padding is not None and isinstance(delta := fields.get("delta"), str):
            start = number * (_PADDED_TO + 1) % _PLACES
            fields["obfuscation"] = padding[start : start + -len(delta) % _PADDED_TO]
        payload: dict[str, JSON] = {"type": event.type, **dict(sorted(fields.items()))}
        label, thought = event.label or event.type.removeprefix("response."), event.type.startswith(_OF_REASONING)
        yield Frame(payload, event.kind, event.tokens, label, event.type, thought=thought)


def _is_padded(request: Request) -> bool:
    options = request.json.get("stream_options")
    wanted = options if isinstance(options, Mapping) else {}
    return wanted.get("include_obfuscation") is not False and not request.background


def _events(turn: Turn, request: Request) -> Iterator[Event]:
    running = write.running(turn, request)
    first = write.queued(turn, request) if request.background else running
    yield Event("response.created", {"response": first}, "opening")
    if request.background:
        yield Event("response.queued", {"response": first}, "opening")
    yield Event("response.in_progress", {"response": running}, "opening")
    for index, item in enumerate(output_items(turn, request)):
        yield Event("response.output_item.added", {"item": item.added, "output_index": index})
        yield from _inside(item, {"item_id": item.id, "output_index": index})
        yield Event("response.output_item.done", {"item": item.done, "output_index": index})
    ending = "completed" if incomplete_reason(turn.choices[0]) is None else "incomplete"
    yield Event(f"response.{ending}", {"response": write.finished(turn, request)}, "finish")


def _inside(item: OutputItem, place: Mapping[str, JSON]) -> Iterator[Event]:
    """The events between an item's `added` and its `done`."""
    part = item.part
    match part:
        case Text():
            yield from _text(part, place)
        case Audio():
            yield from _speech(part, place)
        case Refusal():
            yield from _refusal(part, place)
        case Reasoning(raw=True):
            yield from _thinking(part, place)
        case Reasoning():
            yield from _summary(part, place)
        case ToolCall(kind="custom"):
            yield from deltas("response.custom_tool_call_input", "input", part.pieces, place)
        case ToolCall():
            yield from deltas("response.function_call_arguments", "arguments", part.pieces, place)
        case Hosted():
            yield from hosted.inside(part, item.done, place)
        case _:
            assert_never(part)


def _text(part: Text, place: Mapping[str, JSON]) -> Iterator[Event]:
    """A message's text. An annotation comes after the delta that completes what it is about (§7.5)."""
    place = {**place, "content_index": 0}
    yield Event("response.content_part.added", {**place, "part": content_part(part, empty=True)})
    waiting = list(enumerate(map(flat_annotation, part.annotations)))
    length = start = 0
    for piece in part.pieces:
        yield _text_delta(piece, part.logprobs[start : start + piece.tokens], place)
        start += piece.tokens
        length += len(piece.text)
        while waiting and _end(waiting[0][1]) <= length:
            yield _annotation(*waiting.pop(0), place)
    for index, annotation in waiting:
        yield _annotation(index, annotation, place)
    yield Event("response.output_text.done", {**place, "text": part_text(part), "logprobs": _shown(part.logprobs)})
    yield Event("response.content_part.done", {**place, "part": content_part(part)})


def _speech(part: Audio, place: Mapping[str, JSON]) -> Iterator[Event]:
    """A message that is spoken. No recording shows one: a message holds text, so this is one whose text is what is
    said, and beside it come the events of speech, which name neither an item nor a place (§7.4).
    """
    place = {**place, "content_index": 0}
    yield Event("response.content_part.added", {**place, "part": content_part(part, empty=True)})
    for piece in part.pieces:
        yield _text_delta(piece, (), place)
        label = f"transcript {compact(piece.text)}"
        yield Event("response.audio.transcript.delta", {"delta": piece.text}, label=label)
    for data in part.data:
        yield Event("response.audio.delta", {"delta": data}, label=f"audio {len(data)} base64 characters")
    yield Event("response.audio.done", {})
    yield Event("response.audio.transcript.done", {})
    yield Event("response.output_text.done", {**place, "text": part_text(part), "logprobs": []})
    yield Event("response.content_part.done", {**place, "part": content_part(part)})


def _text_delta(piece: Piece, entries: tuple[Logprob, ...], place: Mapping[str, JSON]) -> Event:
    fields = {**place, "delta": piece.text, "logprobs": _shown(entries)}
    return Event("response.output_text.delta", fields, "token", piece.tokens, compact(piece.text))


def _shown(entries: tuple[Logprob, ...]) -> JSON:
    return [logprob_json(entry, with_bytes=False) for entry in entries]


def _end(annotation: JSON) -> float:
    """Where the cited text ends. Files that code made are cited after the last delta (§7.5)."""
    match annotation:
        case {"type": "url_citation", "end_index": int(end)} | {
            "type": "file_citation" | "file_path",
            "index": int(end),
        }:
            return end
    return math.inf


def _annotation(index: int, annotation: JSON, place: Mapping[str, JSON]) -> Event:
    fields = {**place, "annotation": annotation, "annotation_index": index}
    return Event("response.output_text.annotation.added", fields)


def _refusal(part: Refusal, place: Mapping[str, JSON]) -> Iterator[Event]:
    place = {**place, "content_index": 0}
    yield Event("response.content_part.added", {**place, "part": content_part(part, empty=True)})
    yield from deltas("response.refusal", "refusal", part.pieces, place)
    yield Event("response.content_part.done", {**place, "part": content_part(part)})


def _summary(part: Reasoning, place: Mapping[str, JSON]) -> Iterator[Event]:
    """The one part of a summary; reasoning without words has none (§7.5)."""
    if not part.pieces:
        return
    place = {**place, "summary_index": 0}
    yield Event("response.reasoning_summary_part.added", {**place, "part": {"type": "summary_text", "text": ""}})
    yield from deltas("response.reasoning_summary_text", "text", part.pieces, place, sign="~")
    done: JSON = {"type": "summary_text", "text": part_text(part)}
    yield Event("response.reasoning_summary_part.done", {**place, "part": done})


def _thinking(part: Reasoning, place: Mapping[str, JSON]) -> Iterator[Event]:
    """The one part of reasoning that is shown as it is (§7.5)."""
    if not part.pieces:
        return
    place = {**place, "content_index": 0}
    yield Event("response.content_part.added", {**place, "part": {"type": "reasoning_text", "text": ""}})
    yield from deltas("response.reasoning_text", "text", part.pieces, place, sign="~")
    yield Event("response.content_part.done", {**place, "part": {"type": "reasoning_text", "text": part_text(part)}})
