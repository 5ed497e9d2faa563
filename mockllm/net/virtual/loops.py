"""An event loop that moves the clock on instead of waiting.

Here: what is changed on a stock asyncio loop, in place, while it takes part, and taken back. Not here: when the clock
may move (`timeline.py`), what a loop connects to (`network.py`), and which loops take part (`session.py`).

A loop that has nothing left to do asks its selector to wait. Here the selector looks without waiting, and if nothing is
there to be read, time is set to the first deadline exactly: to the microsecond, since all deadlines are on that grid.
It relies on names that asyncio keeps to itself (`PRIVATE`), which a test pins for each version of Python.
"""

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from mockllm.errors import MockLLMError
from mockllm.net.virtual.jobs import Jobs
from mockllm.net.virtual.network import Network
from mockllm.net.virtual.side import hide, is_ours
from mockllm.net.virtual.timeline import US_PER_S, Timeline, Waiter

PRIVATE = ("_selector", "_scheduled", "_ready", "_write_to_self", "_default_executor", "_clock_resolution")
"""What is used of an event loop that asyncio does not document."""

MOST_SPINS = 200_000
"""How many turns of a loop without anything to read, and without time, are taken for an endless loop."""

EXTERNAL_GRACE_S = 0.05
"""How long, in real time, is waited for a connection to elsewhere, if there may be any, before time moves on."""

_RESOLUTION_S = 0.5e-6
_PATCHED = (
    "time",
    "call_at",
    "create_task",
    "run_in_executor",
    "shutdown_default_executor",
    "getaddrinfo",
    "sock_connect",
    "close",
)


class RefusedLoopError(MockLLMError):
    """An event loop on which virtual time is not possible."""


def check_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Raise RefusedLoopError unless it is a loop of asyncio's own that waits with a selector."""
    kind = f"{type(loop).__module__}.{type(loop).__qualname__}"
    if any(cls.__module__.startswith("looptime") for cls in type(loop).__mro__):
        raise RefusedLoopError(
            f"virtual time was asked for, but this loop ({kind}) belongs to looptime, which moves time by itself:"
            " use one of the two"
        )
    if not isinstance(loop, asyncio.BaseEventLoop) or not all(hasattr(loop, name) for name in PRIVATE):
        raise RefusedLoopError(
            f"virtual time needs asyncio's own selector loop, but this one is {kind}, which waits where nothing can"
            " step in: run the test on asyncio.SelectorEventLoop, or in real time (--mockllm-real-time)"
        )


class PatchedLoop:
    """A loop that takes part in virtual time until `undo`. `closing` is called before it is closed."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        timeline: Timeline,
        jobs: Jobs,
        network: Network,
        *,
        closing: Callable[["PatchedLoop"], None],
        base_s: int,
    ) -> None:
        check_loop(loop)
        self._loop: Any = cast(Any, loop)
        self._timeline = timeline
        self._jobs = jobs
        self._network = network
        self._closing = closing
        self._spins = 0
        self._before = {name: vars(loop)[name] for name in (*_PATCHED, "_clock_resolution") if name in vars(loop)}
        self._selector = self._loop._selector
        self._poll = self._selector.select
        self._real_time = type(loop).time
        self._base_us = self._base(base_s) * US_PER_S
        self._originals = {name: getattr(loop, name) for name in _PATCHED}
        for name in _PATCHED:
            setattr(loop, name, getattr(self, f"_{name}"))
        self._loop._clock_resolution = max(_RESOLUTION_S, self._loop._clock_resolution)
        self._selector.select = self._select

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it is."""
        return cast("asyncio.AbstractEventLoop", self._loop)

    def undo(self) -> None:
        """Let the loop wait again. What is scheduled keeps its distance: the loop's time goes on from where it is."""
        ahead_s = self._time() - self._real_time(self._loop)
        for name in (*_PATCHED, "_clock_resolution"):
            delattr(self._loop, name)
        vars(self._loop).update(self._before)
        del self._selector.select
        real_time, loop = self._real_time, self._loop
        self._loop.time = lambda: real_time(loop) + ahead_s

    def at(self, now_us: int) -> float:
        """What the loop's `time()` is when the clock shows this."""
        return (self._base_us + now_us) / US_PER_S

    def _base(self, base_s: int) -> int:
        """What the loop's `time()` is when the clock begins, in whole seconds, since aiohttp rounds long timeouts up to
        those of the loop. It does not go back for a loop that has timers already.
        """
        if not self._loop._scheduled and "time" not in self._before:
            return base_s
        at_s: float = self._loop.time()
        return max(base_s, math.ceil(at_s) - self._timeline.now_us // US_PER_S)

    def _time(self) -> float:
        return self.at(self._timeline.now_us)

    def _call_at(self, when: float, callback: Callable[..., object], *args: object, context: Any = None) -> Any:
        on_grid = round(when * US_PER_S) / US_PER_S if when is not None and math.isfinite(when) else when
        return self._originals["call_at"](on_grid, callback, *args, context=context)

    def _create_task(self, coro: Any, **options: Any) -> Any:
        task = self._originals["create_task"](coro, **options)
        if is_ours():
            hide(task)
        return task

    def _select(self, timeout: float | None = None) -> Any:
        events = self._poll(0)
        if events:
            self._spins = 0
            return events
        if timeout is not None and timeout <= 0:
            self._count_spin()
            return events
        self._spins = 0
        if self._network.has_foreign() and (events := self._poll(EXTERNAL_GRACE_S)):
            return events
        return self._wait()

    def _wait(self) -> Any:
        """Wait on the timeline; results of jobs are taken on the way."""
        due_us = self._due_us()
        while True:
            waiter = Waiter(due_us, self._is_ready, self._loop._write_to_self)
            self._timeline.wait(waiter, self._poll)
            if (events := self._poll(0)) or not self._jobs.hand_over(self._loop):
                return events

    def _is_ready(self) -> bool:
        return bool(self._poll(0)) or self._jobs.can_hand_over_locked(self._loop)

    def _due_us(self) -> int | None:
        """The first deadline. asyncio has just dropped those that were cancelled from the head of its queue."""
        if not self._loop._scheduled:
            return None
        when: float = self._loop._scheduled[0]._when
        if not math.isfinite(when):
            return None
        due_us = round(when * US_PER_S)
        if due_us / US_PER_S < when:  # scheduled before it took part, between two microseconds
            due_us += 1
        return due_us - self._base_us

    def _count_spin(self) -> None:
        self._spins += 1
        if self._spins > MOST_SPINS:
            self._spins = 0
            self._timeline.stuck(
                f"something asks for the loop's next turn again and again, as `while ...: await asyncio.sleep(0)` does:"
                f" {MOST_SPINS:,} turns without anything to read, and without time"
            )

    def _run_in_executor(self, executor: Any, function: Callable[..., Any], *args: object) -> Any:
        run = self._originals["run_in_executor"]
        if executor is not None and not isinstance(executor, ThreadPoolExecutor):
            self._timeline.take_hold()  # processes: what they run must be pickled, so it cannot be wrapped
            future = run(executor, function, *args)
            future.add_done_callback(lambda _future: self._timeline.let_go())
            return future
        pool: Any = executor or self._loop._default_executor or self._loop
        job = self._jobs.submit(function, pool, loop=self._loop, room=getattr(pool, "_max_workers", 1))
        try:
            future = run(executor, job, *args)
        except BaseException:
            self._jobs.settle(job)
            raise
        if pool is self._loop:  # the loop has made its pool just now
            job.pool = self._loop._default_executor
            job.room = self._loop._default_executor._max_workers
        future.add_done_callback(lambda _future: self._jobs.settle(job))
        return future

    async def _shutdown_default_executor(self, *args: object, **kwargs: object) -> None:
        with self._timeline.hold():  # it gives its threads 300 s, which would be over at once
            await self._originals["shutdown_default_executor"](*args, **kwargs)

    async def _getaddrinfo(self, host: Any, port: Any, **kinds: Any) -> Any:
        if self._network.resolves(host):
            return self._network.resolve(host, port, **kinds)
        with self._timeline.hold():
            return await self._originals["getaddrinfo"](host, port, **kinds)

    async def _sock_connect(self, sock: Any, address: Any) -> None:
        if self._network.connect(self._loop, sock, address):
            return
        await self._originals["sock_connect"](sock, address)

    def _close(self) -> None:
        self._closing(self)
        self._originals["close"]()


class RunningPatch:
    """Sees to it that loops take part as soon as they run: `began` is told of each that starts, in its thread, and
    `ended` when it stops; `completes` of what it runs until.
    """

    def __init__(
        self,
        owner: object,
        began: Callable[[asyncio.AbstractEventLoop], None],
        ended: Callable[[], None],
        completes: Callable[[asyncio.AbstractEventLoop, Any], Callable[[], None]],
    ) -> None:
        base = asyncio.BaseEventLoop
        self._forever, self._complete = base.run_forever, base.run_until_complete
        forever, complete = self._forever, self._complete

        def run_forever(loop: asyncio.BaseEventLoop) -> None:
            began(loop)
            try:
                forever(loop)
            finally:
                ended()

        def run_until_complete(loop: asyncio.BaseEventLoop, future: Any) -> Any:
            if asyncio.iscoroutine(future) and not loop.is_closed() and asyncio._get_running_loop() is None:
                future = loop.create_task(future)
            if not asyncio.isfuture(future):
                return complete(loop, future)
            forget = completes(loop, future)
            try:
                return complete(loop, future)
            finally:
                forget()

        self._run = asyncio.Runner.run
        run_in = self._run

        def run(runner: asyncio.Runner, coro: Any, **options: Any) -> Any:
            try:
                check_loop(runner.get_loop())
            except RefusedLoopError:
                coro.close()
                raise
            return run_in(runner, coro, **options)

        asyncio.Runner.run = run  # type: ignore[method-assign,assignment]
        run_forever.owner = owner  # type: ignore[attr-defined]
        base.run_forever = run_forever  # type: ignore[method-assign,assignment]
        base.run_until_complete = run_until_complete  # type: ignore[method-assign,assignment]

    @staticmethod
    def owner() -> object | None:
        """What the patch that is on belongs to."""
        return getattr(asyncio.BaseEventLoop.run_forever, "owner", None)

    def undo(self) -> None:
        """Take it back."""
        asyncio.Runner.run = self._run  # type: ignore[method-assign]
        asyncio.BaseEventLoop.run_forever = self._forever  # type: ignore[method-assign]
        asyncio.BaseEventLoop.run_until_complete = self._complete  # type: ignore[method-assign]
