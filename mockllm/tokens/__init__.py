"""Text to tokens: the default splitter, OpenAI's own vocabularies, and the pieces that a stream can show.

Here: the public names, and nothing else. Look next at `splitter.py` (the cheap default), `vocabulary.py` (exact tokens,
from an optional extra that is imported on first use only) and `piece.py` (what the stream does with tokens that are
half a character).
"""

from mockllm.tokens.piece import LongText, Piece, count, cut, grouped, joined, one_by_one, pieces, within
from mockllm.tokens.splitter import splitter
from mockllm.tokens.tokenizer import Tokenizer
from mockllm.tokens.vocabulary import for_model

__all__ = [
    "LongText",
    "Piece",
    "Tokenizer",
    "count",
    "cut",
    "for_model",
    "grouped",
    "joined",
    "one_by_one",
    "pieces",
    "splitter",
    "within",
]
