"""Two fuzzers: of the loader of scenarios, and of the path of a request.

    python -m tests.endurance.fuzz --seconds 60 --seed 1

Each changes good inputs (the gallery's files; a client's requests) a little and looks whether what comes of it is what
may come: a scenario or a ScenarioError with a place; an answer, a refusal or a closed connection, and a server that
still serves. A finding is printed with its seed and number and kept as a case of `test_fuzz.py` once it is mended.
"""

import argparse
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from mockllm.errors import ScenarioError
from mockllm.net.mock import MockLLM
from mockllm.scenario.load import load_text
from tests.endurance.mutation import mutated
from tests.raw_http import request

GALLERY = Path(__file__).resolve().parent.parent.parent / "scenarios"
MOST_SECONDS = 2.0
"""How long the reading of one file may take."""

_PATIENCE_S = 0.05
_ALIVE = request(stream=False)


_RESPONSE = (
    b"POST /hello@run/v1/responses HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\n"
    b'content-length: 30\r\n\r\n{"model": "m", "input": "Hi"}\n'
)
_FORM = (
    b"POST /v1/audio/transcriptions HTTP/1.1\r\nhost: mock\r\ncontent-type: multipart/form-data; boundary=x\r\n"
    b'content-length: 68\r\n\r\n--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper\r\n--x--\r\n'
)


def files(random: Random) -> Iterator[bytes]:
    """Files of scenarios that were changed a little, without end."""
    good = [path.read_bytes() for path in sorted(GALLERY.rglob("*.yaml"))]
    while True:
        yield mutated(random.choice(good), good, random)


def requests(random: Random) -> Iterator[bytes]:
    """Requests that were changed a little, without end."""
    good = [
        request(stream=stream, connection=connection)
        for stream in (True, False)
        for connection in ("close", "keep-alive")
    ]
    good += [
        b"GET /v1/models HTTP/1.1\r\nhost: mock\r\n\r\n",
        b"GET /_mockllm/health HTTP/1.1\r\nhost: mock\r\n\r\n",
        _RESPONSE,
        _FORM,
    ]
    while True:
        yield mutated(random.choice(good), good, random)


def load(data: bytes) -> str | None:
    """What is wrong with how the loader takes the file; None if nothing is."""
    began = time.perf_counter()
    try:
        load_text(data.decode("utf-8", "surrogateescape"))
    except ScenarioError as error:
        if not str(error).strip():
            return "an error without words"
    except Exception as error:  # noqa: BLE001 # anything else is a finding
        return f"{type(error).__name__}: {error}"
    took = time.perf_counter() - began
    return f"it took {took:.1f} s" if took > MOST_SECONDS else None


def ask(server: MockLLM, data: bytes) -> str | None:
    """What is wrong with how the server takes the bytes; None if nothing is."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), 5) as client:
        client.settimeout(_PATIENCE_S)
        answer = b""
        try:
            client.sendall(data)
            while part := client.recv(65_536):
                answer += part
        except OSError:
            pass  # it waits for more of the request, or has hung up
    if answer and not answer.startswith(b"HTTP/1."):
        return f"an answer that is none: {answer[:80]!r}"
    if b" 500 " in answer.partition(b"\r\n")[0]:
        return f"an error of the server's own: {answer[:400]!r}"
    with socket.create_connection((address.hostname, address.port), 5) as client:
        client.sendall(_ALIVE)
        alive = client.recv(65_536)
    return None if alive.startswith(b"HTTP/1.1 200") else f"the next request was answered with {alive[:80]!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the loader and the server.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    findings = 0
    with MockLLM({"rules": [{"replies": ["Hello"]}]}) as server:
        contests = (
            ("files", files(Random(options.seed)), load),
            ("requests", requests(Random(options.seed)), lambda data: ask(server, data)),
        )
        for name, inputs, check in contests:
            end = time.perf_counter() + options.seconds / len(contests)
            count = 0
            while time.perf_counter() < end:
                data = next(inputs)
                count += 1
                if (problem := check(data)) is not None:
                    findings += 1
                    print(f"{name} {count} of seed {options.seed}: {problem}\n  {data!r}")
            print(f"{name}: {count} tried")
    print(f"{findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
