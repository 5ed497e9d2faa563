"""What a clock of a test needs that can only sleep, to be the clock of a server.

Here: one class to inherit from. Not here: the clocks.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol


class _Sleeper(Protocol):
    async def sleep_until(self, due_us: int) -> None: ...


class Waking:
    """A clock that wakes others by sleeping for them; see `mockllm.net.clock.AlarmClock`."""

    def wake_at(self: _Sleeper, due_us: int, wake: Callable[[], None]) -> "asyncio.Task[None]":
        """Call this when the time has come."""

        async def sleep() -> None:
            await self.sleep_until(due_us)
            wake()

        return asyncio.ensure_future(sleep())
