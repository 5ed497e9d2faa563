"""The HTTP server: a call comes in, the engine answers with a plan, the player plays it on the connection.

Here: sockets that listen, requests that become calls, the life of an exchange from the engine's `handle` to its
`finish`, and stopping. Not here: what is answered (the engine), when bytes go out (`player.py`), and how bytes are
kept safe before a cut (`connection.py`). Requests are parsed by aiohttp's low-level server; responses are written by
the player past aiohttp, which only learns whether the connection may be used again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Protocol

from aiohttp import HttpVersion10, HttpVersion11, web

from mockllm import http1
from mockllm.errors import MockLLMError
from mockllm.exchange import Deliveries, Delivery, Ending, Exchange, Outcome
from mockllm.net.clock import Clock, RealClock, SteeredClock
from mockllm.net.connection import SocketConnection
from mockllm.net.engine import Engine
from mockllm.net.gates import Gatekeeper
from mockllm.net.listener import Listener
from mockllm.net.player import interrupted, play
from mockllm.net.protocol import HttpProtocol, Played, asks_for_leave, failure, read_body, read_headers
from mockllm.net.whole import Wholes, send_whole
from mockllm.plan import Microseconds
from mockllm.request import Call

_log = logging.getLogger("mockllm")

CONTROL = "/_mockllm/"
"""What the paths of the control API begin with."""

HEALTH = f"{CONTROL}health"
"""The path of the control API that the engine answers itself."""

MOST_BODY_BYTES = 32 * 1024 * 1024
"""The largest request body that is read; a larger one gets the engine's `too_large` answer."""

CLOSE_PATIENCE_S = 5.0
"""How long a stopping server waits for exchanges that do not end, before it says which and gives up on them."""

_WRITE_HIGH_BYTES = 65_536
_WRITE_LOW_BYTES = 16_384
_US_PER_S = 1_000_000
_POLL_S = 0.001
_IMPATIENT_TURNS = 50


class Control(Protocol):
    """What answers calls of the control API, which are no exchanges."""

    async def answer(
        self, request: web.BaseRequest, connection: SocketConnection, server: "Server", *, elsewhere: bool
    ) -> web.Response:
        """The answer to a call; `elsewhere` says that it came to a port where the API is not."""
        ...


class Server:
    """An HTTP/1.1 server on one event loop.

    Without a `clock` it takes its loop's. HTTP/1.0 clients get the same bytes with the connection's end as the end of
    the body, and one answer per connection. Paths below `CONTROL` go to the `control`, if there is one; with a
    `control_port` of its own the API is there, on the same host, and not here.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        max_body: int = MOST_BODY_BYTES,
        control: Control | None = None,
        control_port: int | None = None,
    ) -> None:
        self._engine = engine
        self._control = control
        self._given_clock = clock
        self._clock: Clock | None = None
        self._max_body = max_body
        self._listener = Listener(host, port)
        self._control_listener = None if control_port is None else Listener(host, control_port)
        self._https: tuple[web.Server, ...] = ()
        self._numbers = count(1)
        self._connections: set[SocketConnection] = set()
        self._open: dict[asyncio.Task[object], Exchange] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._wholes = Wholes()
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
    def clock(self) -> Clock:
        """The clock by which plans wait. Only after `start`."""
        assert self._clock is not None
        return self._clock

    @property
    def open_exchanges(self) -> int:
        """How many exchanges are being played."""
        return len(self._open)

    async def idle(self) -> None:
        """Return when no exchange is open."""
        await self._idle.wait()

    async def start(self) -> None:
        """Listen; returns when connections are accepted. Raises MockLLMError if the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._clock = self._given_clock or SteeredClock(RealClock(loop))
        self._https = ()
        sides = ((self._listener, self._answer, self._accept), (self._control_listener, self._answer_control, None))
        for listener, handler, accept in sides:
            if listener is None:
                continue
            http = web.Server(handler, handler_cancellation=True)
            self._https += (http,)
            try:
                await listener.open(partial(HttpProtocol, http, loop, self._opened, self._closed, accept))
            except MockLLMError:
                await self.close()
                raise

    async def close(self, grace_us: Microseconds = 0) -> None:
        """Stop accepting, let open exchanges end by themselves for `grace_us`, then end them and all connections.

        Takes no longer than `CLOSE_PATIENCE_S` on top of the grace; what still holds the server then is logged.
        """
        if not self._listener.is_open:
            return
        self._listener.close()
        if self._control_listener is not None:
            self._control_listener.close()
        if grace_us > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_us / _US_PER_S):
                    await self.idle()
        await self._end_all()

    async def _end_all(self) -> None:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + CLOSE_PATIENCE_S
        turns = 0
        while self._open or self._connections or any(http.connections for http in self._https):
            for connection in tuple(self._connections):
                connection.abort()
            for task in tuple(self._open):
                if not task.cancelling():
                    task.cancel()
            turns += 1
            await asyncio.sleep(0 if turns < _IMPATIENT_TURNS else _POLL_S)
            if loop.time() > give_up:
                _log.error(
                    "The server was asked to stop, but after %g s these exchanges do not end: %s."
                    " It stops without them; look for what keeps them from being cancelled.",
                    CLOSE_PATIENCE_S,
                    ", ".join(f"#{e.number} {e.call.method} {e.call.path}" for e in self._open.values()) or "none",
                )
                return

    def _opened(self, transport: asyncio.Transport) -> SocketConnection:
        transport.set_write_buffer_limits(_WRITE_HIGH_BYTES, _WRITE_LOW_BYTES)
        connection = SocketConnection(transport, next(self._numbers))
        self._connections.add(connection)
        if not self._listener.is_open:
            connection.abort()
        return connection

    def _closed(self, connection: SocketConnection) -> None:
        self._connections.discard(connection)

    def _accept(self, protocol: HttpProtocol) -> None:
        """Let a new connection meet what is scripted for it; until that is over nothing is read from it."""
        assert self._clock is not None
        try:
            exchange = self._engine.connect(protocol.connection.number, self._clock.now_us(), self._clock.wall_s())
        except Exception:  # noqa: BLE001 - as in _answer
            _log.exception("The engine failed on connection %d.", protocol.connection.number)
            return
        if exchange is not None:
            protocol.hold(self._greet(exchange, protocol))

    async def _greet(self, exchange: Exchange, protocol: HttpProtocol) -> None:
        await self._play(exchange, protocol.connection, chunks=True)
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
            exchange = not asks_for_leave(request) or self._engine.leave(self._call(request, connection, b""))
            if not isinstance(exchange, Exchange):
                body = await read_body(request, connection, self._max_body, leave=exchange)
                call = self._call(request, connection, body or b"")
                large = body is None
                exchange = self._engine.too_large(call, self._max_body) if large else self._engine.handle(call)
        except web.HTTPException:
            raise
        except Exception:  # noqa: BLE001 - a bug in one answer must not end the server
            _log.exception("The engine failed on %s %s.", request.method, request.path)
            return failure(request)
        if not await self._play(exchange, connection, request.version >= HttpVersion11):
            return failure(request)
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

    def _call(self, request: web.BaseRequest, connection: SocketConnection, body: bytes) -> Call:
        assert self._clock is not None
        return Call(
            method=request.method,
            path=request.rel_url.path,
            query=request.rel_url.raw_query_string,
            headers=read_headers(request),
            body=body,
            at_us=self._clock.now_us(),
            wall_s=self._clock.wall_s(),
            connection=connection.number,
            reused=connection.calls > 1,
        )

    async def _play(self, exchange: Exchange, connection: SocketConnection, chunks: bool) -> bool:
        """Play the exchange's plan and finish it; False if it failed before anything was sent."""
        assert self._clock is not None
        task = asyncio.current_task()
        assert task is not None
        plan = exchange.plan if chunks else http1.for_http_1_0(exchange.plan)
        if exchange.call.method == "HEAD":
            plan = http1.for_head_request(plan)
        deliveries = Deliveries(plan)
        start_us = exchange.call.at_us
        outcome = Outcome(Ending.STOPPED)
        self._open[task] = exchange
        self._idle.clear()
        try:
            if (whole := self._wholes.get(plan)) is not None:
                outcome = await send_whole(whole, connection, self._clock, start_us, deliveries)
            else:
                report = partial(self._engine.at_gate, exchange)
                keeper = Gatekeeper(self._engine.gates, exchange.namespace, self._clock, start_us, report)
                outcome = await play(plan, connection, self._clock, start_us, deliveries, gatekeeper=keeper)
        except asyncio.CancelledError:
            outcome = interrupted(plan, connection, deliveries)
            raise
        except Exception:  # noqa: BLE001 - as in _answer
            _log.exception("Exchange #%d failed at step %d of its plan.", exchange.number, len(deliveries))
            outcome = Outcome(Ending.STOPPED, len(deliveries))
            if not deliveries:
                return False
            connection.reset()
        finally:
            del self._open[task]
            at_us = self._clock.now_us() - start_us
            self._finish(exchange, deliveries, Outcome(outcome.ending, outcome.step, at_us))
        return True

    def _finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        try:
            self._engine.finish(exchange, deliveries, outcome)
        except Exception:  # noqa: BLE001 - as in _answer
            _log.exception("The engine failed to finish exchange #%d.", exchange.number)
        if not self._open:
            self._idle.set()
