"""A server that passes calls on to a real endpoint and records what comes back, or answers from what was recorded.

Here: who answers a call, and the bytes on their way through: a client gets them when they come and as they come.
Not here: the connection to the endpoint (`upstream.py`), what is kept of an exchange (`recording/`), and the file,
which whoever gives `record` writes.

What was recorded is answered by a server of its own behind this one, so that it is played as `mockllm serve` plays it.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from itertools import count
from typing import Literal, TypeAlias

import orjson
from aiohttp import web

from mockllm.cassette import Tape
from mockllm.cassette.wire import Decoder
from mockllm.engine import Engine
from mockllm.errors import MockLLMError
from mockllm.net.clock import AlarmClock, Clock, RealClock
from mockllm.net.connection import SocketConnection
from mockllm.net.listener import Listener
from mockllm.net.protocol import HttpProtocol, Played, read_body, read_headers
from mockllm.net.server import MOST_BODY_BYTES, Server
from mockllm.net.upstream import Arrival, Upstream, UpstreamError, ask
from mockllm.recording.rules import answers
from mockllm.request import Call
from mockllm.scenario.library import Library

_log = logging.getLogger("mockllm")

Asking: TypeAlias = Literal["always", "unmatched", "never"]
"""When the endpoint is asked: for every call, for those that no rule answers, or not at all."""

MOST_ANSWER_BYTES = 64 * 1024 * 1024
"""The longest answer that is recorded; a longer one is passed on all the same."""

LEFT_S = 60.0
"""How long an answer is still read, to be recorded, when its client has left."""

_PLAIN = frozenset({"", "identity"})
_POLL_S = 0.001


class Recorder:
    """A server in front of an endpoint. `record` is given every exchange with it, and may raise MockLLMError, which is
    logged. The scenarios of the library answer what is not asked there; the default one explains what nothing answers.
    """

    def __init__(
        self,
        upstream: Upstream | None,
        library: Library,
        record: Callable[[Tape], None],
        *,
        asking: Asking = "always",
        host: str = "127.0.0.1",
        port: int = 0,
        clock: AlarmClock | None = None,
    ) -> None:
        self._upstream = upstream
        self._asking: Asking = "never" if upstream is None else asking
        self._library = library
        self._record = record
        self._given_clock = clock
        self._clock: Clock | None = None
        self._listener = Listener(host, port)
        self._numbers = count(1)
        self._connections: set[SocketConnection] = set()
        self._relays: set[asyncio.Task[bool]] = set()
        self._player = Server(Engine(library), clock=clock)

    @property
    def url(self) -> str:
        """Where clients reach it; without a path."""
        return self._listener.url

    async def start(self) -> None:
        """Listen; returns when connections are accepted. Raises MockLLMError if the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._clock = self._given_clock or RealClock(loop)
        await self._player.start()
        http = web.Server(self._answer, handler_cancellation=True)
        try:
            await self._listener.open(partial(HttpProtocol, http, loop, self._opened, self._connections.discard))
        except MockLLMError:
            await self._player.close()
            raise

    async def close(self) -> None:
        """Stop. What has not ended by now is not recorded."""
        self._listener.close()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)
        while self._connections:
            for connection in tuple(self._connections):
                connection.abort()
            await asyncio.sleep(_POLL_S)
        await self._player.close()

    def _opened(self, transport: asyncio.Transport) -> SocketConnection:
        connection = SocketConnection(transport, next(self._numbers))
        self._connections.add(connection)
        return connection

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        protocol = request.protocol
        assert isinstance(protocol, HttpProtocol)
        body = await read_body(request, protocol.connection, MOST_BODY_BYTES)
        if body is None:
            return _problem(413, f"the request's body is over {MOST_BODY_BYTES} bytes")
        url = request.rel_url
        call = Call(request.method, url.path, url.raw_query_string, read_headers(request.raw_headers), body)
        endpoint, is_recorded = self._choose(call)
        relay = asyncio.ensure_future(
            self._relay(endpoint, call, request.raw_path, protocol.connection, is_recorded=is_recorded)
        )
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)
        try:
            reusable = await asyncio.shield(relay)
            return Played(reusable=reusable and request.keep_alive)
        except UpstreamError as error:
            return _problem(502, str(error))
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(LEFT_S, relay.cancel)
            raise

    def _choose(self, call: Call) -> tuple[Upstream, bool]:
        """Who answers the call, and whether that is recorded."""
        if self._upstream is not None and self._asking == "always":
            return self._upstream, True
        named = (self._library.get(name) for name in self._library.names())
        match = next((scenario.name for scenario in named if answers(scenario, call)), None)
        if match is None and self._upstream is not None and self._asking == "unmatched":
            return self._upstream, True
        recorded = Upstream.of(self._player.url)
        name = self._library.default().name if match is None else match
        return Upstream(recorded.host, recorded.port, path=f"/{name}/v1"), False

    async def _relay(
        self, endpoint: Upstream, call: Call, path: str, connection: SocketConnection, *, is_recorded: bool
    ) -> bool:
        """Pass on what comes, and record it; returns whether the connection can be used again."""
        assert self._clock is not None
        decoder = Decoder()
        size = 0
        last: Arrival = 0, "end"
        async with aclosing(ask(endpoint, call, path, self._clock)) as arrivals:
            while not decoder.done and isinstance(what := (last := await anext(arrivals))[1], bytes):
                size += len(what)
                if size <= MOST_ANSWER_BYTES:
                    decoder.feed(last[0], what)
                connection.write(what)
                await connection.drain()
        self._keep(call, decoder, last, is_recorded=is_recorded and size <= MOST_ANSWER_BYTES)
        return await _end(connection, decoder, last[1])

    def _keep(self, call: Call, decoder: Decoder, last: Arrival, *, is_recorded: bool) -> None:
        if not is_recorded:
            return
        at_us, what = last
        answer = decoder.result(at_us, what if isinstance(what, str) else "end")
        encoding = (answer.header("content-encoding") or "").lower()
        if encoding not in _PLAIN:
            _log.warning(
                "%s %s is not recorded: it came as %s, in which keys could hide, though it was asked for as it is",
                call.method,
                call.path,
                encoding,
            )
            return
        try:
            self._record(Tape(call, answer))
        except MockLLMError as error:
            _log.warning("%s %s is not recorded: %s", call.method, call.path, error)


async def _end(connection: SocketConnection, decoder: Decoder, what: object) -> bool:
    """End the answer as it ended there; returns whether the connection can be used again."""
    if decoder.done and decoder.keeps_open:
        return True
    await connection.flush()
    if what == "reset":
        connection.reset()
    else:
        connection.close()
    return False


def _problem(status: int, message: str) -> web.Response:
    error = {"message": f"mockllm: {message}", "type": "server_error", "param": None, "code": "upstream_failed"}
    response = web.Response(status=status, body=orjson.dumps({"error": error}), content_type="application/json")
    response.force_close()
    return response
