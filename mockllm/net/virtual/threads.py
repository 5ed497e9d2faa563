"""Threads that wait for each other, and which of them take part.

Here: conditions, and with them events, queues and futures; the pools and threads that the test starts. Not here: the
waiting itself (`blocking.py`), and pools that an event loop uses (`loops.py`).

Work in a pool takes part from its submission. A thread that the test starts takes part from the first time that it
connects to the mock or waits for something, until it ends. Before that nobody knows what it is about to do, so the
clock waits for it, but not for long.
"""

import concurrent.futures
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from mockllm.net.virtual.blocking import Blocking, Note, in_loop
from mockllm.net.virtual.jobs import Job, Jobs
from mockllm.net.virtual.patches import Patches
from mockllm.net.virtual.timeline import Timeline


class _Lock(threading.Semaphore):
    """A lock with a condition in it, so that it is seen who waits for it."""

    def locked(self) -> bool:
        """Whether somebody has it."""
        return not self._value


class Threads:
    """The threads of a test."""

    def __init__(self, timeline: Timeline, jobs: Jobs) -> None:
        self._timeline = timeline
        self._jobs = jobs
        self._ends: WeakKeyDictionary[threading.Thread, threading.Event] = WeakKeyDictionary()
        self._pooled: WeakKeyDictionary[ThreadPoolExecutor, WeakSet[Future[Any]]] = WeakKeyDictionary()
        self._own: dict[int, bool] = {}
        self._join = threading.Thread.join

    def touch(self) -> bool:
        """Whether the calling thread takes part, now that it has come to where the clock matters: one that the test has
        started does so from now on.
        """
        thread = threading.get_ident()
        if self._own.get(thread) is False and not self._timeline.seen():
            self._own[thread] = True
            self._timeline.join()
        return self._timeline.seen()

    def install(self, patches: Patches, blocking: Blocking) -> None:
        """Put it in place of what blocks for real."""
        self._install_conditions(patches, blocking)
        self._install_starts(patches)
        self._install_pools(patches)
        self._install_websockets(patches)

    def _install_websockets(self, patches: Patches) -> None:
        """Let the threads of a known WebSocket client hand messages over, and wait until there is room for more, where
        it is seen that they wait: its queue and its locks are written in C.
        """
        if find_spec("websockets") is not None:
            messages, connection = (import_module(f"websockets.sync.{name}") for name in ("messages", "connection"))
            patches.put(
                messages, "queue", SimpleNamespace(SimpleQueue=vars(queue)["_PySimpleQueue"], Empty=queue.Empty)
            )
            patches.put(connection, "threading", SimpleNamespace(**{**vars(threading), "Lock": _Lock}))

    def _install_conditions(self, patches: Patches, blocking: Blocking) -> None:
        wait = threading.Condition.wait

        def virtual_wait(condition: Any, timeout: float | None = None) -> bool:
            """What `Condition.wait` does, step for step, but for the waiting."""
            if not self.touch() or in_loop():
                return wait(condition, timeout)
            if not condition._is_owned():
                raise RuntimeError("cannot wait on un-acquired lock")
            note = Note()
            condition._waiters.append(note)
            saved = condition._release_save()
            notified = False
            try:
                notified = blocking.rest(note, timeout)
            finally:
                condition._acquire_restore(saved)
                if not notified and note in condition._waiters:
                    condition._waiters.remove(note)
            return notified

        patches.put(threading.Condition, "wait", virtual_wait)

    def _install_starts(self, patches: Patches) -> None:
        start, join = threading.Thread.start, self._join

        def virtual_start(thread: threading.Thread) -> None:
            if not self._timeline.seen():
                start(thread)
                return
            self._ends[thread] = threading.Event()
            vars(thread)["run"] = self._watched(thread.run, self._ends[thread])
            with self._timeline.hold():  # it waits until the thread is there
                start(thread)

        def virtual_join(thread: threading.Thread, timeout: float | None = None) -> None:
            if thread in self._ends and not in_loop() and self.touch() and not self._ends[thread].wait(timeout):
                return
            join(thread, timeout)

        patches.put(threading.Thread, "start", virtual_start)
        patches.put(threading.Thread, "join", virtual_join)

    def _watched(self, run: Callable[[], None], end: threading.Event) -> Callable[[], None]:
        def watched() -> None:
            thread = threading.get_ident()
            self._timeline.expect()
            self._own[thread] = False
            try:
                run()
            finally:
                end.set()
                if self._own.pop(thread):
                    self._timeline.leave()
                self._timeline.forget()

        return watched

    def _install_pools(self, patches: Patches) -> None:
        submit, shutdown = ThreadPoolExecutor.submit, ThreadPoolExecutor.shutdown

        def virtual_submit(pool: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            if not self._timeline.seen():
                return submit(pool, function, *args, **kwargs)
            if isinstance(function, Job):  # a loop's, which settles it
                future = submit(pool, function, *args, **kwargs)
            else:
                job = self._jobs.submit(function, pool, room=pool._max_workers)
                try:
                    future = submit(pool, job, *args, **kwargs)
                except BaseException:
                    self._jobs.settle(job)
                    raise
                future.add_done_callback(lambda _future: self._jobs.settle(job))
            self._pooled.setdefault(pool, WeakSet()).add(future)
            return future

        def virtual_shutdown(pool: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False) -> None:
            if wait and self._timeline.seen() and not in_loop():
                shutdown(pool, wait=False, cancel_futures=cancel_futures)
                concurrent.futures.wait([future for future in self._pooled.get(pool, ()) if not future.cancelled()])
                with self._timeline.hold():  # nothing is left for its threads to do but to end, which takes no time
                    for thread in tuple(pool._threads):
                        self._join(thread)
            shutdown(pool, wait=wait, cancel_futures=cancel_futures)

        patches.put(ThreadPoolExecutor, "submit", virtual_submit)
        patches.put(ThreadPoolExecutor, "shutdown", virtual_shutdown)
