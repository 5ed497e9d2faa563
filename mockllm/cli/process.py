"""What a command that serves until it is stopped sets around itself in its process.

Here: signals, the garbage collector, and warnings. Not here: the command (`serve.py`).
"""

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mockllm.cli.log import Log, LogHandler

_FORCED = 128
"""What is added to a signal's number for the exit code of a process that it ended, as shells do."""

_THRESHOLDS = (10_000, 20, 100)

_TURN_S = 0.0005


@contextmanager
def stop_signal(
    log: Log, leave: Callable[[int], object] = os._exit, *, is_told: bool = True
) -> Iterator[threading.Event]:
    """An event that the first SIGTERM or SIGINT sets; a second one ends the process on the spot."""
    stop = threading.Event()

    def obey(number: int, _frame: object) -> None:
        if stop.is_set():
            leave(_FORCED + number)
            return
        stop.set()
        if is_told:
            log.note("stopping", f"{signal.Signals(number).name}: stopping")

    before = {number: signal.signal(number, obey) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Keep the garbage collector from making answers late: it leaves what is loaded alone and looks at the rest rarely.
    What was dropped until now stays too: it is half a megabyte, and to find it takes a tenth of the time of a start.

    Exchanges make no reference cycles, but the journal keeps them, and Python's own thresholds would have the
    collector go through the whole journal again and again.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def beside_answers() -> Iterator[None]:
    """Inside, what is imported hardly makes answers late that are given meanwhile: threads take turns more often, and
    the garbage collector leaves alone what there is at the end.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
        gc.freeze()


@contextmanager
def warnings_in(log: Log) -> Iterator[None]:
    """Warnings of the server and of what it is built on go to the same log."""
    handler = LogHandler(log)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
