"""Measurements become Markdown.

Here: the tables and the facts about the machine without which a figure means nothing. Not here: measuring (`load.py`,
`paced.py`, `startup.py`) and in which order (`__main__.py`).
"""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

from tests.benchmarks.load import CONNECTIONS, Rate
from tests.benchmarks.paced import Lateness
from tests.benchmarks.startup import Starts

_PACKAGES = ("uvloop", "aiohttp", "orjson", "pydantic")


@dataclass(frozen=True, slots=True)
class Contest:
    """Servers that are asked for the same thing. `references` are those whose ratios are shown, by server."""

    title: str
    entries: tuple[tuple[str, str], ...]
    references: Mapping[str, str]


def machine() -> str:
    """What the figures were measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}, {packages}"
    )


def rates(contest: Contest, measured: Mapping[tuple[str, str], Sequence[Rate]]) -> str:
    """One contest: the median of the rounds, with the ratios to the references."""
    medians = {entry: median(rate.per_s for rate in measured[entry]) for entry in contest.entries}
    by_server = {server: medians[server, requests] for server, requests in contest.entries}
    header = ["server", "requests", "per second", "per CPU second", *contest.references.values(), "generator's load"]
    rows = []
    for entry in contest.entries:
        cpu = [rate.per_cpu_s for rate in measured[entry] if rate.per_cpu_s is not None]
        ratios = [f"{medians[entry] / by_server[name]:.3f}" for name in contest.references]
        load = median(rate.own_load for rate in measured[entry])
        rows.append([*entry, _count(medians[entry]), _count(median(cpu)) if cpu else "-", *ratios, f"{load:.0%}"])
    return f"### {contest.title}\n\n" + table(header, rows)


def lateness(measured: Iterable[tuple[str, str, int, Lateness]]) -> str:
    """The paced runs."""
    header = ["server", "requests", "streams", "p50", "p99", "p99.9", "worst", "earliest", "memory per stream"]
    rows = [
        [
            server,
            requests,
            _count(streams),
            *(f"{value:.1f} ms" for value in (run.p50_ms, run.p99_ms, run.p999_ms, run.worst_ms)),
            f"{run.early_ms:.1f} ms early" if run.early_ms else "none early",
            "-" if run.stream_bytes is None else f"{run.stream_bytes / 1024:.1f} KiB",
        ]
        for server, requests, streams, run in measured
    ]
    return "### Paced streams, 20 events a second each, 1,000 new ones a second: lateness\n\n" + table(header, rows)


def starts(measured: Iterable[Starts]) -> str:
    """The times of starting."""
    rows = [[run.what, f"{run.p50_ms:.2f} ms", f"{run.worst_ms:.2f} ms"] for run in measured]
    return "### Starting\n\n" + table(["what", "median", "worst"], rows)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose numbers stand to the right."""
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def how() -> str:
    """How to read the tables."""
    return (
        f"Rates are medians of rounds in which the servers take turns, on {CONNECTIONS} kept-alive connections, each "
        "with one request at a time. Every response is checked. One process serves, another one loads; a generator's "
        "load near 100 % means that the generator was the limit."
    )


def _count(value: float) -> str:
    return f"{value:,.0f}"
