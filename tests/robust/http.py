"""One HTTP/1.1 response, from bytes that come in any pieces.

Here: the head, the framing of the body and its content coding. Nothing here raises for what a server can send: what is
wrong is told by `broken`, and what came before it is kept. Not here: what the body means (`sse.py`, `client.py`).
"""

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

_HEX = frozenset(b"0123456789abcdefABCDEF")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class ResponseReader:
    """Fed with what the socket gives; hands out the body's bytes as soon as they can be had.

    `status` is 0 until the head is there. `whole` says that HTTP itself tells the end of the body and that it was
    reached; a body without length and chunks ends with the connection, which is as good (RFC 9112 §6.3). With
    `raw_coding` the content coding is left on the body.
    """

    def __init__(self, *, raw_coding: bool = False) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = MappingProxyType({})
        self.whole = False
        self.broken = ""
        self._buffer = bytearray()
        self._left: int | None = None
        self._state: Callable[[bytearray], bool] = self._read_head
        self._decoder: zlib._Decompress | None = None
        self._body = bytearray()
        self._raw_coding = raw_coding

    def feed(self, data: bytes) -> bytes:
        """The bytes of the body that this piece completes, without transfer and content coding."""
        self._buffer += data
        self._run()
        return self._taken()

    def end(self) -> None:
        """The connection is closed: the end of a body that has no other, and too early for any other."""
        if self._state == self._read_rest and not self.broken:
            self.whole = True

    def _run(self) -> None:
        while not self.broken and not self.whole and self._state(self._buffer):
            pass

    def _taken(self) -> bytes:
        body, self._body = bytes(self._body), bytearray()
        if self._decoder is None or not body:
            return body
        try:
            return self._decoder.decompress(body)
        except zlib.error as error:
            self.broken = f"the content coding is broken: {error}"
            return b""

    def _line(self, buffer: bytearray) -> bytes | None:
        """The next line, without its end; None if it is not there yet."""
        end = buffer.find(b"\n")
        if end < 0:
            return None
        line = bytes(buffer[:end]).removesuffix(b"\r")
        del buffer[: end + 1]
        return line

    def _read_head(self, buffer: bytearray) -> bool:
        """The whole head at once; heads of 1xx answers are only on the way to the real one."""
        if not b"HTTP/".startswith(bytes(buffer[:5])):
            self.broken = f"this is no HTTP response: {bytes(buffer[:40])!r}"
        end = buffer.find(b"\r\n\r\n")
        if end < 0 or self.broken:
            return False
        status_line, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
        del buffer[: end + 4]
        words = status_line.split(" ", 2)
        if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
            self.broken = f"the status line cannot be read: {status_line!r}"
            return False
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
        if int(words[1]) // 100 != 1:
            self.status, self.headers = int(words[1]), MappingProxyType(headers)
            self._begin_body()
        return True

    def _begin_body(self) -> None:
        coding = "" if self._raw_coding else self.headers.get("content-encoding", "").lower()
        if coding in {"gzip", "x-gzip", "deflate"}:
            self._decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
        elif coding not in {"", "identity"}:
            self.broken = f"the content coding {coding!r} was not asked for"
        if self.headers.get("transfer-encoding", "").lower().endswith("chunked"):
            self._state = self._read_chunk_size
        elif (length := self.headers.get("content-length", "")).isdecimal():
            self._state, self._left = self._read_sized, int(length)
        elif self.status in {204, 304}:
            self.whole = True
        else:
            self._state = self._read_rest

    def _read_rest(self, buffer: bytearray) -> bool:
        self._body += buffer
        buffer.clear()
        return False

    def _read_sized(self, buffer: bytearray) -> bool:
        self.whole = self._take(buffer) == 0
        return False

    def _read_chunk_size(self, buffer: bytearray) -> bool:
        if (line := self._line(buffer)) is None:
            return False
        digits = line.partition(b";")[0].strip()
        if not digits or not set(digits) <= _HEX:
            self.broken = f"a chunk size cannot be read: {line!r}"
            return False
        self._left = int(digits, 16)
        self._state = self._read_chunk if self._left else self._read_trailer
        return True

    def _read_chunk(self, buffer: bytearray) -> bool:
        if self._take(buffer):
            return False
        self._state = self._read_chunk_end
        return True

    def _read_chunk_end(self, buffer: bytearray) -> bool:
        if (line := self._line(buffer)) is None:
            return False
        if line:
            self.broken = f"a chunk is longer than its size: {line[:40]!r}"
        self._state = self._read_chunk_size
        return True

    def _read_trailer(self, buffer: bytearray) -> bool:
        if (line := self._line(buffer)) is None:
            return False
        self.whole = not line
        return True

    def _take(self, buffer: bytearray) -> int:
        """Move what belongs to the body; returns how many bytes of it are missing."""
        left = self._left or 0
        self._body += buffer[:left]
        taken = min(left, len(buffer))
        del buffer[:taken]
        self._left = left - taken
        return self._left
