"""A server for tests, in one object: start it, load a scenario, point a client at it, ask what happened.

Here: `MockLLM`, which puts the engine, its journal and a server on a thread of its own together. Not here: what it is
made of (`engine.py`, `journal.py`, `net/thread.py`), what a scenario may be (`scenario/source.py`), the checks
(`strict.py`) and pytest (`pytest_plugin.py`).
"""

import contextlib
from collections.abc import Collection
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from mockllm.engine import Engine
from mockllm.errors import MockLLMError
from mockllm.exchange import Exchange
from mockllm.journal import Journal
from mockllm.journal.query import Only, awaited
from mockllm.namespace import Namespace
from mockllm.net.clock import AlarmClock
from mockllm.net.control import Control
from mockllm.net.environment import Environment, Environments, Setter, variables
from mockllm.net.served import Served
from mockllm.net.server import MOST_BODY_BYTES
from mockllm.net.virtual.real import Stopwatch
from mockllm.net.waits import wait_for, wait_for_async
from mockllm.report import table
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.source import Source, scenario_of
from mockllm.strict import Evidence, Finding, findings
from mockllm.tally import Tally

if TYPE_CHECKING:
    from mockllm.net.virtual.network import External
    from mockllm.net.virtual.session import VirtualTime

ANY_KEY = "sk-mock"
"""The API key of a client when the scenario does not ask for a certain one."""

_LAST_S = 0.5


class MockLLM:
    """A mock server on a thread of its own.

    It is a context manager, for `with` and for `async with` in any event loop; or call `start` and `close`. Without a
    scenario it serves the gallery, whose `hello` is the default. `library` says where names of scenarios are looked up,
    `environ` what `env` changes variables with. Every method may be called from any thread; they block for as long as
    they take, which is no time to speak of but for `wait_idle`.
    """

    def __init__(
        self,
        scenario: Source | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: AlarmClock | None = None,
        max_body: int = MOST_BODY_BYTES,
        library: Library | None = None,
        environ: Setter | None = None,
    ) -> None:
        self._known = library if library is not None else Library.gallery()
        tally = Tally()
        self._engine = Engine(_copy(self._known), Journal(settle=self._settle), observers=[tally.observe])
        control = Control(self._engine, tally)
        self._thread = Served(self._engine, host=host, port=port, clock=clock, max_body=max_body, control=control)
        self._environments = Environments(environ)
        self._replaced: list[tuple[str, Namespace]] = []
        self._loaded: Scenario | None = None
        self._running = False
        if scenario is not None:
            self.load(scenario)

    def start(self) -> Self:
        """Serve, if it does not yet; returns itself. Raises MockLLMError if the address cannot be had."""
        if not self._running:
            self._thread.start()
            self._running = True
        return self

    def close(self) -> None:
        """Stop serving, end every connection, and undo what `env` changed. The journal can still be read."""
        self._environments.restore()
        if self._running:
            self._running = False
            self._thread.close()

    @property
    def url(self) -> str:
        """The root of the server, such as `http://127.0.0.1:8000`. Raises MockLLMError before `start`."""
        if not self._running:
            raise MockLLMError(
                "this MockLLM has no URL, because it does not run: call start(), or use it as a context manager"
            )
        return self._thread.url

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL, such as `http://127.0.0.1:8000/v1`: the default scenario."""
        return f"{self.url}/v1"

    @property
    def clock(self) -> Stopwatch:
        """The time since `start`: `clock.now == 60.15`. In virtual time it is exact (`VirtualClock`); in real time it
        is what was measured, and equals what was expected within what a real machine adds (`RealSeconds`).
        """
        return self._thread.clock

    def virtual_time(self, *, external: "External" = "refuse") -> "VirtualTime":
        """Serve in virtual time inside a `with` or `async with`, which gives the clock; see `VirtualTime`."""
        return self._thread.virtual_time(external=external)

    def load(self, source: Source) -> Self:
        """Make this scenario the default one, in its first state; returns itself, so `load(...).base_url` works.

        See `scenario_of` for what may be given. What was served before stays in the journal and in the checks. Raises
        ScenarioError with everything that is wrong with the scenario.
        """
        # A new value even for the same scenario: the state of a namespace belongs to one value and is left with it.
        scenario = scenario_of(source, self._known).model_copy()
        self._thread.call(self._put, scenario)
        return self

    __call__ = load

    @property
    def journal(self) -> Journal:
        """What happened so far. Each reading of it waits for what the server has in hand, so that an answer which the
        client has read to its end is found complete, and a client that has hung up is found to have left.
        """
        return self._engine.journal

    def wait_idle(self, timeout_s: float = 5.0) -> None:
        """Return when no exchange is open. Raises TimeoutError with those that are, if it takes longer.

        It blocks: in async code whose client is not done yet, call it in a worker thread.
        """
        if self._running:
            try:
                self._thread.wait_idle(timeout_s)
            except TimeoutError:
                still = table(self.journal.open_exchanges())
                raise TimeoutError(f"after {timeout_s:g} s these exchanges are still open:\n{still}") from None

    def wait_for(
        self,
        event: str,
        *,
        count: int = 1,
        timeout_s: float = 5.0,
        gate: str | None = None,
        run: str | None = None,
        **only: Unpack[Only],
    ) -> tuple[Exchange, ...]:
        """Return as soon as an event has happened to so many exchanges, with all to which it has.

        `arrived`: a request came. `gate`: an exchange came to a gate, to the one called `gate` if that is given.
        `left`: a client hung up. `ended`: an exchange is over, however it ended. What has happened before counts; with
        `since` only to exchanges after that number. Other choices are `run` (of the loaded scenario), `rule`,
        `outcome`, and `when`, in the words of a rule.

        It blocks: where the client needs the same event loop, await `wait_for_async`. Raises TimeoutError with what
        happened instead.
        """
        if self._running:
            self._thread.check_wait("wait_for")
        sought = awaited(event, count=count, gate=gate, namespace=self._run(run), only=only)
        return wait_for(self.journal, sought, timeout_s)

    async def wait_for_async(
        self,
        event: str,
        *,
        count: int = 1,
        timeout_s: float = 5.0,
        gate: str | None = None,
        run: str | None = None,
        **only: Unpack[Only],
    ) -> tuple[Exchange, ...]:
        """What `wait_for` does, while the event loop goes on."""
        sought = awaited(event, count=count, gate=gate, namespace=self._run(run), only=only)
        return await wait_for_async(self.journal, sought, timeout_s)

    def open(self, gate: str, *, run: str = "", scenario: str | None = None, once: bool = False) -> None:
        """Let go on what waits at the gate of this name, and all that comes to it until it is closed; with `once` only
        one: the first that waits, or else the next that comes.

        The gate is the one of the loaded scenario, or of `scenario`, and of its run `run`. It may be opened before
        anything comes to it.
        """
        self._thread.call(self._engine.gates.open, self._namespace(scenario, run), gate, once=once)

    def close_gate(self, gate: str, *, run: str = "", scenario: str | None = None) -> None:
        """Let nothing through the gate any more; see `open`."""
        self._thread.call(self._engine.gates.close, self._namespace(scenario, run), gate)

    def problems(self, *, allow: Collection[str] = ()) -> tuple[str, ...]:
        """What a strict test must not pass over (`strict.Check`), each with its reason and its cure.

        `allow` names the checks that are left out. An exchange that is just about to end is waited for.
        """
        with contextlib.suppress(TimeoutError):  # what is still open is one of the findings
            self.wait_idle(_LAST_S)
        return tuple(map(str, self._thread.call(self._find, frozenset(allow))))

    def reset(self) -> None:
        """Forget the journal and all state; what was loaded stays, in its first state."""
        self._thread.call(self._forget)

    def env(self) -> Environment:
        """Point every OpenAI client that is built from now on here, by environment variables, and take proxies away.

        They stay set until `close`, or until the end of a `with` block around this call. Raises MockLLMError before
        `start`.
        """
        auth = self._loaded.auth if self._loaded is not None else None
        key = (auth.good_key() if auth is not None else None) or ANY_KEY
        return self._environments.set(variables(self.base_url, key))

    def _namespace(self, scenario: str | None, run: str) -> str:
        name = self._engine.library.default().name if scenario is None else scenario
        return f"{name}@{run}" if run else name

    def _run(self, run: str | None) -> str | None:
        return None if run is None else self._namespace(None, run)

    def _put(self, scenario: Scenario) -> None:
        replaced = [
            (name, state)
            for name, state in self._engine.namespaces().items()
            if state.scenario.name == scenario.name and all(state is not other for _, other in self._replaced)
        ]
        self._replaced += replaced
        for name in {namespace for namespace, _ in self._engine.gates.opened()}:
            if name.partition("@")[0] == scenario.name:
                self._engine.gates.forget(name)
        self._engine.library.put(scenario)
        self._loaded = scenario

    def _forget(self) -> None:
        self._engine.reset()
        self._replaced.clear()

    def _find(self, allow: frozenset[str]) -> tuple[Finding, ...]:
        states = {id(state): (name, state) for name, state in (*self._replaced, *self._engine.namespaces().items())}
        evidence = Evidence(
            exchanges=self.journal.all(),
            states=tuple(states.values()),
            loaded=self._loaded.name if self._loaded is not None else None,
            pointed=bool(self._environments),
            opened=self._engine.gates.opened(),
        )
        return findings(evidence, allow=allow)

    def _settle(self) -> None:
        """Let the server finish what it has in hand."""
        if self._running:
            self._thread.settle()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _copy(library: Library) -> Library:
    """The same scenarios in a library of its own, since a server may add to its library."""
    files = library.entries()
    return Library(files, [library.get(name) for name in library.names() if name not in files])
