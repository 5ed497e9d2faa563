"""Words that the author did not write: prose of a given length, and answers made from the request itself.

Here: which tool to call, which schema to fill. Not here: how data is made for a schema (`schema.py`) and how prose is
made (`prose.py`).
"""

import json

from mockllm.fill.prose import prose
from mockllm.fill.words import arguments_text, call_id
from mockllm.request import JSON, Request, Tool
from mockllm.scenario.reply import Generate
from mockllm.seeds import Seed
from mockllm.tokens import Piece, Tokenizer, pieces
from mockllm.turn import Part, Reasoning, Text, ToolCall

_PROSE_TOKENS = 40
_INPUT_TOKENS = 12
_ANY_OBJECT: JSON = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}


def generated(asked: Generate, tokenizer: Tokenizer, seed: Seed) -> tuple[Part, ...]:
    """Seeded prose of exactly the asked number of tokens, after reasoning if asked for."""
    text = Text(_prose(seed.child("text"), asked.tokens, tokenizer))
    if not asked.reasoning_tokens:
        return (text,)
    return (Reasoning(_prose(seed.child("reasoning"), asked.reasoning_tokens, tokenizer)), text)


def parts(request: Request, tokenizer: Tokenizer, seed: Seed) -> tuple[Part, ...]:
    """An answer that fits the request: a call of an offered tool, data for the asked-for schema, or prose.

    A tool is called unless the request forbids it or brings tool results back and forces none.
    """
    if (tool := _tool(request, seed)) is not None:
        return (_call(tool, tokenizer, seed),)
    if request.schema is not None:
        value = _example(request.schema or _ANY_OBJECT, seed.child("schema"))
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return (Text(pieces(tokenizer.split(text))),)
    return (Text(_prose(seed.child("text"), _PROSE_TOKENS, tokenizer)),)


def _tool(request: Request, seed: Seed) -> Tool | None:
    by_name = {tool.name: tool for tool in request.tools}
    if request.tool_choice in by_name:
        return by_name[request.tool_choice]
    answered = bool(request.messages) and request.messages[-1].role in {"tool", "function"}
    allowed = request.allowed_tools
    offered = [tool for tool in request.tools if allowed is None or tool.name in allowed]
    if not offered or request.tool_choice == "none" or (answered and request.tool_choice != "required"):
        return None
    return offered[int(seed.child("tool").fraction() * len(offered))]


def _call(tool: Tool, tokenizer: Tokenizer, seed: Seed) -> Part:
    if tool.kind == "custom":
        return ToolCall(call_id(seed), tool.name, _prose(seed.child("input"), _INPUT_TOKENS, tokenizer), "custom")
    value = _example(tool.parameters, seed.child("arguments"))
    text = arguments_text(value, spaced=False)
    return ToolCall(call_id(seed), tool.name, pieces(tokenizer.split(text)))


def _example(schema: JSON, seed: Seed) -> JSON:
    """Data that the schema allows."""
    from mockllm.fill.schema import example  # noqa: PLC0415 - most answers are in the author's words

    return example(schema, seed)


def _prose(seed: Seed, tokens: int, tokenizer: Tokenizer) -> tuple[Piece, ...]:
    return pieces(tokenizer.split(prose(seed, tokens, tokenizer.split)))
