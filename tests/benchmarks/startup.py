"""How long it takes to have a server, and to be rid of it again.

Here: starting and stopping a server in this process, as the test fixture does, the command until its first answer to
a chat request, and what the plugin adds to every run of pytest. Not here: load (`load.py`, `paced.py`).
"""

import os
import subprocess
import sys
import time
from statistics import median
from urllib.request import Request, urlopen

from mockllm.net.mock import MockLLM
from mockllm.scenario.library import Library
from tests.benchmarks.workloads import Workload

_AT_ONCE = "rules: [{replies: [hello]}]"
_COMMAND = (sys.executable, "-m", "mockllm", "serve", "--port", "0", "--quiet", "--scenario", _AT_ONCE)
_JSON = {"content-type": "application/json"}


def server_ms(times: int) -> float:
    """A server in a thread, started and stopped: the median."""
    library = Library.gallery()  # the fixture reads it once for all tests
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        with MockLLM({"rules": [{"replies": ["hello"]}]}, library=library):
            pass
        taken.append(time.perf_counter() - begin)
    return 1000 * median(taken)


def command_ms(times: int) -> float:
    """The command, from its start to the last byte of its first answer: the median, once its bytecode is there."""
    _command_ms()
    return median(_command_ms() for _ in range(times))


def _command_ms() -> float:
    begin = time.perf_counter()
    with subprocess.Popen(
        _COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=_environment()
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            asked = Request(f"{url}/v1/chat/completions", Workload(stream=False).body(), _JSON)
            with urlopen(asked) as answer:
                answer.read()
            taken = 1000 * (time.perf_counter() - begin)
        finally:
            process.terminate()
    return taken


def python_ms(program: str, times: int) -> float:
    """A Python process that runs this program: the shortest, since what else the machine does only adds to it."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True, env=_environment())
        taken.append(time.perf_counter() - begin)
    return 1000 * min(taken)


def plugin_ms(times: int) -> float:
    """What the plugin adds to the import of pytest."""
    return python_ms("import pytest, mockllm.pytest_plugin", times) - python_ms("import pytest", times)


def gallery_ms(number: int) -> float:
    """Reading and checking this many files of the gallery, after the language itself was loaded."""
    library = Library.gallery()
    names = library.names()[:number]
    Library.gallery().get(names[0])
    begin = time.perf_counter()
    for name in names:
        library.get(name)
    return 1000 * (time.perf_counter() - begin)


def _environment() -> dict[str, str]:
    """Ours, in which Python keeps its bytecode as it does everywhere by default."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
