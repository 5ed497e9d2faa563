"""Several speakers on one connection, none of whom interrupts another in the middle of a frame.

Here: the connection as each answer sees it, and where frames end in what goes out. Not here: who speaks
(`conversation.py`). Frames of several answers may follow each other in any order, as events of WebSockets say whose
they are; but a fault may send the bytes of a frame in pieces, and until the last of them everybody else waits.
"""

from collections import deque

from mockllm.net.connection import Connection
from mockllm.websocket import size_of


class Wire:
    """What all lines of a connection share: whose frame has begun and not ended, and what waits for its end."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._speaker: Line | None = None
        self._waiting: deque[tuple[Line, bytes]] = deque()
        self._head = b""
        self._left = 0

    def write(self, line: "Line", data: bytes) -> None:
        """Write the bytes, or keep them until the frame of another line has ended."""
        if self._speaker not in (None, line):
            self._waiting.append((line, data))
            return
        self._send(line, data)
        while self._waiting and self._speaker is None:
            self._send(*self._waiting.popleft())

    def release(self) -> None:
        """Write what waits, whatever it waits for: the connection ends."""
        while self._waiting:
            _, data = self._waiting.popleft()
            self.connection.write(data)

    def _send(self, line: "Line", data: bytes) -> None:
        self.connection.write(data)
        self._follow(data)
        self._speaker = line if self._left or self._head else None

    def _follow(self, data: bytes) -> None:
        """Keep count of where in a frame the bytes end."""
        while data:
            taken = min(self._left, len(data))
            self._left -= taken
            data = data[taken:]
            if data:
                known = len(self._head)
                self._head += data[:10]
                if (size := size_of(self._head)) is None:
                    return
                data = data[size[0] - known :]
                self._head, self._left = b"", size[1]


class Line:
    """The connection as one speaker has it."""

    __slots__ = ("_wire",)

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def left(self) -> bool:
        """The client is gone."""
        return self._wire.connection.left

    @property
    def full(self) -> bool:
        """So much is unsent that a writer should drain first."""
        return self._wire.connection.full

    def write(self, data: bytes | memoryview) -> None:
        """Hand bytes over, at once or when the frame of another has ended."""
        self._wire.write(self, bytes(data))

    async def drain(self) -> None:
        """Return when the connection is not full any more."""
        await self._wire.connection.drain()

    async def flush(self) -> None:
        """Return when all that this line has written is on its way."""
        await self._wire.connection.flush()

    def close(self) -> None:
        """End with a FIN, after what others have written."""
        self._wire.release()
        self._wire.connection.close()

    def reset(self) -> None:
        """End with an RST, after what others have written."""
        self._wire.release()
        self._wire.connection.reset()
