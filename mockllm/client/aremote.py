"""A mock server that runs elsewhere, with the methods of `MockLLM` as coroutines.

Here: `AsyncRemoteMockLLM`, for code that must never block its event loop. Not here: the calls that this takes
(`session.py`) and the same for code that may block (`remote.py`).
"""

import contextlib
from collections.abc import Collection
from types import TracebackType
from typing import Self, Unpack

from mockllm.client.awaiting import AsyncControlClient
from mockllm.client.base import Place
from mockllm.client.clock import AsyncRemoteClock
from mockllm.client.run import Run
from mockllm.client.session import exchanges, happened, is_missing_default, quiet
from mockllm.control import gates, journal, namespaces
from mockllm.control.base import ControlError
from mockllm.errors import ScenarioError
from mockllm.exchange import Exchange
from mockllm.journal import Journal
from mockllm.journal.query import Only
from mockllm.net.environment import Environment, Setter
from mockllm.scenario.library import Library
from mockllm.scenario.source import Source

_LAST_S = 0.5


class AsyncRemoteMockLLM(Run):
    """A run on a mock server elsewhere, inside an `async with` block: what `RemoteMockLLM` is, with coroutines."""

    def __init__(
        self,
        place: Place | str,
        run: str,
        scenario: Source | None = None,
        *,
        library: Library | None = None,
        environ: Setter | None = None,
    ) -> None:
        super().__init__(place, run, scenario, library=library, environ=environ)
        self._client = AsyncControlClient(self._session.place)
        self.clock = AsyncRemoteClock(self._client)
        """The server's clock since `start`, to be read, scaled, paused and moved on; see `RemoteClock`."""

    @property
    def url(self) -> str:
        """The root of the server."""
        return self._session.place.url

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL."""
        return self._session.base_url

    async def start(self) -> Self:
        """Begin the run anew; returns itself. Raises MockLLMError if no server answers."""
        await self._client.call(namespaces.DROP, self._session.itself())
        await self.clock.start()
        if self._first is not None:
            return await self.load(self._first)
        try:
            await self._client.call(namespaces.BIND, self._session.first())
        except ControlError as error:
            if not is_missing_default(error):
                raise
        return self

    async def close(self) -> None:
        """Forget the run on the server, and undo what `env` changed."""
        self._environments.restore()
        await self._client.call(namespaces.DROP, self._session.itself())

    async def load(self, source: Source) -> Self:
        """Serve this scenario at `base_url`, in its first state; see `RemoteMockLLM.load`."""
        try:
            loading = self._session.loading(source, self._library)
        except ScenarioError as error:
            if (named := self._session.named(source)) is None:
                raise
            await self._bind(named, error)
            self._loaded = None
        else:
            await self._client.call(namespaces.BIND, loading.bind)
            self._loaded = loading.scenario
        return self

    async def journal(self) -> Journal:
        """What happened in this run so far, as it is now."""
        record = Journal()
        for exchange in exchanges(await self._client.call(journal.RECORDS, self._session.records())):
            record.open(exchange)
        return record

    async def wait_idle(self, timeout_s: float = 5.0) -> None:
        """Return when no exchange of this run is open. Raises TimeoutError with those that are."""
        quiet(await self._client.call(journal.WAIT_IDLE, self._session.idle(timeout_s)), timeout_s)

    async def wait_for(
        self, event: str, *, count: int = 1, timeout_s: float = 5.0, gate: str | None = None, **only: Unpack[Only]
    ) -> tuple[Exchange, ...]:
        """Return as soon as an event has happened to so many exchanges of this run; see `MockLLM.wait_for`."""
        asked = self._session.event(event, count, timeout_s, gate, only)
        told = await self._client.call(journal.WAIT_FOR, asked)
        return happened(told, (await self.journal()).all())

    async def open(self, gate: str, *, once: bool = False) -> None:
        """Let go on what waits at the gate of this name."""
        asked = gates.OpenGate(namespace=self._session.namespace, gate=gate, once=once)
        await self._client.call(gates.OPEN, asked)

    async def close_gate(self, gate: str) -> None:
        """Let nothing through the gate any more."""
        await self._client.call(gates.CLOSE, gates.OneGate(namespace=self._session.namespace, gate=gate))

    async def problems(self, *, allow: Collection[str] = ()) -> tuple[str, ...]:
        """What a strict test must not pass over."""
        with contextlib.suppress(TimeoutError):  # what is still open is one of the findings
            await self.wait_idle(_LAST_S)
        asked = self._session.problems(allow, pointed=bool(self._environments))
        return (await self._client.call(namespaces.PROBLEMS, asked)).problems

    async def reset(self) -> None:
        """Forget the journal and the state of this run; what was loaded stays, in its first state."""
        await self._client.call(namespaces.RESET, self._session.itself())

    def env(self) -> Environment:
        """Point every OpenAI client that is built from now on here."""
        return self._environments.set(self._session.variables(self._loaded))

    async def _bind(self, named: namespaces.Bind, unknown: ScenarioError) -> None:
        """Serve a scenario that only the server may know. Raises `unknown` if it does not either."""
        try:
            await self._client.call(namespaces.BIND, named)
        except ControlError as error:
            raise (unknown if is_missing_default(error) else error) from None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
