"""What events of a Realtime answer come to: the items and the response that a client has built from them so far.

Here: the fold of events that went out, and the events that end an answer which the client cancelled in the middle. Not
here: the events of a whole answer (`stream.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mockllm.dialects.realtime.event import event, named
from mockllm.seeds import Seed

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Folded:
    """An answer as far as it went. `items` are those of the output, `open` the last if it is not done, with its part
    and the `text` of that, and `previous` says after which item of the conversation each comes.
    """

    response: Event | None = None
    items: tuple[Event, ...] = ()
    open: Event | None = None
    part: Event | None = None
    text: str = ""
    previous: Mapping[str, str | None] = field(default_factory=dict)
    done: bool = False

    def add(self, heard: Event) -> "Folded":
        """The answer after one more event. One that a fault has broken tells nothing."""
        try:
            return self._added(heard)
        except (KeyError, TypeError):
            return self

    def _added(self, heard: Event) -> "Folded":
        match heard.get("type"):
            case "response.created":
                return replace(self, response=_with(heard["response"], "id"))
            case "response.output_item.added":
                return replace(self, open=_with(heard["item"], "id", "type"), part=None, text="")
            case "conversation.item.added":
                return replace(self, previous={**self.previous, heard["item"]["id"]: heard["previous_item_id"]})
            case "response.content_part.added":
                _with(heard["part"], "type")
                return replace(self, part=heard)
            case (
                "response.output_text.delta"
                | "response.output_audio_transcript.delta"
                | "response.function_call_arguments.delta"
            ):
                return replace(self, text=self.text + heard["delta"])
            case "response.output_item.done":
                return replace(self, items=(*self.items, _with(heard["item"], "id")), open=None, part=None, text="")
            case "response.done":
                return replace(self, response=_with(heard["response"], "id"), done=True)
        return self


def _with(value: Event, *names: str) -> Event:
    """The object, if it has these texts. Raises KeyError or TypeError if not."""
    if not all(isinstance(value[name], str) for name in names):
        raise TypeError
    return value


def folded(events: Sequence[Event]) -> Folded:
    """The answer that these events tell of."""
    answer = Folded()
    for heard in events:
        answer = answer.add(heard)
    return answer


def cancelled(answer: Folded) -> Iterator[Event]:
    """The events that end an answer where the client cancelled it. What was said by then stays, as incomplete."""
    if answer.response is None or answer.done:
        return
    key = answer.response["id"]
    seed = Seed.of("cancelled", key)
    items = answer.items
    if answer.open is not None:
        kept = _cut(answer)
        items = (*items, kept)
        place = {"response_id": key, "output_index": len(answer.items)}
        if answer.part is not None:
            yield from _parts(answer, {**place, "item_id": kept["id"], "content_index": 0}, seed)
        if kept["id"] in answer.previous:
            fields = {"previous_item_id": answer.previous[kept["id"]], "item": kept}
            yield event("conversation.item.done", named("event", seed, "conversation"), fields)
        yield event("response.output_item.done", named("event", seed, "output"), {**place, "item": kept})
    why = {"type": "cancelled", "reason": "client_cancelled"}
    response = {**answer.response, "status": "cancelled", "status_details": why, "output": list(items)}
    yield event("response.done", named("event", seed, "done"), {"response": response})


def _cut(answer: Folded) -> Event:
    """The open item with what it has by now."""
    assert answer.open is not None
    item = {**answer.open, "status": "incomplete"}
    if item["type"] == "function_call":
        return {**item, "arguments": answer.text}
    if answer.part is None:
        return item
    name = "transcript" if _is_spoken(answer) else "text"
    return {**item, "content": [{"type": "output_audio" if _is_spoken(answer) else "output_text", name: answer.text}]}


def _parts(answer: Folded, place: Event, seed: Seed) -> Iterator[Event]:
    """The end of the open part (the description: these are also sent when a response is cancelled)."""
    if _is_spoken(answer):
        yield event("response.output_audio.done", named("event", seed, "audio"), place)
        told = {**place, "transcript": answer.text}
        yield event("response.output_audio_transcript.done", named("event", seed, "transcript"), told)
        part = {"type": "audio", "transcript": answer.text}
    else:
        yield event("response.output_text.done", named("event", seed, "text"), {**place, "text": answer.text})
        part = {"type": "text", "text": answer.text}
    yield event("response.content_part.done", named("event", seed, "part"), {**place, "part": part})


def _is_spoken(answer: Folded) -> bool:
    return answer.part is not None and bool(answer.part["part"]["type"] == "audio")
