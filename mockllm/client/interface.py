"""What a mock server is to a test, wherever it runs.

Here: `MockServer`, which `MockLLM` (in this process) and `RemoteMockLLM` (elsewhere) both are, so that a test that asks
for no more runs against either. Not here: what each of them can do beside that.
"""

from collections.abc import Collection
from typing import Protocol, Self, Unpack

from mockllm.exchange import Exchange
from mockllm.journal import Journal
from mockllm.journal.query import Only
from mockllm.net.environment import Environment
from mockllm.net.virtual.real import Stopwatch
from mockllm.scenario.source import Source


class MockServer(Protocol):
    """A mock server as a test sees it; `net/mock.py` says what each method does."""

    @property
    def url(self) -> str:
        """The root of the server."""
        ...

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL."""
        ...

    @property
    def journal(self) -> Journal:
        """What happened so far, in this test."""
        ...

    @property
    def clock(self) -> Stopwatch:
        """The time since `start`: `clock.now == 60.15`."""
        ...

    def load(self, source: Source) -> Self:
        """Serve this scenario at `base_url`, in its first state."""
        ...

    def __call__(self, source: Source) -> Self:
        """What `load` does."""
        ...

    def open(self, gate: str, *, once: bool = False) -> None:
        """Let go on what waits at a gate."""
        ...

    def close_gate(self, gate: str) -> None:
        """Let nothing through a gate any more."""
        ...

    def wait_for(
        self, event: str, *, count: int = 1, timeout_s: float = 5.0, gate: str | None = None, **only: Unpack[Only]
    ) -> tuple[Exchange, ...]:
        """Return as soon as an event has happened to so many exchanges."""
        ...

    async def wait_for_async(
        self, event: str, *, count: int = 1, timeout_s: float = 5.0, gate: str | None = None, **only: Unpack[Only]
    ) -> tuple[Exchange, ...]:
        """What `wait_for` does, while the event loop goes on."""
        ...

    def wait_idle(self, timeout_s: float = 5.0) -> None:
        """Return when no exchange is open."""
        ...

    def problems(self, *, allow: Collection[str] = ()) -> tuple[str, ...]:
        """What a strict test must not pass over."""
        ...

    def reset(self) -> None:
        """Forget the journal and all state."""
        ...

    def env(self) -> Environment:
        """Point every OpenAI client that is built from now on here."""
        ...

    def start(self) -> Self:
        """Be ready for clients."""
        ...

    def close(self) -> None:
        """Be done; the journal can still be read."""
        ...
