"""A scenario served over a real socket, and the very bytes that a client gets."""

import json
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from mockllm.exchange import Exchange
from mockllm.net.mock import MockLLM

PATIENCE_S = 20


@dataclass(frozen=True)
class Received:
    """What came, as text, and what the server says of it."""

    head: str
    body: bytes
    exchange: Exchange

    @property
    def data(self) -> bytes:
        """The body without its chunks, as far as they are whole."""
        data, rest = b"", self.body
        while (line := rest.partition(b"\r\n"))[0] not in {b"", b"0"}:
            size = int(line[0], 16)
            data, rest = data + line[2][:size], line[2][size + 2 :]
        return data

    def header(self, name: str) -> str | None:
        fields = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return next((value for key, _, value in fields if key.lower() == name), None)


def reply(faults: str, text: str = "[a, b, c]") -> str:
    """A scenario of one reply with these faults, in the flow style of YAML."""
    return f"name: raw\nrules: [{{replies: [{{text: {text}, faults: [{faults}]}}]}}]\n"


def request(*, stream: bool, connection: str = "close") -> bytes:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
    data = json.dumps(body).encode()
    lines = [
        "POST /v1/chat/completions HTTP/1.1",
        "host: mock",
        "content-type: application/json",
        "authorization: Bearer sk-test",
        f"content-length: {len(data)}",
        f"connection: {connection}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + data


def connect(mock: MockLLM) -> socket.socket:
    address = urlsplit(mock.url)
    return socket.create_connection((address.hostname, address.port), PATIENCE_S)


def read_to_end(client: socket.socket) -> bytes:
    received = bytearray()
    while piece := client.recv(65_536):
        received += piece
    return bytes(received)


def receive(scenario: str, *, stream: bool = True, connection: str = "close") -> Received:
    """All that one client gets until the server closes."""
    with MockLLM(scenario) as mock, connect(mock) as client:
        client.sendall(request(stream=stream, connection=connection))
        head, _, body = read_to_end(client).partition(b"\r\n\r\n")
        mock.wait_idle()
        return Received(head.decode(), body, mock.journal[0])
