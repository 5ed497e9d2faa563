"""The mock's servers in virtual time: one on each loop that connects to it, and none that listens.

Here: what `MockLLM` has in place of a server in a thread of its own. Not here: the HTTP server, which is the same
(`net/server.py`), and connections (`network.py`).
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from aiohttp import web

from mockllm.errors import MockLLMError
from mockllm.gates import Gates, Visitor, Wake
from mockllm.net.clock import AlarmClock
from mockllm.net.engine import Engine
from mockllm.net.listener import Listener
from mockllm.net.server import Control, Server
from mockllm.net.virtual.clock import LoopClock
from mockllm.net.virtual.network import Factory
from mockllm.net.virtual.side import SideProtocol, hide, take_turns

if TYPE_CHECKING:
    from mockllm.net.virtual.session import VirtualTime

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_TURNS = 16


class VirtualServing:
    """The servers of one engine, at one address, for as long as virtual time lasts.

    They live on the loops of their clients, so several threads may ask the engine: it answers one at a time.
    """

    def __init__(
        self,
        engine: Engine,
        time: "VirtualTime",
        *,
        host: str,
        port: int,
        max_body: int,
        control: Control | None,
        reserve: bool = True,
    ) -> None:
        self._lock = threading.RLock()
        self._engine = engine
        self._time = time
        self._host = host
        self._port = port
        self._max_body = max_body
        self._control = control
        self._numbers = count(1)
        self._servers: dict[asyncio.AbstractEventLoop, _LoopServer] = {}
        self._reserve = reserve
        self._reserved: socket.socket | None = None
        self._serving = False

    @property
    def url(self) -> str:
        """Where clients reach it; the port is taken for as long as it serves, and nobody listens there for real."""
        return f"http://[{self._host}]:{self._port}" if ":" in self._host else f"http://{self._host}:{self._port}"

    def start(self) -> None:
        """Serve. Raises MockLLMError if the address cannot be had."""
        if self._reserve:
            self._reserved = _reserve(self._host, self._port)
            self._port = self._reserved.getsockname()[1]
        self._time.servings.append(self)
        self._time.network.serve(self._host, self._port, self._serve)
        self._serving = True

    def close(self) -> None:
        """Serve no more, and end every connection; does nothing if it does not serve."""
        if not self._serving:
            return
        self._serving = False
        self._time.network.forget(self._host, self._port)
        self._time.servings.remove(self)
        for loop in tuple(self._servers):
            self.leave(loop)
        if self._reserved is not None:
            self._reserved.close()

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """End every connection of one loop: before this returns if the loop does not run, or else in its next turns."""
        if (server := self._servers.pop(loop, None)) is None:
            return
        if asyncio._get_running_loop() is None and not loop.is_running():
            loop.run_until_complete(_close(server))
        else:
            loop.call_soon_threadsafe(server.abort)

    def call(
        self, function: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        """What the function returns or raises while no server asks the engine."""
        with self._lock:
            return function(*args, **kwargs)

    def settle(self) -> None:
        """Let the servers do all that they can do now, which takes no time. In a coroutine only the mock goes on: what
        the test's own side has yet to do, such as closing a socket in its next turn, it has yet to do.
        """
        running = asyncio._get_running_loop()
        if running in self._servers:
            take_turns(running)
        for loop in self._idle_loops():
            loop.run_until_complete(_turns())
        if any(loop.is_running() and loop is not running for loop in self._servers):
            self._time.give_way()

    def wait_idle(self, timeout_s: float) -> None:
        """Return when no exchange is open. Raises TimeoutError if it takes longer, and MockLLMError in a coroutine."""
        self.settle()
        if not any(server.open_exchanges for server in self._servers.values()):
            return
        self.check_wait("wait_idle")
        for loop, server in tuple(self._servers.items()):
            if loop.is_running():  # in another thread
                asyncio.run_coroutine_threadsafe(server.idle(), loop).result(timeout_s)
            else:
                loop.run_until_complete(asyncio.wait_for(server.idle(), timeout_s))

    def check_wait(self, what: str) -> None:
        """Raise MockLLMError in a coroutine: there the server lives on the same loop."""
        if asyncio._get_running_loop() is not None:
            raise MockLLMError(
                f"{what} was called in a coroutine: in virtual time the server lives on the same event loop, which"
                " cannot wait for itself. Use `await mockllm.wait_for_async(...)`"
            )

    def _idle_loops(self) -> tuple[asyncio.AbstractEventLoop, ...]:
        if asyncio._get_running_loop() is not None:
            return ()
        return tuple(loop for loop in self._servers if not loop.is_running())

    def _serve(self, loop: asyncio.AbstractEventLoop) -> Factory:
        with self._lock:
            server = self._servers.get(loop)
            if server is None:
                clock = LoopClock(self._time, loop)
                engine = _OneAtATime(self._engine, self._lock, _LoopGates(cast("Gates", self._engine.gates), loop))
                server = _LoopServer(cast("Engine", engine), clock, self._control, self._max_body, self._numbers)
                self._servers[loop] = server
            return server.factory(loop)


def _reserve(host: str, port: int) -> socket.socket:
    """A socket that takes the address and does not listen."""
    reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        reserved.bind((host, port))
    except OSError as error:
        reserved.close()
        raise MockLLMError(
            f"mockllm was asked for {host}:{port}, but the system said: {error.strerror}."
            " Give another port (0 takes any free one) or an address of this machine."
        ) from error
    return reserved


class _LoopServer(Server):
    """A server whose connections are handed to it."""

    def __init__(
        self, engine: Engine, clock: AlarmClock, control: Control | None, max_body: int, numbers: Iterator[int]
    ) -> None:
        super().__init__(engine, clock=clock, max_body=max_body, control=control)
        self._clock = clock
        self._listener = _OpenListener("", 0)
        self._numbers = numbers  # type: ignore[assignment]  # all that is done with a count is to take the next

    def factory(self, loop: asyncio.AbstractEventLoop) -> Factory:
        """What makes the protocol of a connection."""
        if not self._https:
            self._https = (web.Server(self._answer, handler_cancellation=True, loop=loop),)
        return partial(SideProtocol, self._https[0], loop, self._opened, self._closed, receive=self._receive)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        # In its next turn, as a task that began eagerly is not yet among those that are told.
        asyncio.get_running_loop().call_soon(hide, task)
        return await super()._answer(request)

    def abort(self) -> None:
        """End every connection, without waiting for it."""
        self._listener.close()
        for connection in tuple(self._connections):
            connection.abort()
        self._stage.cancel()


class _OpenListener(Listener):
    """It listens nowhere, and is open until it is closed."""

    _is_open = True

    @property
    def is_open(self) -> bool:
        """Whether connections are accepted."""
        return self._is_open

    def close(self) -> None:
        """Accept no more."""
        self._is_open = False


class _OneAtATime:
    """An engine that is asked by one thread at a time. On a loop, its gates wake whoever waits on that loop there."""

    def __init__(self, engine: Any, lock: contextlib.AbstractContextManager[object], gates: Gates) -> None:
        self._engine = engine
        self._lock = lock
        self.gates = gates

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)

        def ask(*args: object, **kwargs: object) -> Any:
            with self._lock:
                return method(*args, **kwargs)

        return ask


class _LoopGates(Gates):
    """The gates of an engine, for those who wait at them on one loop."""

    def __init__(self, gates: Gates, loop: asyncio.AbstractEventLoop) -> None:
        vars(self).update(vars(gates))  # the same gates, not a copy of them
        self._loop = loop

    def arrive(self, namespace: str, name: str, wake: Wake, token: str = "") -> Visitor | None:
        """See `Gates`; whoever opens the gate may be in another thread."""
        return super().arrive(namespace, name, partial(self._wake, wake), token)

    def _wake(self, wake: Wake) -> None:
        if asyncio._get_running_loop() is self._loop:
            wake()
        else:
            self._loop.call_soon_threadsafe(wake)


async def _close(server: Server) -> None:
    await _turns()  # for what has just connected
    await server.close()


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
