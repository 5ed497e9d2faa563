"""Virtual time, put on and taken off.

Here: `VirtualTime`, which brings everything of this folder together for one thread, and what ends a test that cannot go
on. Not here: how any of it works. Outside of it nothing is changed.
"""

import asyncio
import contextlib
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from mockllm.errors import MockLLMError
from mockllm.net.virtual.blocking import Blocking
from mockllm.net.virtual.jobs import Jobs
from mockllm.net.virtual.loops import PatchedLoop, RefusedLoopError, RunningPatch, check_loop
from mockllm.net.virtual.network import External, Network
from mockllm.net.virtual.patches import Patches
from mockllm.net.virtual.pump import Pump
from mockllm.net.virtual.serving import VirtualServing
from mockllm.net.virtual.stuck import StuckError, report
from mockllm.net.virtual.threads import Threads
from mockllm.net.virtual.timeline import PATIENCE_S, US_PER_S, Timeline, VirtualClock
from mockllm.net.virtual.walls import Walls
from mockllm.net.virtual.workers import install_workers

_MOST_CANCELS = 20


class VirtualTime:
    """Within it, time passes only when everybody waits, and then at once; it gives the clock.

    A context manager, for `with` and `async with`, in the thread that is to see it. A `MockLLM` that is started within
    it is reached by all clients of this process without a network. `external="grace"` lets clients connect to elsewhere
    too, and gives them a little real time whenever the clock would move on, which is not exact.

    Raises RefusedLoopError for an event loop that cannot take part, MockLLMError if virtual time is on already, and
    StuckError at its end if the test had to be ended because nothing could ever happen any more.

    `move` is called at the beginning, and what it returns at the end.
    """

    def __init__(
        self,
        *,
        external: External = "refuse",
        patience_s: float = PATIENCE_S,
        move: "Callable[[VirtualTime], Callable[[], None]]" = lambda _time: lambda: None,
    ) -> None:
        self._move = move
        self._move_back: Callable[[], None] = lambda: None
        self.timeline = Timeline(moved=self._moved, stuck=self._stuck, patience_s=patience_s)
        self.clock = VirtualClock(self.timeline)
        self.wall_s = int(time.time())
        self._base_s = math.ceil(time.monotonic())
        self._jobs = Jobs(self.timeline)
        self._pump = Pump(self._failure)
        self._threads = Threads(self.timeline, self._jobs)
        self._blocking = Blocking(self.timeline, self._pump, self._home)
        self.network = Network(self._blocking.wait_for, lambda: tuple(self._loops), external)
        self._walls = Walls(self.timeline, self._blocking.sleep, base_s=self._base_s, wall_s=self.wall_s)
        self._patches = Patches()
        self._begun = False
        self._running: RunningPatch | None = None
        self._loops: dict[asyncio.AbstractEventLoop, PatchedLoop] = {}
        self.servings: list[VirtualServing] = []
        self._ends: list[Callable[[], object]] = []
        self._reports: list[str] = []
        self._thread = threading.get_ident()

    @staticmethod
    def current() -> "VirtualTime | None":
        """The one that is on in this process."""
        owner = RunningPatch.owner()
        return owner if isinstance(owner, VirtualTime) else None

    def start(self) -> VirtualClock:
        """Begin. See the class for what it raises; then nothing has changed."""
        if self._begun:
            raise MockLLMError("this virtual time has ended, and cannot begin again: make a new one")
        if VirtualTime.current() is not None:
            raise MockLLMError(
                "virtual time was asked for, but it is on already in this process: end the first one before the next,"
                " or use it for both"
            )
        running = asyncio._get_running_loop()
        _refuse_trio()
        if running is not None:
            check_loop(running)
        self._begun = True
        self.timeline.join()
        self._running = RunningPatch(self, self._began, self._stopped, self._completes)
        self._blocking.install(self._patches, self.network, self._threads.touch)
        self._threads.install(self._patches, self._blocking)
        install_workers(self._patches, self._jobs, lambda loop: loop in self._loops)
        self._walls.install(self._threads.touch)
        if running is not None:
            self._attach(running)
        self._move_back = self._move(self)
        return self.clock

    def end(self) -> None:
        """Take everything off; loops go on in real time from where they are."""
        if self._running is None:
            return
        self._move_back()
        for serving in tuple(self.servings):
            serving.close()
        self._pump.close()
        self._jobs.end()
        self.timeline.end()
        self._walls.undo()  # before the loops, which look at them to go on from where they are
        for patched in self._loops.values():
            patched.undo()
        self._loops.clear()
        self._patches.undo()
        self._running.undo()
        self._running = None
        self.timeline.leave()

    def give_way(self) -> None:
        """Let the other threads that take part do what they can at this instant, unless the clock is held."""
        if self.timeline.seen() and not self.timeline.held():
            self._blocking.give_way()

    @contextlib.contextmanager
    def test(self) -> Iterator[None]:
        """Around a test function: if it cannot go on, this is what is ended, and StuckError is raised here.

        Raises RefusedLoopError in a coroutine on a loop that does not take part.
        """
        _refuse_trio()
        task: asyncio.Task[Any] | None = None
        if (loop := asyncio._get_running_loop()) is not None:
            check_loop(loop)
            task = asyncio.current_task()
        forget = self._can_end(loop, task.cancel) if task is not None and loop is not None else lambda: None
        try:
            yield
        except BaseException as error:
            self._raise_stuck(error, task)
            raise
        finally:
            forget()
        self._raise_stuck(None, task)

    def _raise_stuck(self, error: BaseException | None, task: "asyncio.Task[Any] | None") -> None:
        if not self._reports or isinstance(error, StuckError):
            return
        if task is not None:
            while task.cancelling():
                task.uncancel()
        reports, self._reports = self._reports, []
        raise StuckError(reports[0]) from (None if isinstance(error, asyncio.CancelledError) else error)

    def _failure(self) -> BaseException:
        return StuckError(self._reports[0] if self._reports else "virtual time has ended")

    def _home(self) -> asyncio.AbstractEventLoop | None:
        """The loop that serves the calling thread's connections: its own, that of the test, or the pump."""
        running = asyncio._get_running_loop()
        if running is not None:
            return running
        loop = next((loop for loop in self._loops if loop.is_running()), None)
        if loop is not None and threading.get_ident() != self._thread:
            return loop
        if self._pump.loop not in self._loops:
            self._attach(self._pump.loop)
        return self._pump.loop

    def _moved(self, now_us: int) -> None:
        self._walls.move(now_us)

    def _stuck(self, reason: str) -> None:
        """End the test: what was begun last is cancelled, and when that does not help, again."""
        if len(self._reports) >= _MOST_CANCELS:
            return
        threads = self.timeline.threads()
        self._reports.append(report(reason, self.timeline.now_us / US_PER_S, tuple(self._loops), threads))
        if self._ends:
            self._ends[-1]()

    def _can_end(self, loop: asyncio.AbstractEventLoop, cancel: Callable[[], object]) -> Callable[[], None]:
        def end() -> None:
            loop.call_soon_threadsafe(cancel)

        self._ends.append(end)
        return lambda: self._ends.remove(end)

    def _completes(self, loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Any]") -> Callable[[], None]:
        if threading.get_ident() != self._thread:
            return lambda: None
        return self._can_end(loop, future.cancel)

    def _began(self, loop: asyncio.AbstractEventLoop) -> None:
        self.timeline.join()
        try:
            self._attach(loop)
        except RefusedLoopError:
            self.timeline.leave()
            raise

    def _stopped(self) -> None:
        self.timeline.leave()

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop not in self._loops:
            self._loops[loop] = PatchedLoop(
                loop, self.timeline, self._jobs, self.network, closing=self._detach, base_s=self._base_s
            )

    def _detach(self, patched: PatchedLoop) -> None:
        """The loop is about to be closed."""
        for serving in tuple(self.servings):
            serving.leave(patched.loop)
        patched.undo()
        del self._loops[patched.loop]

    def __enter__(self) -> VirtualClock:
        clock = self.start()
        self._inside = self.test()
        self._inside.__enter__()
        return clock

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._inside.__exit__(kind, error, traceback)
        finally:
            self.end()

    async def __aenter__(self) -> VirtualClock:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


def virtual_time(*, external: External = "refuse") -> VirtualTime:
    """Virtual time without pytest: `with mockllm.virtual_time() as clock, mockllm.MockLLM("stall") as mock: ...`."""
    return VirtualTime(external=external)


def _refuse_trio() -> None:
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        raise RefusedLoopError(
            "virtual time needs asyncio's own selector loop, but this test runs on trio: run it on asyncio, or in real"
            " time (--mockllm-real-time)"
        )
