"""A mock server that runs elsewhere, with the methods of `MockLLM`.

Here: `RemoteMockLLM`, for a server in another process or a container. Its state is a run of its own, so that tests
which share a server do not see each other. Not here: the calls that this takes (`session.py`), the same with coroutines
(`aremote.py`), and a server in this process (`net/mock.py`).
"""

import asyncio
import contextlib
import functools
from collections.abc import Collection
from types import TracebackType
from typing import Self, Unpack

from mockllm.client.base import Place
from mockllm.client.blocking import ControlClient
from mockllm.client.clock import RemoteClock
from mockllm.client.run import Run
from mockllm.client.session import exchanges, happened, is_missing_default, quiet
from mockllm.control import gates, journal, namespaces
from mockllm.control.base import ControlError
from mockllm.errors import MockLLMError, ScenarioError
from mockllm.exchange import Exchange
from mockllm.journal import Journal
from mockllm.journal.query import Only
from mockllm.net.environment import Environment, Setter
from mockllm.scenario.library import Library
from mockllm.scenario.source import Source

_LAST_S = 0.5


class RemoteMockLLM(Run):
    """A run on a mock server elsewhere, from `start` to `close`, or inside a `with` block.

    It is what `MockLLM` is (`interface.MockServer`): `base_url` leads to the run, and the journal, the gates and the
    checks are those of the run. Without a scenario it serves the server's default one. Scenarios are read here and
    sent, so those with Python in them are refused; names are looked up in `library` and then on the server. Every
    method may be called from any thread, and blocks until the server has answered.
    """

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
        self._client = ControlClient(self._session.place)
        self._running = False
        self._clock: RemoteClock | None = None
        self._journal = Journal(settle=self._fetch)

    def start(self) -> Self:
        """Begin the run anew, if it has not begun; returns itself. Raises MockLLMError if no server answers."""
        if not self._running:
            self._client.call(namespaces.DROP, self._session.itself())
            self._running = True
            self._clock = RemoteClock(self._client)
            if self._first is not None:
                self.load(self._first)
            else:
                self._serve_default()
        return self

    def close(self) -> None:
        """Forget the run on the server, and undo what `env` changed. The journal can still be read."""
        self._environments.restore()
        if self._running:
            self._fetch()
            self._running = False
            self._client.call(namespaces.DROP, self._session.itself())

    @property
    def url(self) -> str:
        """The root of the server. What is asked of it beside `base_url` is not part of this run."""
        return self._session.place.url

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL, such as `http://127.0.0.1:8000/@run/v1`."""
        return self._session.base_url

    @property
    def clock(self) -> RemoteClock:
        """The server's clock since `start`; besides `now` it can be scaled, paused and moved on, for all runs of the
        server. Raises MockLLMError before `start`.
        """
        if self._clock is None:
            raise MockLLMError(
                "this RemoteMockLLM has no clock, because its run has not begun: call start(), or use it as a context"
                " manager"
            )
        return self._clock

    def load(self, source: Source) -> Self:
        """Serve this scenario at `base_url`, in its first state; returns itself. See `MockLLM.load`.

        Raises ScenarioError with everything that is wrong with it, and MockLLMError for what cannot be sent.
        """
        try:
            loading = self._session.loading(source, self._library)
        except ScenarioError:
            if (named := self._session.named(source)) is None or not self._bound(named):
                raise
            self._loaded = None
        else:
            self._client.call(namespaces.BIND, loading.bind)
            self._loaded = loading.scenario
        return self

    __call__ = load

    @property
    def journal(self) -> Journal:
        """What happened in this run so far. Each reading of it asks the server."""
        return self._journal

    def wait_idle(self, timeout_s: float = 5.0) -> None:
        """Return when no exchange of this run is open. Raises TimeoutError with those that are."""
        if self._running:
            quiet(self._client.call(journal.WAIT_IDLE, self._session.idle(timeout_s)), timeout_s)

    def wait_for(
        self, event: str, *, count: int = 1, timeout_s: float = 5.0, gate: str | None = None, **only: Unpack[Only]
    ) -> tuple[Exchange, ...]:
        """Return as soon as an event has happened to so many exchanges of this run; see `MockLLM.wait_for`."""
        asked = self._session.event(event, count, timeout_s, gate, only)
        told = self._client.call(journal.WAIT_FOR, asked)
        return happened(told, self._journal.all())

    async def wait_for_async(
        self, event: str, *, count: int = 1, timeout_s: float = 5.0, gate: str | None = None, **only: Unpack[Only]
    ) -> tuple[Exchange, ...]:
        """What `wait_for` does, while the event loop goes on."""
        wait = functools.partial(self.wait_for, event, count=count, timeout_s=timeout_s, gate=gate, **only)
        return await asyncio.to_thread(wait)

    def open(self, gate: str, *, once: bool = False) -> None:
        """Let go on what waits at the gate of this name; see `MockLLM.open`."""
        asked = gates.OpenGate(namespace=self._session.namespace, gate=gate, once=once)
        self._client.call(gates.OPEN, asked)

    def close_gate(self, gate: str) -> None:
        """Let nothing through the gate any more."""
        self._client.call(gates.CLOSE, gates.OneGate(namespace=self._session.namespace, gate=gate))

    def problems(self, *, allow: Collection[str] = ()) -> tuple[str, ...]:
        """What a strict test must not pass over; see `MockLLM.problems`."""
        with contextlib.suppress(TimeoutError):  # what is still open is one of the findings
            self.wait_idle(_LAST_S)
        asked = self._session.problems(allow, pointed=bool(self._environments))
        return self._client.call(namespaces.PROBLEMS, asked).problems

    def reset(self) -> None:
        """Forget the journal and the state of this run; what was loaded stays, in its first state."""
        self._client.call(namespaces.RESET, self._session.itself())

    def env(self) -> Environment:
        """Point every OpenAI client that is built from now on here; see `MockLLM.env`."""
        return self._environments.set(self._session.variables(self._loaded))

    def _serve_default(self) -> None:
        try:
            self._client.call(namespaces.BIND, self._session.first())
        except ControlError as error:
            if not is_missing_default(error):
                raise

    def _bound(self, named: namespaces.Bind) -> bool:
        """Whether the server knows the scenario, which it then serves."""
        try:
            self._client.call(namespaces.BIND, named)
        except ControlError as error:
            if is_missing_default(error):
                return False
            raise
        return True

    def _fetch(self) -> None:
        if self._running:
            record = exchanges(self._client.call(journal.RECORDS, self._session.records()))
            self._journal.clear()
            for exchange in record:
                self._journal.open(exchange)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)
