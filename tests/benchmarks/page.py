"""What was measured becomes pages: `RESULTS.md` and its pictures beside this file, and the table of the README.

Here: Markdown and where it is written. Not here: measuring (`measure.py`), drawing (`plot.py`), and why figures are
missed (`MISSED.md`, written by hand).
"""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import plot
from tests.benchmarks.curves import Curve
from tests.benchmarks.figures import Summary, by_part
from tests.benchmarks.load import CONNECTIONS

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
PICTURES = HERE / "curves"
README = HERE.parent.parent / "README.md"

_PACKAGES = ("uvloop", "aiohttp", "orjson", "pydantic")
_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEADER = ("what", "median", "lowest", "highest", "aim", "")


def results(every: Sequence[Summary], curves: Sequence[Curve], missing: Iterable[str], runs: int) -> str:
    """The page of results."""
    parts = ["# How fast mockllm is", _how(runs), f"Measured on {machine()}."]
    parts += [f"- {reason}" for reason in missing]
    parts.append("What is missed is explained in [MISSED.md](MISSED.md).")
    for part, summaries in by_part(every).items():
        parts.append(f"## {part}\n\n{_table(summaries)}")
    parts.append("## How costs grow\n\nOf one run. The dashed line has the slope of linear growth.")
    parts += [f"![{curve.title}](curves/{curve.name}.svg)\n\n{_points(curve)}" for curve in curves]
    return "\n\n".join(parts) + "\n"


def write(every: Sequence[Summary], curves: Sequence[Curve], missing: Iterable[str], runs: int) -> None:
    """Write the page, its pictures, and the table of the README."""
    RESULTS.write_text(results(every, curves, missing, runs))
    PICTURES.mkdir(exist_ok=True)
    for curve in curves:
        (PICTURES / f"{curve.name}.svg").write_text(plot.svg(curve))
    aimed = [summary for summary in every if summary.figure.aim != "-"]
    table = f"{_BEGIN}\n\n{_table(aimed)}\n\n{_END}"
    text = README.read_text()
    README.write_text(re.sub(f"{_BEGIN}.*?{_END}", lambda _: table, text, flags=re.DOTALL))


def machine() -> str:
    """What the figures were measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}, {packages}"
    )


def _how(runs: int) -> str:
    return (
        f"`python -m tests.benchmarks --runs {runs} --write` wrote this page: medians of {runs} runs, each on loopback "
        f"with one process that serves and one that loads. Rates are those of {CONNECTIONS} kept-alive connections "
        "with one request at a time; servers take turns within a run. Every response is checked by its size and its "
        "end, and some token by token. References repeat mockllm's own bytes: the bare protocol is one on uvloop that "
        "looks at nothing and writes constant bytes, and the aiohttp handler parses the body and returns constant "
        "bytes. An event is due at a time that follows from the scenario and the moment its request was sent."
    )


def _table(summaries: Iterable[Summary]) -> str:
    rows = []
    for it in summaries:
        figure = it.figure
        numbers = [figure.shown(value) for value in (it.value, it.lowest, it.highest)]
        rows.append([figure.what, *numbers, figure.aim, it.verdict])
    lines = [_HEADER, ["---", "--:", "--:", "--:", "--:", "---"], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _points(curve: Curve) -> str:
    xs = [x for x, _ in next(iter(curve.lines.values()))]
    lines = [[curve.x, *(f"{x:,g}" for x in xs)], ["---", *["--:"] * len(xs)]]
    lines += [[f"{name}, {curve.y}", *(f"{y:.3g}" for _, y in line)] for name, line in curve.lines.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
