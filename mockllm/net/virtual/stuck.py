"""Why a test in virtual time cannot go on.

Here: the error, and its report: who waits where. Not here: how it is found out (`timeline.py`) and how the test is
ended (`session.py`).
"""

import asyncio
import sys
import threading
import traceback
from collections.abc import Iterable
from typing import Any

from mockllm.errors import MockLLMError

_MOST_FRAMES = 6
_MOST_TASKS = 20


class StuckError(MockLLMError):
    """Virtual time cannot go on."""


def report(reason: str, now_s: float, loops: Iterable[asyncio.AbstractEventLoop], threads: Iterable[int]) -> str:
    """The reason, and where every task and every thread is."""
    lines = [f"virtual time is stuck at {now_s:g} s: {reason}."]
    for loop in loops:
        tasks = sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name())
        lines += [
            f"  {task.get_name()} ({_name(task.get_coro())}) waits {_place(task)}" for task in tasks[:_MOST_TASKS]
        ]
        if len(tasks) > _MOST_TASKS:
            lines.append(f"  and {len(tasks) - _MOST_TASKS} more tasks")
    frames = sys._current_frames()
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident in threads:
        if ident != threading.get_ident() and ident in frames:
            places = [_shown(frame) for frame in traceback.extract_stack(frames[ident])[-_MOST_FRAMES:]]
            lines.append(f"  thread {names.get(ident, ident)} is {', '.join(reversed(places))}")
    lines.append(
        "Work in a thread of your own is not seen: put it into `with mockllm.clock.hold():`. A wait for something"
        " outside this process never ends here: run that test in real time (--mockllm-real-time)"
    )
    return "\n".join(lines)


def _name(coro: Any) -> str:
    return getattr(coro, "__qualname__", repr(coro))


def _place(task: "asyncio.Task[Any]") -> str:
    """Where a task is suspended, from the innermost call outwards."""
    places: list[str] = []
    coro: Any = task.get_coro()
    while coro is not None:
        frame = getattr(coro, "cr_frame", None) or getattr(coro, "gi_frame", None) or getattr(coro, "ag_frame", None)
        if frame is not None:
            places.append(
                _shown(traceback.FrameSummary(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
            )
        coro = next(
            (found for name in ("cr_await", "gi_yieldfrom", "ag_await") if (found := getattr(coro, name, None))), None
        )
    return ", ".join(reversed(places[-_MOST_FRAMES:])) or "nowhere"


def _shown(frame: traceback.FrameSummary) -> str:
    return f"in {frame.name} ({frame.filename}:{frame.lineno})"
