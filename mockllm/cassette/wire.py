"""The bytes of an HTTP/1 response, as they arrive, become an answer that can be recorded.

Here: `Decoder`, which keeps what a usual reader throws away: the chunks and when each came, framing that is odd but
right, and bytes that are no HTTP at all (RFC 9112 §6 and §7). Not here: sockets (`net/upstream.py`). Times are those
that the caller gives.
"""

from typing import assert_never

from mockllm.cassette import LAST_CHUNK, Chunk, Ending, Recorded
from mockllm.plan import BodyFraming, HttpVersion, Microseconds

_HEAD_END = b"\r\n\r\n"
_LINE_END = b"\r\n"
_NO_BODY = frozenset({204, 304})
_FIRST_FINAL = 200
_SWITCH = 101
_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")

# What concerns one connection and not the answer (RFC 9110 §7.6.1), and would be untrue when it is played again.
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection"})


class Decoder:
    """A response that is being read. `feed` it what arrives, until it is `done` or the connection ends. `keeps_open`
    says that its head allows another request on the same connection (RFC 9112 §9.3).
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._chunks: list[Chunk] = []
        self._status = 0
        self._version: HttpVersion = "1.1"
        self._headers: tuple[tuple[str, str], ...] = ()
        self._head_us = 0
        self._framing: BodyFraming = "close"
        self._left = 0
        self._tail = b""
        self._is_odd = False
        self.keeps_open = False
        self.done = False

    def feed(self, at_us: Microseconds, data: bytes) -> None:
        """Take what has arrived at this time."""
        self._buffer += data
        if not self._status and not self._read_head(at_us):
            return
        match self._framing:
            case "chunked":
                self._read_chunks(at_us)
            case "length":
                self._take(at_us, self._left)
                self.done = not self._left
            case "close":
                self._take(at_us, len(self._buffer))
            case _:
                assert_never(self._framing)

    def result(self, at_us: Microseconds, ending: Ending) -> Recorded:
        """The answer, which ended at this time. A body that only the end of the connection can end ended well if that
        was no reset.
        """
        if self._buffer and not self.done:
            self._chunks.append(Chunk(at_us, b"", bytes(self._buffer)))
        well = self.done or (self._framing == "close" and self._status > 0 and ending != "reset")
        return Recorded(
            self._status,
            self._headers,
            self._head_us,
            tuple(self._chunks),
            self._framing,
            self._version,
            "end" if well else ("close" if ending == "end" else ending),
            at_us,
            self._tail,
        )

    def _read_head(self, at_us: Microseconds) -> bool:
        """Read the head, if it is there; interim responses before it are passed over (RFC 9110 §15.2)."""
        while (end := self._buffer.find(_HEAD_END)) >= 0:
            first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
            version, _, rest = first.partition(" ")
            status = rest[:3]
            if not version.startswith("HTTP/1.") or not status.isdecimal():
                return False
            del self._buffer[: end + len(_HEAD_END)]
            if int(status) < _FIRST_FINAL and int(status) != _SWITCH:
                continue
            self._status, self._head_us = int(status), at_us
            self._version = "1.0" if version == "HTTP/1.0" else "1.1"
            pairs = tuple((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
            fields = {name.lower(): value for name, value in pairs}
            self._frame(fields)
            self.keeps_open = self._version == "1.1" and "close" not in fields.get("connection", "").lower()
            self._headers = tuple(pair for pair in pairs if pair[0].lower() not in _HOP_BY_HOP)
            return True
        return False

    def _frame(self, headers: dict[str, str]) -> None:
        """How the end of the body is told (RFC 9112 §6.3)."""
        length = headers.get("content-length", "")
        if self._status in _NO_BODY:
            self._framing, self.done = "length", True
        elif "chunked" in headers.get("transfer-encoding", "").lower():
            self._framing = "chunked"
        elif length.isdecimal():
            self._framing, self._left = "length", int(length)
            self.done = not self._left

    def _take(self, at_us: Microseconds, most: int) -> None:
        """So many bytes of the body, as far as they are there."""
        if data := bytes(self._buffer[:most]):
            del self._buffer[:most]
            self._left = max(self._left - len(data), 0)
            self._chunks.append(Chunk(at_us, data))

    def _read_chunks(self, at_us: Microseconds) -> None:
        """The chunks that are whole (RFC 9112 §7.1). From one on that is none, all is kept as it comes."""
        while not self.done and not self._is_odd and (line_end := self._buffer.find(_LINE_END)) >= 0:
            digits = bytes(self._buffer[:line_end]).partition(b";")[0].strip()
            if not digits or not _HEXADECIMAL.issuperset(digits):
                self._is_odd = True
            elif size := int(digits, 16):
                if not self._read_chunk(at_us, line_end + len(_LINE_END), size):
                    break
            elif not self._read_last(line_end):
                break
        if self._is_odd and self._buffer:
            self._chunks.append(Chunk(at_us, b"", bytes(self._buffer)))
            self._buffer.clear()

    def _read_chunk(self, at_us: Microseconds, start: int, size: int) -> bool:
        """One chunk, if all of it is there."""
        end = start + size + len(_LINE_END)
        if len(self._buffer) < end:
            return False
        data, wire = bytes(self._buffer[start : start + size]), bytes(self._buffer[:end])
        if not wire.endswith(_LINE_END):
            self._is_odd = True
            return True
        del self._buffer[:end]
        usual = wire == b"%x\r\n%b\r\n" % (size, data)
        self._chunks.append(Chunk(at_us, data, None if usual else wire))
        return True

    def _read_last(self, line_end: int) -> bool:
        """The last chunk and its trailers, if all of it is there."""
        end = self._buffer.find(_HEAD_END, line_end)
        if end < 0:
            return False
        tail = bytes(self._buffer[: end + len(_HEAD_END)])
        del self._buffer[: len(tail)]
        self._tail = b"" if tail == LAST_CHUNK else tail
        self.done = True
        return True
