"""One client's connection: the other port of the player.

Here: the `Connection` protocol and its form over an asyncio or uvloop transport, which is about one promise: what was
written before a cut arrives, also with no time between. Not here: what is written (`player.py`) and reading requests
(`server.py`, whose protocol reports to the connection what the transport tells it).

A client that half-closes has left. The FIN of a client that hung up and that of one that only has no more to say are
the same bytes, and a hang-up must be seen at once; no HTTP client library half-closes.
"""

import asyncio
import contextlib
import logging
import socket
import struct
import sys
from typing import Protocol

_log = logging.getLogger("mockllm")

PATIENCE_S = 5.0
"""How long a flush waits for a client that reads nothing at all; a slow reader starts it anew with every byte."""

_POLL_S = 0.001
_DISCARD_BYTES = 65_536
_MOST_DISCARDS = 64
_RST_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # SO_LINGER: on, for no time at all


class Connection(Protocol):
    """What the player needs of a client's connection."""

    @property
    def left(self) -> bool:
        """The client is gone: nothing that is written from now on can arrive."""
        ...

    @property
    def full(self) -> bool:
        """So much is unsent that a writer should drain first."""
        ...

    def write(self, data: bytes | memoryview) -> None:
        """Hand bytes to the transport, at once."""
        ...

    async def drain(self) -> None:
        """Return when the connection is not full any more, or the client has left."""
        ...

    async def flush(self) -> None:
        """Return when all that was written is on its way to the client, or the client has left.

        Gives up, with a warning in the log, on a client that has read nothing for `PATIENCE_S`.
        """
        ...

    def close(self) -> None:
        """End with a FIN after all that was flushed."""
        ...

    def reset(self) -> None:
        """End with an RST. What was flushed arrives before it."""
        ...


class SocketConnection:
    """A connection over a transport. `number` counts the server's connections from 1, `calls` the requests on it."""

    __slots__ = ("_drained", "_ended", "_hung_up", "_transport", "calls", "full", "number")

    def __init__(self, transport: asyncio.Transport, number: int) -> None:
        self._transport = transport
        self._drained: asyncio.Future[None] | None = None
        self._hung_up = False
        self._ended = False
        self.full = False
        self.number = number
        self.calls = 0

    @property
    def left(self) -> bool:
        """The client is gone, by a FIN or an RST of its own; never true of a connection that this side ended."""
        return not self._ended and self.dead

    @property
    def dead(self) -> bool:
        """No further request can be answered here, whoever ended it."""
        return self._hung_up or self._transport.is_closing()

    def write(self, data: bytes | memoryview) -> None:
        """Hand bytes to the transport, which tries to send them at once; dropped if the connection is dead."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self) -> None:
        """Return when the transport asks for more, or the client has left."""
        while self.full and not self.dead:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    async def flush(self) -> None:
        """Return when neither the transport nor the kernel holds anything unsent; see `Connection.flush`.

        Only Linux tells what the kernel holds. It is asked because an RST drops it: this wait is why a reset loses
        nothing.
        """
        unsent = self._unsent()
        if not unsent:
            return
        loop = asyncio.get_running_loop()
        give_up = loop.time() + PATIENCE_S
        pause_s = 0.0  # uvloop may queue a write until the end of the loop's turn
        while unsent:
            await asyncio.sleep(pause_s)
            pause_s = _POLL_S
            before, unsent = unsent, self._unsent()
            if unsent != before:
                give_up = loop.time() + PATIENCE_S
            elif loop.time() > give_up:
                _log.warning(
                    "A client should get %d more bytes before its connection ends, but it has read nothing for %g s."
                    " The connection ends without them: let the client read, or end the connection earlier.",
                    unsent,
                    PATIENCE_S,
                )
                return

    def close(self) -> None:
        """Send a FIN, then let go of the socket.

        The FIN goes out by itself first, and what the client sent in the meantime is read and dropped: closing a
        socket that holds unread bytes sends an RST instead.
        """
        if not self._transport.is_closing():
            with contextlib.suppress(OSError), self._transport.get_extra_info("socket").dup() as duplicate:
                duplicate.shutdown(socket.SHUT_WR)
                _discard(duplicate)
        self.abort()

    def reset(self) -> None:
        """Let go of the socket with an RST."""
        if not self._transport.is_closing():
            with contextlib.suppress(OSError):
                self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        self.abort()

    def abort(self) -> None:
        """Let go of the socket at once. The client did not leave: this side ended the connection."""
        self._ended = self._ended or not self.dead
        self._transport.abort()

    def pause_reading(self) -> None:
        """Read nothing from the client, not even its FIN."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def paused(self) -> None:
        """The transport holds more than its high-water mark."""
        self.full = True

    def resumed(self) -> None:
        """The transport is below its low-water mark again."""
        self.full = False
        self._wake()

    def hung_up(self) -> None:
        """The client sent a FIN, or the connection is lost."""
        self._hung_up = True
        self._wake()

    def _wake(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def _unsent(self) -> int:
        if self.dead:
            return 0
        return self._transport.get_write_buffer_size() + _unsent_in_kernel(self._transport.get_extra_info("socket"))


def _discard(duplicate: socket.socket) -> None:
    duplicate.setblocking(False)
    for _ in range(_MOST_DISCARDS):
        if not duplicate.recv(_DISCARD_BYTES):
            return


if sys.platform == "linux":
    import fcntl

    _SIOCOUTQNSD = 0x894B  # linux/sockios.h: bytes in the send queue that were not sent even once

    def _unsent_in_kernel(sock: socket.socket) -> int:
        try:
            answer = fcntl.ioctl(sock.fileno(), _SIOCOUTQNSD, b"\0\0\0\0")
        except OSError:  # not TCP: a socket pair hands over at once
            return 0
        return int.from_bytes(answer, sys.byteorder)

else:

    def _unsent_in_kernel(sock: socket.socket) -> int:
        del sock
        return 0
