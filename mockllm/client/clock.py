"""The clock of a server elsewhere: read it, scale it, let it stand still, move it on.

Here: the clock with calls that block and with coroutines. Not here: the calls themselves (`mockllm/control/clock.py`)
and virtual time, which only a server in this process has (`net/virtual/`).

It is the clock by which the server's plans wait, for all runs on that server. A client's own timeouts and pauses pass
in real time.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from mockllm.client.awaiting import AsyncControlClient
from mockllm.client.blocking import ControlClient
from mockllm.control import clock
from mockllm.control.base import ControlError, Nothing
from mockllm.control.clock import ClockState
from mockllm.net.virtual.real import RealSeconds

_US_PER_S = 1_000_000


class RemoteClock:
    """The clock of the server, read as `MockLLM.clock` is: it began at 0 when this was made. What steers it raises
    ControlError 409 if the server was given a clock of its own.
    """

    def __init__(self, client: ControlClient) -> None:
        self._client = client
        self._zero_us = 0
        with suppress(ControlError):  # whoever reads or steers it is told
            self._zero_us = self.state().now_us

    def state(self) -> ClockState:
        """Its speed, whether it stands still, how many exchanges wait on it and when the first of them is due."""
        return self._client.call(clock.GET, Nothing())

    @property
    def now(self) -> float:
        """The time in seconds; `clock.now == 0.15` allows for what a real machine adds (`RealSeconds`)."""
        return RealSeconds(self.now_us / _US_PER_S)

    @property
    def now_us(self) -> int:
        """The time in microseconds; exact while the clock stands still."""
        return self.state().now_us - self._zero_us

    def scale(self, factor: float) -> None:
        """Let so many seconds pass in each real second, 0.001 to 1000."""
        self._client.call(clock.PUT, clock.PutClock(scale=factor))

    def pause(self) -> None:
        """Let it stand still, but for `advance` and `run_until_idle`."""
        self._client.call(clock.PUT, clock.PutClock(paused=True))

    def resume(self) -> None:
        """Let it go on from where it is."""
        self._client.call(clock.PUT, clock.PutClock(paused=False))

    def advance(self, by_s: float) -> None:
        """Move it on by so many seconds, from one deadline to the next, so that each exchange does what is due."""
        self._client.call(clock.ADVANCE, clock.Advance(by_s=by_s))

    def run_until_idle(self, *, most_s: float = 1_800.0, timeout_s: float = 5.0) -> float:
        """Move it on until no exchange of the server is open, at most so many seconds on the clock and so many real
        ones; returns by how many seconds it was moved.
        """
        asked = clock.RunIdle(most_s=most_s, timeout_s=timeout_s)
        return self._client.call(clock.RUN_IDLE, asked).moved_us / _US_PER_S

    @contextmanager
    def hold(self) -> Iterator[None]:
        """The clock stands still inside."""
        was_paused = self.state().paused
        self.pause()
        try:
            yield
        finally:
            if not was_paused:
                self.resume()


class AsyncRemoteClock:
    """What `RemoteClock` is, with coroutines. It began at 0 when `start` was awaited."""

    def __init__(self, client: AsyncControlClient) -> None:
        self._client = client
        self._zero_us = 0

    async def start(self) -> None:
        """It is 0 now."""
        with suppress(ControlError):  # whoever reads or steers it is told
            self._zero_us = (await self.state()).now_us

    async def state(self) -> ClockState:
        """See `RemoteClock`, as for all that follows."""
        return await self._client.call(clock.GET, Nothing())

    async def now(self) -> float:
        """The time in seconds."""
        return RealSeconds(await self.now_us() / _US_PER_S)

    async def now_us(self) -> int:
        """The time in microseconds."""
        return (await self.state()).now_us - self._zero_us

    async def scale(self, factor: float) -> None:
        """Let so many seconds pass in each real second."""
        await self._client.call(clock.PUT, clock.PutClock(scale=factor))

    async def pause(self) -> None:
        """Let it stand still."""
        await self._client.call(clock.PUT, clock.PutClock(paused=True))

    async def resume(self) -> None:
        """Let it go on from where it is."""
        await self._client.call(clock.PUT, clock.PutClock(paused=False))

    async def advance(self, by_s: float) -> None:
        """Move it on by so many seconds."""
        await self._client.call(clock.ADVANCE, clock.Advance(by_s=by_s))

    async def run_until_idle(self, *, most_s: float = 1_800.0, timeout_s: float = 5.0) -> float:
        """Move it on until no exchange of the server is open."""
        asked = clock.RunIdle(most_s=most_s, timeout_s=timeout_s)
        return (await self._client.call(clock.RUN_IDLE, asked)).moved_us / _US_PER_S

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """The clock stands still inside."""
        was_paused = (await self.state()).paused
        await self.pause()
        try:
            yield
        finally:
            if not was_paused:
                await self.resume()
