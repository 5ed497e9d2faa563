"""What the request limits and asks for beside the words: `stop`, `max_tokens`, logprobs, usage.

Here: cutting a choice and counting a turn. All counts are of the same tokens that pacing uses. Not here: where the
words come from.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain

from mockllm.bounded import Same
from mockllm.request import Request
from mockllm.scenario.reply import UsageSpec
from mockllm.seeds import Seed
from mockllm.tokens import LongText, Piece, Tokenizer, cut, joined, within
from mockllm.turn import (
    Audio,
    Choice,
    CountedLater,
    Logprob,
    Part,
    Reasoning,
    Refusal,
    StopReason,
    Text,
    ToolCall,
    Usage,
    part_tokens,
)

# The overhead of the chat format: tokens around each message, and those that open the answer.
_TOKENS_PER_MESSAGE = 3
_TOKENS_OF_OPENING = 3
_WITHOUT_CHAT_FORMAT = frozenset({"completions", "embeddings"})

_MOST_COUNTED = 64

# The service's own word for a token that could not have come.
_IMPOSSIBLE = -9999.0

_ALTERNATIVES = (b" the", b" a", b" and", b" to", b" of", b".", b",", b" in", b" is", b" that")


def choice(parts: tuple[Part, ...], stop: str | None, request: Request, seed: Seed) -> Choice:
    """One choice within the bounds of the request, with its stop reason."""
    reason = stop or _reason(parts, request)
    parts, stopped = _until_stop(parts, request.stop)
    if stopped:
        reason = StopReason.STOP
    parts, cut_short = _within(parts, request.max_tokens)
    if cut_short:
        reason = StopReason.LENGTH
    if request.logprobs:
        parts = tuple(_with_logprobs(part, request, seed.child("logprobs", index)) for index, part in enumerate(parts))
    return Choice(parts, reason)


def _reason(parts: tuple[Part, ...], request: Request) -> StopReason:
    """A turn with calls ends with `tool_calls`, unless the request forced that one tool: then with `stop`
    (wire-contract §5.1).
    """
    calls = [part for part in parts if isinstance(part, ToolCall)]
    if not calls:
        return StopReason.STOP
    forced = request.tool_choice in {tool.name for tool in request.tools}
    return StopReason.STOP if forced else StopReason.TOOL_CALLS


def _until_stop(parts: tuple[Part, ...], words: tuple[str, ...]) -> tuple[tuple[Part, ...], bool]:
    """The parts up to the first stop sequence in a text, which is not itself sent."""
    for index, part in enumerate(parts):
        if isinstance(part, Text):
            text = joined(part.pieces)
            places = [place for word in words if word and (place := text.find(word)) >= 0]
            if places:
                return (*parts[:index], replace(part, pieces=_up_to(part.pieces, min(places)))), True
    return parts, False


def _up_to(text: Sequence[Piece], length: int) -> tuple[Piece, ...]:
    """The pieces of the first `length` characters; the last piece may be shortened, and then counts as one token."""
    kept: list[Piece] = []
    for piece in text:
        shown = piece.text[:length]
        if shown == piece.text:
            kept.append(piece)
        elif shown:
            kept.append(Piece(shown, 1, (shown.encode(errors="surrogatepass"),)))
        length -= len(shown)
    return tuple(kept)


def _within(parts: tuple[Part, ...], limit: int | None) -> tuple[tuple[Part, ...], bool]:
    """The parts that fit into the token limit, and whether something did not."""
    if limit is None:
        return parts, False
    kept: list[Part] = []
    for part in parts:
        if not within(part.pieces, limit):
            return (*kept, *((_cut(part, limit),) if limit else ())), True
        if limit:
            kept.append(part)
        limit -= part_tokens(part)
    return parts, False


def _cut(part: Part, limit: int) -> Part:
    shortened = cut(part.pieces, limit)
    if isinstance(part, Audio):
        share = len(part.data) * limit // part_tokens(part)
        return replace(part, pieces=shortened, data=part.data[:share])
    return replace(part, pieces=shortened)


def _with_logprobs(part: Part, request: Request, seed: Seed) -> Part:
    if not isinstance(part, (Text, Refusal)):
        return part
    tokens = chain.from_iterable(piece.raw for piece in part.pieces)
    entries = tuple(_logprob(token, request.top_logprobs, seed.child(place)) for place, token in enumerate(tokens))
    return replace(part, logprobs=entries)


def _logprob(token: bytes, alternatives: int, seed: Seed) -> Logprob:
    """A likely token, of a probability between 0.6 and 1. Each alternative takes half of what is left of it."""
    chance = 1 - 0.4 * seed.fraction() ** 3
    others = [word for word in _ALTERNATIVES if word != token]
    shift = int(seed.child("alternatives").fraction() * len(others))
    ranked = [*others[shift:], *others[:shift], *(f" word{rank}".encode() for rank in range(alternatives))]
    top = [(token, _log(chance))]
    top += [(word, _log((1 - chance) / 2**rank)) for rank, word in enumerate(ranked[:alternatives], start=1)]
    return Logprob(token, _log(chance), tuple(top[:alternatives]))


def _log(chance: float) -> float:
    return round(math.log(chance), 8) if chance > 0 else _IMPOSSIBLE


def usage(choices: tuple[Choice, ...], request: Request, tokenizer: Tokenizer, told: UsageSpec | None) -> Usage:
    """The counted tokens, with those replaced that the author tells.

    Reasoning is part of the output, so told reasoning changes the output unless that is told too.
    """
    read = input_tokens(request, tokenizer) if told is None or told.input is None else told.input
    cached = 0 if told is None or told.cached is None else told.cached
    if _is_long(Same(choices)):
        return CountedLater(read, cached, partial(_output, choices, told))
    output, reasoning, audio = _output(choices, told)
    return Usage(read, output, reasoning, cached, audio)


@lru_cache(_MOST_COUNTED)
def _is_long(choices: Same[tuple[Choice, ...]]) -> bool:
    """Whether to count the tokens takes a while."""
    return any(isinstance(part.pieces, LongText) for choice in choices.value for part in choice.parts)


def _output(choices: tuple[Choice, ...], told: UsageSpec | None) -> tuple[int, int, int]:
    """The tokens of the answer, of its reasoning, and of its sound."""
    output, reasoning, audio = _counted(Same(choices))
    if told is None:
        return output, reasoning, audio
    thought = reasoning if told.reasoning is None else told.reasoning
    return output - reasoning + thought if told.output is None else told.output, thought, audio


@lru_cache(_MOST_COUNTED)
def _counted(choices: Same[tuple[Choice, ...]]) -> tuple[int, int, int]:
    """The tokens of all parts, of reasoning, and of sound."""
    parts = [part for choice in choices.value for part in choice.parts]
    reasoning = sum(part_tokens(part) for part in parts if isinstance(part, Reasoning))
    audio = sum(part_tokens(part) for part in parts if isinstance(part, Audio))
    return sum(map(part_tokens, parts)), reasoning, audio


def input_tokens(request: Request, tokenizer: Tokenizer) -> int:
    """The tokens of the conversation, with the overhead of the chat format where there is one."""
    bare = request.api in _WITHOUT_CHAT_FORMAT
    total = 0 if bare else _TOKENS_OF_OPENING
    for message in request.messages:
        total += (0 if bare else _TOKENS_PER_MESSAGE) + len(tokenizer.split(message.text))
        total += sum(len(tokenizer.split(call.arguments)) for call in message.tool_calls)
    return total
