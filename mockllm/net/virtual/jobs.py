"""Work in the threads of a pool, which holds the clock until it is done.

Here: the life of a job from its submission until its loop has its result. Not here: who submits jobs (`loops.py`,
`blocking.py`). Which of two threads is done first is chance, so results are handed to a loop in the order in which the
jobs were submitted, once everything else is quiet.
"""

import _thread
import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from mockllm.net.virtual.timeline import Timeline


class State(Enum):
    """Where a job is: without a thread, in a thread, done but not handed over, or on its way to its loop."""

    QUEUED = auto()
    RUNNING = auto()
    DONE = auto()
    HANDED = auto()


class Job:
    """A function that is called in another thread. `loop` is the one that gets the result, if it is one; `pool` is what
    the thread belongs to, and `room` how many threads that has, if they are limited.
    """

    def __init__(
        self,
        jobs: "Jobs",
        function: Callable[..., Any],
        loop: asyncio.AbstractEventLoop | None,
        pool: object,
        room: int,
    ) -> None:
        self._jobs = jobs
        self._function = function
        self._turn = _thread.allocate_lock()
        self._turn.acquire()
        self.loop = loop
        self.pool = pool
        self.room = room
        self.state = State.QUEUED
        self.awaited = True
        self.rests = False

    def __call__(self, *args: object, **kwargs: object) -> Any:
        """Do it, in the thread."""
        self._jobs.start(self)
        try:
            return self._function(*args, **kwargs)
        finally:
            if self._jobs.finish(self):
                self._turn.acquire()

    def hand_over_locked(self, timeline: Timeline) -> None:
        """Let the thread go on, which gives the loop the result."""
        self.state = State.HANDED
        if self.rests:
            timeline.resume_locked()
        self._turn.release()


class Jobs:
    """All jobs that are not over, in the order of their submission."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._jobs: list[Job] = []
        self._ended = False
        timeline.busy = self._under_way_locked

    def submit(
        self,
        function: Callable[..., Any],
        pool: object,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        room: int = 0,
    ) -> Job:
        """A new job. It must be settled, whatever becomes of it."""
        job = Job(self, function, loop, pool, room)
        with self._timeline.lock:
            self._jobs.append(job)
        return job

    def settle(self, job: Job) -> None:
        """Whoever asked for the job has its result, or does not want it any more."""
        with self._timeline.lock:
            job.awaited = False
            if job.state is State.DONE:
                job.hand_over_locked(self._timeline)
            if job.state is not State.RUNNING:
                self._drop_locked(job)
            self._timeline.go_on_locked()

    def start(self, job: Job) -> None:
        """The job has got a thread, this one."""
        with self._timeline.lock:
            job.state = State.RUNNING
            self._timeline.join_locked()

    def finish(self, job: Job) -> bool:
        """The job is done; whether its thread must wait until it is handed over."""
        with self._timeline.lock:
            waits = job.awaited and job.loop is not None and not self._ended
            job.state = State.DONE if waits else State.HANDED
            if not job.awaited or self._ended:
                self._drop_locked(job)
            self._timeline.leave_locked()
            if waits:
                job.rests = self._timeline.rest_locked()
                self._timeline.go_on_locked()
            return waits

    def can_hand_over_locked(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether a job of this loop is done, and nothing else is under way that might come first."""
        return any(job.loop is loop and job.state is State.DONE for job in self._jobs) and (
            not self._timeline.is_working_locked()
        )

    def hand_over(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Hand over the first job of this loop that is done; False if there is none."""
        with self._timeline.lock:
            done = next((job for job in self._jobs if job.loop is loop and job.state is State.DONE), None)
            if done is not None:
                done.hand_over_locked(self._timeline)
            return done is not None

    def end(self) -> None:
        """Let all go that wait for their turn; from now on nobody waits."""
        with self._timeline.lock:
            self._ended = True
            for job in tuple(self._jobs):
                if job.state is State.DONE:
                    job.hand_over_locked(self._timeline)
                if job.state is not State.RUNNING:
                    self._drop_locked(job)

    def _drop_locked(self, job: Job) -> None:
        if job in self._jobs:
            self._jobs.remove(job)

    def _under_way_locked(self) -> bool:
        """Whether a result is on its way to its loop, or a job waits for a thread that is free to take it."""
        return any(
            job.state is State.HANDED or (job.state is State.QUEUED and self._has_room_locked(job))
            for job in self._jobs
        )

    def _has_room_locked(self, job: Job) -> bool:
        taken = sum(other.pool is job.pool and other.state in {State.RUNNING, State.DONE} for other in self._jobs)
        return not job.room or taken < job.room
