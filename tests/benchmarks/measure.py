"""One run of everything: each part measures and gives its figures.

Here: what is measured, how often, and what each figure should be. Not here: how (`load.py`, `paced.py`, `held.py`,
`startup.py`, `curves.py`), medians of runs (`figures.py`) and pages (`page.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from statistics import median
from types import MappingProxyType

from tests.benchmarks import curves, held, load, paced, peers, startup
from tests.benchmarks.curves import Curve
from tests.benchmarks.figures import Figure
from tests.benchmarks.held import Beside
from tests.benchmarks.load import Rate
from tests.benchmarks.servers import MOCKLLM, Target, running
from tests.benchmarks.workloads import ITL_US, Workload

STREAMS = "Streams of 50 tokens, unpaced"
BODIES = "Plain JSON answers"
PACED = "Paced streams, 20 events a second each: lateness"
HELD = "Open streams"
STARTING = "Starting"
SOAK = "Soak"
SIZES = "Large scenarios and answers"

_STARTS_PER_S = 1_000
_KIB = 1024
_US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured in one run."""

    rounds: int = 3
    seconds: float = 0.8
    paced: tuple[int, ...] = (2_000, 4_000)
    paced_s: float = 5.0
    held: int = 10_000
    starts: int = 100
    commands: int = 7
    gallery: int = 400
    curve_s: float = 2.0
    curve_streams: int = 4_000


FULL = Extent()
QUICK = Extent(1, 0.4, (500,), 1.0, 500, 20, 3, 50, 1.0, 500)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run measured, and what it could not, with the reason."""

    figures: tuple[Figure, ...]
    missing: tuple[str, ...]


def run(extent: Extent, generator: Executor, say: Callable[[str], None]) -> Run:
    """Measure all figures once."""
    figures: list[Figure] = []
    missing: list[str] = []
    for part in (_streams, _bodies, _paced, _held, _starting, _sizes):
        for it in part(extent, generator):
            if isinstance(it, str):
                missing.append(it)
                say(it)
            else:
                figures.append(it)
                say(f"{it.part}: {it.what}: {it.shown(it.value)} ({it.aim})")
    return Run(tuple(figures), tuple(missing))


def grown(extent: Extent, generator: Executor) -> tuple[Curve, ...]:
    """How costs grow. One run has each point as the best of several times."""
    streams = curves.streams(generator, extent.curve_s, extent.curve_streams)
    return curves.rules(), curves.tokens(), curves.journal(), streams


_Entry = tuple[str, bool]


def _streams(extent: Extent, generator: Executor) -> Iterator[Figure | str]:
    servers: dict[str, Callable[[], AbstractContextManager[Target]]] = {
        name: lambda name=name: running(name)  # type: ignore[misc] # the default binds the name
        for name in (MOCKLLM, "aiohttp_stream", "bare_stream")
    }
    try:
        peers.version()
        servers[peers.AIMOCK] = peers.aimock
    except peers.PeerMissingError as error:
        yield f"{peers.AIMOCK} was not measured: {error}"
    rates = _contest(servers, extent, generator, stream=True)
    same, other, bare = rates[MOCKLLM, False], rates[MOCKLLM, True], rates["bare_stream", False]
    yield from _rates(STREAMS, rates)
    yield Figure(STREAMS, "identical requests, of the bare protocol", same.per_s / bare.per_s, least=0.35, digits=3)
    yield Figure(STREAMS, "all different requests, of the bare protocol", other.per_s / bare.per_s, digits=3)
    of_aiohttp = same.per_s / rates["aiohttp_stream", False].per_s
    yield Figure(STREAMS, "identical requests, times aiohttp's StreamResponse", of_aiohttp, digits=2)
    if (peer := rates.get((peers.AIMOCK, False))) is not None:
        yield Figure(STREAMS, "identical requests, times aimock", same.per_s / peer.per_s, least=3, digits=2)
        yield Figure(STREAMS, "all different requests, times aimock", other.per_s / peer.per_s, digits=2)
    yield Figure(STREAMS, "the generator's load at the bare protocol", 100 * bare.own_load, "%", digits=0)


def _bodies(extent: Extent, generator: Executor) -> Iterator[Figure]:
    servers: dict[str, Callable[[], AbstractContextManager[Target]]] = {
        name: lambda name=name: running(name)  # type: ignore[misc] # as above
        for name in (MOCKLLM, "aiohttp_json")
    }
    rates = _contest(servers, extent, generator, stream=False)
    yield from _rates(BODIES, rates)
    handler = rates["aiohttp_json", False].per_s
    for different, what in _REQUESTS.items():
        share = rates[MOCKLLM, different].per_s / handler
        yield Figure(BODIES, f"{what}, of the aiohttp handler", share, least=0.6 if not different else None, digits=2)


_REQUESTS: Mapping[bool, str] = MappingProxyType({False: "identical requests", True: "all different requests"})


def _rates(part: str, rates: Mapping[_Entry, Rate]) -> Iterator[Figure]:
    for (server, different), rate in rates.items():
        yield Figure(part, f"{server}, {_REQUESTS[different]}", rate.per_s, "/s", digits=0)


def _contest(
    servers: Mapping[str, Callable[[], AbstractContextManager[Target]]],
    extent: Extent,
    generator: Executor,
    *,
    stream: bool,
) -> dict[_Entry, Rate]:
    """The rates of servers that take turns; mockllm is also asked for what it was never asked before."""
    entries = [(name, False) for name in servers] + [(MOCKLLM, True)]
    measured: dict[_Entry, list[Rate]] = {entry: [] for entry in entries}
    with ExitStack() as stack:
        targets = {name: stack.enter_context(start()) for name, start in servers.items()}
        for _ in range(extent.rounds):
            for name, different in entries:
                job = generator.submit(load.drive, targets[name], Workload(stream, different), extent.seconds)
                measured[name, different].append(job.result())
    return {entry: sorted(rates, key=lambda rate: rate.per_s)[len(rates) // 2] for entry, rates in measured.items()}


def _paced(extent: Extent, generator: Executor) -> Iterator[Figure]:
    for number in extent.paced:
        results = {}
        for name, different in (("bare_paced", False), (MOCKLLM, False), (MOCKLLM, True)):
            with running(name, round(extent.paced_s * _US_PER_S / ITL_US)) as target:
                tokens = round(extent.paced_s * _US_PER_S / ITL_US)
                job = generator.submit(paced.drive, target, number, tokens, number / _STARTS_PER_S, different=different)
                results[name, different] = job.result()
        bare = results["bare_paced", False]
        for (name, different), late in results.items():
            what = f"{number:,} streams, {'bare protocol' if name != MOCKLLM else _REQUESTS[different]}"
            aims = _aims(number, bare) if name == MOCKLLM else {}
            yield Figure(PACED, f"{what}: p99", late.p99_ms, "ms", aims.get("p99"))
            yield Figure(PACED, f"{what}: p99.9", late.p999_ms, "ms", aims.get("p99.9"))
            if name == MOCKLLM:
                yield Figure(PACED, f"{what}: the earliest event", late.early_ms, "ms early", 0.0)
                if late.stream_bytes is not None and number == extent.paced[0]:
                    share = late.stream_bytes / _KIB
                    yield Figure(HELD, f"memory of each, {number:,} paced, {_REQUESTS[different]}", share, "KiB", 16)


def _aims(number: int, bare: paced.Lateness) -> dict[str, float]:
    return {"p99": 2 * bare.p99_ms} if number > 2_000 else {"p99": 10, "p99.9": 25}


def soak(generator: Executor, streams: int, seconds: float) -> Iterator[Figure]:
    """Many paced streams for a long time: whether lateness drifts and memory grows."""
    tokens = round(seconds * _US_PER_S / ITL_US)
    with running(MOCKLLM, tokens) as target:
        job = generator.submit(paced.drive, target, streams, tokens, streams / _STARTS_PER_S, different=True)
        late = job.result()
    what = f"{streams:,} streams for {seconds:g} s"
    yield Figure(SOAK, f"{what}: p99", late.p99_ms, "ms")
    yield Figure(SOAK, f"{what}: p99 of the best tenth", min(late.windows_ms), "ms")
    yield Figure(SOAK, f"{what}: p99 of the worst tenth", max(late.windows_ms), "ms")
    yield Figure(SOAK, f"{what}: p99 of the first tenth", late.windows_ms[0], "ms")
    yield Figure(SOAK, f"{what}: p99 of the last tenth", late.windows_ms[-1], "ms")
    yield Figure(SOAK, f"{what}: the earliest event", late.early_ms, "ms early", 0.0)
    yield Figure(SOAK, f"{what}: growth of memory while all were open", late.grown_bytes / _KIB / _KIB, "MiB")
    yield Figure(SOAK, f"{what}: events", late.events, digits=0)


def _held(extent: Extent, generator: Executor) -> Iterator[Figure]:
    with running(MOCKLLM, scenarios={"stalled": held.STALLED}) as target:
        found = generator.submit(held.hold, target, extent.held).result()
    yield Figure(HELD, "stalled streams held at once", found.streams, least=extent.held, digits=0)
    yield Figure(HELD, "memory of each, stalled, all different requests", found.stream_bytes / _KIB, "KiB", 16)


def _starting(extent: Extent, _generator: Executor) -> Iterator[Figure]:
    yield Figure(STARTING, "fixture, start and stop", startup.server_ms(extent.starts), "ms", 3, digits=2)
    yield Figure(
        STARTING,
        "command, start to the end of its first answer",
        startup.command_ms(extent.commands),
        "ms",
        250,
        digits=0,
    )
    python = startup.python_ms("import asyncio, aiohttp.web, pydantic", extent.commands)
    yield Figure(STARTING, "Python with aiohttp and pydantic imported, and nothing else", python, "ms", digits=0)
    yield Figure(STARTING, "plugin, added to the import of pytest", startup.plugin_ms(extent.commands), "ms")
    yield Figure(
        STARTING,
        f"{extent.gallery} files of the gallery ready",
        startup.gallery_ms(extent.gallery),
        "ms",
        500 * extent.gallery / 400,
        digits=0,
    )


def _sizes(extent: Extent, generator: Executor) -> Iterator[Figure]:
    rules = curves.rules().lines["the last of them"]
    yield Figure(SIZES, "1,000 rules matched", rules[-1][1], "ms", 1, digits=2)
    first: list[Beside] = []
    later: list[Beside] = []
    for _ in range(extent.rounds):
        with running(MOCKLLM, scenarios={"long": held.LONG}) as target:
            generator.submit(held.warm, target).result()
            first.append(generator.submit(held.beside, target, 0).result())
            later.append(generator.submit(held.beside, target, 1).result())
    what = f"a stream of {held.LONG_TOKENS:,} tokens"
    for found, which in ((first, "the first of its kind"), (later, "a later one")):
        waited, took = median(it.waited_ms for it in found), median(it.took_ms for it in found)
        yield Figure(SIZES, f"{what}, {which}: the longest wait of a short request beside it", waited, "ms", 5)
        yield Figure(SIZES, f"{what}, {which}: time", took, "ms", digits=0)
    memory = median(it.memory for it in first)
    yield Figure(SIZES, f"{what}: memory, in times of its bytes on the wire", memory, "", 2, digits=2)
