"""Items of the service's own tools, and of those that it asks the client to run: searches, code, images, MCP, shells.

Here: what each of them has when it is added and when it is done, and the events between the two (wire-contract §7.3,
§7.5), in tables by the item's type. No recording shows a `computer_call` and what `compaction` announces: the first is
whole from the start like an approval request, the second has the one event that the SDK knows. Not here: ids and places
(`items.py`, `stream.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from mockllm.dialects.responses.event import Event, deltas
from mockllm.dialects.responses.shown import FILES, PRINTED, SOURCES, includes
from mockllm.dialects.sse import compact
from mockllm.request import JSON, Request
from mockllm.tokens import Piece, joined
from mockllm.turn import Hosted

PREFIXES: Mapping[str, str] = {
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "mcp_list_tools": "mcpl",
    "mcp_call": "mcp",
    "mcp_approval_request": "mcpr",
    "computer_call": "cu",
    "shell_call": "sh",
    "shell_call_output": "sho",
    "local_shell_call": "lsh",
    "apply_patch_call": "apc",
    "tool_search_call": "tsc",
    "tool_search_output": "tso",
    "compaction": "cmp",
}
"""The beginnings of ids by the type of the item (wire-contract §7.2); `cu` is not recorded there."""

_Fields: TypeAlias = Mapping[str, Any]

_WITHOUT_STATUS = frozenset({"mcp_list_tools", "mcp_approval_request", "compaction"})

# Items that the end of an answer can leave half said; a patch then stays in progress, as it has no other word for it.
_CUT: Mapping[str, str] = {
    "code_interpreter_call": "incomplete",
    "mcp_call": "incomplete",
    "shell_call": "incomplete",
    "apply_patch_call": "in_progress",
}


def added(part: Hosted) -> dict[str, JSON]:
    """The members of the item when it is added, beside its id and type."""
    empty = _EMPTY.get(part.type, dict)
    status = "completed" if part.type == "shell_call_output" else "in_progress"
    return {**({} if part.type in _WITHOUT_STATUS else {"status": status}), **empty(part.fields)}


def done(part: Hosted, request: Request, *, cut: bool) -> dict[str, JSON]:
    """The members of the item when it is done, beside its id and type. With `cut` the answer ends with this item, in
    the middle of it if it can.
    """
    half = cut and part.type in _CUT
    fields = dict(part.fields)
    if part.type in _TEXTS:
        fields |= _TEXTS[part.type](part)
    if half:
        fields |= _UNDONE.get(part.type, {})
    if part.type in _SHOWN:
        fields |= _SHOWN[part.type](fields, request)
    if part.type in _WITHOUT_STATUS:
        return fields
    status = "failed" if fields.get("error") is not None else "completed"
    return {"status": _CUT[part.type] if half else status, **fields}


def inside(part: Hosted, finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    """The events between the item's `added` and its `done`; `finished` is the item as it is then."""
    if part.type in _INSIDE:
        yield from _INSIDE[part.type](part, finished, place)


def _without(*names: str) -> Callable[[_Fields], dict[str, JSON]]:
    return lambda fields: {name: value for name, value in fields.items() if name not in names}


_EMPTY: Mapping[str, Callable[[_Fields], dict[str, JSON]]] = {
    "web_search_call": _without("action"),
    "file_search_call": lambda _: {"queries": [], "results": None},
    "code_interpreter_call": lambda fields: {**fields, "code": "", "outputs": []},
    "image_generation_call": lambda _: {},
    "mcp_list_tools": lambda fields: {"server_label": fields["server_label"], "tools": []},
    "mcp_call": lambda fields: {**fields, "approval_request_id": None, "arguments": "", "error": None, "output": None},
    "shell_call": lambda fields: {**fields, "action": {**fields["action"], "commands": []}},
    "shell_call_output": lambda fields: {**fields, "output": []},
    "local_shell_call": lambda fields: {**fields, "action": {"type": "exec", "command": [], "env": {}}},
    "apply_patch_call": lambda fields: {**fields, "operation": _undiffed(fields["operation"])},
    "tool_search_call": lambda fields: {**fields, "arguments": {}},
}


def _undiffed(operation: _Fields) -> JSON:
    return {**operation, "diff": ""} if "diff" in operation else operation


def _commands(part: Hosted) -> list[tuple[Piece, ...]]:
    """The pieces of each command; those that a limit cut away are not there. Of a piece that goes on in the next
    command the first part has its tokens.
    """
    rest = list(part.pieces)
    commands: list[tuple[Piece, ...]] = []
    action: Any = part.fields["action"]
    for command in action["commands"]:
        pieces: list[Piece] = []
        left = len(command)
        while rest and left:
            piece = rest.pop(0)
            if len(piece.text) > left:
                rest.insert(0, Piece(piece.text[left:], 0, ()))
                piece = Piece(piece.text[:left], piece.tokens, piece.raw)
            pieces.append(piece)
            left -= len(piece.text)
        if command and not pieces:
            break
        commands.append(tuple(pieces))
    return commands


def _said_commands(part: Hosted) -> dict[str, JSON]:
    action: Any = part.fields["action"]
    return {"action": {**action, "commands": [joined(command) for command in _commands(part)]}}


def _said_diff(part: Hosted) -> dict[str, JSON]:
    operation: Any = part.fields["operation"]
    return {"operation": {**operation, "diff": joined(part.pieces)} if "diff" in operation else operation}


# What is said in an item follows from its pieces, of which a limit may have left some away.
_TEXTS: Mapping[str, Callable[[Hosted], dict[str, JSON]]] = {
    "code_interpreter_call": lambda part: {"code": joined(part.pieces)},
    "mcp_call": lambda part: {"arguments": joined(part.pieces)},
    "shell_call": _said_commands,
    "apply_patch_call": _said_diff,
}

# What an item that was cut off did not come to.
_UNDONE: Mapping[str, Mapping[str, JSON]] = {
    "code_interpreter_call": {"outputs": []},
    "mcp_call": {"output": None, "error": None},
}


def _with_sources(fields: _Fields, request: Request) -> dict[str, JSON]:
    shown = fields["action"] if includes(request, SOURCES) else _without("sources")(fields["action"])
    return {"action": shown}


_SHOWN: Mapping[str, Callable[[_Fields, Request], dict[str, JSON]]] = {
    "web_search_call": _with_sources,
    "file_search_call": lambda fields, request: {"results": fields["results"] if includes(request, FILES) else None},
    "code_interpreter_call": lambda fields, request: {
        "outputs": fields["outputs"] if includes(request, PRINTED) else None
    },
}

_Inside: TypeAlias = Callable[[Hosted, Mapping[str, JSON], Mapping[str, JSON]], Iterator[Event]]


def _phase(part: Hosted, name: str, place: Mapping[str, JSON]) -> Event:
    return Event(f"response.{part.type}.{name}", place)


def _search(part: Hosted, _finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    for name in ("in_progress", "searching", "completed"):
        yield _phase(part, name, place)


def _code(part: Hosted, finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    yield _phase(part, "in_progress", place)
    yield from deltas("response.code_interpreter_call_code", "code", part.pieces, place)
    if finished["status"] == "completed":
        yield _phase(part, "interpreting", place)
        yield _phase(part, "completed", place)


def _image(part: Hosted, _finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    yield _phase(part, "in_progress", place)
    yield _phase(part, "generating", place)
    told = {name: part.fields[name] for name in ("background", "output_format", "quality", "size")}
    for index, image in enumerate(part.images):
        fields = {**place, **told, "partial_image_b64": image, "partial_image_index": index}
        yield Event("response.image_generation_call.partial_image", fields)
    yield _phase(part, "completed", place)


def _list_tools(part: Hosted, _finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    yield _phase(part, "in_progress", place)
    yield _phase(part, "failed" if "error" in part.fields else "completed", place)


def _mcp(part: Hosted, finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    """The arguments come in one delta; a call that was approved begins twice (§7.5)."""
    name, text = "response.mcp_call_arguments", joined(part.pieces)
    yield _phase(part, "in_progress", place)
    tokens = sum(piece.tokens for piece in part.pieces)
    yield Event(f"{name}.delta", {**place, "delta": text}, "token", tokens, f"arguments {compact(text)}")
    if part.fields["approval_request_id"] is not None:
        yield _phase(part, "in_progress", place)
    yield Event(f"{name}.done", {**place, "arguments": text})
    if finished["status"] in {"completed", "failed"}:
        yield _phase(part, str(finished["status"]), place)


def _shell(part: Hosted, _finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    """The commands one by one; these events do not name the item (§7.4)."""
    name = "response.shell_call_command"
    for index, pieces in enumerate(_commands(part)):
        here = {"command_index": index, "output_index": place["output_index"]}
        yield Event(f"{name}.added", {**here, "command": ""})
        yield from deltas(name, "command", pieces, here)


def _printed(part: Hosted, _finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    """What each command printed, in one delta, which is an object and so has no padding (§7.1)."""
    name = "response.shell_call_output_content"
    output: Any = part.fields["output"]
    for index, printed in enumerate(output):
        here = {**place, "command_index": index}
        yield Event(f"{name}.delta", {**here, "delta": {key: printed[key] for key in ("stderr", "stdout")}})
        yield Event(f"{name}.done", {**here, "output": [printed]})


def _patch(part: Hosted, _finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    """The diff; these events are on the wire and in no SDK (§7.4)."""
    operation: Any = part.fields["operation"]
    if "diff" in operation:
        yield from deltas("response.apply_patch_call_operation_diff", "diff", part.pieces, place)


def _compaction(part: Hosted, _finished: Mapping[str, JSON], place: Mapping[str, JSON]) -> Iterator[Event]:
    if part.announced:
        yield Event("response.compaction.compacting", place)


_INSIDE: Mapping[str, _Inside] = {
    "web_search_call": _search,
    "file_search_call": _search,
    "code_interpreter_call": _code,
    "image_generation_call": _image,
    "mcp_list_tools": _list_tools,
    "mcp_call": _mcp,
    "shell_call": _shell,
    "shell_call_output": _printed,
    "apply_patch_call": _patch,
    "compaction": _compaction,
}
