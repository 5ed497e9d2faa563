"""Several processes that serve on one port: `mockllm serve --workers N`.

Here: the parent, which keeps the port, starts the workers, starts another for one that died, and ends them all.
Not here: what a worker does (`serve.py`), which scenarios they can play without a common state (`stateless.py`), and
the state that they may share (`net/shared/`).
"""

import contextlib
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mockllm.cli.log import Log
from mockllm.errors import MockLLMError

WORKERS_DIE = 4
"""The exit code when workers die as soon as they are started."""

MOST_EARLY_DEATHS = 5
"""How many workers may die one after another before they serve."""

MOST_WORKERS = 256
"""How many workers there can be."""

_PATIENCE_S = 8.0
_CHECK_S = 0.5


@contextlib.contextmanager
def reserved(host: str, port: int) -> Iterator[int]:
    """The port, which inside is this program's, so that no other one gets it while workers come and go.

    Raises MockLLMError if it cannot be had, and where a port cannot be shared.
    """
    if not hasattr(socket, "SO_REUSEPORT"):
        raise MockLLMError("several workers were asked for, but this system cannot share a port: leave out --workers")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # Without the option nobody else may listen there, and afterwards only who has it too.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            port = probe.getsockname()[1]
        with socket.socket(family, kind, protocol) as kept:
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            kept.bind((address[0], port, *address[2:]))
            yield port
    except OSError as error:
        raise MockLLMError(
            f"mockllm was asked to listen on {host}:{port}, but the system said: {error.strerror}."
            " Give another port (0 takes any free one) or an address of this machine."
        ) from error


def new_group() -> str:
    """A name for the workers of this process, which no others have."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"


def is_led(worker: str) -> bool:
    """Whether the parent of the worker with this name and number, which is this process, is still there."""
    return worker.partition("-")[0] == str(os.getppid())


def command_of(name: str, number: int, paths: Sequence[Path]) -> list[str]:
    """The command line of the worker with this number, of the workers with this name. Its options are in its
    environment, where passwords are not shown to all.
    """
    return [sys.executable, "-m", "mockllm", "serve", *map(str, paths), "--worker", f"{name}/{number}"]


@dataclass(eq=False, slots=True)
class _Worker:
    """A process, and whether it has told that it serves."""

    number: int
    process: subprocess.Popen[str]
    serves: bool = False


class Workers:
    """So many processes, each started by a command that its number makes, in this environment.

    A worker writes one line when it serves. One that ends is started again, unless all are being stopped.
    """

    def __init__(
        self, count: int, command: Callable[[int], list[str]], environment: Mapping[str, str], log: Log
    ) -> None:
        self._count = count
        self._command = command
        self._environment = {**os.environ, **environment}
        self._log = log
        self._workers: dict[int, _Worker] = {}
        self._told: queue.SimpleQueue[tuple[_Worker, str]] = queue.SimpleQueue()

    def run(self, stop: threading.Event, ready: Callable[[str], None]) -> int:
        """Serve until `stop` is set, and give the exit code. `ready` is called with the line of a worker once all
        serve.
        """
        early_deaths = 0
        is_ready = False
        for number in range(1, self._count + 1):
            self._start(number)
        try:
            while not stop.is_set():
                try:
                    worker, line = self._told.get(timeout=_CHECK_S)
                except queue.Empty:
                    continue
                if line:
                    worker.serves, early_deaths = True, 0
                    if not is_ready and all(other.serves for other in self._workers.values()):
                        is_ready = True
                        ready(line.rstrip("\n"))
                    continue
                code = worker.process.wait()
                if stop.is_set():
                    break
                early_deaths += not worker.serves
                if not is_ready and code > 0:
                    return code
                if early_deaths >= MOST_EARLY_DEATHS:
                    self._log.note("workers die", f"{early_deaths} workers died before they served: giving up")
                    return WORKERS_DIE
                self._log.note("worker died", f"worker {worker.number} {_ended(code)}: starting another")
                self._start(worker.number)
        finally:
            self._end()
        return 0

    def _start(self, number: int) -> None:
        process = subprocess.Popen(  # noqa: S603 # it is this very program
            self._command(number),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
            process_group=0,  # Ctrl-C is for the parent, which tells the workers
        )
        worker = self._workers[number] = _Worker(number, process)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()

    def _listen(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        with worker.process.stdout as lines:
            for line in lines:
                self._told.put((worker, line))
        self._told.put((worker, ""))

    def _end(self) -> None:
        processes = [worker.process for worker in self._workers.values()]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _ended(code: int) -> str:
    """How a process ended, from its exit code as `subprocess` tells it."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
