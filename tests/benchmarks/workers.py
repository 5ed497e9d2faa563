"""How much more several workers serve than one: `python -m tests.benchmarks.workers`.

A benchmark, not a test. Here: unpaced streams over many connections, from one server of one process and from one of
several workers without a common state. Where the load has cores of its own, the streams in a second say it. Where it
has not, as on a machine of two cores, the workers wait for the load; so for each server it is also told how many
streams it could serve in a second if each worker had a core: streams over the processor time of the busiest worker.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import uvloop

_CONNECTIONS = 64
_SCENARIO = "rules: [{replies: [{generate: {tokens: 50}}]}]"
_LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Found:
    """What a server did: whole streams in a second, and in a second of its busiest process."""

    by_wall: float
    by_core: float


class _Client(asyncio.Protocol):
    """Asks for the next stream when the last one is whole."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._tail = b""
        self.streams = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport
        self._transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-len(_LAST_CHUNK) :]
        if self._tail == _LAST_CHUNK:
            self._tail = b""
            self.streams += 1
            self._transport.write(self._request)  # type: ignore[attr-defined]


def _request(connection: int) -> bytes:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": f"connection {connection}"}]}
    data = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(data)}"
    return f"{head}\r\ncontent-type: application/json\r\n\r\n".encode() + data


@contextmanager
def _serving(workers: int) -> Iterator[tuple[str, int, list[int]]]:
    """The address of a server, and the processes that serve."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "load.yaml").write_text(_SCENARIO)
        command = [sys.executable, "-m", "mockllm", "serve", folder, "--port", "0", "--quiet", "--no-reload", "--json"]
        command += ["--workers", str(workers)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            try:
                url = urlsplit(json.loads(process.stdout.readline())["url"])
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
                yield str(url.hostname), int(url.port or 0), [int(pid) for pid in children] or [process.pid]
            finally:
                process.terminate()


def _spent_s(pid: int) -> float:
    """The processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _load(host: str, port: int, duration_s: float, pids: list[int]) -> Found:
    loop = asyncio.get_running_loop()
    clients = [_Client(_request(number)) for number in range(_CONNECTIONS)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, host, port)  # type: ignore[misc]
    await asyncio.sleep(1)
    before, spent, start_s = sum(it.streams for it in clients), [_spent_s(pid) for pid in pids], time.monotonic()
    await asyncio.sleep(duration_s)
    streams = sum(it.streams for it in clients) - before
    busiest_s = max(_spent_s(pid) - earlier for pid, earlier in zip(pids, spent, strict=True))
    return Found(streams / (time.monotonic() - start_s), streams / busiest_s)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.workers", description=__doc__)
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="how many workers are compared with one")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="S", help="how long each is put under load")
    arguments = parser.parse_args()
    found = []
    for workers in (1, arguments.workers):
        with _serving(workers) as (host, port, pids):
            found.append(uvloop.run(_load(host, port, arguments.seconds, pids)))
        told = f"{found[-1].by_wall:,.0f} streams/s, {found[-1].by_core:,.0f} streams/s with a core for each"
        print(f"{workers} worker{'' if workers == 1 else 's'}: {told}", flush=True)
    one, many = found
    print(f"{many.by_wall / one.by_wall:.2f} times as many, {many.by_core / one.by_core:.2f} with a core for each")


if __name__ == "__main__":
    main()
