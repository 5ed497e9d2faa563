"""Event streams (WHATWG HTML §9.2), read from bytes that come in any pieces, and more kindly than the standard.

Here: lines, events, comments and what is neither. Kinder than the standard: the last event counts without its blank
line, and lines that are no field are told instead of dropped, because servers put errors there. Not here: what an event
says (`client.py`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Event:
    """The data of one event, its lines joined by LF. `ended` is False if the stream ended first."""

    data: str
    name: str = ""
    ended: bool = True


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that says nothing but that somebody is alive."""

    text: str


@dataclass(frozen=True, slots=True)
class Stray:
    """A line that no event stream should have; an `error:` field is one too, `field` is then its name."""

    text: str
    field: str = ""


Item: TypeAlias = Event | Comment | Stray


class Decoder:
    """Fed with the body's bytes in any pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._seen = 0
        self._begun = False
        self._after_cr = False
        self._data: list[str] = []
        self._name = ""

    def feed(self, data: bytes) -> Iterator[Item]:
        """What this piece completes. Lines end with LF, CRLF or CR and nothing else, whatever the charset says."""
        self._buffer += data
        if not self._begun and not self._skip_bom():
            return
        for line in self._lines():
            yield from self._read(line)

    def end(self) -> Iterator[Item]:
        """The body is over: what is still in the buffer counts."""
        self._begun = True
        if self._buffer:
            yield from self._read(bytes(self._buffer))
            self._buffer.clear()
        yield from self._dispatch(ended=False)

    def _skip_bom(self) -> bool:
        """Whether it is known that the stream begins with a byte order mark or not; one is left out."""
        if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer):
            return False
        if self._buffer.startswith(_BOM):
            del self._buffer[: len(_BOM)]
        self._begun = True
        return True

    def _lines(self) -> Iterator[bytes]:
        """Whole lines. A CR ends its line at once; a LF that comes after it, even much later, belongs to it."""
        start, buffer = 0, self._buffer
        if self._after_cr and buffer:
            start = 1 if buffer[0] == 0x0A else 0
            self._after_cr = False
        search = max(start, self._seen)
        lines = []
        while (match := _LINE_END.search(buffer, search)) is not None:
            lines.append(bytes(buffer[start : match.start()]))
            start = search = match.end()
            self._after_cr = match.group() == b"\r" and start == len(buffer)
        del match
        del buffer[:start]
        self._seen = len(buffer)
        yield from lines

    def _read(self, raw: bytes) -> Iterator[Item]:
        line = raw.decode("utf-8", "replace")
        if not line:
            yield from self._dispatch(ended=True)
            return
        field, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._data.append(value)
            case "event":
                self._name = value
            case "id" | "retry":
                pass
            case "" if colon:
                yield Comment(value)
            case "error" if colon:
                yield Stray(value, field)
            case _:
                yield Stray(line)

    def _dispatch(self, *, ended: bool) -> Iterator[Item]:
        """An event without data is none, whatever other fields it had."""
        data, name = "\n".join(self._data), self._name
        self._data, self._name = [], ""
        if data:
            yield Event(data, name, ended)
