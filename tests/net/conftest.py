"""A server whose answers are plans by path, and raw sockets to speak to it."""

import asyncio
import queue
import socket
from dataclasses import dataclass, field

import pytest
import uvloop

from mockllm.exchange import Exchange
from mockllm.gates import Gates
from mockllm.net.thread import ServerThread
from mockllm.plan import End, Frame, Head, Send

FRAME = Frame("x")
PATIENCE_S = 20


@dataclass
class Answers:
    """An engine that maps a path to a plan, and keeps what it is told."""

    plans: dict
    calls: list = field(default_factory=list)
    finished: list = field(default_factory=list)
    started: queue.Queue = field(default_factory=queue.Queue)
    ended: queue.Queue = field(default_factory=queue.Queue)
    gates: Gates = field(default_factory=Gates)
    visits: queue.Queue = field(default_factory=queue.Queue)

    def handle(self, call):
        return self._answer(call, call.path)

    def connect(self, connection, at_us, wall_s):
        return None

    def leave(self, call):
        return True

    def too_large(self, call, limit):
        return self._answer(call, f"too large: {limit}")

    def _answer(self, call, path):
        self.calls.append(call)
        plan = self.plans[path]
        exchange = Exchange(len(self.calls), "default", call, None, 200, plan)
        self.started.put(exchange)
        return exchange

    def at_gate(self, exchange, visit):
        self.visits.put(visit)

    def finish(self, exchange, deliveries, outcome):
        self.finished.append((exchange.number, deliveries, outcome))
        self.ended.put(outcome)

    def outcome(self):
        """The outcome of the next exchange that ends."""
        return self.ended.get(timeout=PATIENCE_S)


class Client:
    """A raw socket that speaks to a server's URL."""

    def __init__(self, url, receive_bytes=None):
        host, _, port = url.removeprefix("http://").rpartition(":")
        self.socket = socket.socket()
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(PATIENCE_S)
        try:
            self.socket.connect((host, int(port)))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def get(self, path, *headers, version="1.1"):
        lines = [f"GET {path} HTTP/{version}", "host: mock", *headers, "", ""]
        self.send("\r\n".join(lines).encode())

    def read(self, size):
        """Exactly so many bytes."""
        received = bytearray()
        while len(received) < size and (data := self.socket.recv(size - len(received))):
            received += data
        return bytes(received)

    def read_to_end(self, piece=65_536):
        """All that arrives, and how it ended."""
        received = bytearray()
        try:
            while data := self.socket.recv(piece):
                received += data
        except ConnectionResetError:
            return bytes(received), "RST"
        return bytes(received), "FIN"


@pytest.fixture
def answers():
    return Answers


@pytest.fixture
def client():
    return Client


@pytest.fixture
def wait_until_full():
    """Return when the player waits for a client that does not read."""

    def wait(thread):
        while not thread.call(lambda: any(connection.full for connection in thread.server._connections)):
            pass

    return wait


@pytest.fixture
def plain():
    """A plan with a plain body."""

    def plan(body=b"ok", status=200):
        return (Head(status, (("content-length", str(len(body))),), "length"), Send(body, FRAME), End())

    return plan


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop_kind(request):
    return request.param


@pytest.fixture
def serve(loop_kind):
    """Serve an engine, on each kind of loop in turn."""
    threads = []

    def start(engine, **options):
        thread = ServerThread(engine, new_loop=loop_kind, **options)
        thread.start()
        threads.append(thread)
        return thread

    yield start
    for thread in threads:
        thread.close()
