"""A server in a thread of its own, for callers that have no event loop, or one that they keep for themselves.

Here: starting and stopping a `Server` on its own loop, and reaching its state safely from other threads. Not here: the
server itself (`server.py`).
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

from mockllm.errors import MockLLMError
from mockllm.net.clock import Clock
from mockllm.net.server import MOST_BODY_BYTES, Engine, Server
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
        clock: Clock | None = None,
        max_body: int = MOST_BODY_BYTES,
        new_loop: Callable[[], asyncio.AbstractEventLoop] = _new_event_loop,
    ) -> None:
        self.server = Server(engine, host=host, port=port, clock=clock, max_body=max_body)
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

    def call(
        self, function: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        """What the function returns or raises when it runs between two events of the server.

        It runs in the server's thread, or right here if the server does not run: then nobody else touches its state.
        """
        if self._loop is None or self._thread is None or self._thread.ident == threading.get_ident():
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


async def _end_tasks() -> None:
    """Cancel what is left, such as a connection that was being accepted, so that the loop can be closed in silence."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_CHECK_S)
