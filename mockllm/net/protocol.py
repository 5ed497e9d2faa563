"""aiohttp's part: its protocol, what it is told of an answer, and the reading of a request.

Here: all that depends on how aiohttp's low-level server works. Not here: what becomes of a request (`server.py`). A
response is written by the player past aiohttp, which gets a `Played` in its place.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import cast

import orjson
from aiohttp import web

from mockllm.net.connection import SocketConnection
from mockllm.request import Headers

MOST_LINE_BYTES = 65_536
"""The longest request line, and the longest header field, that is read; beyond it aiohttp answers 400."""

KEEP_ALIVE_S = 86_400.0
"""How long an idle connection stays open: longer than any test, since a close that is not scripted is noise."""

MOST_HELD_BYTES = 1024 * 1024
"""How much is read from a connection before its requests are; what is beyond waits at the client."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class HttpProtocol(web.RequestHandler):
    """aiohttp's protocol, which also tells the connection what the transport reports."""

    __slots__ = ("_accept", "_closed", "_greeting", "_held", "_opened", "connection")

    connection: SocketConnection

    def __init__(
        self,
        http: web.Server,
        loop: asyncio.AbstractEventLoop,
        opened: Callable[[asyncio.Transport], SocketConnection],
        closed: Callable[[SocketConnection], None],
        accept: "Callable[[HttpProtocol], None] | None" = None,
    ) -> None:
        super().__init__(
            http,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # None means none, as aiohttp's own runner passes it
            keepalive_timeout=KEEP_ALIVE_S,
            max_line_size=MOST_LINE_BYTES,
            max_field_size=MOST_LINE_BYTES,
            tcp_keepalive=False,
        )
        self._opened = opened
        self._closed = closed
        self._accept = accept
        self._held: bytearray | None = None
        self._greeting: asyncio.Task[None] | None = None

    def hold(self, greeting: Coroutine[None, None, None]) -> None:
        """Read no request until `release`, which is up to `greeting`; that is cancelled if the connection is lost."""
        self._held = bytearray()
        self._greeting = asyncio.ensure_future(greeting)

    def release(self) -> None:
        """Read requests from now on, from the first byte on that was sent."""
        held, self._held, self._greeting = self._held, None, None
        if held and not self.connection.dead:
            self.connection.resume_reading()
            super().data_received(bytes(held))

    def data_received(self, data: bytes) -> None:
        """The client sent something. What comes before its time is kept, up to a limit, so that a hang-up is seen."""
        if self._held is None:
            super().data_received(data)
            return
        self._held += data
        if len(self._held) >= MOST_HELD_BYTES:
            self.connection.pause_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self.connection = self._opened(cast("asyncio.Transport", transport))
        super().connection_made(transport)
        if self._accept is not None and not self.connection.dead:
            self._accept(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The socket is closed, by whichever side; aiohttp cancels the play."""
        self.connection.hung_up()
        self._closed(self.connection)
        if self._greeting is not None:
            self._greeting.cancel()
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """A FIN is a hang-up, see `connection.py`. A request that came just before it still reaches the engine: the
        loop is a turn ahead with it.
        """
        self.connection.hung_up()
        self.connection.abort()

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        super().pause_writing()
        self.connection.paused()

    def resume_writing(self) -> None:
        """The client caught up."""
        super().resume_writing()
        self.connection.resumed()


class Played(web.StreamResponse):
    """What aiohttp is given for a response that the player has written already."""

    def __init__(self, *, reusable: bool) -> None:
        super().__init__()
        self._keep_alive = reusable

    async def prepare(self, request: web.BaseRequest) -> None:
        """Do nothing: the head is written."""
        del request

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: the body has ended."""
        del data


def asks_for_leave(request: web.BaseRequest) -> bool:
    """Whether the client waits for leave to send its body (RFC 9110 §10.1.1)."""
    return bool(request.body_exists) and request.headers.get("expect", "").lower() == "100-continue"


async def read_body(
    request: web.BaseRequest, connection: SocketConnection, limit: int, *, leave: bool = True
) -> bytes | None:
    """The whole body, or None if it is over the limit. A body that is not what its headers say is answered 400. Without
    `leave` a client that asks for it gets none, and sends its body when it will.
    """
    if not request.body_exists:
        return b""
    if (request.content_length or 0) > limit:
        return None
    if leave and asks_for_leave(request):
        connection.write(_CONTINUE)
    parts: list[bytes] = []
    size = 0
    try:
        while part := await request.content.readany():
            parts.append(part)
            size += len(part)
            if size > limit:
                return None
    except web.RequestPayloadError as error:
        refusal = web.HTTPBadRequest(text=f"The request's body cannot be read: {error}")
        refusal.force_close()
        raise refusal from None
    return b"".join(parts)


def read_headers(request: web.BaseRequest) -> Headers:
    r"""The headers as they were sent; a byte that is not UTF-8 becomes an escape such as `\xff`."""
    return Headers(tuple((_text(name), _text(value)) for name, value in request.raw_headers))


def failure(request: web.BaseRequest) -> web.Response:
    """The answer to a call on which this package itself failed, in the shape of any error (wire-contract §4.1)."""
    message = f"mockllm failed on {request.method} {request.path}. This is a bug in it, and its log has the traceback."
    error = {"message": message, "type": "server_error", "param": None, "code": None}
    response = web.Response(status=500, body=orjson.dumps({"error": error}), content_type="application/json")
    response.force_close()
    return response


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
