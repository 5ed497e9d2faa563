"""The author's words become the parts of a turn.

Here: text into pieces, arguments into text, derived call ids. Not here: limits from the request (`bounds.py`) and
words that the author did not write (`auto.py`).
"""

import json
from collections.abc import Mapping
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


def parts(said: Content, template: Template, tokenizer: Tokenizer, seed: Seed, created: int) -> tuple[Part, ...]:
    """The parts of one choice, in order."""
    specs = said.ordered()
    spaced = sum(isinstance(spec, ToolCallPart) for spec in specs) > 1
    return tuple(
        _part(spec, said, _Maker(template, tokenizer, seed.child("part", index), created, spaced))
        for index, spec in enumerate(specs)
    )


def arguments_text(arguments: JSON, *, spaced: bool) -> str:
    """JSON arguments as the model writes them: compact for a single call, with spaces for parallel ones
    (wire-contract §5.1).
    """
    separators = (", ", ": ") if spaced else (",", ":")
    return json.dumps(arguments, ensure_ascii=False, separators=separators)


class _Maker:
    """What one part is made with."""

    def __init__(self, template: Template, tokenizer: Tokenizer, seed: Seed, created: int, spaced: bool) -> None:
        self._template = template
        self._tokenizer = tokenizer
        self.seed = seed
        self.created = created
        self._spaced = spaced

    def pieces(self, text: WrittenText) -> tuple[Piece, ...]:
        """A text cut into tokens; a list gives the tokens themselves, one each."""
        if isinstance(text, str):
            return pieces(self._tokenizer.split(self._template.text(text)))
        filled = [self._template.text(token) for token in text]
        return tuple(Piece(token, 1, (token.encode(errors="surrogatepass"),)) for token in filled)

    def arguments(self, call: ToolCallPart) -> tuple[Piece, ...]:
        """The text of a call: its input, its raw arguments, or its arguments as JSON with the templates inside filled
        in.
        """
        written = call.input if call.input is not None else call.arguments
        if written is None:
            written = {}
        if isinstance(written, Mapping):
            return pieces(self._tokenizer.split(arguments_text(self._filled(written), spaced=self._spaced)))
        return self.pieces(written)

    def _filled(self, value: JSON) -> JSON:
        match value:
            case str(text):
                return self._template.text(text)
            case Mapping():
                return {key: self._filled(item) for key, item in value.items()}
            case list() | tuple():
                return [self._filled(item) for item in value]
        return value


def _part(spec: PartSpec, said: Content, maker: _Maker) -> Part:
    match spec:
        case TextPart():
            return Text(maker.pieces(spec.text), said.annotations)
        case ReasoningPart():
            return Reasoning(maker.pieces(spec.text), spec.field)
        case RefusalPart():
            return Refusal(maker.pieces(spec.text))
        case ToolCallPart():
            kind = "custom" if spec.input is not None else "function"
            return ToolCall(spec.id or call_id(maker.seed), spec.name, maker.arguments(spec), kind)
        case AudioPart():
            transcript = maker.pieces(spec.transcript)
            data = spec.data if spec.data is not None else silence(sum(piece.tokens for piece in transcript))
            return Audio(f"audio_{maker.seed.hex(32)}", transcript, data, maker.created + _DAY_S)
        case _:
            assert_never(spec)


def call_id(seed: Seed) -> str:
    """`call_` and 24 alphanumerics."""
    return f"call_{seed.child('call').alphanumeric(24)}"
