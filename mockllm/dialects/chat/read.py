"""Chat Completions, reading: the JSON of `POST /chat/completions` becomes a `Request`.

Here: the ten or so fields that rules match on and that shape an answer. Not here: refusing what the real service
refuses (`validate/`), which has happened before, and writing answers (`write.py`). All other fields stay in `json`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mockllm.request import JSON, Call, Message, Request, Tool, ToolUse, fingerprint, make_request


def read(call: Call, body: Mapping[str, Any]) -> Request:
    """The request of a body that `validate` has accepted."""
    return make_request(
        api="chat",
        call=call,
        json=body,
        model=body["model"],
        messages=tuple(_message(message) for message in body["messages"]),
        tools=tuple(_tools(body)) if "tools" in body or "functions" in body else (),
        tool_choice=_tool_choice(body.get("tool_choice") or body.get("function_call")),
        allowed_tools=_allowed_tools(body.get("tool_choice")),
        parallel_tool_calls=body.get("parallel_tool_calls") is not False,
        schema=_schema(body.get("response_format")),
        stream=body.get("stream") is True,
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        stop=_stop(body.get("stop")),
        choices=body.get("n") or 1,
        logprobs=body.get("logprobs") is True,
        top_logprobs=body.get("top_logprobs") or 0,
        store=body.get("store") is True,
        fingerprint=fingerprint("chat", call, body),
    )


def _message(message: Mapping[str, Any]) -> Message:
    return Message(
        role=message["role"],
        text=_text(message.get("content")),
        tool_calls=tuple(_uses(message)) if message["role"] == "assistant" else (),
        tool_call_id=message.get("name") if message["role"] == "function" else message.get("tool_call_id"),
    )


def _text(content: Any) -> str:
    """A content string, or the text parts of a content list joined."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part["type"] == "text")
    return ""


def _uses(message: Mapping[str, Any]) -> Iterator[ToolUse]:
    """The calls of an assistant's message; under other roles the same keys mean nothing and may hold anything."""
    for call in message.get("tool_calls") or ():
        kind = call["type"]
        yield ToolUse(call["id"], call[kind]["name"], call[kind]["arguments" if kind == "function" else "input"])
    if (legacy := message.get("function_call")) is not None:
        # A legacy result names the function, so the name is the id that joins the two.
        yield ToolUse(legacy["name"], legacy["name"], legacy["arguments"])


def _tools(body: Mapping[str, Any]) -> Iterator[Tool]:
    for tool in body.get("tools") or ():
        kind = tool["type"]
        yield Tool(tool[kind]["name"], kind, tool[kind].get("parameters") if kind == "function" else None)
    for function in body.get("functions") or ():
        yield Tool(function["name"], "function", function.get("parameters"))


def _tool_choice(choice: JSON) -> str:
    """`auto`, `none`, `required`, or the name of the one tool that must be called."""
    match choice:
        case str(word):
            return word
        case {"function": {"name": str(name)}} | {"custom": {"name": str(name)}} | {"name": str(name)}:
            return name
        case {"allowed_tools": {"mode": str(mode)}}:
            return mode
    return "auto"


def _allowed_tools(choice: JSON) -> tuple[str, ...] | None:
    """The names of the tools that the choice is limited to."""
    match choice:
        case {"allowed_tools": {"tools": list(tools)}}:
            named = (tool.get(str(tool.get("type"))) for tool in tools if isinstance(tool, Mapping))
            return tuple(str(named_tool.get("name")) for named_tool in named if isinstance(named_tool, Mapping))
    return None


def _schema(response_format: JSON) -> JSON:
    match response_format:
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            return schema
        case {"type": "json_object"}:
            return {}
    return None


def _stop(stop: JSON) -> tuple[str, ...]:
    if isinstance(stop, str):
        return (stop,)
    return tuple(str(word) for word in stop) if isinstance(stop, list) else ()
