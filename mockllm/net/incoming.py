"""A request as aiohttp read it, as the call that an engine is asked.

Here: what a request says (`Asked`), and that as a call of some moment and connection. Not here: reading (`protocol.py`)
and who asks (`server.py`).
"""

from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage
from yarl import URL

from mockllm.net.clock import Clock
from mockllm.net.connection import SocketConnection
from mockllm.net.protocol import headers_of
from mockllm.request import Call, Headers, make_call
from mockllm.websocket import METHOD


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says, which is the same whenever the same bytes come; for the fields see `Call`."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes

    def call(self, connection: SocketConnection, clock: Clock) -> Call:
        """The call of this request, which has just been read on this connection."""
        return make_call(
            self.method,
            self.path,
            self.query,
            self.headers,
            self.body,
            clock.now_us(),
            clock.wall_s(),
            connection.number,
            connection.calls > 1,
        )


def asked_by(head: web.BaseRequest | RawRequestMessage, url: URL, body: bytes) -> Asked:
    """What a request says."""
    # In capitals it is our name for messages, which nothing else may bear; methods differ by case (RFC 9110 §9.1).
    method = head.method if head.method != METHOD else head.method.lower()
    return Asked(method, url.path, url.raw_query_string, headers_of(head), body)


def call_of(
    head: web.BaseRequest | RawRequestMessage, url: URL, connection: SocketConnection, body: bytes, clock: Clock
) -> Call:
    """The call of a request, whose body has just been read, on this connection."""
    return asked_by(head, url, body).call(connection, clock)
