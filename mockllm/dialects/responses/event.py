"""One event of a Responses stream, before it has its number.

Here: the value, and the deltas that every text of an item streams as. Not here: which events an item has (`stream.py`,
`hosted.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mockllm.dialects.sse import compact
from mockllm.plan import FrameKind
from mockllm.request import JSON
from mockllm.tokens import Piece, joined


@dataclass(frozen=True, slots=True)
class Event:
    """An event before its number and its padding. `fields` need no order: payloads have the type first and then the
    alphabet.
    """

    type: str
    fields: Mapping[str, JSON]
    kind: FrameKind = "event"
    tokens: int = 0
    label: str = ""


def deltas(
    name: str, whole: str, pieces: Sequence[Piece], place: Mapping[str, JSON], sign: str = ""
) -> Iterator[Event]:
    """One delta for each piece, then `done` with the whole under its key."""
    label = sign or f"{whole} "
    for piece in pieces:
        fields = {**place, "delta": piece.text}
        yield Event(f"{name}.delta", fields, "token", piece.tokens, f"{label}{compact(piece.text)}")
    yield Event(f"{name}.done", {**place, whole: joined(pieces)})
