"""How fast mockllm is, beside servers that do less: `python -m tests.benchmarks`.

A benchmark, not a test: it prints figures and fails nothing. A run takes about two minutes, or half of one with
`--quick`, on loopback only. Here: the command. Look next at `measure.py` (what is measured and what it should be),
`servers.py` and `peers.py` (who serves), `load.py`, `paced.py` and `held.py` (who asks) and `page.py` (what is
written).
"""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from tests.benchmarks import measure, page
from tests.benchmarks.figures import summaries

_SOAK_STREAMS = 2_000
_SOAK_S = 120.0


def main() -> None:
    """Measure, print and, if asked to, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run with rougher figures")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="how many runs the medians are of")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md, its pictures and the README's table")
    parser.add_argument("--soak", action="store_true", help=f"also play {_SOAK_STREAMS:,} streams for {_SOAK_S:g} s")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as generator:
        extent = measure.QUICK if arguments.quick else measure.FULL
        runs = [measure.run(extent, generator, _say) for _ in range(arguments.runs)]
        curves = measure.grown(extent, generator)
        soak = list(measure.soak(generator, _SOAK_STREAMS, _SOAK_S)) if arguments.soak else []
    every = (*summaries([run.figures for run in runs]), *summaries([soak]))
    print(page.results(every, curves, runs[0].missing, arguments.runs))
    if arguments.write:
        page.write(every, curves, runs[0].missing, arguments.runs)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
