"""Legacy completions, writing a turn: the `text_completion` object, whole or in chunks (wire-contract §6).

Here: both, as they have the same shape. On `length` the last text chunk carries the finish reason itself; on `stop` a
chunk without text does, which is not recorded but is what the clients' fixtures read. Reasoning has no place in this
API and is left out; a refusal is text. Not here: reading (`read.py`).
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import assert_never

from mockllm.dialects.completions.read import prompts
from mockllm.dialects.lanes import side_by_side
from mockllm.errors import MockLLMError
from mockllm.plan import Frame, FrameKind
from mockllm.request import JSON, Request
from mockllm.tokens import Piece
from mockllm.turn import (
    Audio,
    Choice,
    Hosted,
    Logprob,
    Reasoning,
    Refusal,
    StopReason,
    Text,
    ToolCall,
    Turn,
    token_text,
)

_DONE = Frame(data="[DONE]", kind="done", label="[DONE]")


class NoTextError(MockLLMError):
    """A turn that this API, which knows nothing but text, cannot tell."""


def body(turn: Turn, request: Request) -> dict[str, JSON]:
    """The turn as a `text_completion`."""
    choices: list[JSON] = []
    for index, choice in enumerate(turn.choices):
        pieces, logprobs = _said(choice, index, request)
        text = "".join(piece.text for piece in pieces)
        choices.append(_choice(text, index, _logprobs(pieces, logprobs, 0), choice.stop))
    return {**_head(turn), "choices": choices, "model": turn.model, "usage": _usage(turn)}


def stream(turn: Turn, request: Request) -> Iterator[Frame]:
    """The turn as chunks, all choices side by side, then usage if it was asked for, then the end marker."""
    options = request.json.get("stream_options")
    wants_usage = isinstance(options, Mapping) and options.get("include_usage") is True
    tail: dict[str, JSON] = {"model": turn.model, **({"usage": None} if wants_usage else {})}
    lanes = [_chunks(choice, index, request) for index, choice in enumerate(turn.choices)]
    for index, (text, tokens, logprobs, finish) in side_by_side(lanes, lambda chunk: chunk[1]):
        chunk: JSON = {**_head(turn), "choices": [_choice(text, index, logprobs, finish)], **tail}
        kind: FrameKind = "token" if tokens else "finish"
        label = f'"{text}"' if tokens else f"finish {finish}"
        yield Frame(chunk, kind, tokens, label, choice=index)
    if wants_usage:
        told: JSON = {**_head(turn), "choices": [], "model": turn.model, "usage": _usage(turn)}
        yield Frame(told, "usage", label="usage")
    yield _DONE


def _head(turn: Turn) -> dict[str, JSON]:
    return {"id": f"cmpl-{turn.key[:29]}", "object": "text_completion", "created": turn.created}


def _choice(text: str, index: int, logprobs: JSON, finish: str | None) -> JSON:
    return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish}


def _chunks(choice: Choice, index: int, request: Request) -> Iterator[tuple[str, int, JSON, str | None]]:
    """Text, tokens, logprobs and finish reason of each chunk of a choice."""
    pieces, logprobs = _said(choice, index, request)
    rides = choice.stop == StopReason.LENGTH and bool(pieces)
    offsets = accumulate((len(piece.text) for piece in pieces), initial=0)
    start = 0
    for number, (piece, offset) in enumerate(zip(pieces, offsets, strict=False), start=1):
        shown = _logprobs((piece,), logprobs[start : start + piece.tokens], offset)
        start += piece.tokens
        last = rides and number == len(pieces)
        yield piece.text, piece.tokens, shown, choice.stop if last else None
    if not rides and choice.stop is not None:
        yield "", 0, None, choice.stop


def _said(choice: Choice, index: int, request: Request) -> tuple[tuple[Piece, ...], tuple[Logprob, ...]]:
    """The pieces of a choice with their logprobs; with `echo` its prompt comes first, in a piece without tokens."""
    pieces: tuple[Piece, ...] = ()
    logprobs: tuple[Logprob, ...] = ()
    for part in choice.parts:
        match part:
            case Text() | Refusal():
                pieces = (*pieces, *part.pieces)
                logprobs += part.logprobs
            case Audio():
                pieces = (*pieces, *part.pieces)
            case ToolCall():
                raise NoTextError(
                    f"the reply calls {part.name}, but the completions API knows nothing but text: reply with text, or "
                    "let the rule match another api"
                )
            case Reasoning() | Hosted(awaits=False):
                pass
            case Hosted():
                raise NoTextError(
                    f"the reply has a {part.type} for the client to act on, but the completions API knows nothing but "
                    "text: reply with text, or let the rule match another api"
                )
            case _:
                assert_never(part)
    if request.json.get("echo") is True:
        asked = prompts(request.json)
        pieces = (Piece(asked[index * len(asked) // request.choices % len(asked)], 0, ()), *pieces)
    return pieces, logprobs


def _logprobs(pieces: tuple[Piece, ...], logprobs: tuple[Logprob, ...], offset: int) -> JSON:
    """The legacy form: parallel lists, one entry for each token."""
    if not logprobs:
        return None
    tokens = [token_text(entry.token) for entry in logprobs]
    starts = list(accumulate(map(len, tokens), initial=offset + sum(len(it.text) for it in pieces if not it.tokens)))
    return {
        "tokens": list(tokens),
        "token_logprobs": [entry.logprob for entry in logprobs],
        "top_logprobs": [{token_text(token): value for token, value in entry.top} for entry in logprobs],
        "text_offset": list(starts[:-1]),
    }


def _usage(turn: Turn) -> JSON:
    usage = turn.usage
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
