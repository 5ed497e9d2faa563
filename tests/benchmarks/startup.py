"""How long it takes to have a server, and to be rid of it again.

Here: starting and stopping a server in this process, as the test fixture does, and the command until its first answer.
Not here: load (`load.py`, `paced.py`).
"""

import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median
from urllib.request import urlopen

from mockllm.engine import HEALTH
from mockllm.net.mock import MockLLM
from mockllm.scenario.library import Library

_COMMAND = (sys.executable, "-m", "mockllm", "serve", "--port", "0", "--quiet")


@dataclass(frozen=True, slots=True)
class Starts:
    """Times in milliseconds, of several starts: the median and the worst."""

    what: str
    p50_ms: float
    worst_ms: float


def measured(times: int) -> tuple[Starts, ...]:
    """Both kinds of start; a command takes long enough to be started a few times only."""
    library = Library.gallery()  # the fixture reads it once for all tests
    server = [_server_ms(library) for _ in range(times)]
    command = [_command_ms() for _ in range(max(3, times // 20))]
    return (
        _starts("server in a thread, start and stop", server),
        _starts("command, start to first answer", command),
    )


def _starts(what: str, taken: list[float]) -> Starts:
    return Starts(what, median(taken), max(taken))


def _server_ms(library: Library) -> float:
    begin = time.perf_counter()
    with MockLLM({"rules": [{"replies": ["hello"]}]}, library=library):
        pass
    return 1000 * (time.perf_counter() - begin)


def _command_ms() -> float:
    begin = time.perf_counter()
    with subprocess.Popen(_COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urlopen(url + HEALTH) as answer:
            answer.read()
        taken = 1000 * (time.perf_counter() - begin)
        process.terminate()
    return taken
