"""A request to a real endpoint, and its answer with the very bytes and the moment at which they came.

Here: one connection for each request, and what arrives on it. Not here: what the bytes mean (`cassette/wire.py`) and
who gets them (`recorder.py`). No HTTP client library is in between, because each of them hides what a recording is
about: where a chunk ends, how it is framed, and whether the end was a FIN or an RST.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from mockllm.cassette import Ending
from mockllm.errors import MockLLMError
from mockllm.net.clock import Clock
from mockllm.plan import Microseconds
from mockllm.request import Call

CONNECT_S = 30.0
"""How long connecting may take."""

Arrival: TypeAlias = tuple[Microseconds, bytes | Ending]
"""What came, or how it ended, and when: from the moment at which the request had been sent."""

# What this connection says for itself, and what would make it impossible to look into the answer for keys.
_OWN = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_BASE = "/v1"


class UpstreamError(MockLLMError):
    """An endpoint that cannot be reached, or an address that is none."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A real endpoint. `path` stands where the clients' `/v1` is, if it is not empty, and `key` replaces the clients'
    own.
    """

    host: str
    port: int
    secure: bool = False
    path: str = ""
    key: str | None = None

    @classmethod
    def of(cls, url: str, key: str | None = None) -> "Upstream":
        """The endpoint at a base URL such as `https://api.example.com/v1`. Raises UpstreamError for another text."""
        try:
            parts = urlsplit(url)
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        except ValueError:
            port = None
        if port is None or not parts.hostname or parts.username is not None or parts.query:
            message = "is not the base URL of an endpoint: write it as https://api.example.com/v1, and keys with --key"
            raise UpstreamError(f"{url.partition('?')[0].rpartition('@')[2]!r} {message}")
        return cls(parts.hostname, port, parts.scheme == "https", parts.path.rstrip("/"), key)

    @property
    def authority(self) -> str:
        """The host as its header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"

    def target(self, path: str) -> str:
        """Where a path of the clients leads; `path` is as it was sent, with its query."""
        return self.path + (path.removeprefix(_BASE) if self.path else path)

    def request(self, call: Call, path: str) -> bytes:
        """The bytes of the request for a call."""
        pairs = [(name, value) for name, value in call.headers if name.lower() not in _OWN]
        if self.key is not None:
            pairs = [pair for pair in pairs if pair[0].lower() not in {"authorization", "api-key"}]
            pairs.append(("authorization", f"Bearer {self.key}"))
        own = [("host", self.authority), ("connection", "close"), ("accept-encoding", "identity")]
        if call.body or call.method in {"POST", "PUT", "PATCH"}:
            own.append(("content-length", str(len(call.body))))
        lines = [f"{call.method} {self.target(path)} HTTP/1.1", *(f"{name}: {value}" for name, value in (*own, *pairs))]
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + call.body


class _Reading(asyncio.Protocol):
    """What arrives on a connection, in a queue, with the clock's time of its arrival."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.arrived: asyncio.Queue[tuple[int, bytes | Ending]] = asyncio.Queue()

    def data_received(self, data: bytes) -> None:
        self.arrived.put_nowait((self._clock.now_us(), data))

    def connection_lost(self, exc: Exception | None) -> None:
        self.arrived.put_nowait((self._clock.now_us(), "end" if exc is None else "reset"))


async def ask(upstream: Upstream, call: Call, path: str, clock: Clock) -> AsyncGenerator[Arrival, None]:
    """What arrives for this call, up to the end of the connection. `path` is that of the call as it was sent.

    Raises UpstreamError if there is no connection.
    """
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context() if upstream.secure else None
    try:
        async with asyncio.timeout(CONNECT_S):
            transport, reading = await loop.create_connection(
                lambda: _Reading(clock), upstream.host, upstream.port, ssl=context
            )
    except (OSError, TimeoutError) as error:
        told = str(error) or type(error).__name__
        raise UpstreamError(f"no connection to {upstream.authority} ({told}): check the upstream's URL") from None
    try:
        start_us = clock.now_us()
        transport.write(upstream.request(call, path))
        while True:
            at_us, what = await reading.arrived.get()
            yield at_us - start_us, what
            if isinstance(what, str):
                return
    finally:
        transport.abort()
