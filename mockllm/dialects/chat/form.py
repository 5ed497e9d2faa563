"""Chat Completions, the forms of chunks: what is the same in many of them, and what each says in it.

Most chunks of a stream differ in one piece of text. Here: a chunk before its envelope, and how it becomes the bytes
before and after its piece, which all chunks of a text share. Not here: what is in a chunk (`stream.py`), and ids,
paddings and offsets (`mould.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from mockllm.dialects.sse import compact
from mockllm.plan import FrameKind
from mockllm.request import JSON

HOLE: Final = "\0"
"""What stands in a choice for the piece that it says."""

FIRST = b'data: {"id":"'
"""How every chunk begins, up to its id."""

_PAD = ',"obfuscation":"'

_MOST_QUOTED = 8_192
_LONGEST_QUOTED = 24


class Chunk(NamedTuple):
    """One chunk before its envelope: its choice, if it has one, and what comes after the choices. One that says a
    `piece` of a text shares its choice, which has a `HOLE` in its place, with all that differ from it in nothing else;
    the text is added to its label.
    """

    choice: JSON = None
    rest: Mapping[str, JSON] = {}
    kind: FrameKind = "token"
    tokens: int = 0
    label: str = ""
    lane: int = 0
    thought: bool = False
    piece: str | None = None


class Form(NamedTuple):
    """What is the same in several chunks: what comes before and after the text in which they differ, how many
    characters that is with all that is around it, and what their frames say.
    """

    before: bytes
    after: bytes
    characters: int
    kind: FrameKind
    label: str
    lane: int
    thought: bool


class Said(NamedTuple):
    """A text as it stands in a chunk, and its length in characters."""

    data: bytes
    characters: int


_NOTHING = Said(b"", 0)


def _quote(text: str) -> Said:
    quoted = compact(text)
    return Said(quoted.encode(errors="surrogatepass"), len(quoted))


# Most pieces are words that come again and again.
_known_quote = lru_cache(_MOST_QUOTED)(_quote)


class Envelope:
    """What all chunks of a stream are in, beside their ids and paddings. Every id has the same length."""

    def __init__(self, head: Mapping[str, JSON], id_length: int, *, padded: bool) -> None:
        self._before = f'",{compact(head)[1:-1]},"choices":['
        self._after = _PAD if padded else ""
        self.end = b'"}\n\n' if padded else b"}\n\n"
        self.around = len(FIRST) + id_length + len(self.end)
        self._characters = self.around - len("data: \n\n")

    def formed(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Form, Said, int]]:
        """The chunks as their forms with what they say in them, and their tokens."""
        forms: dict[int, tuple[Chunk, Form]] = {}  # with a chunk that holds the choice, whose identity is the key
        for chunk in chunks:
            piece = chunk.piece
            if piece is None:
                yield self._form(chunk), _NOTHING, chunk.tokens
                continue
            if (known := forms.get(id(chunk.choice))) is None:
                known = forms[id(chunk.choice)] = chunk, self._form(chunk)
            quoted = _known_quote(piece) if len(piece) <= _LONGEST_QUOTED else _quote(piece)
            yield known[1], quoted, chunk.tokens

    def _form(self, chunk: Chunk) -> Form:
        before, after = "" if chunk.choice is None else compact(chunk.choice), ""
        if chunk.piece is not None:
            before, _, after = before.rpartition(compact(HOLE))
        rest = compact(chunk.rest)[1:-1] if chunk.rest else ""
        before = self._before + before
        after = f"{after}]{',' if rest else ''}{rest}{self._after}"
        characters = self._characters + len(before) + len(after)
        first, last = (text.encode(errors="surrogatepass") for text in (before, after))
        return Form(first, last, characters, chunk.kind, chunk.label, chunk.lane, chunk.thought)
