"""How fast mockllm is, beside servers that do less: `python -m tests.benchmarks`.

A benchmark, not a test: it prints figures and judges none. It takes about a minute, or a quarter of one with
`--quick`, on loopback only. Here: what is measured in which order. Look next at `servers.py` (who serves), `load.py`
and `paced.py` (who asks) and `report.py` (the tables).
"""

import argparse
import multiprocessing
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import load, paced, report, startup
from tests.benchmarks.load import Rate
from tests.benchmarks.report import Contest
from tests.benchmarks.servers import running
from tests.benchmarks.workloads import ITL_US, Workload

_MOCKLLM = (("mockllm", "identical"), ("mockllm", "all different"))
_STREAMS = Contest(
    "Streams of 50 tokens, unpaced",
    (*_MOCKLLM, ("aiohttp_stream", "identical"), ("bare_stream", "identical")),
    {"aiohttp_stream": "of aiohttp", "bare_stream": "of bare"},
)
_BODIES = Contest("Plain JSON answers", (*_MOCKLLM, ("aiohttp_json", "identical")), {"aiohttp_json": "of aiohttp"})
_PACED = (
    ("bare_paced", "identical", 2_000),
    ("mockllm", "identical", 200),
    ("mockllm", "identical", 2_000),
    ("mockllm", "all different", 2_000),
)
_STARTS_PER_S = 1_000


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    rounds: int
    seconds: float
    paced: tuple[tuple[str, str, int], ...]
    paced_s: float
    starts: int


_FULL = Extent(rounds=3, seconds=0.8, paced=_PACED, paced_s=5.0, starts=100)
_QUICK = Extent(rounds=1, seconds=0.5, paced=_PACED[1:3], paced_s=1.0, starts=20)


def main() -> None:
    """Measure, print and, if asked to, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of a minute, with rougher figures")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the Markdown to this file as well")
    arguments = parser.parse_args()
    parts: list[str] = []
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as generator:
        for part in measure(_QUICK if arguments.quick else _FULL, generator):
            print(part, end="\n\n", flush=True)
            parts.append(part)
    if arguments.write is not None:
        arguments.write.write_text("\n\n".join(parts) + "\n")


def measure(extent: Extent, generator: Executor) -> Iterator[str]:
    """The parts of the report, as they are measured."""
    yield "## Benchmark"
    yield report.machine() + "."
    yield report.how()
    yield _contest(_STREAMS, extent, generator, stream=True)
    yield _contest(_BODIES, extent, generator, stream=False)
    yield _paced(extent, generator)
    yield report.starts(startup.measured(extent.starts))


def _contest(contest: Contest, extent: Extent, generator: Executor, *, stream: bool) -> str:
    measured: dict[tuple[str, str], list[Rate]] = defaultdict(list)
    with ExitStack() as servers:
        targets = {name: servers.enter_context(running(name)) for name in {server for server, _ in contest.entries}}
        for _ in range(extent.rounds):
            for entry in contest.entries:
                server, requests = entry
                workload = Workload(stream, different=requests == "all different")
                job = generator.submit(load.drive, targets[server], workload, extent.seconds)
                measured[entry].append(job.result())
    return report.rates(contest, measured)


def _paced(extent: Extent, generator: Executor) -> str:
    tokens = round(extent.paced_s * 1_000_000 / ITL_US)
    runs = []
    for name, requests, streams in extent.paced:
        with running(name, tokens) as target:
            ramp_s = streams / _STARTS_PER_S
            job = generator.submit(paced.drive, target, streams, tokens, ramp_s, different=requests == "all different")
            runs.append((name, requests, streams, job.result()))
    return report.lateness(runs)


if __name__ == "__main__":
    main()
