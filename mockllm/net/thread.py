"""A server in a thread of its own, for callers that have no event loop, or one that they keep for themselves.

Here: starting and stopping a `Server` on its own loop, and reaching its state safely from other threads. Not here: the
server itself (`server.py`).
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, ParamSpec, Protocol, TypeVar

from mockllm.errors import MockLLMError
from mockllm.net.clock import AlarmClock
from mockllm.net.engine import Engine
from mockllm.net.server import MOST_BODY_BYTES, Control, Server
from mockllm.plan import Microseconds

try:
    import uvloop
except ImportError:  # it is not made for every system
    _new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    _new_event_loop = uvloop.new_event_loop

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_CHECK_S = 1.0

# What a client has done reaches the server's loop within one turn, and an exchange ends within a few more: a hang-up is
# read, the connection is let go, the task that plays is cancelled and records the end.
_TURNS = 16
_SETTLE_S = 5.0


class Serving(Protocol):
    """What a `MockLLM` is served by: a thread, or in virtual time the loops of its clients (`virtual/serving.py`)."""

    @property
    def url(self) -> str:
        """Where clients reach it."""
        ...

    def start(self) -> None:
        """Serve."""
        ...

    def close(self) -> None:
        """Serve no more."""
        ...

    def settle(self) -> None:
        """Let it finish what it has in hand, as far as that takes no time."""
        ...

    def wait_idle(self, timeout_s: float) -> None:
        """Return when no exchange is open. Raises TimeoutError if it takes longer."""
        ...

    def check_wait(self, what: str) -> None:
        """Raise MockLLMError if what waits here for the server could never end."""
        ...

    def call(
        self, function: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        """What the function returns or raises when it runs between two events of the server."""
        ...


class ServerThread:
    """A server with its own event loop in its own daemon thread.

    While it serves, `call` and `run` are the only safe ways to touch what the engine owns. It can be started again
    after it was closed.
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
        new_loop: Callable[[], asyncio.AbstractEventLoop] = _new_event_loop,
    ) -> None:
        self.server = Server(
            engine,
            host=host,
            port=port,
            clock=clock,
            max_body=max_body,
            control=control,
            control_port=control_port,
            shared=shared,
        )
        self._new_loop = new_loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = asyncio.Event()
        self._grace_us: Microseconds = 0

    @property
    def url(self) -> str:
        """Where clients reach the server; see `Server.url`."""
        return self.server.url

    def start(self) -> None:
        """Return when the server accepts connections. Raises what `Server.start` raises."""
        if self._thread is not None:
            raise MockLLMError(f"The server was asked to start, but it runs at {self.url}. Close it first.")
        started: Future[None] = Future()
        self._stopping = asyncio.Event()
        self._loop = self._new_loop()
        self._thread = threading.Thread(target=self._serve, args=(self._loop, started), name="mockllm", daemon=True)
        self._thread.start()
        try:
            started.result()
        except BaseException:
            self._join(self._thread)
            raise

    def close(self, grace_us: Microseconds = 0) -> None:
        """Stop the server (`Server.close`) and its thread; does nothing if it does not run."""
        if self._thread is None or self._loop is None:
            return
        self._grace_us = grace_us
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._join(self._thread)

    def settle(self) -> None:
        """Let the server finish what it has in hand; does nothing if this is its thread, or if it does not run."""
        if self._loop is not None and not self._is_here():
            self.run(_turns, _SETTLE_S)

    def wait_idle(self, timeout_s: float) -> None:
        """Return when no exchange is open. Raises TimeoutError if it takes longer."""
        self.settle()
        self.run(self.server.idle, timeout_s)

    def check_wait(self, what: str) -> None:
        """Raise MockLLMError if what waits here for the server could never end."""
        if self._is_here():
            raise MockLLMError(f"{what} was called in the server's own thread, which cannot wait for itself")

    def call(
        self, function: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        """What the function returns or raises when it runs between two events of the server.

        It runs in the server's thread, or right here if the server does not run: then nobody else touches its state.
        """
        if self._loop is None or self._thread is None or self._is_here():
            return function(*args, **kwargs)
        future: Future[_Result] = Future()

        def settle() -> None:
            try:
                future.set_result(function(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - it belongs to the caller, whatever it is
                future.set_exception(error)

        thread = self._thread
        self._loop.call_soon_threadsafe(settle)
        while not future.done():
            if not thread.is_alive():
                raise MockLLMError(
                    "A function was to run in the server's thread, but the server was closed before it did."
                )
            with contextlib.suppress(TimeoutError):
                future.exception(_CHECK_S)
        return future.result()

    def run(self, function: Callable[[], Coroutine[Any, Any, _Result]], timeout_s: float) -> _Result:
        """What the coroutine function returns or raises when it is awaited in the server's loop.

        Raises TimeoutError, and cancels it, if it takes longer than `timeout_s`; MockLLMError if the server does not
        run.
        """
        if self._loop is None:
            raise MockLLMError(
                "A coroutine was to run in the server's loop, but the server does not run. Start it first."
            )
        future = asyncio.run_coroutine_threadsafe(function(), self._loop)
        with contextlib.suppress(TimeoutError):
            future.exception(timeout_s)
        if not future.done():
            future.cancel()
            raise TimeoutError(f"A coroutine in the server's loop was given {timeout_s:g} s and is not done.")
        return future.result()

    def _is_here(self) -> bool:
        return self._thread is not None and self._thread.ident == threading.get_ident()

    def _serve(self, loop: asyncio.AbstractEventLoop, started: "Future[None]") -> None:
        try:
            loop.run_until_complete(self._live(started))
        finally:
            loop.close()

    async def _live(self, started: "Future[None]") -> None:
        try:
            await self.server.start()
        except BaseException as error:  # noqa: BLE001 - it belongs to the caller of start
            started.set_exception(error)
            return
        started.set_result(None)
        await self._stopping.wait()
        await self.server.close(self._grace_us)
        await _end_tasks()

    def _join(self, thread: threading.Thread) -> None:
        thread.join()
        self._thread = None
        self._loop = None


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def _end_tasks() -> None:
    """Cancel what is left, such as a connection that was being accepted, so that the loop can be closed in silence."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_CHECK_S)
