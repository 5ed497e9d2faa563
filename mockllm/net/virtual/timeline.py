"""The one clock of virtual time: whole microseconds, which move on only when nobody has anything left to do.

Here: who takes part, who is busy, who waits for what, and the moving on. Not here: how loops and threads wait
(`loops.py`, `blocking.py`). A thread that takes part is busy unless it waits here; time stands still while anybody is
busy. Then whoever has something to read goes on, and if nobody has, time moves to the first deadline.
"""

import _thread
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

US_PER_S = 1_000_000

GRACE_S = 0.05
"""How long, in real time, nothing must happen before it is said that nothing ever will."""

PATIENCE_S = 5.0
"""How long, in real time, a busy thread may hold the clock while others wait for it."""

YOUNG_S = 0.5
"""How long, in real time, the clock waits for a thread that has just begun to take part."""

MOST_US = 7 * 86_400 * US_PER_S
"""How much time can pass before it is taken for an endless loop: seven days."""


@dataclass(eq=False, slots=True)
class Waiter:
    """One who waits: until `due_us`, or until there is something to do, which `ready` tells. `wake` ends its wait from
    another thread; once that is decided it is `awake`.
    """

    due_us: int | None
    ready: Callable[[], bool]
    wake: Callable[[], None]
    thread: int = field(default_factory=threading.get_ident)
    counted: bool = False
    awake: bool = False


class Timeline:
    """The time, and all that takes part in it. What ends in `_locked` is called with the `lock` held.

    `moved` is told whenever the time has changed. `busy` says whether work is under way that no thread has taken up
    yet. `stuck` is told what keeps the test from going on; it must see to it that it ends.
    """

    def __init__(
        self,
        *,
        moved: Callable[[int], None] = lambda _now_us: None,
        stuck: Callable[[str], None] = lambda _reason: None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.lock = _thread.allocate_lock()
        self.now_us = 0
        self.busy: Callable[[], bool] = lambda: False
        self.moved = moved
        self.stuck = stuck
        self._patience_s = patience_s
        self._threads: dict[int, int] = {}
        self._young: dict[int, float] = {}
        self._active = 0
        self._holds = 0
        self._waiting: list[Waiter] = []
        self._steps = 0
        self._most_us = MOST_US
        self._ended = False

    def seen(self) -> bool:
        """Whether the calling thread takes part."""
        return threading.get_ident() in self._threads

    def threads(self) -> tuple[int, ...]:
        """The threads that take part."""
        return tuple(self._threads)

    def join(self) -> None:
        """The calling thread takes part from now on."""
        with self.lock:
            self.join_locked()

    def leave(self) -> None:
        """The calling thread takes no part any more, as often as it joined."""
        with self.lock:
            self.leave_locked()

    def join_locked(self) -> None:
        """See `join`."""
        thread = threading.get_ident()
        self._young.pop(thread, None)
        self._threads[thread] = self._threads.get(thread, 0) + 1
        if self._threads[thread] == 1:
            self._active += 1

    def leave_locked(self) -> None:
        """See `leave`."""
        thread = threading.get_ident()
        self._threads[thread] -= 1
        if not self._threads[thread]:
            del self._threads[thread]
            self._active -= 1
            self.go_on_locked()

    def expect(self) -> None:
        """The calling thread has just begun and may join: the clock waits for that, but not for long."""
        with self.lock:
            self._young[threading.get_ident()] = monotonic()

    def forget(self) -> None:
        """The calling thread will not join any more."""
        with self.lock:
            self._young.pop(threading.get_ident(), None)
            self.go_on_locked()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Time stands still inside."""
        self.take_hold()
        try:
            yield
        finally:
            self.let_go()

    def take_hold(self) -> None:
        """Let time stand still until `let_go`."""
        with self.lock:
            self._holds += 1

    def let_go(self) -> None:
        """Undo one `take_hold`."""
        with self.lock:
            self._holds -= 1
            self.go_on_locked()

    def held(self) -> bool:
        """Whether time stands still until somebody lets go of it."""
        return self._holds > 0

    def wait(self, waiter: Waiter, block: Callable[[float], object]) -> None:
        """Return when the waiter is awake. `block` waits in real time, for at most so many seconds, or until the waiter
        is woken or has something to do.
        """
        with self.lock:
            waiter.counted = waiter.thread in self._threads
            self._active -= waiter.counted
            self._waiting.append(waiter)
            if self._ended:
                self._rouse(waiter)
            self.go_on_locked()
            steps = self._steps
        since_s = monotonic()
        while not waiter.awake:
            block(GRACE_S)
            with self.lock:
                if not waiter.awake and waiter.ready():
                    self._rouse(waiter)
                self.go_on_locked()
                if steps != self._steps:
                    steps, since_s = self._steps, monotonic()
                reason = None if waiter.awake else self._why_stuck(monotonic() - since_s)
            if reason is not None:
                since_s = monotonic()
                self.stuck(reason)

    def rouse(self, waiter: Waiter) -> None:
        """Let one go on who has something to do, also while others are busy."""
        with self.lock:
            if not waiter.awake and waiter in self._waiting:
                self._rouse(waiter)

    def end(self) -> None:
        """Nobody waits here any more."""
        with self.lock:
            self._ended = True
            for waiter in tuple(self._waiting):
                self._rouse(waiter)

    def go_on_locked(self) -> None:
        """If nobody is busy, let those go on who have something to do; if there are none, those who are due next."""
        if self.is_working_locked():
            return
        ready = [waiter for waiter in self._waiting if waiter.ready()]
        if not ready:
            if self._is_held():
                return
            due_us = self._next_due_us()
            if due_us is None or due_us > self._most_us:
                return
            if due_us > self.now_us:
                self.now_us = due_us
                self.moved(due_us)
            ready = [waiter for waiter in self._waiting if waiter.due_us is not None and waiter.due_us <= due_us]
        for waiter in ready:
            self._rouse(waiter)

    def is_working_locked(self) -> bool:
        """Whether a thread that takes part is at work, or work is under way."""
        return self._active > 0 or self.busy()

    def rest_locked(self) -> bool:
        """The calling thread waits for another one to let it go on; whether it takes part, and so must `resume`."""
        rests = threading.get_ident() in self._threads
        self._active -= rests
        return rests

    def resume_locked(self) -> None:
        """A thread that rested goes on."""
        self._active += 1

    def _is_held(self) -> bool:
        return self._holds > 0 or self._has_young()

    def _has_young(self) -> bool:
        if not self._young:
            return False
        now_s = monotonic()
        return any(now_s - since_s < YOUNG_S for since_s in self._young.values())

    def _next_due_us(self) -> int | None:
        return min((waiter.due_us for waiter in self._waiting if waiter.due_us is not None), default=None)

    def _rouse(self, waiter: Waiter) -> None:
        self._waiting.remove(waiter)
        self._active += waiter.counted
        self._steps += 1
        waiter.awake = True
        if waiter.thread != threading.get_ident():
            waiter.wake()

    def _why_stuck(self, since_s: float) -> str | None:
        if self.is_working_locked() or self._is_held():
            if since_s < self._patience_s:
                return None
            return f"a thread that holds the clock was not done after {self._patience_s:g} real seconds"
        due_us = self._next_due_us()
        if due_us is None:
            if since_s < GRACE_S:
                return None
            return (
                "nothing can ever happen: everybody waits, nobody has a deadline, and no connection has anything to say"
            )
        if due_us <= self._most_us:  # a thread that was young, and held the clock, has just ceased to be so
            return None
        self._most_us += MOST_US  # for what comes after the report
        return f"more than {MOST_US // 86_400 // US_PER_S} days have passed, and the next deadline is later still"


class VirtualClock:
    """The time as a test reads it: it begins at 0 and passes only when everybody waits."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    @property
    def now(self) -> float:
        """The time in seconds, exact to the microsecond: `clock.now == 60.15`."""
        return self._timeline.now_us / US_PER_S

    @property
    def now_us(self) -> int:
        """The time in microseconds."""
        return self._timeline.now_us

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Time stands still inside: for work in a thread of one's own, which is not seen otherwise."""
        with self._timeline.hold():
            yield
