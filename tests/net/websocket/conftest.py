"""A server with a scenario, and clients that speak WebSocket to it: a library's, and bare bytes."""

import contextlib
import json
import socket

import pytest
from websockets.sync.client import connect

from mockllm.net.mock import MockLLM

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
PATIENCE_S = 20
MASK = b"\x01\x02\x03\x04"


def address(llm):
    host, _, port = llm.url.removeprefix("http://").rpartition(":")
    return host, int(port)


class Talker:
    """A client whose events and answers are values."""

    def __init__(self, connection):
        self.connection = connection

    def say(self, **event):
        self.connection.send(json.dumps(event))

    def hear(self):
        return json.loads(self.connection.recv(timeout=PATIENCE_S))

    def until(self, *kinds):
        """All events up to one of these types."""
        heard = [self.hear()]
        while heard[-1]["type"] not in kinds:
            heard.append(self.hear())
        return heard

    def rest(self):
        """All events up to the end of the connection."""
        return [json.loads(message) for message in self.connection]


class Bare:
    """A socket after the handshake, for bytes that no library sends."""

    def __init__(self, llm, path="/v1/responses", *headers, version="1.1", key=KEY):
        self.socket = socket.create_connection(address(llm), timeout=PATIENCE_S)
        named = {"host": "mock", "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
        named |= {"sec-websocket-key": key} if key is not None else {}
        lines = [f"GET {path} HTTP/{version}", *(f"{name}: {value}" for name, value in named.items()), *headers]
        try:
            self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        except OSError:
            self.socket.close()
            raise
        self.reader = self.socket.makefile("rb")

    def head(self):
        """The status and the headers of the answer."""
        lines = []
        while (line := self.reader.readline().rstrip(b"\r\n").decode()) != "":
            lines.append(line)
        return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:])

    def send(self, opcode, payload, *, final=True, masked=True):
        size = len(payload)
        first = (0x80 if final else 0) | opcode
        length = bytes((size,)) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
        if not masked:
            self.socket.sendall(bytes((first,)) + length + payload)
            return
        length = bytes((length[0] | 0x80,)) + length[1:]
        data = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(bytes((first,)) + length + MASK + data)

    def frame(self):
        """The next frame: opcode and payload; None at the end of the connection."""
        head = self.reader.read(2)
        if len(head) < 2:
            return None
        size = head[1]
        if size >= 126:
            size = int.from_bytes(self.reader.read(2 if size == 126 else 8), "big")
        return head[0] & 0xF, self.reader.read(size)

    def read_to_end(self):
        """Everything else that comes, and how it ended."""
        data = bytearray()
        try:
            while piece := self.reader.read1(65_536):
                data += piece
        except ConnectionResetError:
            return bytes(data), "RST"
        return bytes(data), "FIN"


@pytest.fixture
def serving():
    """Start a server with these rules, or with a whole scenario."""
    with contextlib.ExitStack() as stack:

        def serve(*rules, **fields):
            llm = MockLLM({"name": "talk", "rules": list(rules), **fields})
            return stack.enter_context(llm)

        yield serve


@pytest.fixture
def talk():
    """Connect to a path of a server."""
    with contextlib.ExitStack() as stack:

        def to(llm, path="/v1/responses", **options):
            url = f"{llm.url.replace('http', 'ws')}{path}"
            return Talker(stack.enter_context(connect(url, proxy=None, **options)))

        yield to


@pytest.fixture
def bare():
    """A bare socket to a server, after it has asked for an upgrade."""
    opened = []

    def to(*arguments, **options):
        opened.append(Bare(*arguments, **options))
        return opened[-1]

    yield to
    for client in opened:
        client.reader.close()
        client.socket.close()
