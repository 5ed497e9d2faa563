"""All that can be connected to in virtual time: the mock, and what the test's own loops listen on.

Here: which address is whose, the answer to every other (nobody is there), and names of hosts. Not here: the connection
itself (`wire.py`), and how a connection is served (`serving.py`).
"""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Callable, Iterable
from contextvars import copy_context
from itertools import count
from socket import getaddrinfo
from typing import Any, Literal, TypeAlias
from weakref import WeakSet

from mockllm.net.virtual.side import own_context
from mockllm.net.virtual.wire import Await, join

Factory: TypeAlias = Callable[[], asyncio.BaseProtocol]
"""Makes the protocol of a connection that is served."""

Serve: TypeAlias = Callable[[asyncio.AbstractEventLoop], Factory]
"""How an address is served on a loop."""

External: TypeAlias = Literal["refuse", "grace"]
"""What becomes of connections to elsewhere: they are refused, or made, and waited for a little, inexactly."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_FIRST_LOCAL_PORT = 49_152
_LOCAL_PORTS = 16_384


class Network:
    """Who serves which address. `waits` is how a blocking call waits, `loops` those that take part."""

    def __init__(
        self, waits: Await, loops: Callable[[], Iterable[asyncio.AbstractEventLoop]], external: External = "refuse"
    ) -> None:
        self._waits = waits
        self._loops = loops
        self._external = external
        self._served: dict[tuple[str, int], Serve] = {}
        self._foreign: WeakSet[socket.socket] = WeakSet()
        self._accepting: set[asyncio.Task[Any]] = set()
        self._numbers = count()

    def serves(self, address: Any) -> bool:
        """Whether the mock is at this address."""
        return isinstance(address, tuple) and _key(*address[:2]) in self._served

    def serve(self, host: str, port: int, serve: Serve) -> None:
        """Connections to this address are served from now on."""
        self._served[_key(host, port)] = serve

    def forget(self, host: str, port: int) -> None:
        """Connections to this address are refused from now on, as by a machine where nobody listens."""
        self._served.pop(_key(host, port), None)

    def has_foreign(self) -> bool:
        """Whether a connection to elsewhere may be open."""
        return any(sock.fileno() >= 0 for sock in self._foreign)

    def connect(self, home: asyncio.AbstractEventLoop | None, sock: socket.socket, address: Any) -> bool:
        """Connect to what is served here; False for what is elsewhere and may be connected to.

        The mock serves on the loop `home`. Raises ConnectionRefusedError where nobody listens.
        """
        is_tcp = sock.type == socket.SOCK_STREAM and sock.family in {socket.AF_INET, socket.AF_INET6}
        found = self._find(home, address) if is_tcp else None
        if found is None:
            self._look_elsewhere(sock, address)
            return False
        loop, factory = found
        own = ("127.0.0.1", _FIRST_LOCAL_PORT + next(self._numbers) % _LOCAL_PORTS)
        served = join(sock, own, tuple(address[:2]), self._waits)
        context = own_context() if self.serves(address) else copy_context()
        if asyncio._get_running_loop() is loop:
            context.run(self._accept, loop, factory, served)
        else:
            loop.call_soon_threadsafe(self._accept, loop, factory, served, context=context)
        return True

    def resolves(self, host: Any) -> bool:
        """Whether a name is answered here, without asking anybody."""
        return self._external == "refuse" or host is None or _text(host) in _LOOPBACK or _is_number(_text(host))

    def resolve(self, host: Any, port: Any, **kinds: Any) -> Any:
        """What `getaddrinfo` answers, without waiting. Raises socket.gaierror for a name that nobody here has."""
        name = None if host is None else _text(host)
        if name == "localhost":
            name = "::1" if kinds.get("family") == socket.AF_INET6 else "127.0.0.1"
        elif name is not None and not _is_number(name):
            raise socket.gaierror(socket.EAI_NONAME, f"virtual time: nothing in this test is called {name!r}. {_CURE}")
        return getaddrinfo(name, port, **kinds)

    def _find(
        self, home: asyncio.AbstractEventLoop | None, address: Any
    ) -> tuple[asyncio.AbstractEventLoop, Factory] | None:
        serve = self._served.get(_key(*address[:2]))
        if serve is not None and home is not None:
            return home, serve(home)
        for loop in self._loops():
            if loop.is_running() and (factory := _listening(loop, address)) is not None:
                return loop, factory
        return None

    def _accept(self, loop: asyncio.AbstractEventLoop, factory: Factory, served: socket.socket) -> None:
        task = loop.create_task(loop.connect_accepted_socket(factory, served))
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)

    def _look_elsewhere(self, sock: socket.socket, address: Any) -> None:
        if self._external == "refuse":
            raise ConnectionRefusedError(
                errno.ECONNREFUSED, f"virtual time: nothing in this test serves {_shown(address)}. {_CURE}"
            )
        self._foreign.add(sock)


_CURE = (
    "Point the client at the mock, serve it on an event loop of this test, or allow connections to elsewhere, which"
    ' are not exact, with external="grace"'
)


def _listening(loop: Any, address: Any) -> Factory | None:
    """What a loop serves at an address on which it listens. It is what asyncio itself would call."""
    for key in tuple(loop._selector.get_map().values()):
        reader = key.data[0] if isinstance(key.data, tuple) else None
        arguments: tuple[Any, ...] = getattr(reader, "_args", None) or ()
        if getattr(reader, "_callback", None) != loop._accept_connection or arguments[2] is not None:
            continue
        host, port, *_ = arguments[1].getsockname()
        wanted, wanted_port = _key(*address[:2])
        if port == wanted_port and (host in {wanted, "0.0.0.0", "::"} or (host in _LOOPBACK and wanted == "")):  # noqa: S104 - compared with, not bound to
            factory: Factory = arguments[0]
            return factory
    return None


def _key(host: Any, port: int) -> tuple[str, int]:
    """An address, with all names of this machine as one."""
    name = _text(host)
    return ("" if name in _LOOPBACK else name), port


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _shown(address: Any) -> str:
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address)
