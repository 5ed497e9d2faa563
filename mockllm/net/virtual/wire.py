"""A connection without a network: a client's socket becomes one end of a pair, and the mock holds the other.

Here: the pair, and the little in which it must look like TCP. Not here: who is connected to whom (`network.py`), and
how a read waits (`blocking.py`). The pair has real file descriptors, so that selectors, flow control and every client's
own checks work on it; what is written at one end can be read at the other at once, which no network promises.
"""

import contextlib
import errno
import os
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

Address: TypeAlias = tuple[Any, ...]
Await: TypeAlias = Callable[[socket.socket, int, float | None], bool]
"""Waits until a socket is ready for an event of `select.poll`, for so many seconds; False if it did not become so."""


@dataclass(eq=False, slots=True)
class End:
    """One end of a pair: its own address, that of the other end, and how a blocking call waits here. `cut` says that
    it closes with an RST, `lost` that the other end did.
    """

    own: Address
    peer: Address
    family: socket.AddressFamily
    waits: Await
    cut: bool = False
    lost: bool = False
    other: "End | None" = None


class WireSocket(socket.socket):
    """One end of a pair as a TCP socket. A socket that exists becomes one by a change of its class, which needs the
    same layout: so what it knows is in a class of its own for each.
    """

    __slots__ = ()
    end: ClassVar[End]

    @property
    def family(self) -> socket.AddressFamily:
        """What the client made: IPv4 or IPv6."""
        return self.end.family

    def getpeername(self) -> Any:
        """The address that was connected to."""
        return self.end.peer

    def getsockname(self) -> Any:
        """An address that no other connection has."""
        return self.end.own

    def setsockopt(self, level: int, option: int, *value: Any) -> None:
        """Remember what closes with an RST; a pair has no TCP that could be set."""
        if (level, option) == (socket.SOL_SOCKET, socket.SO_LINGER):
            self.end.cut = bytes(value[0])[:1] != b"\0"
        elif level == socket.SOL_SOCKET:
            with contextlib.suppress(OSError):
                super().setsockopt(level, option, *value)

    def getsockopt(self, level: int, option: int, *size: Any) -> Any:
        """A pair has no TCP that could be asked: everything is 0 there."""
        if level == socket.SOL_SOCKET:
            return super().getsockopt(level, option, *size)
        return bytes(*size) if size else 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What has come."""
        self._until(select.POLLIN)
        data = super().recv(size, flags)
        if not data and size:
            self._check_lost()
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """As `recv`."""
        self._until(select.POLLIN)
        size = super().recv_into(buffer, nbytes, flags)
        if not size and len(buffer):
            self._check_lost()
        return size

    def send(self, data: Any, flags: int = 0) -> int:
        """Send what there is room for."""
        self._until(select.POLLOUT)
        self._check_lost()
        return super().send(data, flags | socket.MSG_DONTWAIT)

    def sendmsg(self, buffers: Any, *rest: Any) -> int:
        """As `send`."""
        self._until(select.POLLOUT)
        self._check_lost()
        return super().sendmsg(buffers, *rest)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send everything."""
        left = memoryview(data).cast("B")
        while left:
            left = left[self.send(left, flags) :]

    def _until(self, event: int) -> None:
        timeout_s = self.gettimeout()
        if timeout_s != 0 and not self.end.waits(self, event, timeout_s):
            raise TimeoutError("timed out")

    def _check_lost(self) -> None:
        if self.end.lost:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))

    def _real_close(self, *args: Any) -> None:
        if self.end.cut and self.end.other is not None:
            self.end.other.lost = True
        super()._real_close(*args)  # type: ignore[misc]


def join(sock: socket.socket, own: Address, peer: Address, waits: Await) -> socket.socket:
    """Make the socket one end of a pair; returns the other, which does not block."""
    near, far = socket.socketpair()
    client = End(own, peer, sock.family, waits)
    server = End(peer, own, sock.family, waits, other=client)
    client.other = server
    timeout_s = sock.gettimeout()
    os.dup2(near.fileno(), sock.fileno(), inheritable=False)
    near.close()
    os.set_blocking(sock.fileno(), timeout_s is None)
    sock.__class__ = type("ClientSocket", (WireSocket,), {"__slots__": (), "end": client})
    served: socket.socket = type("ServerSocket", (WireSocket,), {"__slots__": (), "end": server})(fileno=far.detach())
    served.setblocking(False)
    return served


def is_ready(sock: socket.socket, event: int) -> bool:
    """Whether the socket is ready for an event of `select.poll`, or never will be because it is closed."""
    if sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock, event)
    return bool(poll.poll(0))
