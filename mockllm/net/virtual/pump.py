"""The loop that runs while code without a loop waits.

Here: one loop in the thread of a test that has none, which runs only as long as a blocking call of that thread takes:
it serves the connections of clients that block, and time passes on it. Not here: which calls those are
(`blocking.py`).
"""

import _thread
import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

Arm: TypeAlias = Callable[[asyncio.AbstractEventLoop, "asyncio.Future[bool]"], Callable[[], object]]
"""Sees to it that a future gets True when what is waited for has happened; returns what undoes that."""


class Pump:
    """A loop of its own, made when it is first needed. What it waits for is cancelled if it can never happen; then
    `failure` tells the error to raise.
    """

    def __init__(self, failure: Callable[[], BaseException]) -> None:
        self._failure = failure
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = _thread.allocate_lock()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, for whichever thread asks first."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.SelectorEventLoop()
            return self._loop

    def run(self, arm: Arm, timeout_s: float | None) -> bool:
        """Run until it has happened; False if that took longer than the timeout."""
        loop = self.loop
        future: asyncio.Future[bool] = loop.create_future()
        timer = None if timeout_s is None else loop.call_later(max(timeout_s, 0), settle, future, False)
        disarm = arm(loop, future)
        try:
            return loop.run_until_complete(future)
        except asyncio.CancelledError:
            raise self._failure() from None
        finally:
            disarm()
            if timer is not None:
                timer.cancel()

    def close(self) -> None:
        """Close the loop, if there is one."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None


def settle(future: "asyncio.Future[Any]", value: object = True) -> None:
    """Give it a value, if it has none yet."""
    if not future.done():
        future.set_result(value)
