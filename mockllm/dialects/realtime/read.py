"""The Realtime API, reading: what an answer is asked for with becomes a `Request`.

Here: the body that `dialogue.py` makes of a `response.create`, in the words of that event, with `input` for the items
that the model sees and `session` for where they are. Not here: the checks of what the client sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockllm.request import JSON, Call, Message, Request, Tool, ToolUse, fingerprint

# What tells one event from another and not one request from another.
_ENVELOPE = frozenset({"event_id"})


def read(api: str, call: Call, body: Mapping[str, Any]) -> Request:
    """The request of a body."""
    asked: dict[str, JSON] = {name: value for name, value in body.items() if name not in _ENVELOPE}
    instructions = body.get("instructions")
    opening = (Message("system", instructions),) if isinstance(instructions, str) and instructions else ()
    most = body.get("max_output_tokens")
    return Request(
        api=api,
        call=call,
        json=asked,
        model=body.get("model") or "",
        messages=(*opening, *messages(body.get("input") or ())),
        tools=tuple(_tools(body.get("tools") or ())),
        tool_choice=_tool_choice(body.get("tool_choice")),
        parallel_tool_calls=body.get("parallel_tool_calls") is not False,
        stream=True,
        max_tokens=most if isinstance(most, int) else None,
        fingerprint=fingerprint(api, call, asked),
    )


def messages(items: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    """The items as messages; what the assistant said without a pause is one."""
    texts: list[str] = []
    uses: list[ToolUse] = []
    for item in (*items, {"type": "end"}):
        kind, role = item["type"], item.get("role")
        if role == "assistant":
            texts.append(_text(item))
        elif kind == "function_call":
            uses.append(ToolUse(str(item.get("call_id")), item["name"], item["arguments"]))
        else:
            if texts or uses:
                yield Message("assistant", "".join(texts), tuple(uses))
                texts, uses = [], []
            if kind == "message":
                yield Message(str(role), _text(item))
            elif kind == "function_call_output":
                yield Message("tool", str(item["output"]), tool_call_id=str(item["call_id"]))


def _text(item: Mapping[str, Any]) -> str:
    """What a message says, in writing or by voice."""
    return "".join(str(part.get("text") or part.get("transcript") or "") for part in item["content"])


def _tools(tools: Sequence[Any]) -> Iterator[Tool]:
    for tool in tools:
        if isinstance(tool, Mapping) and isinstance(name := tool.get("name"), str):
            yield Tool(name, str(tool.get("type", "function")), tool.get("parameters"))


def _tool_choice(choice: JSON) -> str:
    match choice:
        case str():
            return choice
        case {"name": str(name)}:
            return name
    return "auto"
