"""aiohttp's part: its protocol, what it is told of an answer, and the reading of a request.

Here: all that depends on how aiohttp's low-level server works. Not here: what becomes of a request (`server.py`). A
response is written by the player past aiohttp, which gets a `Played` in its place.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, cast

import orjson
from aiohttp import HttpVersion11, web
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import StreamReader

from mockllm import http1
from mockllm.dialects.headers import JSON_TYPE
from mockllm.net.arrival import ArrivalParser, Known, Message
from mockllm.net.connection import SocketConnection
from mockllm.plan import Head
from mockllm.request import Headers

if TYPE_CHECKING:
    from mockllm.net.incoming import Asked

MOST_LINE_BYTES = 65_536
"""The longest request line, and the longest header field, that is read; beyond it aiohttp answers 400."""

KEEP_ALIVE_S = 86_400.0
"""How long an idle connection stays open: longer than any test, since a close that is not scripted is noise."""

MOST_HELD_BYTES = 1024 * 1024
"""How much is read from a connection before its requests are; what is beyond waits at the client."""

RawHeaders: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Headers as aiohttp's parser gives them."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_MOST_HEADERS = 256


class HttpProtocol(web.RequestHandler):
    """aiohttp's protocol, which also tells the connection what the transport reports."""

    __slots__ = (
        "_accept",
        "_again",
        "_arrivals",
        "_begun",
        "_closed",
        "_held",
        "_meanwhile",
        "_opened",
        "_receive",
        "connection",
    )

    connection: SocketConnection

    def __init__(
        self,
        http: web.Server,
        loop: asyncio.AbstractEventLoop,
        opened: Callable[[asyncio.Transport], SocketConnection],
        closed: Callable[[SocketConnection], None],
        *,
        accept: "Callable[[HttpProtocol], None] | None" = None,
        receive: "Callable[[HttpProtocol, RawRequestMessage, StreamReader], Asked | None] | None" = None,
        again: "Callable[[HttpProtocol, Asked], None] | None" = None,
        known: "Known[Asked] | None" = None,
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
        self._receive = receive
        self._again = again
        self._arrivals: ArrivalParser[Asked] | None = None
        self._begun = False
        self._held: bytearray | None = None
        self._meanwhile: asyncio.Task[None] | None = None
        if receive is not None:
            assert self._parser is not None
            self._arrivals = ArrivalParser(self._parser, self, known if again is not None else None)
            self._parser = self._arrivals  # type: ignore[assignment]  # aiohttp names its class

    @property
    def is_free(self) -> bool:
        """Nothing that came before is still to be answered: aiohttp waits for a request, or never had one."""
        return not self._begun or (self._waiter is not None and not self._waiter.done() and not self._messages)

    def answer(self, head: RawRequestMessage, body: StreamReader) -> "tuple[Asked, bytes] | None":
        """Answer a request that is whole, and tell what it says and its body; None if it is one for aiohttp."""
        asked = None if self._receive is None else self._receive(self, head, body)
        return None if asked is None else (asked, asked.body)

    def answer_again(self, asked: "Asked") -> None:
        """Answer a request that says the same as one before."""
        assert self._again is not None
        self._again(self, asked)

    def put_back(self, message: Message) -> None:
        """Let aiohttp have a message that it would have had earlier."""
        self._messages.append(message)

    def hold(self, meanwhile: Coroutine[None, None, None]) -> None:
        """Read no request until `release`, which is up to `meanwhile`; that is cancelled if the connection is lost."""
        self._held = bytearray()
        self._meanwhile = asyncio.ensure_future(meanwhile)

    def release(self) -> None:
        """Read requests from now on, from the first byte on that was sent."""
        held, self._held, self._meanwhile = self._held, None, None
        if held and not self.connection.dead:
            self.connection.resume_reading()
            self.data_received(bytes(held))

    def data_received(self, data: bytes) -> None:
        """The client sent something. What comes before its time is kept, up to a limit, so that a hang-up is seen."""
        if self._held is None:
            arrivals = self._arrivals
            if arrivals is not None and not self._force_close and not self._close and arrivals.again(data):
                return
            super().data_received(data)
            if self._messages and not self._begun:
                self._begun = True
                self._task_handler = self._loop.create_task(super().start())
            return
        self._held += data
        if len(self._held) >= MOST_HELD_BYTES:
            self.connection.pause_reading()

    async def start(self) -> None:
        """Do nothing, where aiohttp begins to wait for requests: most connections never have one for it, and the wait
        takes memory. It begins with the first that it is to answer.
        """

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Read again, if reading was paused; aiohttp asks for that whenever something was read."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self.connection = self._opened(cast("asyncio.Transport", transport))
        super().connection_made(transport)
        # aiohttp would close a connection that is idle from the start, after its own time.
        self.keep_alive(True)
        if self._accept is not None and not self.connection.dead:
            self._accept(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The socket is closed, by whichever side; aiohttp cancels the play."""
        self.connection.hung_up()
        self._closed(self.connection)
        self._leave()
        super().connection_lost(exc)

    def _leave(self) -> None:
        """End what is going on while nothing is read, now rather than when the socket is closed: a client that comes
        again at once shall not be heard before it was missed.
        """
        if self._meanwhile is not None:
            self._meanwhile.cancel()

    def eof_received(self) -> None:
        """A FIN is a hang-up, see `connection.py`. A request that came just before it still reaches the engine: the
        loop is a turn ahead with it.
        """
        self.connection.hung_up()
        self.connection.abort()
        self._leave()

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


@lru_cache(_MOST_HEADERS)
def read_headers(raw: RawHeaders) -> Headers:
    r"""The headers as they were sent; a byte that is not UTF-8 becomes an escape such as `\xff`. One value for all
    requests that have the same, as most of a client's have.
    """
    return Headers(tuple((_text(name), _text(value)) for name, value in raw))


def headers_of(head: web.BaseRequest | RawRequestMessage) -> Headers:
    """The headers of a request. HTTP/1.0 knows no upgrade, so none is asked for there (RFC 9110 §7.8)."""
    headers = read_headers(head.raw_headers)
    if head.version >= HttpVersion11:
        return headers
    return Headers(tuple(pair for pair in headers if pair[0].lower() != "upgrade"))


def failure(method: str, path: str) -> bytes:
    """The answer to a call on which this package itself failed, in the shape of any error (wire-contract §4.1); the
    connection ends after it.
    """
    message = f"mockllm failed on {method} {path}. This is a bug in it, and its log has the traceback."
    body = orjson.dumps({"error": {"message": message, "type": "server_error", "param": None, "code": None}})
    headers = ("content-type", JSON_TYPE), ("content-length", str(len(body))), ("connection", "close")
    return http1.head_bytes(Head(500, headers, "length")) + body


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
