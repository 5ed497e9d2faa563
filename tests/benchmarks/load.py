"""The load without pauses: as many answers as the server can give on a fixed number of connections.

Here: one loop over non-blocking sockets, which does so little for each response that the server is what is measured,
and says what share of a core it needed itself. It checks every response by its size and its end, and a few whole ones
token by token. Not here: paced streams (`paced.py`).
"""

import gc
import selectors
import socket
import time
from dataclasses import dataclass, field

from tests.benchmarks import workloads
from tests.benchmarks.processes import cpu_s
from tests.benchmarks.servers import Target
from tests.benchmarks.workloads import DIGITS, Workload

CONNECTIONS = 64
_RECEIVED_BYTES = 1 << 18
_WHOLE_EVERY = 499
_WARM_UP_SHARE = 0.25
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What one run measured: answers per second of time, and per second of the server's processor time. `own_load` is
    the share of a core that the generator needed; near 1 it was the generator that was measured.
    """

    per_s: float
    per_cpu_s: float | None
    own_load: float


@dataclass(slots=True)
class _Peer:
    """One connection: how much of its current response is here, and its end."""

    sock: socket.socket
    got: int = 0
    end: bytes = b""
    whole: bytearray | None = field(default_factory=bytearray)


def drive(target: Target, workload: Workload, seconds: float) -> Rate:
    """Load the server for some seconds. Raises ValueError for a response that is not the expected one."""
    gc.disable()
    generator = _Generator(target, workload)
    try:
        generator.run(seconds * _WARM_UP_SHARE)
        used, own, start, count = cpu_s(target.pid), time.process_time(), time.perf_counter(), generator.count
        generator.run(seconds)
        count, elapsed = generator.count - count, time.perf_counter() - start
        used_now = cpu_s(target.pid)
        own_load = (time.process_time() - own) / elapsed
        generator.finish()
    finally:
        generator.close()
        gc.enable()
    spent = used_now - used if used is not None and used_now is not None else 0
    return Rate(count / elapsed, count / spent if spent else None, own_load)


class _Generator:
    """Connections that each ask again as soon as they are answered."""

    def __init__(self, target: Target, workload: Workload) -> None:
        self.count = 0
        self._workload = workload
        self._before, self._after = workload.halves()
        self._asked = 0
        self._waiting = CONNECTIONS
        self._ends = False
        self._buffer = memoryview(bytearray(_RECEIVED_BYTES))
        self._size, self._end = _probe(target, workload)
        self._selector = selectors.DefaultSelector()
        self._peers: list[_Peer] = []
        for _ in range(CONNECTIONS):
            peer = _Peer(connect(target))
            self._peers.append(peer)
            self._selector.register(peer.sock, selectors.EVENT_READ, peer)
            self._ask(peer)

    def close(self) -> None:
        self._selector.close()
        for peer in self._peers:
            peer.sock.close()

    def run(self, seconds: float) -> None:
        """Ask and check until the time is over."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self._turn()

    def finish(self) -> None:
        """Wait for what was asked, and ask no more."""
        self._ends = True
        while self._waiting:
            self._turn()

    def _turn(self) -> None:
        ready = self._selector.select(_PATIENCE_S)
        if not ready:
            raise ValueError(f"no answer for {_PATIENCE_S} s")
        for key, _ in ready:
            self._receive(key.data)

    def _receive(self, peer: _Peer) -> None:
        buffer = self._buffer
        received = peer.sock.recv_into(buffer)
        peer.got += received
        if peer.whole is not None:
            peer.whole += buffer[:received]
        end = self._end
        last = bytes(buffer[max(0, received - len(end)) : received])
        if len(last) < len(end):
            last = (peer.end + last)[-len(end) :]
        if peer.got < self._size and received:
            peer.end = last
            return
        if peer.got != self._size or last != end:
            raise ValueError(f"a response of {peer.got} bytes ends in {last!r}, not {self._size} in {end!r}")
        if peer.whole is not None:
            workloads.check(bytes(peer.whole), stream=self._workload.stream)
        self.count += 1
        peer.got = 0
        if self._ends:
            self._waiting -= 1
        else:
            self._ask(peer)

    def _ask(self, peer: _Peer) -> None:
        self._asked += self._workload.different
        peer.whole = bytearray() if self._asked % _WHOLE_EVERY == 1 else None
        peer.sock.send(b"%b%0*d%b" % (self._before, DIGITS, self._asked, self._after))


def connect(target: Target) -> socket.socket:
    """A non-blocking connection."""
    sock = socket.create_connection(("127.0.0.1", target.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    return sock


def _probe(target: Target, workload: Workload) -> tuple[int, bytes]:
    """The size of every response to this workload and its last bytes, from one that was checked token by token."""
    end = workloads.DONE if workload.stream else workloads.BODY_END
    response = b""
    with socket.create_connection(("127.0.0.1", target.port), _PATIENCE_S) as sock:
        before, after = workload.halves()
        sock.sendall(before + b"0" * DIGITS + after)
        while not response.endswith(end) and (data := sock.recv(_RECEIVED_BYTES)):
            response += data
    workloads.check(response, stream=workload.stream)
    return len(response), end
