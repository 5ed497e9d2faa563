"""A decided assistant turn: what is said, before any API's grammar and before time.

Here: the parts of an answer in the order in which the model makes them. Not here: JSON (`dialects/`), delays
(`scenario/pace/`) and how a reply becomes a turn (`fill/`). Pieces come from `tokens/`: one piece is what one
streamed delta shows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from mockllm.bounded import Same
from mockllm.request import JSON
from mockllm.tokens import Piece, count, grouped, joined

_COUNTED = ("output_tokens", "reasoning_tokens", "audio_tokens")

_MOST_REGROUPED = 64


class StopReason(StrEnum):
    """Why a choice ended, in the words of Chat Completions (wire-contract §5.1). A scripted reason outside this list
    stays a plain string.
    """

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    FUNCTION_CALL = "function_call"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Logprob:
    """A token's log probability with its likeliest alternatives as (token bytes, logprob), likeliest first."""

    token: bytes
    logprob: float
    top: tuple[tuple[bytes, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Text the user sees. `logprobs` has one entry per token, or is empty when none were asked for."""

    pieces: Sequence[Piece]
    annotations: tuple[JSON, ...] = ()
    logprobs: tuple[Logprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Thinking before the answer. `field` is the name that Chat Completions endpoints give it; `raw` is the thinking
    itself, where the Responses API else has a summary.
    """

    pieces: Sequence[Piece]
    field: str = "reasoning_content"
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal in the words of the model, in place of content."""

    pieces: Sequence[Piece]
    logprobs: tuple[Logprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of one tool; `pieces` are the text of its arguments (or the input, for a `custom` tool)."""

    id: str
    name: str
    pieces: Sequence[Piece]
    kind: str = "function"


@dataclass(frozen=True, slots=True)
class Audio:
    """Spoken output: base64 pieces of sound beside the pieces of its transcript."""

    id: str
    pieces: Sequence[Piece]
    data: tuple[str, ...]
    expires_at: int


@dataclass(frozen=True, slots=True)
class Hosted:
    """What a tool of the service did or asks of the client, which only the Responses API tells.

    `type` is that of its output item, and `fields` are the item's other members as they are in the end. `pieces` is the
    text in it that streams, such as code. `images` are unfinished images, in base64. With `awaits` the client must act
    on it, and with `announced` the service tells that it is at work on it.
    """

    type: str
    fields: Mapping[str, JSON]
    pieces: Sequence[Piece] = ()
    images: tuple[str, ...] = ()
    awaits: bool = False
    announced: bool = False


Part: TypeAlias = Text | Reasoning | Refusal | ToolCall | Audio | Hosted


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the alternatives of an answer. `stop` is a StopReason or whatever the author scripted instead, None for
    none at all.
    """

    parts: tuple[Part, ...]
    stop: str | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts (wire-contract §5.1): reasoning is part of the output, cached tokens are part of the input."""

    input_tokens: int
    output_tokens: int
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    audio_tokens: int = 0

    def with_output(self, tokens: int) -> "Usage":
        """The same with another number of tokens in the output."""
        return Usage(self.input_tokens, tokens, self.reasoning_tokens, self.cached_tokens, self.audio_tokens)


class CountedLater(Usage):
    """The usage of a long answer, whose output is counted when somebody asks: most streams do not tell it, and to count
    it the whole text has to be cut into tokens. `count` gives the tokens of output, reasoning and audio.
    """

    __slots__ = ("_count",)
    _count: Callable[[], tuple[int, int, int]]

    def __init__(self, input_tokens: int, cached_tokens: int, count: Callable[[], tuple[int, int, int]]) -> None:
        for name, value in (("input_tokens", input_tokens), ("cached_tokens", cached_tokens), ("_count", count)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> int:
        if name not in _COUNTED:
            raise AttributeError(name)
        for known, tokens in zip(_COUNTED, self._count(), strict=True):
            object.__setattr__(self, known, tokens)
        value: int = getattr(self, name)
        return value


@dataclass(frozen=True, slots=True)
class Turn:
    """A whole answer. `key` is the alphanumeric core from which each dialect makes its ids; `created` is in seconds
    since 1970.
    """

    key: str
    model: str
    created: int
    choices: tuple[Choice, ...]
    usage: Usage
    service_tier: str | None = None
    system_fingerprint: str | None = None


def chunked(turn: Turn, tokens: int) -> Turn:
    """The turn in pieces of so many tokens, where that is more than one: less only at the end of a part."""
    if tokens == 1:
        return turn
    return replace(turn, choices=_regrouped(Same(turn.choices), tokens))


# Most turns have the choices of a reply that says the same to every request.
@lru_cache(_MOST_REGROUPED)
def _regrouped(choices: Same[tuple[Choice, ...]], tokens: int) -> tuple[Choice, ...]:
    return tuple(
        replace(choice, parts=tuple(replace(part, pieces=grouped(part.pieces, tokens)) for part in choice.parts))
        for choice in choices.value
    )


def part_tokens(part: Part) -> int:
    """How many tokens the part is, which is what it costs in usage, pacing and limits."""
    return count(part.pieces)


def part_text(part: Part) -> str:
    """The whole text of a part."""
    return joined(part.pieces)


def token_text(token: bytes) -> str:
    """A token as log probabilities show it: one that is a part of a character is shown by its bytes, as the real
    service does.
    """
    try:
        return token.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in token)
