"""The HTTP server: a call comes in, the engine answers with a plan, the player plays it on the connection.

Here: sockets that listen, requests that become calls, the life of an exchange from the engine's `handle` to its
`finish`, and stopping. Not here: what is answered (the engine), when bytes go out (`player.py`), and how bytes are
kept safe before a cut (`connection.py`). Requests are parsed by aiohttp's low-level server; responses are written by
the player past aiohttp, which only learns whether the connection may be used again.
"""

import asyncio
import contextlib
import errno
import logging
from collections.abc import Sequence
from itertools import count
from typing import NoReturn, Protocol

from aiohttp import HttpVersion11, web

from mockllm import http1
from mockllm.errors import MockLLMError
from mockllm.exchange import Deliveries, Delivery, Ending, Exchange, Outcome
from mockllm.net.clock import Clock, RealClock
from mockllm.net.connection import SocketConnection
from mockllm.net.player import interrupted, play
from mockllm.net.protocol import HttpProtocol, Played, failure, read_body, read_headers
from mockllm.net.whole import Wholes, send_whole
from mockllm.plan import Microseconds
from mockllm.request import Call

_log = logging.getLogger("mockllm")

MOST_BODY_BYTES = 32 * 1024 * 1024
"""The largest request body that is read; a larger one gets the engine's `too_large` answer."""

CLOSE_PATIENCE_S = 5.0
"""How long a stopping server waits for exchanges that do not end, before it says which and gives up on them."""

_BACKLOG = 1024
_WRITE_HIGH_BYTES = 65_536
_WRITE_LOW_BYTES = 16_384
_US_PER_S = 1_000_000
_POLL_S = 0.001
_IMPATIENT_TURNS = 50

# An address that clients can use, for each that means all of them.
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here


class Engine(Protocol):
    """What decides. Its methods never wait, and everything they touch lives in the server's loop."""

    def handle(self, call: Call) -> Exchange:
        """The answer to a call; the exchange is open from now on."""
        ...

    def too_large(self, call: Call, limit: int) -> Exchange:
        """The answer to a call whose body is over `limit` bytes and was not read."""
        ...

    def finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        """The exchange is over. Called once for each, with no wait after its last byte was written."""
        ...


class Server:
    """An HTTP/1.1 server on one event loop.

    Without a `clock` it takes its loop's. HTTP/1.0 clients get the same bytes with the connection's end as the end of
    the body, and one answer per connection.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        max_body: int = MOST_BODY_BYTES,
    ) -> None:
        self._engine = engine
        self._host = host
        self._port = port
        self._clock = clock
        self._max_body = max_body
        self._address = ("", 0)
        self._listener: asyncio.Server | None = None
        self._http: web.Server | None = None
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
        host, port = self._address
        host = _LOOPBACK.get(host, host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

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
        self._clock = self._clock or RealClock(loop)
        self._http = web.Server(self._answer, handler_cancellation=True)
        try:
            self._listener = await loop.create_server(self._protocol, self._host, self._port, backlog=_BACKLOG)
        except OSError as error:
            _refuse_address(self._host, self._port, error)
        host, port, *_ = self._listener.sockets[0].getsockname()
        self._address = (host, port)

    async def close(self, grace_us: Microseconds = 0) -> None:
        """Stop accepting, let open exchanges end by themselves for `grace_us`, then end them and all connections.

        Takes no longer than `CLOSE_PATIENCE_S` on top of the grace; what still holds the server then is logged.
        """
        if self._listener is None or self._http is None:
            return
        self._listener.close()
        self._listener = None
        if grace_us > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_us / _US_PER_S):
                    await self.idle()
        await self._end_all(self._http)

    async def _end_all(self, http: web.Server) -> None:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + CLOSE_PATIENCE_S
        turns = 0
        while self._open or self._connections or http.connections:
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

    def _protocol(self) -> HttpProtocol:
        assert self._http is not None
        return HttpProtocol(self._http, asyncio.get_running_loop(), self._opened, self._closed)

    def _opened(self, transport: asyncio.Transport) -> SocketConnection:
        transport.set_write_buffer_limits(_WRITE_HIGH_BYTES, _WRITE_LOW_BYTES)
        connection = SocketConnection(transport, next(self._numbers))
        self._connections.add(connection)
        if self._listener is None:
            connection.abort()
        return connection

    def _closed(self, connection: SocketConnection) -> None:
        self._connections.discard(connection)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        protocol = request.protocol
        assert isinstance(protocol, HttpProtocol)
        connection = protocol.connection
        body = await read_body(request, connection, self._max_body)
        try:
            call = self._call(request, connection, body or b"")
            exchange = self._engine.handle(call) if body is not None else self._engine.too_large(call, self._max_body)
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

    def _call(self, request: web.BaseRequest, connection: SocketConnection, body: bytes) -> Call:
        assert self._clock is not None
        connection.calls += 1
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
                outcome = await play(plan, connection, self._clock, start_us, deliveries)
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
            self._finish(exchange, deliveries, outcome)
        return True

    def _finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        try:
            self._engine.finish(exchange, deliveries, outcome)
        except Exception:  # noqa: BLE001 - as in _answer
            _log.exception("The engine failed to finish exchange #%d.", exchange.number)
        if not self._open:
            self._idle.set()


def _refuse_address(host: str, port: int, error: OSError) -> NoReturn:
    found = "another program listens there" if error.errno == errno.EADDRINUSE else f"the system said: {error.strerror}"
    raise MockLLMError(
        f"mockllm was asked to listen on {host}:{port}, but {found}."
        " Give another port (0 takes any free one) or an address of this machine."
    ) from error
