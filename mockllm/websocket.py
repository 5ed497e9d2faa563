"""The bytes of WebSocket messages that a server sends (RFC 6455), and of its handshake.

Here: the answer to a client's key, frames, and the message that a plan's frame becomes. A server's frames are not
masked, so the bytes follow from the text alone. Not here: reading a client's frames (`net/websocket/`), which messages
there are (`dialects/`) and when they go out (`compile.py`).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Final

import orjson

from mockllm.plan import Frame
from mockllm.request import JSON

METHOD: Final = "WEBSOCKET"
"""What stands for the method of a call that came as a message of a WebSocket; its path is that of the upgrade."""

VERSION: Final = "13"
"""The one version of the protocol (RFC 6455 §4.2.1)."""

TEXT: Final = 0x1
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

MOST_CONTROL_BYTES = 125
"""How long the payload of a control frame may be (RFC 6455 §5.5)."""

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
_KEY_BYTES = 16
_FINAL = 0x80
_SHORT, _MEDIUM = 126, 65_536


def is_key(text: str | None) -> bool:
    """Whether this is the key of a handshake: 16 bytes in base64 (RFC 6455 §4.2.1)."""
    try:
        return text is not None and len(base64.b64decode(text, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def accepted(key: str) -> str:
    """The answer that proves that a key was read (RFC 6455 §4.2.2)."""
    return base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()).decode()


def frame_bytes(opcode: int, data: bytes) -> bytes:
    """A whole message in one frame (RFC 6455 §5.2)."""
    size = len(data)
    if size < _SHORT:
        head = bytes((_FINAL | opcode, size))
    elif size < _MEDIUM:
        head = bytes((_FINAL | opcode, _SHORT)) + size.to_bytes(2, "big")
    else:
        head = bytes((_FINAL | opcode, _SHORT + 1)) + size.to_bytes(8, "big")
    return head + data


def text_bytes(data: JSON) -> bytes:
    """A value as a message of compact JSON."""
    return frame_bytes(TEXT, _json(data))


def close_bytes(code: int | None, reason: str = "") -> bytes:
    """The end of a conversation with its code (RFC 6455 §7.4), or with none. Of a reason that is too long the beginning
    is told.
    """
    if code is None:
        return frame_bytes(CLOSE, b"")
    told = reason.encode()[: MOST_CONTROL_BYTES - 2].decode(errors="ignore")
    return frame_bytes(CLOSE, code.to_bytes(2, "big") + told.encode())


def message_bytes(frame: Frame) -> bytes:
    """The frame of a plan as one message of text; a comment, which only keeps a connection alive, is a ping.

    An error that does not say what it is becomes an event: over a WebSocket everything has a type.
    """
    data, style = frame.data, frame.framing
    if frame.kind == "comment":
        return frame_bytes(PING, str(data).encode()[:MOST_CONTROL_BYTES])
    if isinstance(data, bytes):
        return frame_bytes(TEXT, data)
    if isinstance(data, str):
        return frame_bytes(TEXT, data.encode(errors="surrogatepass"))
    if isinstance(data, Mapping) and "error" in data and "type" not in data:
        data = {"type": "error", **data}
    if style.indent is not None:
        return frame_bytes(TEXT, json.dumps(data, ensure_ascii=False, indent=style.indent).encode())
    return text_bytes(data)


def size_of(head: bytes) -> tuple[int, int] | None:
    """How many bytes the head of a frame has and how many follow it, from its first bytes; None if these are too few.

    Only for frames without a mask, which are those that a server sends.
    """
    if len(head) < 2:  # noqa: PLR2004 # RFC 6455 §5.2: opcode and length
        return None
    length = head[1]
    more = {_SHORT: 2, _SHORT + 1: 8}.get(length, 0)
    if len(head) < 2 + more:
        return None
    return 2 + more, int.from_bytes(head[2 : 2 + more], "big") if more else length


def _json(data: JSON) -> bytes:
    try:
        return orjson.dumps(data)
    except TypeError:
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
