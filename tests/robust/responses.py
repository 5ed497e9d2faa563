"""Responses: events or one body, folded into one turn.

Here: what the events say together. Every value comes up to three times (deltas, its `done`, the whole response at the
end): the last one counts, and none of them may be missing. Not here: how events come out of bytes (`sse.py`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.robust.chat import counts_of
from tests.robust.errors import error_in, problem_of
from tests.robust.judge import judged
from tests.robust.loose import JSON, clean, entries, excerpt, fields, first_word, whole, word
from tests.robust.outcome import Outcome, Problem, ProblemError
from tests.robust.text import unfenced
from tests.robust.tools import Fragment, ToolCalls, schemas_of

_COUNTS = (
    ("input", ("input_tokens",)),
    ("output", ("output_tokens",)),
    ("reasoning", ("output_tokens_details", "reasoning_tokens")),
    ("cached", ("input_tokens_details", "cached_tokens")),
)
_TERMINAL = frozenset({"response.completed", "response.done", "response.incomplete", "response.failed"})
_CALLS = frozenset({"function_call", "custom_tool_call"})
_INCOMPLETE: Mapping[str, str] = {"max_output_tokens": "length", "content_filter": "content_filter"}


@dataclass(slots=True)
class _Item:
    """An output item as far as it is known. `parts` holds the pieces of its texts by kind and place."""

    kind: str
    id: str = ""
    output_index: int | None = None
    call_id: str = ""
    name: str = ""
    parts: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def grow(self, kind: str, place: int, piece: str) -> None:
        self.parts.setdefault((kind, place), []).append(piece)

    def settle(self, kind: str, place: int, text: str) -> None:
        """The whole text, which is worth more than its pieces; an empty one takes nothing back."""
        if text:
            self.parts[kind, place] = [text]

    def text(self, kind: str) -> str:
        return "".join("".join(pieces) for (own, _), pieces in sorted(self.parts.items()) if own == kind)


# Which kind of item and of text an event is about, by the middle of its name.
_ABOUT: Mapping[str, tuple[str, str]] = {
    "output_text": ("message", "text"),
    "refusal": ("message", "refusal"),
    "reasoning_summary_text": ("reasoning", "summary"),
    "reasoning_text": ("reasoning", "thought"),
    "reasoning": ("reasoning", "thought"),
    "function_call_arguments": ("function_call", "arguments"),
    "custom_tool_call_input": ("custom_tool_call", "arguments"),
}
_TEXTS = ("text", "refusal", "arguments", "input")
_PARTS: Mapping[str, str] = {
    "output_text": "text",
    "text": "text",
    "refusal": "refusal",
    "summary_text": "summary",
    "reasoning_text": "thought",
}


class ResponsesFold:
    """What has been said so far, and whether it is over."""

    def __init__(self, request: Mapping[str, JSON]) -> None:
        self._items: list[_Item] = []
        self._tools = schemas_of(request)
        kind = fields(fields(request.get("text")).get("format")).get("type")
        self._structured = kind in {"json_object", "json_schema"}
        self._usage: dict[str, int] = {}
        self._status = ""
        self.progress = 0
        self.ended = False

    @property
    def terminal(self) -> bool:
        """Whether the end was told; nothing comes after it."""
        return self.ended

    def event(self, name: str, value: JSON) -> None:
        """Read one event; unknown ones are skipped. Raises ProblemError for an error in any shape."""
        members = fields(value)
        kind = first_word(members.get("type"), name)
        if (error := error_in({**members, "type": "error"} if kind == "error" else value)) is not None:
            raise ProblemError(problem_of(error))
        if kind in _TERMINAL:
            self._end(kind, members.get("response"))
        elif kind in {"response.output_item.added", "response.output_item.done"}:
            self._announced(members, done=kind.endswith("done"))
        elif kind.startswith("response.content_part.") and kind.endswith("done"):
            self._part(self._item(members, "message"), members.get("part"), whole(members.get("content_index")) or 0)
        else:
            _, _, middle = kind.partition(".")
            middle, _, phase = middle.rpartition(".")
            if middle in _ABOUT and phase in {"delta", "done"}:
                self._told(members, *_ABOUT[middle], done=phase == "done")

    def body(self, value: JSON) -> None:
        """Read an answer that came at once. Raises ProblemError for an error and for what is no answer."""
        members = fields(value)
        if (error := error_in(value)) is not None:
            raise ProblemError(problem_of(error))
        if not isinstance(members.get("output"), list):
            raise ProblemError(Problem("unreadable", f"a response without output: {excerpt(str(value))}"))
        status = first_word(members.get("status"), "completed")
        self._end(f"response.{status}", value)

    def done(self) -> None:
        """The end marker of the other API came."""
        self.ended = True

    def outcome(self, problem: Problem | None) -> Outcome:
        """The turn as far as it came; without a problem it is judged."""
        text = clean("".join(item.text("text") for item in self._items))
        calls = ToolCalls()
        for number, item in enumerate(item for item in self._items if item.kind in _CALLS):
            custom = item.kind == "custom_tool_call"
            calls.add(Fragment(number, item.call_id or item.id, item.name, item.text("arguments"), custom))
        outcome = Outcome(
            text=unfenced(text) if self._structured else text,
            reasoning=clean("".join(item.text("summary") or item.text("thought") for item in self._items)),
            refusal=clean("".join(item.text("refusal") for item in self._items)),
            finish=self._finish(has_calls=bool(calls)),
            usage=self._usage,
            problem=problem,
        )
        return judged(outcome, [calls], self._tools)

    def _finish(self, *, has_calls: bool) -> str:
        if self._status == "completed":
            return "tool_calls" if has_calls else "stop"
        return _INCOMPLETE.get(self._status, self._status or "unknown")

    def _end(self, kind: str, response: JSON) -> None:
        members = fields(response)
        self._usage = counts_of(members.get("usage"), _COUNTS) or self._usage
        if (error := error_in({"error": members.get("error")})) is not None:
            raise ProblemError(problem_of(error))
        if kind == "response.failed":
            raise ProblemError(Problem("reported", "the response failed without saying why"))
        reason = word(fields(members.get("incomplete_details")).get("reason"))
        self._status = reason or "incomplete" if kind == "response.incomplete" else "completed"
        self._merge(entries(members.get("output")))
        self.ended = True

    def _merge(self, output: list[JSON]) -> None:
        """The final output replaces what it names again; what it does not name stays."""
        said = {word(fields(entry).get("type")) for entry in output}
        for kind in said - _CALLS:
            self._items = [item for item in self._items if item.kind != kind]
        for number, entry in enumerate(output):
            item = self._known_call(fields(entry)) or _Item(word(fields(entry).get("type")), output_index=number)
            if item not in self._items:
                self._items.append(item)
            self._fill(item, fields(entry), done=True)

    def _known_call(self, entry: dict[str, JSON]) -> _Item | None:
        call_id = word(entry.get("call_id"))
        same = (item for item in self._items if item.call_id and item.call_id == call_id)
        return next(same, None)

    def _announced(self, members: dict[str, JSON], *, done: bool) -> None:
        entry = fields(members.get("item"))
        kind = word(entry.get("type"))
        item = self._known_call(entry)
        if item is None:
            item = self._item({**members, "item_id": entry.get("id")}, kind, call_id=word(entry.get("call_id")))
        self._fill(item, entry, done=done)

    def _fill(self, item: _Item, entry: dict[str, JSON], *, done: bool) -> None:
        """Take over what an item says of itself; its texts only when it is done, as they come once more otherwise."""
        item.id = first_word(entry.get("id"), item.id)
        item.call_id = first_word(entry.get("call_id"), item.call_id)
        if (name := word(entry.get("name"))) and name != item.name:
            item.name = name
            self.progress += 1
        if not done:
            return
        item.settle("arguments", 0, _text(entry.get("arguments")) or _text(entry.get("input")))
        for key in ("content", "summary"):
            for place, part in enumerate(entries(entry.get(key))):
                self._part(item, part, place)

    def _part(self, item: _Item, part: JSON, place: int) -> None:
        members = fields(part)
        kind = _PARTS.get(word(members.get("type")))
        if kind is not None:
            item.settle(kind, place, first_word(members.get("text"), members.get("refusal")))

    def _told(self, members: dict[str, JSON], kind: str, texts: str, *, done: bool) -> None:
        item = self._item(members, kind)
        place = whole(members.get("content_index")) or whole(members.get("summary_index")) or 0
        if done:
            item.settle(texts, place, next((text for key in _TEXTS if (text := _text(members.get(key)))), ""))
        else:
            delta = members.get("delta")
            piece = word(delta) or word(fields(delta).get("text"))
            item.grow(texts, place, piece)
            self.progress += bool(piece.strip())

    def _item(self, members: dict[str, JSON], kind: str, call_id: str = "") -> _Item:
        """The item that an event is about: by id, or else by place, or else the latest of its kind; a new one if there
        is none. Ids change on some servers within one item, and several items share a place on others.
        """
        mine = [item for item in self._items if item.kind == kind and not (call_id and item.call_id)]
        item_id, index = word(members.get("item_id")), whole(members.get("output_index"))
        found = [item for item in mine if item_id and item.id == item_id]
        if not found and index is not None:
            found = [item for item in mine if item.output_index == index]
        elif not found and not item_id:
            found = mine
        if found:
            return found[-1]
        item = _Item(kind, item_id, index, call_id)
        self._items.append(item)
        return item


def _text(value: JSON) -> str:
    """A text, also of arguments that came as a value."""
    if isinstance(value, dict):
        return json.dumps(value)
    return word(value)
