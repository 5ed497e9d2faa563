"""The Responses API, reading: the JSON of `POST /responses` becomes a `Request`.

Here: input items as messages, flat tools, `text.format`. Not here: refusing what the real service refuses
(`validate/`), earlier responses (`stored.py`) and writing (`stream.py`, `write.py`). All other fields stay in `json`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockllm.request import JSON, Call, Message, Request, Tool, ToolUse, fingerprint

Item = Mapping[str, Any]

LOGPROBS = "message.output_text.logprobs"
"""What `include` says to get log probabilities."""

_CALLS: Mapping[str, str] = {"function_call": "arguments", "custom_tool_call": "input"}
_OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})


def read(api: str, call: Call, body: Mapping[str, Any], earlier: Sequence[Item], own: Sequence[Item]) -> Request:
    """The request of a body that `validate` has accepted.

    `earlier` are the items of the responses that it continues, and `own` those of its input with references followed.
    """
    instructions = body.get("instructions")
    opening = (Message("system", instructions),) if isinstance(instructions, str) else ()
    return Request(
        api=api,
        call=call,
        json={**body, "input": own} if isinstance(body.get("input"), list) else body,
        model=body.get("model") or "",
        messages=(*opening, *_messages([*earlier, *own])),
        tools=tuple(_tools(body.get("tools"))),
        tool_choice=_tool_choice(body.get("tool_choice")),
        allowed_tools=_allowed_tools(body.get("tool_choice")),
        parallel_tool_calls=body.get("parallel_tool_calls") is not False,
        schema=_schema(body.get("text")),
        stream=body.get("stream") is True,
        max_tokens=body.get("max_output_tokens"),
        logprobs=bool(body.get("top_logprobs")) or LOGPROBS in (body.get("include") or ()),
        top_logprobs=body.get("top_logprobs") or 0,
        store=body.get("store") is not False,
        background=body.get("background") is True,
        fingerprint=fingerprint(api, call, body),
    )


def input_items(body: Mapping[str, Any]) -> Sequence[Item]:
    """The input as items; a plain string is one message of the user."""
    given = body.get("input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return given or []


def kind(item: Item) -> str:
    """The type of an item; a message and a reference need not say what they are."""
    return str(item.get("type") or ("message" if "role" in item else "item_reference"))


@dataclass(slots=True)
class _Said:
    """What the assistant said without a pause: all items of one answer are one message."""

    texts: list[str] = field(default_factory=list)
    uses: list[ToolUse] = field(default_factory=list)

    def take(self) -> Iterator[Message]:
        """The message, if there is one, and begin anew."""
        if self.texts or self.uses:
            yield Message("assistant", "".join(self.texts), tuple(self.uses))
        self.texts, self.uses = [], []


def _messages(items: Sequence[Item]) -> Iterator[Message]:
    """Items as messages. Reasoning and the items of hosted tools are no messages."""
    said = _Said()
    for item in items:
        match kind(item):
            case "message" if item["role"] == "assistant":
                said.texts.append(_text(item["content"]))
            case "message":
                yield from said.take()
                yield Message(item["role"], _text(item["content"]))
            case called if called in _CALLS:
                said.uses.append(ToolUse(item["call_id"], item["name"], item[_CALLS[called]]))
            case result if result in _OUTPUTS:
                yield from said.take()
                yield Message("tool", _text(item["output"]), tool_call_id=item["call_id"])
    yield from said.take()


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    """A content string, or the texts and refusals of a content list joined."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)


def _tools(tools: Sequence[Mapping[str, Any]] | None) -> Iterator[Tool]:
    for tool in tools or ():
        if tool["type"] in {"function", "custom"}:
            yield Tool(tool["name"], tool["type"], tool.get("parameters"))


def _tool_choice(choice: JSON) -> str:
    """`auto`, `none`, `required`, or the name of the one tool that must be called."""
    match choice:
        case str(word):
            return word
        case {"type": "function" | "custom", "name": str(name)}:
            return name
        case {"type": "allowed_tools", "mode": str(mode)}:
            return mode
    return "auto"


def _allowed_tools(choice: JSON) -> tuple[str, ...] | None:
    """The names of the tools that the choice is limited to; those without a name run at the service."""
    match choice:
        case {"type": "allowed_tools", "tools": list(tools)}:
            return tuple(str(tool.get("name")) for tool in tools if isinstance(tool, Mapping) and "name" in tool)
    return None


def _schema(text: JSON) -> JSON:
    match text:
        case {"format": {"type": "json_schema", "schema": schema}}:
            return schema
        case {"format": {"type": "json_object"}}:
            return {}
    return None
