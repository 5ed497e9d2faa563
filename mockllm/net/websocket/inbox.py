"""What a client sends over a WebSocket, from bytes to whole messages.

Here: the reading of frames, which wsproto does (RFC 6455 §5), and the limit of a message. Not here: what a message
means (`dialects/`) and what is answered (`conversation.py`). A client that breaks the protocol is told with the code
that the protocol has for it, as a bug of the client should not stay hidden.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode, ParseFailed


@dataclass(frozen=True, slots=True)
class Text:
    """A whole message."""

    text: str


@dataclass(frozen=True, slots=True)
class Ping:
    """The client asks whether anybody is there."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Farewell:
    """The client ends the conversation, with a code if it says one."""

    code: int | None


@dataclass(frozen=True, slots=True)
class Violation:
    """The client may not send what it sent; the conversation ends with this code and reason."""

    code: int
    reason: str


Received = Text | Ping | Farewell | Violation


class Inbox:
    """Bytes in, messages out; nothing comes any more after a farewell or a violation."""

    def __init__(self, most_bytes: int) -> None:
        self._frames = FrameProtocol(client=False, extensions=[])
        self._most = most_bytes
        self._parts: list[str] = []
        self._size = 0
        self._over = False

    def feed(self, data: bytes) -> Iterator[Received]:
        """What these bytes complete."""
        if self._over:
            return
        self._frames.receive_bytes(data)
        try:
            for frame in self._frames.received_frames():
                received = self._received(frame.opcode, frame.payload, whole=frame.message_finished)
                if received is not None:
                    self._over = isinstance(received, (Farewell, Violation))
                    yield received
                if self._over:
                    return
        except ParseFailed as error:
            self._over = True
            yield Violation(int(error.code), str(error))

    def _received(self, opcode: Opcode, payload: object, *, whole: bool) -> Received | None:
        match opcode, payload:
            case Opcode.TEXT, str(text):
                return self._text(text, whole=whole)
            case Opcode.BINARY, _:
                return Violation(CloseReason.UNSUPPORTED_DATA, "Send events as text, not as binary messages.")
            case Opcode.PING, data:
                return Ping(_bytes(data))
            case Opcode.CLOSE, (int(code), _):
                return Farewell(None if code == CloseReason.NO_STATUS_RCVD else int(code))
        return None

    def _text(self, text: str, *, whole: bool) -> Received | None:
        """The message, if it is whole."""
        self._parts.append(text)
        self._size += len(text.encode())
        if self._size > self._most:
            return Violation(CloseReason.MESSAGE_TOO_BIG, f"A message has at most {self._most} bytes.")
        if not whole:
            return None
        message = "".join(self._parts)
        self._parts, self._size = [], 0
        return Text(message)


def _bytes(data: object) -> bytes:
    return bytes(data) if isinstance(data, (bytes, bytearray)) else b""
