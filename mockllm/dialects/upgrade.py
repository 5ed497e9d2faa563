"""The handshake by which a connection becomes a WebSocket (RFC 6455 §4.2), as the answer of an endpoint.

Here: the checks of what the client sent, and the headers of the 101. Not here: the bytes (`websocket.py`), and what is
said after it (`dialogue.py` and the dialects).
"""

from collections.abc import Sequence

from mockllm.dialects.base import Switch
from mockllm.errors import ApiError
from mockllm.plan import Frames
from mockllm.request import Call
from mockllm.websocket import VERSION, accepted, is_key

_ASKS = (("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-version", VERSION))


def is_upgrade(call: Call) -> bool:
    """Whether the call asks for a WebSocket (RFC 6455 §4.2.1)."""
    options = (call.headers.get("connection") or "").lower().split(",")
    wanted = (call.headers.get("upgrade") or "").lower().split(",")
    return "upgrade" in map(str.strip, options) and "websocket" in map(str.strip, wanted)


def upgrade_required(call: Call) -> ApiError:
    """The refusal of a call that has to ask for a WebSocket and does not (RFC 9110 §15.5.22)."""
    message = f"{call.path} is a WebSocket: connect with ws:// or wss://, or send the headers of an upgrade."
    return ApiError(426, message, code="upgrade_required", headers=_ASKS)


def switched(call: Call, frames: Frames = (), protocols: Sequence[str] = ()) -> Switch:
    """The answer that opens the WebSocket, and what is said first. Of the subprotocols that the client offers it gets
    the first that is among `protocols`.

    Raises ApiError 426 for a call that asks for none or for another version of it, and 400 for a key that is none.
    """
    if not is_upgrade(call):
        raise upgrade_required(call)
    if call.headers.get("sec-websocket-version") != VERSION:
        message = f"This WebSocket speaks version {VERSION}: send 'Sec-WebSocket-Version: {VERSION}'."
        raise ApiError(426, message, code="unsupported_websocket_version", headers=_ASKS)
    key = (call.headers.get("sec-websocket-key") or "").strip()
    if not is_key(key):
        message = "The header 'Sec-WebSocket-Key' is missing or is not 16 bytes in base64 (RFC 6455 section 4.2.1)."
        raise ApiError(400, message, code="invalid_websocket_key")
    offered = [name.strip() for name in (call.headers.get("sec-websocket-protocol") or "").split(",")]
    chosen = next((("sec-websocket-protocol", name) for name in offered if name in protocols), None)
    headers = (("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", accepted(key)))
    return Switch((*headers, *((chosen,) if chosen else ())), frames)
