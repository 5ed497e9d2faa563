"""What a client may say over a Realtime connection, and what that leads to.

Here: one function for each event of the client (the SDK's `realtime_client_event.py`), in one table. Not here: the
answers (`stream.py`) and who lets them go out (`net/websocket/`).

Decided where neither the SDK nor the description says more: sound is never taken for speech, so turn detection never
begins an answer and the client commits what it recorded; what it recorded is heard as nothing, as no text of it is
known; `output_audio_buffer.clear` is for WebRTC and is refused, as every event is that there is not.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mockllm.dialects.dialogue import Ask, Event, Reaction
from mockllm.dialects.realtime import items, session, sound
from mockllm.dialects.realtime.event import event as server_event
from mockllm.dialects.realtime.event import named
from mockllm.dialects.realtime.folded import Folded, cancelled, folded
from mockllm.dialects.realtime.items import Item, Items
from mockllm.dialects.realtime.session import Session
from mockllm.errors import ApiError
from mockllm.seeds import Seed

MOST_ITEMS = 10_000
"""How many items a conversation has at most."""

MOST_AUDIO_BYTES = 64 * 1024 * 1024
"""How much sound waits in the input buffer at most."""

_LEAST_MS = 100
_CONVERSATION = "conversation"

# What a response may say for itself, in place of what its session says.
_OWN = frozenset(
    {
        *("audio", "conversation", "input", "instructions", "max_output_tokens", "metadata", "output_modalities"),
        *("parallel_tool_calls", "prompt", "reasoning", "tool_choice", "tools"),
    }
)
_OF_SESSION = ("instructions", "tools", "tool_choice", "output_modalities", "max_output_tokens", "audio")


@dataclass(frozen=True, slots=True)
class RealtimeDialogue:
    """One client's conversation: its session, its items, how much sound waits, and the answers that are being made, by
    their lane. `told` counts what was said outside of answers, and `asked` the answers outside the conversation.
    """

    session: Session
    items: Items = ()
    heard_bytes: int = 0
    active: Mapping[str, str | None] = field(default_factory=dict)
    told: int = 0
    asked: int = 0

    @classmethod
    def opened(cls, said: Sequence[Event]) -> "RealtimeDialogue":
        """The dialogue after what opened it: the session is the one that the client was told."""
        told = next((event["session"] for event in said if event.get("type") == "session.created"), None)
        return cls(told if isinstance(told, Mapping) else session.opened("sess_", "", 0))

    def hear(self, event: Event) -> Reaction:
        """What an event of the client leads to."""
        kind = event.get("type")
        if kind is None:
            message = "Missing required parameter: 'type'."
            return Reaction(self, refuses=ApiError(400, message, code="missing_required_parameter", param="type"))
        react = _EVENTS.get(kind) if isinstance(kind, str) else None
        if react is None:
            listed = ", ".join(f"'{name}'" for name in list(_EVENTS)[:-1])
            message = f"Invalid value: '{kind}'. Supported values are: {listed} and '{list(_EVENTS)[-1]}'."
            return Reaction(self, refuses=ApiError(400, message, code="invalid_value", param="type"))
        try:
            return react(self, event)
        except ApiError as error:
            return Reaction(self, refuses=error)

    def begin(self, ask: Ask, said: Sequence[Event]) -> "RealtimeDialogue":
        """The dialogue once it is decided what will be said."""
        response = folded(said).response
        return replace(self, active={**self.active, ask.lane: None if response is None else response["id"]})

    def end(self, ask: Ask, said: Sequence[Event], *, stopped: bool) -> Reaction:
        """What follows when an answer is over: its items are in the conversation, and a cancelled one is ended."""
        answer = folded(said)
        tail = tuple(cancelled(answer)) if stopped else ()
        active = {lane: key for lane, key in self.active.items() if lane != ask.lane}
        return Reaction(replace(self, active=active).with_output(folded((*said, *tail))), says=tail)

    def with_output(self, answer: Folded) -> "RealtimeDialogue":
        """The conversation with the items of an answer that belong to it, each after the one that it was said after."""
        known = self.items
        for item in answer.items:
            if item["id"] in answer.previous and len(known) < MOST_ITEMS:
                after = answer.previous[item["id"]]
                index = next((index for index, it in enumerate(known) if it["id"] == after), len(known) - 1)
                known = (*known[: index + 1], item, *known[index + 1 :])
        return replace(self, items=known)

    def says(self, *events: tuple[str, Event], **changes: Any) -> Reaction:
        """The reaction that says these at once."""
        key = Seed.of("said", str(self.session.get("id")))
        said = tuple(
            server_event(kind, named("event", key, self.told + number), fields)
            for number, (kind, fields) in enumerate(events)
        )
        return Reaction(replace(self, told=self.told + len(said), **changes), said)

    def new_id(self, prefix: str) -> str:
        """An id for something that the client made."""
        return named(prefix, Seed.of("made", str(self.session.get("id"))), self.told)


def _update(dialogue: RealtimeDialogue, event: Event) -> Reaction:
    changed = session.updated(dialogue.session, event.get("session"))
    return dialogue.says(("session.updated", {"session": changed}), session=changed)


def _create_item(dialogue: RealtimeDialogue, event: Event) -> Reaction:
    item = items.normal(event.get("item"), dialogue.new_id("item"))
    return _added(dialogue, item, event.get("previous_item_id"))


def _added(
    dialogue: RealtimeDialogue, item: Item, after: object, *first: tuple[str, Event], **changes: Any
) -> Reaction:
    if len(dialogue.items) >= MOST_ITEMS:
        message = f"Error adding item: the conversation has {MOST_ITEMS} items, which is the most it may have."
        raise ApiError(400, message, code="conversation_too_long", param="item")
    placed, previous = items.placed(dialogue.items, item, after)
    told: Event = {"previous_item_id": previous, "item": item}
    first = tuple((kind, {"previous_item_id": previous, **fields}) for kind, fields in first)
    said = (*first, ("conversation.item.added", told), ("conversation.item.done", told))
    return dialogue.says(*said, items=placed, **changes)


def _delete_item(dialogue: RealtimeDialogue, event: Event) -> Reaction:
    index = items.find(dialogue.items, event.get("item_id"), "delete")
    kept = (*dialogue.items[:index], *dialogue.items[index + 1 :])
    return dialogue.says(("conversation.item.deleted", {"item_id": event["item_id"]}), items=kept)


def _retrieve_item(dialogue: RealtimeDialogue, event: Event) -> Reaction:
    index = items.find(dialogue.items, event.get("item_id"), "retrieve")
    return dialogue.says(("conversation.item.retrieved", {"item": dialogue.items[index]}))


def _truncate_item(dialogue: RealtimeDialogue, event: Event) -> Reaction:
    """What was spoken after a moment was not heard. Of the item the transcript goes, as the service cannot tell which
    words were heard (the SDK's `conversation_item_truncate_event.py`).
    """
    index = items.find(dialogue.items, event.get("item_id"), "truncate")
    item, place, end_ms = dialogue.items[index], event.get("content_index"), event.get("audio_end_ms")
    content = item.get("content") or ()
    if item.get("role") != "assistant" or place != 0 or not content or content[0]["type"] != "output_audio":
        message = "Error truncating item: only the spoken part of a message of the assistant can be truncated."
        raise ApiError(400, message, code="item_truncate_invalid_item", param="item_id")
    if not isinstance(end_ms, int) or end_ms < 0:
        message = f"Invalid value: '{end_ms}'. Expected a number of milliseconds that is not negative."
        raise ApiError(400, message, code="invalid_value", param="audio_end_ms")
    cut = {**item, "content": [{"type": "output_audio"}]}
    kept = (*dialogue.items[:index], cut, *dialogue.items[index + 1 :])
    fields = {"item_id": item["id"], "content_index": 0, "audio_end_ms": end_ms}
    return dialogue.says(("conversation.item.truncated", fields), items=kept)


def _append_audio(dialogue: RealtimeDialogue, event: Event) -> Reaction:
    """Sound is added to the buffer, which the service does not confirm."""
    try:
        size = len(base64.b64decode(event.get("audio"), validate=True))  # type: ignore[arg-type] # refused below
    except (TypeError, ValueError, binascii.Error):
        message = "Invalid 'audio'. Expected base64-encoded audio bytes."
        raise ApiError(400, message, code="invalid_value", param="audio") from None
    if dialogue.heard_bytes + size > MOST_AUDIO_BYTES:
        message = f"The input audio buffer holds at most {MOST_AUDIO_BYTES} bytes: commit or clear it."
        raise ApiError(400, message, code="input_audio_buffer_full", param="audio")
    return Reaction(replace(dialogue, heard_bytes=dialogue.heard_bytes + size))


def _commit_audio(dialogue: RealtimeDialogue, _event: Event) -> Reaction:
    kind = sound.format_of(_side(dialogue.session, "input"))
    heard_ms = sound.milliseconds(dialogue.heard_bytes, kind)
    if heard_ms < _LEAST_MS:
        message = (
            "Error committing input audio buffer: buffer too small. "
            f"Expected at least {_LEAST_MS}ms of audio, but buffer only has {heard_ms:.2f}ms of audio."
        )
        raise ApiError(400, message, code="input_audio_buffer_commit_empty")
    content = [{"type": "input_audio"}]
    item = {"id": dialogue.new_id("item"), "type": "message", "status": "completed", "role": "user", "content": content}
    return _added(dialogue, item, None, ("input_audio_buffer.committed", {"item_id": item["id"]}), heard_bytes=0)


def _clear_audio(dialogue: RealtimeDialogue, _event: Event) -> Reaction:
    return dialogue.says(("input_audio_buffer.cleared", {}), heard_bytes=0)


def _create_response(dialogue: RealtimeDialogue, event: Event) -> Reaction:
    """An answer is wanted, with what the session says unless the event says it itself."""
    own = event.get("response")
    own = {} if own is None else own
    if not isinstance(own, Mapping):
        raise ApiError(400, "Invalid type for 'response': expected an object.", code="invalid_type", param="response")
    session.check(own, "response", _OWN)
    is_loose = own.get("conversation") == "none"
    if not is_loose and _CONVERSATION in dialogue.active:
        key = dialogue.active[_CONVERSATION] or ""
        message = (
            f"Conversation already has an active response in progress: {key}. "
            "Wait until the response is finished before creating a new one."
        )
        raise ApiError(400, message, code="conversation_already_has_active_response")
    seen = dialogue.items if own.get("input") is None else _own_input(dialogue, own["input"])
    key = str(dialogue.session.get("id"))
    body = {
        "model": dialogue.session.get("model"),
        **{name: dialogue.session.get(name) for name in _OF_SESSION},
        **{name: value for name, value in own.items() if value is not None},
        "conversation": "none" if is_loose else "auto",
        "input": list(seen),
        "session": {"id": key, "conversation_id": named("conv", Seed.of("made", key))},
    }
    body["audio"] = {"output": {**_side(dialogue.session, "output"), **_side(own, "output")}}
    if isinstance(event.get("event_id"), str):
        body["event_id"] = event["event_id"]
    lane = f"none {dialogue.asked}" if is_loose else _CONVERSATION
    asking = replace(dialogue, asked=dialogue.asked + is_loose, active={**dialogue.active, lane: None})
    return Reaction(asking, asks=(Ask(body, lane),))


def _own_input(dialogue: RealtimeDialogue, given: object) -> Items:
    """The items that an answer sees in place of the conversation; a reference stands for one of it."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        message = "Invalid type for 'response.input': expected an array of objects."
        raise ApiError(400, message, code="invalid_type", param="response.input")
    seen: list[Item] = []
    for number, item in enumerate(given):
        if isinstance(item, Mapping) and item.get("type") == "item_reference":
            index = items.find(dialogue.items, item.get("id"), "retrieve", f"response.input[{number}].id")
            seen.append(dialogue.items[index])
        else:
            key = named("item", Seed.of("input", str(dialogue.session.get("id"))), number)
            seen.append(items.normal(item, key, f"response.input[{number}]"))
    return tuple(seen)


def _cancel_response(dialogue: RealtimeDialogue, event: Event) -> Reaction:
    """The answer with this id stops, or the one of the conversation."""
    wanted = event.get("response_id")
    fits = {lane: key == wanted if wanted else lane == _CONVERSATION for lane, key in dialogue.active.items()}
    stopped = next((lane for lane, fit in fits.items() if fit), None)
    if stopped is None:
        message = "Cancellation failed: no active response found"
        raise ApiError(400, message, code="response_cancel_not_active")
    return Reaction(dialogue, stops=stopped)


def _side(settings: Mapping[str, Any], side: str) -> Mapping[str, Any]:
    """The settings of sound on one side, the `input` or the `output`."""
    audio = settings.get("audio")
    told = audio.get(side) if isinstance(audio, Mapping) else None
    return told if isinstance(told, Mapping) else {}


_EVENTS: Mapping[str, Callable[[RealtimeDialogue, Event], Reaction]] = {
    "session.update": _update,
    "input_audio_buffer.append": _append_audio,
    "input_audio_buffer.commit": _commit_audio,
    "input_audio_buffer.clear": _clear_audio,
    "conversation.item.create": _create_item,
    "conversation.item.retrieve": _retrieve_item,
    "conversation.item.truncate": _truncate_item,
    "conversation.item.delete": _delete_item,
    "response.create": _create_response,
    "response.cancel": _cancel_response,
}
"""What each event of a client leads to."""
