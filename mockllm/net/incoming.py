"""A request as aiohttp read it, as the call that an engine is asked.

Here: one function. Not here: reading (`protocol.py`) and who asks (`server.py`).
"""

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage
from yarl import URL

from mockllm.net.clock import Clock
from mockllm.net.connection import SocketConnection
from mockllm.net.protocol import headers_of
from mockllm.request import Call
from mockllm.websocket import METHOD


def call_of(
    head: web.BaseRequest | RawRequestMessage, url: URL, connection: SocketConnection, body: bytes, clock: Clock
) -> Call:
    """The call of a request, whose body has just been read, on this connection."""
    return Call(
        # In capitals it is our name for messages, which nothing else may bear; methods differ by case (RFC 9110 §9.1).
        method=head.method if head.method != METHOD else head.method.lower(),
        path=url.path,
        query=url.raw_query_string,
        headers=headers_of(head),
        body=body,
        at_us=clock.now_us(),
        wall_s=clock.wall_s(),
        connection=connection.number,
        reused=connection.calls > 1,
    )
