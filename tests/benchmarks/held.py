"""Streams that are open and say nothing, and a long stream beside short requests.

Here: how many streams a server holds and what each costs in memory, and how long a short request waits while a very
long stream is answered. Not here: streams that are paced (`paced.py`).
"""

import socket
import threading
import time
from dataclasses import dataclass

import orjson

from tests.benchmarks.processes import allow_many_sockets, resident_bytes
from tests.benchmarks.servers import Target
from tests.benchmarks.workloads import DIGITS, DONE, Workload

STALLED = orjson.dumps(
    {
        "rules": [
            {"replies": [{"text": ["one", " two", " three"], "faults": [{"stall": {"at": {"token": 2}, "for": "1h"}}]}]}
        ]
    }
).decode()
"""A scenario whose streams say two words and then nothing for an hour."""

LONG_TOKENS = 100_000
LONG = orjson.dumps(
    {"rules": [{"replies": [{"text": "".join(f" word{it % 1000:03d}" for it in range(LONG_TOKENS))}]}]}
).decode()
"""A scenario whose streams have very many tokens."""

_SECOND = b'" two"'
_RECEIVED_BYTES = 1 << 20
_PATIENCE_S = 60.0
_BATCH = 500
_SETTLE_S = 0.2


@dataclass(frozen=True, slots=True)
class Held:
    """How many streams were open at once, and the memory of each."""

    streams: int
    stream_bytes: float


@dataclass(frozen=True, slots=True)
class Beside:
    """A long stream: how long it took, the longest wait of a short request meanwhile, and how many times its bytes on
    the wire the server's memory grew at most.
    """

    took_ms: float
    waited_ms: float
    memory: float


def hold(target: Target, streams: int) -> Held:
    """Open this many streams that stall, and look at the server's memory when all of them have said what they say."""
    allow_many_sockets()
    before, after = Workload(stream=True, path="/stalled/v1/chat/completions").halves()
    resident = resident_bytes(target.pid) or 0
    sockets: list[socket.socket] = []
    try:
        for number in range(streams):
            sock = socket.create_connection(("127.0.0.1", target.port), _PATIENCE_S)
            sockets.append(sock)
            sock.sendall(b"%b%0*d%b" % (before, DIGITS, number, after))
            if number % _BATCH == _BATCH - 1:
                _said(sockets[-_BATCH:])
        _said(sockets[streams - streams % _BATCH :])
        time.sleep(_SETTLE_S)
        return Held(len(sockets), ((resident_bytes(target.pid) or 0) - resident) / streams)
    finally:
        for sock in sockets:
            sock.close()


def warm(target: Target) -> None:
    """Ask for a short stream, so that nothing is left that a server does for its very first request alone."""
    before, after = Workload(stream=True).halves()
    with socket.create_connection(("127.0.0.1", target.port), _PATIENCE_S) as sock:
        sock.sendall(b"%b%0*d%b" % (before, DIGITS, 0, after))
        end = b""
        while not end.endswith(DONE) and (data := sock.recv(_RECEIVED_BYTES)):
            end = (end + data)[-len(DONE) :]


def beside(target: Target, number: int) -> Beside:
    """Ask for a long stream and, for as long as it takes, for small plain answers on another connection. The number
    makes the request one that was not asked before.
    """
    resident = resident_bytes(target.pid) or 0
    most = resident
    done = threading.Event()
    size = [0]

    def listen() -> None:
        before, after = Workload(stream=True, path="/long/v1/chat/completions").halves()
        with socket.create_connection(("127.0.0.1", target.port), _PATIENCE_S) as sock:
            sock.sendall(b"%b%0*d%b" % (before, DIGITS, number, after))
            end = b""
            while not end.endswith(DONE) and (data := sock.recv(_RECEIVED_BYTES)):
                size[0] += len(data)
                end = (end + data)[-len(DONE) :]
        done.set()

    asked = b"GET /_mockllm/health HTTP/1.1\r\nhost: a\r\n\r\n"
    waited = 0.0
    with socket.create_connection(("127.0.0.1", target.port), _PATIENCE_S) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener = threading.Thread(target=listen)
        begin = time.perf_counter()
        listener.start()
        while not done.is_set():
            sent = time.perf_counter()
            sock.sendall(asked)
            if not sock.recv(_RECEIVED_BYTES):
                raise ValueError("the server closed a connection")
            waited = max(waited, time.perf_counter() - sent)
            most = max(most, resident_bytes(target.pid) or 0)
            time.sleep(0.0005)
        took = time.perf_counter() - begin
        listener.join()
    return Beside(1000 * took, 1000 * waited, (most - resident) / size[0])


def _said(sockets: list[socket.socket]) -> None:
    """Read until each stream has said its second word. Raises ValueError for one that ends."""
    for sock in sockets:
        heard = b""
        while _SECOND not in heard:
            data = sock.recv(_RECEIVED_BYTES)
            if not data:
                raise ValueError(f"a stream that should stall ended after {len(heard)} bytes")
            heard += data
