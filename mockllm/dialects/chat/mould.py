"""Chat Completions, the bytes of a stream.

The chunks of a stream differ in their choice, and the streams of a reply in their id and their padding. So the rest is
made once, for all answers that say the same, and an answer is these bytes with its own between them. Of a long stream
it is made only as far as somebody has looked: a chunk is made when it is due. Here: which bytes come one after the
other, with the padding of wire-contract §5.2. Not here: what chunks hold (`stream.py`) and share (`form.py`).
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, starmap
from threading import Lock
from typing import overload

from mockllm.dialects.chat.form import FIRST, Chunk, Envelope, Form, Said
from mockllm.http1 import chunk_bytes
from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.score import EVERY, Printed

_PADDED_TO = 16
# Prime, so that so many chunks pass before the same padding comes again.
_PLACES = 251

PADDING_LENGTH = _PLACES + _PADDED_TO
"""How many random characters the padding of all chunks is taken from."""

_DONE = Frame(data="[DONE]", kind="done", label="[DONE]")
_DONE_BYTES = b"data: [DONE]\n\n"

_PARTS = 5
"""The parts of a chunk in HTTP's framing: its size and beginning, the id, what is shared, the padding, its end."""

_KEY = 1
_PADDING = 3

_STRIDE = 64
"""How many chunks of a long stream are made together."""

_CHUNK_BYTES = 450
"""What a chunk takes in memory beside its bytes, about."""

_BYTES_PER_CHARACTER = 12
"""What a long stream takes in memory for each character that it says, about."""

_MOST_OTHERS = 1_024
"""More than the chunks of a stream that say nothing of its text."""


class Mould:
    """The bytes of a stream between its ids and its paddings. Every id has the same length.

    Of a `long` stream the chunks are made as far as they are asked for. Whoever asks, in whichever thread, finds the
    same. What is known of all of them, such as the bytes of the body, is known when all are made.
    """

    def __init__(
        self,
        chunks: Iterable[Chunk],
        head: Mapping[str, JSON],
        id_length: int,
        *,
        padded: bool,
        long: int = 0,
    ) -> None:
        """`long` is about how many characters a long stream says."""
        self._envelope = Envelope(head, id_length, padded=padded)
        self._padded = padded
        self._forms: list[Form] = []
        self._said: list[Said] = []
        self._tokens = array("q", [0])
        self._offsets = array("q", [0])
        self._pads = bytearray()
        self._lock = Lock()
        self._rest: Iterator[tuple[Form, Said, int]] | None = self._envelope.formed(chunks)
        self._long = long
        self._parts: list[bytes] = []
        self._slices: list[slice] = []
        self.offsets: Sequence[int] = _Offsets(self)
        self.outline: Frames = _Outline(self)
        if not long:
            self._make(EVERY)
            self.offsets = (*self._offsets, self._offsets[-1] + len(_DONE_BYTES))
            self.outline = tuple(map(self.frame, range(len(self._pads) + 1)))
            self._parts = [part for index in range(len(self._pads)) for part in self._in_parts(index)]
            self._parts.append(chunk_bytes(_DONE_BYTES, "chunked"))
            self._slices = [self._slice(index) for index in range(len(self._pads))]

    @property
    def made(self) -> int:
        """How many chunks are made so far."""
        return len(self._pads)

    @property
    def most(self) -> int:
        """As many events as there can be, or more, without making any."""
        return self._long + _MOST_OTHERS if self._long else len(self.outline)

    @property
    def weight(self) -> int:
        """The bytes that it takes in memory, about."""
        if self._long:
            return _BYTES_PER_CHARACTER * self._long
        return 2 * self.offsets[-1] + _CHUNK_BYTES * len(self.outline)

    def reach(self, count: int) -> int:
        """So many events, or as many as there are if those are fewer; they are made now if they were not."""
        if self._rest is not None and len(self._pads) < count:
            self._make(count)
        return min(count, len(self._pads) + (self._rest is None))

    def frame(self, index: int) -> Frame:
        """One event, stamped, without its data. Raises IndexError if there is none."""
        if self.reach(index + 1) <= index:
            raise IndexError(index)
        before = self._tokens[index]
        if index == len(self._pads):
            return replace(_DONE, ordinal=index, tokens_before=before)
        form = self._forms[index]
        label = form.label + self._said[index].data.decode(errors="surrogatepass")
        tokens = self._tokens[index + 1] - before
        return Frame(None, form.kind, tokens, label, None, (), form.lane, index, before, thought=form.thought)

    def offset(self, index: int) -> int:
        """The bytes of the body before an event, or of all of it. Raises IndexError if there is neither."""
        if index <= self.reach(index):
            return self._offsets[index] if index <= len(self._pads) else self._offsets[-1] + len(_DONE_BYTES)
        raise IndexError(index)

    def data(self, index: int, key: bytes, padding: bytes) -> bytes:
        """The bytes of one event."""
        if self.reach(index + 1) > len(self._pads):
            return _DONE_BYTES
        form, pad = self._forms[index], padding[self._slice(index)]
        return b"".join((FIRST, key, form.before, self._said[index].data, form.after, pad, self._envelope.end))

    def chunked(self, key: bytes, padding: bytes, first: int, last: int) -> bytes:
        """These events, each as a chunk of HTTP."""
        if self._long:
            events = range(first, self.reach(last))
            return b"".join(chunk_bytes(self.data(index, key, padding), "chunked") for index in events)
        parts = self._parts[first * _PARTS : last * _PARTS]
        pads = self._slices[first:last]
        if len(pads) == 1:  # as nearly always in a stream with pauses; the rest would take three times as long
            parts[_KEY], parts[_PADDING] = key, padding[pads[0]]
        else:
            parts[_KEY::_PARTS] = [key] * len(pads)
            parts[_PADDING::_PARTS] = [padding[pad] for pad in pads]
        return b"".join(parts)

    def _in_parts(self, index: int) -> tuple[bytes, ...]:
        """A chunk in HTTP's framing, in its `_PARTS`, of which the answer's own are left empty."""
        size = self._offsets[index + 1] - self._offsets[index]
        form = self._forms[index]
        middle = b"".join((form.before, self._said[index].data, form.after))
        return b"%x\r\n%b" % (size, FIRST), b"", middle, b"", self._envelope.end + b"\r\n"

    def _slice(self, index: int) -> slice:
        """Where the padding of a chunk is."""
        start = index * (_PADDED_TO + 1) % _PLACES
        return slice(start, start + self._pads[index])

    def _make(self, count: int) -> None:
        """Make the chunks up to this one, and some more."""
        with self._lock:
            while self._rest is not None and len(self._pads) < count:
                wanted = max(count - len(self._pads), _STRIDE)
                made = sum(starmap(self._add, islice(self._rest, wanted)))
                if made < wanted:
                    self._rest = None

    def _add(self, form: Form, said: Said, tokens: int) -> int:
        pad = (1 - form.characters - said.characters) % _PADDED_TO if self._padded else 0
        size = self._envelope.around + len(form.before) + len(said.data) + len(form.after) + pad
        self._forms.append(form)
        self._said.append(said)
        self._tokens.append(self._tokens[-1] + tokens)
        self._offsets.append(self._offsets[-1] + size)
        self._pads.append(pad)  # the last, as it says how many are made
        return 1


class _Offsets(Sequence[int]):
    """The bytes of the body before each event of a mould, and at the end."""

    def __init__(self, mould: Mould) -> None:
        self._mould = mould

    def __len__(self) -> int:
        return self._mould.reach(EVERY) + 1

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return tuple(map(self._mould.offset, range(len(self))[index]))
        return self._mould.offset(index if index >= 0 else len(self) + index)


class _Outline(Sequence[Frame]):
    """The events of a mould, each made when somebody looks; who takes all of them finds the same again."""

    def __init__(self, mould: Mould) -> None:
        self._mould = mould
        self._all: Frames | None = None

    def __len__(self) -> int:
        return self._mould.reach(EVERY)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> Frames: ...
    def __getitem__(self, index: int | slice) -> Frame | Frames:
        if index == slice(None):
            self._all = self._all or tuple(map(self._mould.frame, range(len(self))))
            return self._all
        if isinstance(index, slice):
            return tuple(map(self._mould.frame, range(len(self))[index]))
        return self._mould.frame(index if index >= 0 else len(self) + index)


class Chunks(Printed):
    """The chunks of one answer: a mould with its id and its padding."""

    __slots__ = ("_key", "_padding")

    mould: Mould

    def __init__(self, mould: Mould, key: str, padding: str) -> None:
        super().__init__(mould)
        self._key = key.encode()
        self._padding = padding.encode()

    @property
    def most(self) -> int:
        """As many events as there can be, or more."""
        return self.mould.most

    def reach(self, count: int) -> int:
        """So many events, or as many as there are if those are fewer."""
        return self.mould.reach(count)

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
