"""The author's words for tools of the service become parts of a turn.

Here: one function for each kind of part, in one table; two parts come of a tool that also tells its output. The fields
are in the order in which the items have them. Not here: the items themselves (`dialects/responses/hosted.py`).
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mockllm.fill.words import Words, call_id
from mockllm.request import JSON
from mockllm.scenario import hosted as written
from mockllm.scenario.hosted import HostedSpec
from mockllm.seeds import Seed
from mockllm.tokens import joined
from mockllm.turn import Hosted

_CONTAINER_DIGITS = 48
_FILE_CHARACTERS = 22
_SECRET_CHARACTERS = 120
_SIDE = 1024


def hosted(spec: HostedSpec, words: Words, seed: Seed) -> tuple[Hosted, ...]:
    """The parts that the author's words come to."""
    return _FORMS[type(spec)](spec, words, seed)


def _web_search(spec: written.WebSearchPart, words: Words, _seed: Seed) -> tuple[Hosted, ...]:
    if spec.open is not None and spec.find is not None:
        action: JSON = {"type": "find_in_page", "pattern": spec.find, "url": spec.open}
    elif spec.open is not None:
        action = {"type": "open_page", "url": spec.open}
    else:
        sources = [{"type": "url", "url": source} for source in spec.sources]
        queries = list(spec.queries or (spec.query,))
        action = {"type": "search", "queries": queries, "query": spec.query, "sources": sources}
    return (Hosted("web_search_call", {"action": words.filled(action)}),)


def _file_search(spec: written.FileSearchPart, words: Words, seed: Seed) -> tuple[Hosted, ...]:
    results: list[JSON] = [
        {
            "attributes": dict(result.attributes),
            "file_id": result.file_id or f"file-{seed.child('file', index).alphanumeric(_FILE_CHARACTERS)}",
            "filename": result.filename,
            "score": result.score,
            "text": result.text,
        }
        for index, result in enumerate(spec.results)
    ]
    return (Hosted("file_search_call", _filled(words, {"queries": _list(spec.queries), "results": results})),)


def _code_interpreter(spec: written.CodeInterpreterPart, words: Words, seed: Seed) -> tuple[Hosted, ...]:
    outputs: list[JSON] = [] if spec.logs is None else [{"type": "logs", "logs": spec.logs}]
    outputs += [{"type": "image", "url": url} for url in spec.images]
    code = words.pieces(spec.code)
    fields = {
        "code": joined(code),
        "container_id": spec.container or _container(seed),
        "outputs": words.filled(outputs),
    }
    return (Hosted("code_interpreter_call", fields, code),)


def _image_generation(spec: written.ImageGenerationPart, words: Words, seed: Seed) -> tuple[Hosted, ...]:
    made = [_picture(spec, seed.child("image", index)) for index in range(spec.partials + 1)]
    fields = {
        "background": spec.background,
        "output_format": spec.format,
        "quality": spec.quality,
        "result": made[-1] if spec.image is None else spec.image,
        "revised_prompt": words.filled(spec.prompt),
        "size": spec.size,
    }
    return (Hosted("image_generation_call", fields, images=tuple(made[:-1])),)


def _picture(spec: written.ImageGenerationPart, seed: Seed) -> str:
    """A picture of one colour in the size that is told, or in the usual one if that is no size."""
    from mockllm.dialects.images.picture import FORMATS, Picture  # noqa: PLC0415 - a whole API for few answers

    size = re.fullmatch("([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", spec.size)
    width, height = (int(size[1]), int(size[2])) if size else (_SIDE, _SIDE)
    red, green, blue = bytes.fromhex(seed.hex(6))
    picture = Picture(width, height, (red, green, blue), transparent=spec.background == "transparent")
    return base64.b64encode(FORMATS[spec.format](picture)).decode()


def _mcp_list_tools(spec: written.McpListToolsPart, words: Words, _seed: Seed) -> tuple[Hosted, ...]:
    tools = [
        {
            "annotations": {"read_only": False},
            **({} if tool.description is None else {"description": words.filled(tool.description)}),
            "input_schema": dict(tool.input_schema),
            "name": tool.name,
        }
        for tool in spec.tools
    ]
    failed = {} if spec.error is None else {"error": words.filled(spec.error)}
    return (Hosted("mcp_list_tools", {"server_label": spec.server, "tools": tools, **failed}),)


def _mcp_call(spec: written.McpCallPart, words: Words, _seed: Seed) -> tuple[Hosted, ...]:
    arguments = words.arguments(spec.arguments)
    error: JSON = words.filled(spec.error)
    if isinstance(error, str):
        error = {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": error}]}
    fields = {
        "approval_request_id": spec.approval,
        "arguments": joined(arguments),
        "error": error,
        "name": spec.name,
        "output": words.filled(spec.output),
        "server_label": spec.server,
    }
    return (Hosted("mcp_call", fields, arguments),)


def _mcp_approval(spec: written.McpApprovalPart, words: Words, _seed: Seed) -> tuple[Hosted, ...]:
    arguments = joined(words.arguments(spec.arguments))
    fields = {"arguments": arguments, "name": spec.name, "server_label": spec.server}
    return (Hosted("mcp_approval_request", fields, awaits=True),)


def _computer(spec: written.ComputerPart, words: Words, seed: Seed) -> tuple[Hosted, ...]:
    actions = _items(words.filled(_plain(spec.actions)))
    did: Mapping[str, JSON] = {"action": actions[0]} if spec.single else {"actions": actions}
    fields = {**did, "call_id": spec.id or call_id(seed), "pending_safety_checks": _plain(spec.checks)}
    return (Hosted("computer_call", fields, awaits=True),)


def _shell(spec: written.ShellPart, words: Words, seed: Seed) -> tuple[Hosted, ...]:
    """The call, and its output if the service ran it."""
    commands = [words.pieces(command) for command in _list(spec.commands)]
    key = spec.id or call_id(seed)
    action: JSON = {
        "commands": [joined(command) for command in commands],
        "max_output_length": spec.max_output_length,
        "timeout_ms": spec.timeout_ms,
    }
    fields: dict[str, JSON] = {"action": action, "call_id": key}
    if spec.outputs is not None or spec.container is not None:
        fields["environment"] = {"type": "container_reference", "container_id": spec.container or _container(seed)}
    pieces = tuple(piece for command in commands for piece in command)
    call = Hosted("shell_call", fields, pieces, awaits=spec.outputs is None)
    if spec.outputs is None:
        return (call,)
    output = [words.filled(_printed(printed)) for printed in spec.outputs]
    told = {"call_id": key, "max_output_length": spec.max_output_length, "output": output}
    return call, Hosted("shell_call_output", told)


def _printed(printed: written.ShellOutput) -> JSON:
    outcome: JSON = {"type": "timeout"} if printed.exit is None else {"type": "exit", "exit_code": printed.exit}
    return {"outcome": outcome, "stderr": printed.stderr, "stdout": printed.stdout}


def _local_shell(spec: written.LocalShellPart, words: Words, seed: Seed) -> tuple[Hosted, ...]:
    action: dict[str, JSON] = {"type": "exec", "command": words.filled(_list(spec.command)), "env": dict(spec.env)}
    optional = ("timeout_ms", "user", "working_directory")
    action |= {name: getattr(spec, name) for name in optional if getattr(spec, name) is not None}
    return (Hosted("local_shell_call", {"action": action, "call_id": spec.id or call_id(seed)}, awaits=True),)


def _apply_patch(spec: written.ApplyPatchPart, words: Words, seed: Seed) -> tuple[Hosted, ...]:
    diff = () if spec.diff is None else words.pieces(spec.diff)
    text = {} if spec.diff is None else {"diff": joined(diff)}
    operation = {"type": spec.operation, **text, "path": words.filled(spec.path)}
    return (
        Hosted("apply_patch_call", {"call_id": spec.id or call_id(seed), "operation": operation}, diff, awaits=True),
    )


def _tool_search(spec: written.ToolSearchPart, words: Words, seed: Seed) -> tuple[Hosted, ...]:
    """The search, and what it found if the service searched."""
    execution = "client" if spec.tools is None else "server"
    key = spec.id or call_id(seed) if spec.tools is None else None
    fields = {"arguments": words.filled(_plain(spec.arguments)), "call_id": key, "execution": execution}
    call = Hosted("tool_search_call", fields, awaits=spec.tools is None)
    if spec.tools is None:
        return (call,)
    found = {"call_id": key, "execution": execution, "tools": _plain(spec.tools)}
    return call, Hosted("tool_search_output", found)


def _compaction(spec: written.CompactionPart, _words: Words, seed: Seed) -> tuple[Hosted, ...]:
    content = spec.content
    if content is None:
        content = f"gAAAAA{seed.child('compaction').alphanumeric(_SECRET_CHARACTERS)}"
    return (Hosted("compaction", {"encrypted_content": content}, announced=spec.announced),)


def _filled(words: Words, fields: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: words.filled(value) for name, value in fields.items()}


def _list(texts: str | tuple[str, ...]) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def _plain(value: JSON) -> JSON:
    """The value with lists where the language has tuples, and mappings of its own."""
    match value:
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    return value


def _items(value: JSON) -> Sequence[JSON]:
    assert isinstance(value, list)
    return value


def _container(seed: Seed) -> str:
    return f"cntr_{seed.child('container').hex(_CONTAINER_DIGITS)}"


_FORMS: Mapping[type, Callable[[Any, Words, Seed], tuple[Hosted, ...]]] = {
    written.WebSearchPart: _web_search,
    written.FileSearchPart: _file_search,
    written.CodeInterpreterPart: _code_interpreter,
    written.ImageGenerationPart: _image_generation,
    written.McpListToolsPart: _mcp_list_tools,
    written.McpCallPart: _mcp_call,
    written.McpApprovalPart: _mcp_approval,
    written.ComputerPart: _computer,
    written.ShellPart: _shell,
    written.LocalShellPart: _local_shell,
    written.ApplyPatchPart: _apply_patch,
    written.ToolSearchPart: _tool_search,
    written.CompactionPart: _compaction,
}
