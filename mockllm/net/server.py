"""The HTTP server: a call comes in, the engine answers with a plan, the player plays it on the connection.

Here: sockets that listen, requests that become calls, the life of an exchange from the engine's `handle` to its
`finish`, and stopping. Not here: what is answered (the engine), when bytes go out (`player.py`), how bytes are kept
safe before a cut (`connection.py`), and what aiohttp does of all this (`protocol.py`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from itertools import count
from typing import Any, Protocol, TypeAlias

from aiohttp import HttpVersion10, HttpVersion11, web
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import StreamReader

from mockllm import http1
from mockllm.errors import MockLLMError
from mockllm.exchange import Deliveries, Exchange
from mockllm.net.arrival import Known, known
from mockllm.net.clock import AlarmClock, RealClock, SteeredClock
from mockllm.net.connection import SocketConnection
from mockllm.net.engine import Decided, Engine, told
from mockllm.net.incoming import Asked, asked_by, call_of
from mockllm.net.listener import Listener
from mockllm.net.protocol import HttpProtocol, Played, asks_for_leave, failure, read_body
from mockllm.net.stage import Stage
from mockllm.net.websocket import Host, converse
from mockllm.plan import Microseconds

_log = logging.getLogger("mockllm")

CONTROL = "/_mockllm/"
"""What the paths of the control API begin with."""

HEALTH = f"{CONTROL}health"
"""The path of the control API that the engine answers itself."""

MOST_BODY_BYTES = 32 * 1024 * 1024
"""The largest request body that is read; a larger one gets the engine's `too_large` answer."""

CLOSE_PATIENCE_S = 5.0
"""How long a stopping server waits for exchanges that do not end, before it says which and gives up on them."""

_WRITE_HIGH_LOW_BYTES = 65_536, 16_384
_US_PER_S = 1_000_000
_POLL_S = 0.001
_IMPATIENT_TURNS = 50

_Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Control(Protocol):
    """What answers calls of the control API, which are no exchanges."""

    async def answer(
        self, request: web.BaseRequest, connection: SocketConnection, server: "Server", *, elsewhere: bool
    ) -> web.StreamResponse:
        """The answer to a call; `elsewhere` says that it came to a port where the API is not."""


class Server:
    """An HTTP/1.1 server on one event loop.

    Without a `clock` it takes its loop's. HTTP/1.0 clients get the same bytes with the connection's end as the end of
    the body, and one answer per connection. Paths below `CONTROL` go to the `control`, if there is one; with a
    `control_port` of its own the API is there, on the same host, and not here. Others may listen on `shared` ports too.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: AlarmClock | None = None,
        max_body: int = MOST_BODY_BYTES,
        control: Control | None = None,
        control_port: int | None = None,
        shared: bool = False,
    ) -> None:
        self._engine, self._control = engine, control
        self._given_clock = clock
        self._clock: AlarmClock | None = None
        self._max_body = max_body
        self._listener = Listener(host, port, shared=shared)
        self._control_listener = None if control_port is None else Listener(host, control_port, shared=shared)
        self._https: tuple[web.Server, ...] = ()
        self._numbers = count(1)
        self._connections: set[SocketConnection] = set()
        self._stage = Stage(engine)
        self._known: Known[Asked] = known()
        self._reusable = Played(reusable=True)
        self._last = Played(reusable=False)

    @property
    def url(self) -> str:
        """Where clients reach the server, such as `http://127.0.0.1:8000`; without a path."""
        return self._listener.url

    @property
    def control_url(self) -> str:
        """Where the control API is; the same, unless it has a port of its own."""
        return (self._control_listener or self._listener).url

    @property
    def clock(self) -> AlarmClock:
        """The clock by which plans wait. Only after `start`."""
        assert self._clock is not None
        return self._clock

    @property
    def open_exchanges(self) -> int:
        """How many exchanges are being played."""
        return len(self._stage.playing)

    @property
    def playing(self) -> tuple[tuple[Exchange, Deliveries], ...]:
        """The exchanges that are being played, each with what was done of it so far."""
        return self._stage.playing

    async def idle(self) -> None:
        """Return when no exchange is open."""
        await self._stage.idle()

    async def start(self) -> None:
        """Listen; returns when connections are accepted. Raises MockLLMError if the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._clock = self._given_clock or SteeredClock(RealClock(loop))
        self._https = ()
        sides: tuple[tuple[Listener | None, _Handler, Mapping[str, Any]], ...] = (
            (
                self._listener,
                self._answer,
                {"accept": self._accept, "receive": self._receive, "again": self._hear, "known": self._known},
            ),
            (self._control_listener, self._answer_control, {}),
        )
        for listener, handler, hooks in sides:
            if listener is None:
                continue
            http = web.Server(handler, handler_cancellation=True)
            self._https += (http,)
            try:
                await listener.open(partial(HttpProtocol, http, loop, self._opened, self._closed, **hooks))
            except MockLLMError:
                await self.close()
                raise

    async def close(self, grace_us: Microseconds = 0) -> None:
        """Stop accepting, let open exchanges end by themselves for `grace_us`, then end them and all connections.

        Takes no longer than `CLOSE_PATIENCE_S` on top of the grace; what still holds the server then is logged.
        """
        if not self._listener.is_open:
            return
        for listener in filter(None, (self._listener, self._control_listener)):
            listener.close()
        if grace_us > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_us / _US_PER_S):
                    await self.idle()
        await self._end_all()

    async def _end_all(self) -> None:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + CLOSE_PATIENCE_S
        turns = 0
        while self._stage.playing or self._connections or any(http.connections for http in self._https):
            for connection in tuple(self._connections):
                connection.abort()
            self._stage.cancel()
            turns += 1
            await asyncio.sleep(0 if turns < _IMPATIENT_TURNS else _POLL_S)
            if loop.time() > give_up:
                _log.error(
                    "The server was asked to stop, but after %g s these exchanges do not end: %s."
                    " It stops without them; look for what keeps them from being cancelled.",
                    CLOSE_PATIENCE_S,
                    ", ".join(f"#{e.number} {e.call.method} {e.call.path}" for e, _ in self.playing) or "none",
                )
                return

    def _opened(self, transport: asyncio.Transport) -> SocketConnection:
        transport.set_write_buffer_limits(*_WRITE_HIGH_LOW_BYTES)
        connection = SocketConnection(transport, next(self._numbers))
        self._connections.add(connection)
        if not self._listener.is_open:
            connection.abort()
        return connection

    def _closed(self, connection: SocketConnection) -> None:
        self._connections.discard(connection)

    def _accept(self, protocol: HttpProtocol) -> None:
        """Let a new connection meet what is scripted for it; until that is over nothing is read from it."""
        try:
            exchange = self._engine.connect(protocol.connection.number, self.clock.now_us(), self.clock.wall_s())
        except Exception:  # noqa: BLE001 - as in _answer
            _log.exception("The engine failed on connection %d.", protocol.connection.number)
            return
        if exchange is not None:
            protocol.hold(self._greet(exchange, protocol))

    async def _greet(self, met: Decided[Exchange | None], protocol: HttpProtocol) -> None:
        if (exchange := await told(met)) is not None:
            await self._stage.play(exchange, protocol.connection, self.clock)
        protocol.release()

    def _receive(self, protocol: HttpProtocol, head: RawRequestMessage, body: StreamReader) -> Asked | None:
        """Answer a request that is whole, and tell what it says; None if it is none for the engine, or too large."""
        if not head.path.startswith("/") or head.path.startswith(CONTROL) or body.total_bytes > self._max_body:
            return None
        asked = asked_by(head, head.url, body.read_nowait())
        self._hear(protocol, asked)
        return asked

    def _hear(self, protocol: HttpProtocol, asked: Asked) -> None:
        """Answer a request."""
        connection, clock = protocol.connection, self.clock
        connection.calls += 1
        try:
            exchange = self._engine.handle(asked.call(connection, clock))
        except Exception:  # noqa: BLE001 - as in _answer
            _log.exception("The engine failed on %s %s.", asked.method, asked.path)
            _fail(protocol, asked.method, asked.path)
            return
        if not isinstance(exchange, Exchange) or not self._stage.send(exchange, connection, clock):
            protocol.hold(self._play_apart(exchange, protocol))

    async def _play_apart(self, decided: Exchange | Awaitable[Exchange], protocol: HttpProtocol) -> None:
        """Play an exchange while the connection reads no further request."""
        exchange = await told(decided)
        if not await self._stage.play(exchange, protocol.connection, self.clock):
            _fail(protocol, exchange.call.method, exchange.call.path)
        elif http1.announces_close(exchange.plan):
            protocol.force_close()
        else:
            protocol.release()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        protocol = request.protocol
        assert isinstance(protocol, HttpProtocol)
        connection = protocol.connection
        path = request.rel_url.raw_path
        is_control = path.startswith(CONTROL) and (path, request.method) != (HEALTH, "GET")
        if self._control is not None and is_control and request.version >= HttpVersion10:
            return await self._control.answer(request, connection, self, elsewhere=self._control_listener is not None)
        connection.calls += 1
        body = None
        try:
            # What the client gets in place of a leave to send its body, or else whether it gets one.
            leave: Exchange | bool = True
            if asks_for_leave(request):
                leave = await told(self._engine.leave(call_of(request, request.rel_url, connection, b"", self.clock)))
            if isinstance(leave, Exchange):
                exchange = leave
            else:
                body = await read_body(request, connection, self._max_body, leave=leave)
                call = call_of(request, request.rel_url, connection, body or b"", self.clock)
                large = partial(self._engine.too_large, call, self._max_body)
                exchange = await told(large() if body is None else self._engine.handle(call))
        except web.HTTPException:
            raise
        except Exception:  # noqa: BLE001 - a bug in one answer must not end the server
            _log.exception("The engine failed on %s %s.", request.method, request.path)
            connection.write(failure(request.method, request.path))
            return self._last
        if not await self._stage.play(exchange, connection, self.clock, chunks=request.version >= HttpVersion11):
            connection.write(failure(request.method, request.path))
            return self._last
        await converse(exchange, protocol, Host(self._engine, self._stage, self.clock, self._max_body))
        reusable = (
            body is not None
            and request.version >= HttpVersion11
            and request.keep_alive
            and not connection.dead
            and not http1.announces_close(exchange.plan)
        )
        return self._reusable if reusable else self._last

    async def _answer_control(self, request: web.BaseRequest) -> web.StreamResponse:
        protocol = request.protocol
        assert isinstance(protocol, HttpProtocol)
        assert self._control is not None
        return await self._control.answer(request, protocol.connection, self, elsewhere=False)


def _fail(protocol: HttpProtocol, method: str, path: str) -> None:
    """Tell the client that this package failed, and end the connection."""
    protocol.connection.write(failure(method, path))
    protocol.force_close()
