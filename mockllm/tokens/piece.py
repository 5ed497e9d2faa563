"""Runs of tokens that are whole characters: the unit that a stream can show.

A token may end inside a character, but a delta is JSON and holds whole characters, so the service holds such tokens
back until the character is complete. Here: that grouping, and the arithmetic on it. Not here: where tokens come from
(`splitter.py`, `vocabulary.py`) and what a delta looks like (`dialects/`).
"""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from mockllm.unrolled import Unrolled

_utf8_decoder = codecs.getincrementaldecoder("utf-8")

# Most tokens are words that come again and again.
_MOST_KEPT = 8_192
_LONGEST_KEPT = 24


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens that go out together, because only the last of them ends a character.

    `text` is what the delta shows, `tokens` how many tokens it is, `raw` the bytes of each token, for the entries of
    `logprobs` (wire-contract §5.2, `bytes`).
    """

    text: str
    tokens: int
    raw: tuple[bytes, ...]


class LongText(Unrolled[Piece]):
    """The pieces of a text that is known as a whole: a long one, which is cut into tokens as far as it is sent. There
    are at most so many of them.
    """

    __slots__ = ("_extra", "most", "text")

    def __init__(self, text: str, items: Iterable[Piece], most: int | None = None) -> None:
        super().__init__(self._counted(items))
        self._extra = 0
        self.text = text
        self.most = len(text) if most is None else most

    def _counted(self, items: Iterable[Piece]) -> Iterator[Piece]:
        for piece in items:
            self._extra += piece.tokens - 1
            yield piece

    def tokens(self) -> int:
        """How many tokens all pieces are."""
        return len(self) + self._extra


def pieces(tokens: Iterable[bytes]) -> tuple[Piece, ...]:
    """The shortest runs of tokens that end where a character ends.

    Bytes that are not UTF-8, or a character that never ends, show as U+FFFD, just as `bytes.decode` shows them with
    "replace"; `raw` keeps what was given.
    """
    return tuple(one_by_one(tokens))


def one_by_one(tokens: Iterable[bytes]) -> Iterator[Piece]:
    """What `pieces` gives, each as soon as its last token is there."""
    decoder = _utf8_decoder("replace")
    held: list[bytes] = []
    text = ""
    for token in tokens:
        if not held and len(token) <= _LONGEST_KEPT and (alone := _alone(token)) is not None:
            yield alone
            continue
        held.append(token)
        text += decoder.decode(token)
        unfinished, _ = decoder.getstate()
        if not unfinished:
            yield Piece(text, len(held), tuple(held))
            held, text = [], ""
    if held:
        yield Piece(text + decoder.decode(b"", final=True), len(held), tuple(held))


@lru_cache(_MOST_KEPT)
def _alone(token: bytes) -> Piece | None:
    """The piece of a token that is whole characters."""
    try:
        return Piece(token.decode(), 1, (token,))
    except UnicodeDecodeError:
        return None


def cut(pieces: Sequence[Piece], limit: int) -> Sequence[Piece]:
    """The longest prefix of at most `limit` tokens.

    A piece that the limit would divide is dropped whole, because half a character cannot be shown.
    """
    total = 0
    for index, piece in enumerate(pieces):
        total += piece.tokens
        if total > limit:
            return pieces[:index]
    return pieces


def grouped(pieces: Iterable[Piece], size: int) -> Sequence[Piece]:
    """The pieces put together, each as large as it can be with at most `size` tokens; one that is larger stays."""
    groups = map(_together, _groups(pieces, size))
    return LongText(pieces.text, groups, pieces.most) if isinstance(pieces, LongText) else tuple(groups)


def _groups(pieces: Iterable[Piece], size: int) -> Iterator[list[Piece]]:
    group: list[Piece] = []
    room = 0
    for piece in pieces:
        room -= piece.tokens
        if room < 0 and group:
            yield group
            group = []
        if not group:
            room = size - piece.tokens
        group.append(piece)
    if group:
        yield group


def _together(group: list[Piece]) -> Piece:
    if len(group) == 1:
        return group[0]
    return Piece(joined(group), count(group), tuple(token for piece in group for token in piece.raw))


def joined(pieces: Iterable[Piece]) -> str:
    """The text that a client has after all these pieces."""
    if isinstance(pieces, LongText):
        return pieces.text
    return "".join(piece.text for piece in pieces)


def count(pieces: Iterable[Piece]) -> int:
    """How many tokens these pieces are, as `usage` counts them."""
    if isinstance(pieces, LongText):
        return pieces.tokens()
    return sum(piece.tokens for piece in pieces)


def within(pieces: Iterable[Piece], limit: int) -> bool:
    """Whether these pieces are at most so many tokens. No more of them are looked at than it takes to tell."""
    return all(total <= limit for total in accumulate(piece.tokens for piece in pieces))
