"""The load with pauses: many paced streams at once, and how late each event is.

Here: a loop over non-blocking sockets that notes when each event arrives. An event is due at a time that follows from
the scenario and the moment its request was sent, so the way to the server counts as lateness too. Not here: load
without pauses (`load.py`).
"""

import gc
import selectors
import socket
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.load import connect
from tests.benchmarks.processes import allow_many_sockets, resident_bytes
from tests.benchmarks.servers import Target
from tests.benchmarks.workloads import DIGITS, DONE, ITL_US, TTFT_US, Workload

PATH = "/paced/v1/chat/completions"

_TOKEN = b'" word'
_RECEIVED_BYTES = 1 << 18
_PATIENCE_S = 5.0
_US_PER_S = 1_000_000
_WINDOWS = 10


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late the events of a run were, in milliseconds, how early the earliest was (0 if none), and the memory that
    the server needed for each open stream. `windows_ms` is the p99 of each tenth of the run, and `grown_bytes` what the
    server's memory grew from when all streams were open until the last one ended.
    """

    p50_ms: float
    p99_ms: float
    p999_ms: float
    worst_ms: float
    early_ms: float
    events: int
    stream_bytes: float | None
    windows_ms: tuple[float, ...]
    grown_bytes: int


@dataclass(slots=True)
class _Stream:
    """One paced stream: when its request was sent, and how many tokens have arrived."""

    sock: socket.socket
    number: int
    start: float = 0.0
    tokens: int = 0


def drive(target: Target, streams: int, tokens: int, ramp_s: float, *, different: bool) -> Lateness:
    """Play this many streams at once, started evenly over the ramp.

    Raises ValueError for a stream that ends too soon or without its end marker.
    """
    allow_many_sockets()
    gc.collect()
    gc.disable()
    before = resident_bytes(target.pid)
    run = _Run(target, streams, tokens, ramp_s, different=different)
    try:
        run.play()
    finally:
        run.close()
        gc.enable()
    late = sorted(run.late)
    share = (run.resident - before) / streams if before is not None and run.resident is not None else None
    p50, p99, p999 = (1000 * _part(late, part) for part in (0.5, 0.99, 0.999))
    grown = (run.at_end or 0) - (run.resident or 0)
    windows = tuple(1000 * _part(sorted(window), 0.99) for window in run.windows())
    return Lateness(p50, p99, p999, 1000 * late[-1], 1000 * max(0.0, -late[0]), len(late), share, windows, grown)


def _part(values: Sequence[float], part: float) -> float:
    """The value below which this part of the sorted values is."""
    return values[int(part * (len(values) - 1))]


class _Run:
    """Streams that are played once."""

    def __init__(self, target: Target, streams: int, tokens: int, ramp_s: float, *, different: bool) -> None:
        self.late = array("d")
        self.due = array("d")
        self.resident: int | None = None
        self.at_end: int | None = None
        self._target = target
        self._tokens = tokens
        self._ramp_s = ramp_s
        self._before, self._after = Workload(stream=True, path=PATH).halves()
        self._different = different
        self._buffer = bytearray(_RECEIVED_BYTES)
        self._selector = selectors.DefaultSelector()
        self._streams = [_Stream(connect(target), number) for number in range(streams)]
        self._open = 0

    def close(self) -> None:
        self._selector.close()
        for stream in self._streams:
            stream.sock.close()

    def windows(self) -> list[list[float]]:
        """The lateness of the events of each tenth of the run, by when they were due."""
        first, last = min(self.due), max(self.due)
        parts: list[list[float]] = [[] for _ in range(_WINDOWS)]
        for due, late in zip(self.due, self.late, strict=True):
            parts[min(_WINDOWS - 1, int(_WINDOWS * (due - first) / (last - first)))].append(late)
        return [part for part in parts if part]

    def play(self) -> None:
        """Start every stream in its turn and listen until the last one is over."""
        begin = time.perf_counter()
        waiting = list(reversed(self._streams))
        while waiting or self._open:
            timeout = _PATIENCE_S
            if waiting:
                due = begin + waiting[-1].number * self._ramp_s / len(self._streams)
                timeout = due - time.perf_counter()
                if timeout <= 0:
                    self._start(waiting.pop())
                    if not waiting:
                        self.resident = resident_bytes(self._target.pid)
                    continue
            ready = self._selector.select(timeout)
            if not ready and not waiting:
                raise ValueError(f"nothing arrived for {_PATIENCE_S} s")
            for key, _ in ready:
                self._receive(key.data)
        self.at_end = resident_bytes(self._target.pid)

    def _start(self, stream: _Stream) -> None:
        self._selector.register(stream.sock, selectors.EVENT_READ, stream)
        self._open += 1
        stream.start = time.perf_counter()
        stream.sock.send(b"%b%0*d%b" % (self._before, DIGITS, stream.number * self._different, self._after))

    def _receive(self, stream: _Stream) -> None:
        received = stream.sock.recv_into(self._buffer)
        now = time.perf_counter()  # not before, as more may have come by then
        if not received:
            raise ValueError(f"stream {stream.number} ended after {stream.tokens} tokens")
        for _ in range(self._buffer.count(_TOKEN, 0, received)):
            due = stream.start + (TTFT_US + stream.tokens * ITL_US) / _US_PER_S
            self.late.append(now - due)
            self.due.append(due)
            stream.tokens += 1
        if stream.tokens == self._tokens and self._buffer.endswith(DONE, 0, received):
            self._selector.unregister(stream.sock)
            self._open -= 1
