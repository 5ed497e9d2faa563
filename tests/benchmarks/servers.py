"""The servers that are measured, each in a process of its own: mockllm's command and the references.

Here: starting any of them, and the references, which repeat mockllm's own bytes with as little work as their kind
allows: `python -m tests.benchmarks.servers NAME`. Not here: the requests (`workloads.py`) and the load (`load.py`,
`paced.py`).
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import cast

import orjson
import uvloop
from aiohttp import web

from mockllm.http1 import chunk_bytes, end_bytes
from tests.benchmarks import workloads
from tests.benchmarks.processes import allow_many_sockets
from tests.benchmarks.workloads import Workload

MOCKLLM = "mockllm"

_STREAM = Workload(stream=True)
_BODY = Workload(stream=False)
_PACED_TOKENS = 100
_BACKLOG = 4096
_US_PER_S = 1_000_000

_SETTLE_S = 1.5
"""How long it is left alone at first: what its first answer does not need it imports when it is idle."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server process to put load on."""

    port: int
    pid: int


@contextmanager
def running(
    name: str, paced_tokens: int = _PACED_TOKENS, scenarios: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Target]:
    """A server in its own process for as long as the context lasts, with further scenarios if it is mockllm; it prints
    its URL when it is there.
    """
    with TemporaryDirectory() as folder:
        for scenario, text in {**workloads.scenarios(paced_tokens), **scenarios}.items():
            (Path(folder) / f"{scenario}.yaml").write_text(text)
        command = [sys.executable, "-m", "tests.benchmarks.servers", name, str(paced_tokens)]
        errors = None
        if name == MOCKLLM:
            command = [sys.executable, "-m", "mockllm", "serve", "--port", "0", "--quiet", "--no-reload", folder]
            errors = subprocess.DEVNULL  # its log
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
            assert process.stdout is not None
            try:
                _, _, port = process.stdout.readline().rpartition(":")
                if not port:
                    raise RuntimeError(f"the server {name} ended before it served")
                time.sleep(_SETTLE_S if name == MOCKLLM else 0)
                yield Target(int(port), process.pid)
            finally:
                process.terminate()


async def aiohttp_stream(_paced_tokens: int) -> int:
    """aiohttp, with one `StreamResponse.write` for each chunk."""
    chunks = workloads.chunks(_STREAM)
    headers = _without_framing(workloads.headers(_STREAM))

    async def answer(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
        return response

    return await _aiohttp(answer)


async def aiohttp_json(_paced_tokens: int) -> int:
    """aiohttp, with a handler that parses the body and returns constant bytes."""
    body = b"".join(workloads.chunks(_BODY))
    headers = _without_framing(workloads.headers(_BODY))

    async def answer(request: web.Request) -> web.Response:
        await request.json(loads=orjson.loads)
        return web.Response(body=body, headers=headers)

    return await _aiohttp(answer)


class _Bare(asyncio.Protocol):
    """A protocol that knows its transport."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own class is not registered as one


async def bare_stream(_paced_tokens: int) -> int:
    """A protocol that answers whatever arrives with the bytes of a stream, in one write."""
    answer = workloads.wire(_STREAM)

    class Constant(_Bare):
        def data_received(self, _data: bytes) -> None:
            self.transport.write(answer)

    return await _listen(Constant)


async def bare_paced(paced_tokens: int) -> int:
    """A protocol that plays the schedule of the paced runs with one timer for each event, and nothing else."""
    _, event, *_, done = (chunk_bytes(data, "chunked") for data in workloads.chunks(_STREAM))
    head = workloads.wire(_STREAM).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    last = event + done + end_bytes("chunked")
    loop = asyncio.get_running_loop()

    class Paced(_Bare):
        def data_received(self, _data: bytes) -> None:
            self.transport.write(head)
            # uvloop rounds timers to its millisecond; one more keeps every event from being early.
            self.first_s = loop.time() + workloads.TTFT_US / _US_PER_S + 0.001
            loop.call_at(self.first_s, self.send, 0)

        def send(self, index: int) -> None:
            if index == paced_tokens - 1:
                self.transport.write(last)
                return
            self.transport.write(event)
            loop.call_at(self.first_s + (index + 1) * workloads.ITL_US / _US_PER_S, self.send, index + 1)

    return await _listen(Paced)


async def _listen(protocol: Callable[[], asyncio.Protocol]) -> int:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, backlog=_BACKLOG)
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _aiohttp(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> int:
    application = web.Application()
    application.router.add_post(_STREAM.path, answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=_BACKLOG).start()
    port: int = runner.addresses[0][1]
    return port


def _without_framing(headers: dict[str, str]) -> dict[str, str]:
    """aiohttp frames the body itself."""
    return {name: value for name, value in headers.items() if name not in {"content-length", "transfer-encoding"}}


_REFERENCES: Mapping[str, Callable[[int], Awaitable[int]]] = MappingProxyType(
    {start.__name__: start for start in (aiohttp_stream, aiohttp_json, bare_stream, bare_paced)}
)
"""How each reference starts on the running loop: it takes the tokens of a paced stream and returns its port."""


async def _serve(name: str, paced_tokens: int) -> None:
    print(f"http://127.0.0.1:{await _REFERENCES[name](paced_tokens)}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    allow_many_sockets()
    uvloop.run(_serve(sys.argv[1], int(sys.argv[2])))
