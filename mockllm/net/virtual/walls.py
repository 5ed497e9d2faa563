"""The clocks of the process, which follow the timeline for the threads that take part.

Here: `time.monotonic`, `time.perf_counter`, `time.sleep` and `time.time` with their forms in nanoseconds, also where a
library or the code under test imported them by name, and `datetime.now` if time-machine is installed. Not here: the
time of event loops (`loops.py`). Threads that take no part keep the real clocks; only time-machine knows no threads.
"""

import queue
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from mockllm.net.virtual.patches import Patches
from mockllm.net.virtual.timeline import US_PER_S, Timeline

_NS_PER_US = 1_000

# Where the standard library counts down what it then waits for on a condition, which is virtual (`blocking.py`).
_DEADLINES = ((queue, "time"), (threading, "_time"))

# What runs the test rather than takes part in it; the standard library is left alone too.
_APART = {
    "_pytest",
    "coverage",
    "execnet",
    "hypothesis",
    "mockllm",
    "pluggy",
    "pytest",
    "pytest_aiohttp",
    "pytest_asyncio",
    "pytest_cov",
    "pytest_timeout",
    "time_machine",
    "xdist",
}


class Walls:
    """The clocks. `base_s` is what the monotonic ones show at the beginning, in whole seconds, `wall_s` the time of
    day; `sleep` lets time pass.
    """

    def __init__(self, timeline: Timeline, sleep: Callable[[float], None], *, base_s: int, wall_s: int) -> None:
        self._timeline = timeline
        self._sleep = sleep
        self._base_us = base_s * US_PER_S
        self._wall_us = wall_s * US_PER_S
        self._patches = Patches()
        self._travel: Any = None
        self._coordinates: Any = None

    def install(self, touch: Callable[[], bool]) -> None:
        """Let them follow; `touch` says whether a thread that pauses takes part."""
        clocks: dict[str, Callable[..., Any]] = {
            "monotonic": self._seconds(time.monotonic, self._base_us),
            "monotonic_ns": self._nanoseconds(time.monotonic_ns, self._base_us),
            "perf_counter": self._seconds(time.perf_counter, self._base_us),
            "perf_counter_ns": self._nanoseconds(time.perf_counter_ns, self._base_us),
            "sleep": self._pause(time.sleep, touch),
        }
        if find_spec("time_machine") is None:
            clocks["time"] = self._seconds(time.time, self._wall_us)
            clocks["time_ns"] = self._nanoseconds(time.time_ns, self._wall_us)
        self._put(clocks)
        if "time" not in clocks:
            import time_machine  # noqa: PLC0415 - an extra that may be missing

            self._travel = time_machine.travel(self._wall_us / US_PER_S, tick=False)
            self._coordinates = self._travel.start()

    def move(self, now_us: int) -> None:
        """It is this late now."""
        if self._coordinates is not None:
            self._coordinates.move_to((self._wall_us + now_us) / US_PER_S)

    def undo(self) -> None:
        """Let them show the real time again."""
        self._coordinates = None
        if self._travel is not None:
            self._travel.stop()
            self._travel = None
        self._patches.undo()

    def _put(self, clocks: dict[str, Callable[..., Any]]) -> None:
        real = {name: getattr(time, name) for name in clocks}
        for path, module in tuple(sys.modules.items()):
            top = path.partition(".")[0]
            if top in _APART or top in sys.stdlib_module_names:
                continue
            values = getattr(module, "__dict__", {})
            for name, original in real.items():
                if values.get(name) is original:
                    self._patches.put(module, name, clocks[name])
        for name, clock in clocks.items():
            self._patches.put(time, name, clock)
        for module, name in _DEADLINES:
            self._patches.put(module, name, clocks["monotonic"])

    def _seconds(self, real: Callable[[], float], base_us: int) -> Callable[[], float]:
        def clock() -> float:
            return (base_us + self._timeline.now_us) / US_PER_S if self._timeline.seen() else real()

        return clock

    def _nanoseconds(self, real: Callable[[], int], base_us: int) -> Callable[[], int]:
        def clock() -> int:
            return (base_us + self._timeline.now_us) * _NS_PER_US if self._timeline.seen() else real()

        return clock

    def _pause(self, real: Callable[[float], None], touch: Callable[[], bool]) -> Callable[[float], None]:
        def sleep(seconds: float) -> None:
            if touch() and seconds > 0:
                self._sleep(seconds)
            else:
                real(seconds)

        return sleep
