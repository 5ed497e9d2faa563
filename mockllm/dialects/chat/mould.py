"""Chat Completions, the bytes of a stream: all chunks of an answer at once.

The chunks of a stream differ in their choice, and the streams of a reply in their id and their padding. So the rest is
made once, for all answers that say the same, and an answer is these bytes with its own between them. Here: the envelope
of wire-contract §5.2 with its padding. Not here: what the choices hold (`stream.py`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from mockllm.dialects.sse import compact
from mockllm.http1 import chunk_bytes
from mockllm.plan import Frame, FrameKind, Frames
from mockllm.request import JSON
from mockllm.score import EVERY, Printed

_PADDED_TO = 16
# Prime, so that so many chunks pass before the same padding comes again.
_PLACES = 251

PADDING_LENGTH = _PLACES + _PADDED_TO
"""How many random characters the padding of all chunks is taken from."""

_FIRST = b'data: {"id":"'
_PAD = ',"obfuscation":"'
_END = '"}'
_DONE = Frame(data="[DONE]", kind="done", label="[DONE]")
_DONE_BYTES = b"data: [DONE]\n\n"

_PARTS = 5
"""The parts of a chunk in HTTP's framing: its size and beginning, the id, what is shared, the padding, its end."""

_KEY = 1
_PADDING = 3

_CHUNK_BYTES = 450
"""What a chunk takes in memory beside its bytes, about."""


class Chunk(NamedTuple):
    """One chunk before its envelope: its choice, if it has one, and what comes after the choices."""

    choice: JSON = None
    rest: Mapping[str, JSON] = {}
    kind: FrameKind = "token"
    tokens: int = 0
    label: str = ""
    lane: int = 0
    thought: bool = False


class Mould:
    """The bytes of a stream between its ids and its paddings. Every id has the same length."""

    __slots__ = ("_ends", "_middles", "_pads", "_parts", "offsets", "outline", "weight")

    def __init__(self, chunks: Iterable[Chunk], head: Mapping[str, JSON], id_length: int, *, padded: bool) -> None:
        before = compact(head).removesuffix("}")
        bare_length = len(_FIRST) - len("data: ") + id_length
        last = _PAD if padded else ""
        self._ends = (_END if padded else "}").encode() + b"\n\n"
        self._middles: list[bytes] = []
        self._pads: list[slice] = []
        outline: list[Frame] = []
        tokens_before = 0
        for count, (choice, beside, kind, tokens, label, lane, thought) in enumerate(chunks):
            choices = "" if choice is None else compact(choice)
            rest = compact(beside)[1:-1] if beside else ""
            middle = f'",{before[1:]},"choices":[{choices}]{"," if rest else ""}{rest}{last}'
            start = count * (_PADDED_TO + 1) % _PLACES
            length = bare_length + len(middle) + len(_END) if padded else 1
            self._pads.append(slice(start, start + (1 - length) % _PADDED_TO))
            self._middles.append(middle.encode(errors="surrogatepass"))
            outline.append(Frame(None, kind, tokens, label, None, (), lane, count, tokens_before, thought=thought))
            tokens_before += tokens
        self.outline: Frames = (*outline, replace(_DONE, ordinal=len(outline), tokens_before=tokens_before))
        around = len(_FIRST) + id_length + len(self._ends)
        sizes = [
            around + len(middle) + pad.stop - pad.start for middle, pad in zip(self._middles, self._pads, strict=True)
        ]
        self.offsets = tuple(accumulate((*sizes, len(_DONE_BYTES)), initial=0))
        self._parts = self._in_parts(sizes)
        self.weight = 2 * self.offsets[-1] + _CHUNK_BYTES * len(self.outline)

    def _in_parts(self, sizes: Iterable[int]) -> list[bytes]:
        """All chunks in HTTP's framing, each in its `_PARTS`, of which the answer's own are left empty."""
        parts: list[bytes] = []
        end = self._ends + b"\r\n"
        for size, middle in zip(sizes, self._middles, strict=True):
            parts += (b"%x\r\n%b" % (size, _FIRST), b"", middle, b"", end)
        parts.append(chunk_bytes(_DONE_BYTES, "chunked"))
        return parts

    def data(self, index: int, key: bytes, padding: bytes) -> bytes:
        """The bytes of one event."""
        if index == len(self._middles):
            return _DONE_BYTES
        return b"".join((_FIRST, key, self._middles[index], padding[self._pads[index]], self._ends))

    def chunked(self, key: bytes, padding: bytes, first: int, last: int) -> bytes:
        """These events, each as a chunk of HTTP."""
        parts = self._parts[first * _PARTS : last * _PARTS]
        pads = self._pads[first:last]
        if len(pads) == 1:  # as nearly always in a stream with pauses; the rest would take three times as long
            parts[_KEY], parts[_PADDING] = key, padding[pads[0]]
        else:
            parts[_KEY::_PARTS] = [key] * len(pads)
            parts[_PADDING::_PARTS] = [padding[pad] for pad in pads]
        return b"".join(parts)


class Chunks(Printed):
    """The chunks of one answer: a mould with its id and its padding."""

    __slots__ = ("_key", "_padding")

    mould: Mould

    def __init__(self, mould: Mould, key: str, padding: str) -> None:
        super().__init__(mould)
        self._key = key.encode()
        self._padding = padding.encode()

    def data(self, index: int) -> bytes:
        """The bytes of one event."""
        return self.mould.data(index, self._key, self._padding)

    def frame(self, index: int) -> Frame:
        """One event with its data."""
        frame = self.mould.outline[index]
        if frame.kind == "done":
            return frame
        return replace(frame, data=json.loads(self.data(index)[len("data: ") :].decode(errors="surrogatepass")))

    def chunked(self, first: int = 0, last: int = EVERY) -> bytes:
        """Events, each as a chunk of HTTP; all of them unless it is said which."""
        return self.mould.chunked(self._key, self._padding, first, last)
