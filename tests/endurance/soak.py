"""A soak: mixed traffic with faults and hang-ups against one server, and what is left of it afterwards.

    python -m tests.endurance.soak --hours 1

An hour of scripted time passes as fast as the machine can play it: the server's clock leaps over its waits. Every
client is its own little program over a real socket: whole streams, plain bodies, retries, hang-ups in the middle, runs
of their own that are dropped or forgotten. After each round the memory, tasks, sockets, threads and namespaces are
counted; what grows from round to round leaks.
"""

import argparse
import gc
import json
import socket
import threading
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from mockllm.engine import Engine
from mockllm.net.thread import ServerThread
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from tests.wire_checks import LeapingClock

SCENARIO = """
name: soak
seed: 5
pace: {ttft: 300ms, itl: 20ms}
chaos:
  - {chance: 5%, faults: {reset: {at: {share: 50%}}}}
  - {chance: 5%, error: {code: rate_limit_exceeded, retry_after: 1s}}
limits: {requests: 100000/min, per: namespace}
rules:
  - when: {last: tool}
    replies:
      - attempts: [{error: server_error}]
        tool_calls: [{name: get_weather, arguments: {city: Paris}}]
  - when: {last: stall}
    replies: [{text: This takes a while., faults: [{stall: {at: {token: 2}, for: 60s, heartbeat: 5s}}]}]
  - when: {last: split}
    replies: [{text: Every byte for itself 🌞., faults: [{split: {bytes: 3}}]}]
  - replies: [{generate: {tokens: 60}}]
"""

WORDS = ("tool", "stall", "split", "prose", "prose")
_PATIENCE_S = 20.0
_HOUR_US = 3.6e9
_DESCRIPTORS = Path("/proc/self/fd")


@dataclass(frozen=True, slots=True)
class Left:
    """What a server holds after a round. Memory is what Python's allocator holds, in KiB."""

    memory_kib: int
    objects: int
    tasks: int
    connections: int
    descriptors: int
    threads: int
    namespaces: int
    exchanges: int


@dataclass(slots=True)
class Round:
    """The traffic of one round, by how many clients and how many calls each."""

    clients: int = 8
    calls: int = 60
    counts: dict[str, int] = field(default_factory=dict)


def soak(rounds: int, hours: float = 0, seed: int = 1, shape: Round | None = None) -> tuple[list[Left], float]:
    """What is left after each of so many rounds, or more until so many hours of scripted time have passed, and how many
    have.
    """
    shape = shape or Round()
    clock = LeapingClock()
    began_us = clock.now_us()
    seen: list[Left] = []
    engine = Engine(Library(scenarios=[load_text(SCENARIO)]))
    server = ServerThread(engine, clock=clock)
    server.start()
    with closing(server):
        tracemalloc.start()
        while len(seen) < rounds or (clock.now_us() - began_us) / _HOUR_US < hours:
            _play(server, Random(seed * 1_000 + len(seen)), shape)
            seen.append(_left(server, engine))
        tracemalloc.stop()
    return seen, (clock.now_us() - began_us) / _HOUR_US


def grows(values: Sequence[int], tolerance: float) -> bool:
    """Whether the second half of the rounds holds more than the first, by more than the tolerance."""
    half = len(values) // 2
    before, after = sorted(values[:half])[half // 2], sorted(values[half:])[(len(values) - half) // 2]
    return after > before * (1 + tolerance) + 1


def _play(server: ServerThread, random: Random, shape: Round) -> None:
    threads = [
        threading.Thread(target=_client, args=(server, Random(random.random()), name, shape))
        for name in range(shape.clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.run(server.server.idle, _PATIENCE_S)


def _client(server: ServerThread, random: Random, name: int, shape: Round) -> None:
    address = urlsplit(server.url)
    for number in range(shape.calls):
        body = {
            "model": "m",
            "messages": [{"role": "user", "content": random.choice(WORDS)}],
            "stream": random.random() < 0.7,  # most of the traffic is streams
            "user": f"{name}-{number}",
        }
        with socket.create_connection((address.hostname, address.port), _PATIENCE_S) as client:
            client.sendall(_request(f"/soak@run{name}-{number % 5}/v1/chat/completions", body))
            _read(client, random)


def _request(path: str, body: object) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return f"{head}content-length: {len(data)}\r\n\r\n".encode() + data


def _read(client: socket.socket, random: Random) -> None:
    """Read to the end, or hang up somewhere on the way."""
    most = random.choice([None, None, None, 0, 1, 3])
    count = 0
    try:
        while (most is None or count < most) and client.recv(4_096):
            count += 1
    except ConnectionResetError:
        pass  # a reset is part of the traffic


def _left(server: ServerThread, engine: Engine) -> Left:
    """What the server holds when nothing is going on and its record was cleared."""
    exchanges = len(engine.journal)
    server.call(engine.reset)
    gc.collect()
    return Left(
        memory_kib=tracemalloc.get_traced_memory()[0] // 1024,
        objects=len(gc.get_objects()),
        tasks=server.call(_tasks),
        connections=server.call(lambda: len(server.server._connections)),
        descriptors=len(list(_DESCRIPTORS.iterdir())) if _DESCRIPTORS.is_dir() else 0,
        threads=threading.active_count(),
        namespaces=len(server.call(engine.namespaces)),
        exchanges=exchanges,
    )


def _tasks() -> int:
    import asyncio  # noqa: PLC0415 # in the server's thread

    return len(asyncio.all_tasks())


def main() -> int:
    parser = argparse.ArgumentParser(description="Soak a server with mixed traffic.")
    parser.add_argument("--hours", type=float, default=1.0, help="scripted time to pass")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    seen, passed = soak(6, options.hours, options.seed)
    print(f"{passed:.2f} hours of scripted time in {len(seen)} rounds")
    bad = []
    for name in Left.__dataclass_fields__:
        values = [getattr(left, name) for left in seen]
        growing = name != "exchanges" and grows(values, 0.05)
        bad += [name] if growing else []
        print(
            f"{name:<12} first {values[0]:>9}  middle {values[len(values) // 2]:>9}  last {values[-1]:>9}"
            f"{'   GROWS' if growing else ''}"
        )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
