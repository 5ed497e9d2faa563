"""The author's words become the parts of a turn.

Here: text into pieces, arguments into text, derived call ids. Not here: limits from the request (`bounds.py`) and
words that the author did not write (`auto.py`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import assert_never

from mockllm.fill.audio import silence
from mockllm.fill.template import Template
from mockllm.request import JSON
from mockllm.scenario.content import (
    AudioPart,
    Content,
    PartSpec,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
)
from mockllm.scenario.content import Text as WrittenText
from mockllm.seeds import Seed
from mockllm.tokens import Piece, Tokenizer, pieces
from mockllm.turn import Audio, Part, Reasoning, Refusal, Text, ToolCall

_DAY_S = 24 * 3600

_MOST_KEPT = 256
_LONGEST_KEPT = 2_048


def parts(said: Content, template: Template, tokenizer: Tokenizer, seed: Seed, created: int) -> tuple[Part, ...]:
    """The parts of one choice, in order; its annotations are on its last text."""
    specs = said.ordered()
    spaced = sum(isinstance(spec, ToolCallPart) for spec in specs) > 1
    seeds = [seed.child("part", index) for index in range(len(specs))]
    made = [
        _part(spec, _Words(template.seeded(own), tokenizer, spaced), own, created)
        for spec, own in zip(specs, seeds, strict=True)
    ]
    for index in reversed(range(len(made))):
        part = made[index]
        if isinstance(part, Text):
            made[index] = replace(part, annotations=said.annotations)
            break
    return tuple(made)


def arguments_text(arguments: JSON, *, spaced: bool) -> str:
    """JSON arguments as the model writes them: compact for a single call, with spaces for parallel ones
    (wire-contract §5.1).
    """
    separators = (", ", ": ") if spaced else (",", ":")
    return json.dumps(arguments, ensure_ascii=False, separators=separators)


@dataclass(frozen=True, slots=True)
class _Words:
    """How the words of one part become pieces."""

    template: Template
    tokenizer: Tokenizer
    spaced: bool

    def pieces(self, text: WrittenText) -> tuple[Piece, ...]:
        """A text cut into tokens; a list gives the tokens themselves, one each."""
        filled = self.template.text(text) if isinstance(text, str) else tuple(map(self.template.text, text))
        return _cut(filled, self.tokenizer) if len(filled) <= _LONGEST_KEPT else _cut_anew(filled, self.tokenizer)

    def arguments(self, call: ToolCallPart) -> tuple[Piece, ...]:
        """The text of a call: its input, its raw arguments, or its arguments as JSON with the templates inside filled
        in.
        """
        if call.input is not None:
            return self.pieces(call.input)
        if call.arguments is None or isinstance(call.arguments, Mapping):
            filled = self._filled(call.arguments or {})
            return pieces(self.tokenizer.split(arguments_text(filled, spaced=self.spaced)))
        return self.pieces(call.arguments)

    def _filled(self, value: JSON) -> JSON:
        match value:
            case str(text):
                return self.template.text(text)
            case Mapping():
                return {key: self._filled(item) for key, item in value.items()}
            case list() | tuple():
                return [self._filled(item) for item in value]
        return value


def _cut_anew(text: WrittenText, tokenizer: Tokenizer) -> tuple[Piece, ...]:
    if isinstance(text, str):
        return pieces(tokenizer.split(text))
    return tuple(Piece(token, 1, (token.encode(errors="surrogatepass"),)) for token in text)


# Most texts are the author's and the same for every request.
_cut = lru_cache(_MOST_KEPT)(_cut_anew)


def _part(spec: PartSpec, words: _Words, seed: Seed, created: int) -> Part:
    match spec:
        case TextPart():
            return Text(words.pieces(spec.text))
        case ReasoningPart():
            return Reasoning(words.pieces(spec.text), spec.field)
        case RefusalPart():
            return Refusal(words.pieces(spec.text))
        case ToolCallPart():
            kind = "custom" if spec.input is not None else "function"
            return ToolCall(spec.id or call_id(seed), spec.name, words.arguments(spec), kind)
        case AudioPart():
            transcript = words.pieces(spec.transcript)
            data = spec.data if spec.data is not None else silence(sum(piece.tokens for piece in transcript))
            return Audio(f"audio_{seed.hex(32)}", transcript, data, created + _DAY_S)
        case _:
            assert_never(spec)


def call_id(seed: Seed) -> str:
    """`call_` and 24 alphanumerics."""
    return f"call_{seed.child('call').alphanumeric(24)}"
