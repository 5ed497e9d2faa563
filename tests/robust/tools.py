"""Tool calls put together from fragments whose index, id, name and arguments may each be missing, late or wrong.

Here: which call a fragment belongs to, and which calls may be run in the end. Not here: where fragments come from
(`chat.py`, `responses.py`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeAlias

from tests.robust.loose import JSON, entries, fields, first_word, parse, whole, word
from tests.robust.outcome import Problem, ProblemError, ToolCall

Schemas: TypeAlias = Mapping[str, Mapping[str, JSON]]
"""The parameters of the tools that were offered, by name."""


def schemas_of(request: Mapping[str, JSON]) -> Schemas:
    """The tools of a request, in the shape of either API."""
    tools = [fields(tool) for tool in entries(request.get("tools"))]
    functions = [fields(tool.get("function")) or tool for tool in tools]
    return {word(function.get("name")): fields(function.get("parameters")) for function in functions}


@dataclass(frozen=True, slots=True)
class Fragment:
    """What one delta says of one call; what is absent, null or empty is empty here."""

    index: int | None = None
    id: str = ""
    name: str = ""
    arguments: str = ""
    custom: bool = False

    @classmethod
    def of(cls, entry: JSON) -> "Fragment":
        """Read from an entry of `tool_calls`. Arguments that come as a value are made text again."""
        members = fields(entry)
        custom = fields(members.get("custom"))
        function = custom or fields(members.get("function"))
        arguments = function.get("input") if custom else function.get("arguments")
        if arguments is not None and not isinstance(arguments, str):
            arguments = json.dumps(arguments)
        return cls(
            index=whole(members.get("index")),
            id=word(members.get("id")),
            name=first_word(function.get("name")),
            arguments=word(arguments),
            custom=bool(custom),
        )


@dataclass(slots=True)
class _Draft:
    """A call that grows."""

    index: int | None
    id: str = ""
    name: str = ""
    parts: list[str] = field(default_factory=list)
    custom: bool = False

    @property
    def arguments(self) -> str:
        return "".join(self.parts)

    def grow(self, fragment: Fragment) -> None:
        self.id = self.id or fragment.id
        self.custom = self.custom or fragment.custom
        if fragment.name and fragment.name != self.name and not self.parts:
            self.name = fragment.name if fragment.name.startswith(self.name) else self.name + fragment.name
        self.name = self.name or fragment.name
        if fragment.arguments and not self._repeats(fragment.arguments):
            self.parts.append(fragment.arguments)

    def _repeats(self, arguments: str) -> bool:
        """Whether these are the whole arguments again, perhaps as a text of JSON inside JSON. Few fragments are JSON by
        themselves, so that is asked first.
        """
        value = _value(arguments)
        return isinstance(value, dict) and value == _value(self.arguments)

    @property
    def complete(self) -> bool:
        return bool(self.name) and isinstance(_value(self.arguments), dict)


class ToolCalls:
    """The calls of one turn, in the order in which they began."""

    def __init__(self) -> None:
        self._drafts: list[_Draft] = []

    def __len__(self) -> int:
        return len(self._drafts)

    def add(self, fragment: Fragment) -> bool:
        """Take a fragment in; False if it says nothing at all."""
        if not (fragment.id or fragment.name or fragment.arguments):
            return False
        draft = self._draft_of(fragment)
        if draft is None:
            draft = _Draft(fragment.index)
            self._drafts.append(draft)
        draft.grow(fragment)
        return True

    def _draft_of(self, fragment: Fragment) -> _Draft | None:
        """The call that a fragment continues, None if it begins one."""
        if fragment.index is not None:
            same = [draft for draft in self._drafts if draft.index == fragment.index]
        else:
            same = [draft for draft in self._drafts if fragment.id and draft.id == fragment.id] or self._drafts
        if not same or _begins(fragment, same[-1]):
            return None
        return same[-1]

    def finished(self, tools: Schemas) -> tuple[ToolCall, ...]:
        """The calls to run, each with an id of its own. Raises ProblemError if one of them cannot be run: then none
        is, because half of a turn is not what the model meant.
        """
        drafts: list[_Draft] = []
        for draft in self._drafts:
            if not draft.name and not draft.id and drafts:
                drafts[-1] = replace(drafts[-1], parts=[*drafts[-1].parts, draft.arguments])
            else:
                drafts.append(draft)
        ids = _distinct([draft.id for draft in drafts])
        return tuple(_finished(draft, call_id, tools) for draft, call_id in zip(drafts, ids, strict=True))


def _begins(fragment: Fragment, last: _Draft) -> bool:
    """Whether a fragment that could continue this call begins another one.

    A new id is no proof, because some servers make one for each fragment; a name beside it is. Without an index and a
    name, a new id after a call that is complete begins the next one.
    """
    if not last.name:
        return False
    is_new = bool(fragment.id) and bool(last.id) and fragment.id != last.id
    if not fragment.name:
        return is_new and fragment.index is None and last.complete and bool(fragment.arguments)
    if is_new:
        return True
    other_value = bool(last.parts) and last.complete and _is_other(last.arguments, fragment.arguments)
    renamed = not fragment.id and fragment.name != last.name and bool(last.parts)
    return other_value or renamed


def _is_other(mine: str, theirs: str) -> bool:
    value = _value(theirs)
    return isinstance(value, dict) and value != _value(mine)


def _distinct(given: Sequence[str]) -> list[str]:
    """Ids to tell the calls apart: the server's own, and a made one where it is missing or used twice."""
    distinct: list[str] = []
    for number, call_id in enumerate(given):
        made = (f"call_{other}" for other in count(number))
        unused = (other for other in made if other not in given and other not in distinct)
        distinct.append(call_id if call_id and call_id not in distinct else next(unused))
    return distinct


def _finished(draft: _Draft, call_id: str, tools: Schemas) -> ToolCall:
    if draft.custom:
        return ToolCall(draft.name, draft.arguments, call_id)
    value = _value(draft.arguments)
    missing = _missing(value, tools.get(draft.name, {}))
    if not draft.name:
        raise ProblemError(Problem("unreadable", f"a tool call has no name: {draft.arguments}"))
    if not isinstance(value, dict):
        raise ProblemError(Problem("unreadable", f"{draft.name}: the arguments are no JSON object: {draft.arguments}"))
    if missing:
        raise ProblemError(Problem("unreadable", f"{draft.name}: the arguments lack {', '.join(missing)}"))
    return ToolCall(draft.name, value, call_id)


def _value(arguments: str) -> JSON:
    """The value of arguments: nothing means none, and a text that is JSON again is read once more. None if it cannot be
    read.
    """
    if not arguments.strip():
        return {}
    try:
        value = parse(arguments)
        return parse(value) if isinstance(value, str) else value
    except ValueError:
        return None


def _missing(value: JSON, schema: Mapping[str, JSON]) -> list[str]:
    """The required arguments that are not there."""
    required = schema.get("required")
    names = required if isinstance(required, list) else []
    return [name for name in names if isinstance(name, str) and name not in fields(value)]
