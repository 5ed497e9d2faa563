"""Code that blocks: sockets of clients without a loop, and pauses.

Here: what such a call does in virtual time. In the test's own thread it runs the pump (`pump.py`); in any other thread
it waits on the timeline, while loops elsewhere serve it. Not here: loops (`loops.py`), the pair that is read
(`wire.py`), what waits for other threads (`threads.py`), and clocks that are only read (`walls.py`).
"""

import _thread
import asyncio
import select
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any

from mockllm.errors import MockLLMError
from mockllm.net.virtual.network import Network
from mockllm.net.virtual.patches import Patches
from mockllm.net.virtual.pump import Pump, settle
from mockllm.net.virtual.timeline import US_PER_S, Timeline, Waiter
from mockllm.net.virtual.wire import WireSocket, is_ready


class BlockingCallError(MockLLMError):
    """A call that blocks was made in a coroutine."""


class Blocking:
    """What blocks, in the threads that take part. `home` is the loop that serves the connections of the calling
    thread.
    """

    def __init__(
        self,
        timeline: Timeline,
        pump: Pump,
        home: Callable[[], asyncio.AbstractEventLoop | None],
    ) -> None:
        self._timeline = timeline
        self._pump = pump
        self._home = home
        self._thread = threading.get_ident()
        self._touch: Callable[[], bool] = lambda: False

    def wait_for(self, sock: socket.socket, event: int, timeout_s: float | None) -> bool:
        """Return True when the socket is ready, False if that took longer than the timeout."""
        if is_ready(sock, event):
            return True
        _refusein_loop()
        if not self._is_home():
            self._touch()  # it may read on what another thread has connected
            self._park(timeout_s, lambda: is_ready(sock, event))
            return is_ready(sock, event)

        def arm(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[bool]") -> Callable[[], object]:
            if event == select.POLLIN:
                loop.add_reader(sock, settle, future)
                return lambda: loop.remove_reader(sock)
            loop.add_writer(sock, settle, future)
            return lambda: loop.remove_writer(sock)

        return self._pump.run(arm, timeout_s)

    def watch(self, selector: selectors.BaseSelector, ready: Callable[[], bool], timeout_s: float | None) -> None:
        """Return when something that the selector watches is ready, which `ready` tells, or that took too long."""
        if not self._is_home():
            self._park(timeout_s, ready)
            return

        def arm(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[bool]") -> Callable[[], object]:
            keys = tuple(selector.get_map().values())
            for key in keys:
                if key.events & selectors.EVENT_READ:
                    loop.add_reader(key.fd, settle, future)
                if key.events & selectors.EVENT_WRITE:
                    loop.add_writer(key.fd, settle, future)
            return lambda: [(loop.remove_reader(key.fd), loop.remove_writer(key.fd)) for key in keys]

        self._pump.run(arm, timeout_s)

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        if self._is_home() and not in_loop():
            self._pump.run(lambda _loop, _future: lambda: None, seconds)
        else:
            self._park(seconds, lambda: False)

    def give_way(self) -> None:
        """Let all other threads do what they can at this instant."""
        self._park(0, lambda: False)

    def install(self, patches: Patches, network: Network, touch: Callable[[], bool]) -> None:
        """Put it in place of what blocks for real; `touch` says whether the calling thread takes part."""
        self._touch = touch
        connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

        def join(sock: socket.socket, address: Any) -> bool:
            """Whether it is connected now; False if it must be connected for real."""
            if not touch() and not network.serves(address):
                return False
            if in_loop() and sock.gettimeout() != 0 and network.serves(address):
                sock.close()  # clients do so themselves only after an OSError
                _refusein_loop()
            return network.connect(self._home(), sock, address)

        def virtual_connect(sock: socket.socket, address: Any) -> None:
            if not join(sock, address):
                connect(sock, address)

        def virtual_connect_ex(sock: socket.socket, address: Any) -> int:
            try:
                return 0 if join(sock, address) else connect_ex(sock, address)
            except ConnectionRefusedError as error:
                return error.errno or 1

        def virtual_getaddrinfo(host: Any, port: Any, *args: Any, **kinds: Any) -> Any:
            kinds |= dict(zip(("family", "type", "proto", "flags"), args, strict=False))
            if touch() and network.resolves(host):
                return network.resolve(host, port, **kinds)
            return getaddrinfo(host, port, **kinds)

        patches.put(socket.socket, "connect", virtual_connect)
        patches.put(socket.socket, "connect_ex", virtual_connect_ex)
        patches.put(socket, "getaddrinfo", virtual_getaddrinfo)
        self._install_selectors(patches)

    def rest(self, note: "Note", timeout_s: float | None) -> bool:
        """Return True when the note was let go of, False if that took longer than the timeout."""
        if self._is_home():

            def arm(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[bool]") -> Callable[[], object]:
                note.tell(lambda: loop.call_soon_threadsafe(settle, future))
                return lambda: note.tell(lambda: None)

            return self._pump.run(arm, timeout_s)
        self._park(timeout_s, note.is_released, note.tell)
        return note.is_released()

    def _install_selectors(self, patches: Patches) -> None:
        for kind in {selectors.DefaultSelector, selectors.PollSelector, selectors.SelectSelector}:
            patches.put(kind, "select", self._virtual_select(kind.select))

    def _virtual_select(self, select_now: Callable[..., Any]) -> Callable[..., Any]:
        """A selector's `select`, virtual where it watches a connection to the mock and would wait."""

        def virtual_select(selector: selectors.BaseSelector, timeout: float | None = None) -> Any:
            waits = (timeout is None or timeout > 0) and not in_loop() and _watches_wire(selector)
            if not waits or not self._touch():
                return select_now(selector, timeout)
            if found := select_now(selector, 0):
                return found
            self.watch(selector, lambda: bool(select_now(selector, 0)), timeout)
            # Without a timeout it never returns empty-handed, not even when virtual time has ended meanwhile.
            return select_now(selector, None if timeout is None else 0)

        return virtual_select

    def _park(
        self,
        timeout_s: float | None,
        ready: Callable[[], bool],
        told: Callable[[Callable[[], object]], None] = lambda _rouse: None,
    ) -> None:
        """Wait on the timeline, in this thread; `told` is given what makes it go on at once."""
        gate = _thread.allocate_lock()
        gate.acquire()
        due_us = None if timeout_s is None else self._timeline.now_us + max(round(timeout_s * US_PER_S), 0)
        waiter = Waiter(due_us, ready, gate.release)
        told(lambda: self._timeline.rouse(waiter))
        self._timeline.wait(waiter, lambda seconds: gate.acquire(timeout=seconds))

    def _is_home(self) -> bool:
        return threading.get_ident() == self._thread


class Note:
    """What a condition lets go of to notify one that waits, in place of a lock."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._released = False
        self._told: Callable[[], object] = lambda: None

    def is_released(self) -> bool:
        """Whether it was notified."""
        return self._released

    def tell(self, told: Callable[[], object]) -> None:
        """Call this when it is notified, or now if it was."""
        with self._lock:
            self._told = told
            released = self._released
        if released:
            told()

    def release(self) -> None:
        """Notify."""
        with self._lock:
            self._released = True
            told = self._told
        told()


def _refusein_loop() -> None:
    if in_loop():
        raise BlockingCallError(
            "a client that blocks was used in a coroutine: it would block the event loop, in production too, and here"
            " nobody could answer it. Use the client's async form, or call it with asyncio.to_thread"
        )


def _watches_wire(selector: selectors.BaseSelector) -> bool:
    return any(isinstance(key.fileobj, WireSocket) for key in tuple((selector.get_map() or {}).values()))


def in_loop() -> bool:
    """Whether the calling thread runs an event loop, which must not wait here."""
    return asyncio._get_running_loop() is not None
