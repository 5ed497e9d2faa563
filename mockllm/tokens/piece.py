"""Runs of tokens that are whole characters: the unit that a stream can show.

A token may end inside a character, but a delta is JSON and holds whole characters, so the service holds such tokens
back until the character is complete. Here: that grouping, and the arithmetic on it. Not here: where tokens come from
(`splitter.py`, `vocabulary.py`) and what a delta looks like (`dialects/`).
"""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass

_utf8_decoder = codecs.getincrementaldecoder("utf-8")


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens that go out together, because only the last of them ends a character.

    `text` is what the delta shows, `tokens` how many tokens it is, `raw` the bytes of each token, for the entries of
    `logprobs` (wire-contract §5.2, `bytes`).
    """

    text: str
    tokens: int
    raw: tuple[bytes, ...]


def pieces(tokens: Iterable[bytes]) -> tuple[Piece, ...]:
    """The shortest runs of tokens that end where a character ends.

    Bytes that are not UTF-8, or a character that never ends, show as U+FFFD, just as `bytes.decode` shows them with
    "replace"; `raw` keeps what was given.
    """
    decoder = _utf8_decoder("replace")
    done: list[Piece] = []
    held: list[bytes] = []
    text = ""
    for token in tokens:
        held.append(token)
        text += decoder.decode(token)
        unfinished, _ = decoder.getstate()
        if not unfinished:
            done.append(Piece(text, len(held), tuple(held)))
            held, text = [], ""
    if held:
        done.append(Piece(text + decoder.decode(b"", final=True), len(held), tuple(held)))
    return tuple(done)


def cut(pieces: tuple[Piece, ...], limit: int) -> tuple[Piece, ...]:
    """The longest prefix of at most `limit` tokens.

    A piece that the limit would divide is dropped whole, because half a character cannot be shown.
    """
    total = 0
    for index, piece in enumerate(pieces):
        total += piece.tokens
        if total > limit:
            return pieces[:index]
    return pieces


def grouped(pieces: Iterable[Piece], size: int) -> tuple[Piece, ...]:
    """The pieces put together, each as large as it can be with at most `size` tokens; one that is larger stays."""
    groups: list[list[Piece]] = []
    room = 0
    for piece in pieces:
        room -= piece.tokens
        if room < 0 or not groups:
            groups.append([])
            room = size - piece.tokens
        groups[-1].append(piece)
    return tuple(_together(group) for group in groups)


def _together(group: list[Piece]) -> Piece:
    if len(group) == 1:
        return group[0]
    return Piece(joined(group), count(group), tuple(token for piece in group for token in piece.raw))


def joined(pieces: Iterable[Piece]) -> str:
    """The text that a client has after all these pieces."""
    return "".join(piece.text for piece in pieces)


def count(pieces: Iterable[Piece]) -> int:
    """How many tokens these pieces are, as `usage` counts them."""
    return sum(piece.tokens for piece in pieces)
