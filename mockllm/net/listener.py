"""An address on which connections are accepted.

Here: opening and closing it, and how it is told. Not here: what is done with connections (`server.py`).
"""

import asyncio
import errno
from collections.abc import Callable
from typing import NoReturn

from mockllm.errors import MockLLMError

_BACKLOG = 1024

# An address that clients can use, for each that means all of them.
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here


class Listener:
    """A host and a port, 0 for any that is free. Several processes listen on a `shared` one, and the system gives each
    connection to one of them (SO_REUSEPORT).
    """

    def __init__(self, host: str, port: int, *, shared: bool = False) -> None:
        self._host = host
        self._port = port
        self._shared = shared
        self._address = ("", 0)
        self._server: asyncio.Server | None = None

    @property
    def is_open(self) -> bool:
        """Whether connections are accepted."""
        return self._server is not None

    @property
    def url(self) -> str:
        """Where clients reach it, such as `http://127.0.0.1:8000`; without a path."""
        host, port = self._address
        host = _LOOPBACK.get(host, host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def open(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Accept connections. Raises MockLLMError if the address cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                protocol, self._host, self._port, backlog=_BACKLOG, reuse_port=self._shared or None
            )
        except OSError as error:
            _refuse_address(self._host, self._port, error)
        host, port, *_ = self._server.sockets[0].getsockname()
        self._address = (host, port)

    def close(self) -> None:
        """Accept no more; does nothing if it did not."""
        if self._server is not None:
            self._server.close()
            self._server = None


def _refuse_address(host: str, port: int, error: OSError) -> NoReturn:
    found = "another program listens there" if error.errno == errno.EADDRINUSE else f"the system said: {error.strerror}"
    raise MockLLMError(
        f"mockllm was asked to listen on {host}:{port}, but {found}."
        " Give another port (0 takes any free one) or an address of this machine."
    ) from error
