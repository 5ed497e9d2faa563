"""The author's words as they are sent: templates filled in, texts cut into pieces, arguments as JSON.

Here: how the words of one part become pieces. Not here: which parts there are (`content.py`, `hosted.py`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mockllm.fill.template import Template
from mockllm.request import JSON
from mockllm.scenario.texts import Arguments
from mockllm.scenario.texts import Text as WrittenText
from mockllm.seeds import Seed
from mockllm.tokens import LongText, Piece, Tokenizer, one_by_one, pieces
from mockllm.tokens.tokenizer import well_formed

_MOST_KEPT = 256
_LONGEST_KEPT = 2_048


def arguments_text(arguments: JSON, *, spaced: bool) -> str:
    """JSON arguments as the model writes them: compact for a single call, with spaces for parallel ones
    (wire-contract §5.1).
    """
    separators = (", ", ": ") if spaced else (",", ":")
    return json.dumps(arguments, ensure_ascii=False, separators=separators)


def call_id(seed: Seed) -> str:
    """`call_` and 24 alphanumerics."""
    return f"call_{seed.child('call').alphanumeric(24)}"


@dataclass(frozen=True, slots=True)
class Words:
    """How the words of one part become pieces. `spaced` says that it is one of several calls."""

    template: Template
    tokenizer: Tokenizer
    spaced: bool

    def pieces(self, text: WrittenText) -> Sequence[Piece]:
        """A text cut into tokens; a list gives the tokens themselves, one each. A long one is cut as it is sent."""
        filled = self.template.text(text) if isinstance(text, str) else tuple(map(self.template.text, text))
        return _cut(filled, self.tokenizer) if len(filled) <= _LONGEST_KEPT else _cut_later(filled, self.tokenizer)

    def arguments(self, arguments: Arguments | None) -> Sequence[Piece]:
        """Raw arguments, or arguments as JSON with the templates inside filled in."""
        if arguments is None or isinstance(arguments, Mapping):
            filled = self.filled(arguments or {})
            return pieces(self.tokenizer.split(arguments_text(filled, spaced=self.spaced)))
        return self.pieces(arguments)

    def filled(self, value: JSON) -> JSON:
        """The value with the templates inside filled in."""
        match value:
            case str(text):
                return self.template.text(text)
            case Mapping():
                return {key: self.filled(item) for key, item in value.items()}
            case list() | tuple():
                return [self.filled(item) for item in value]
        return value


# Most texts are the author's and the same for every request.
@lru_cache(_MOST_KEPT)
def _cut(text: WrittenText, tokenizer: Tokenizer) -> tuple[Piece, ...]:
    return pieces(tokenizer.split(text)) if isinstance(text, str) else tuple(_given(text))


def _cut_later(text: WrittenText, tokenizer: Tokenizer) -> LongText:
    if isinstance(text, str):
        return LongText(well_formed(text), one_by_one(tokenizer.tokens(text)))
    return LongText("".join(text), _given(text), len(text))


def _given(tokens: Sequence[str]) -> Iterator[Piece]:
    return (Piece(token, 1, (token.encode(errors="surrogatepass"),)) for token in tokens)
