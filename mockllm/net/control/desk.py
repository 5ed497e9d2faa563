"""What the operations of the control API work on.

Here: the engine and the server that are controlled, what the API itself remembers of them, and the small questions
that several subjects ask. Not here: any operation.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from mockllm.address import DEFAULT
from mockllm.control.base import ControlError
from mockllm.control.faults import AddFault
from mockllm.engine import Engine
from mockllm.errors import MockLLMError
from mockllm.namespace import Namespace
from mockllm.net.server import Server
from mockllm.plan import Microseconds
from mockllm.registry import bindable
from mockllm.scenario.document import Scenario
from mockllm.tally import Tally

MOST_WAITS = 1_000
"""How many calls may wait for something at a time."""

MOST_REPLACED = 100
"""How many replaced states of one namespace are kept for the strict checks; the oldest goes first."""

_TURNS = 16


@dataclass(frozen=True, slots=True)
class LivingFault:
    """A fault that was added: as it was asked for, its place among the entries of chaos, and when it ends, if a time
    ends it.
    """

    asked: AddFault
    place: str
    until_us: Microseconds | None


@dataclass(slots=True)
class Desk:
    """The engine, its server, and what is remembered beside them.

    `added` are the scenarios that were added by name, and `texts` those of them that came as YAML. `replaced` are the
    states that were replaced while a strict test may still ask for them, `faults` those that were added to namespaces,
    and `before` their scenarios without these. `waits` is how many calls wait, `watchers` how many watch, and `epoch`
    tells this server from another one.
    """

    engine: Engine
    tally: Tally
    server: Server
    added: set[str] = field(default_factory=set)
    replaced: dict[str, list[Namespace]] = field(default_factory=dict)
    faults: dict[str, list[LivingFault]] = field(default_factory=dict)
    before: dict[str, Scenario] = field(default_factory=dict)
    waits: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    watchers: int = 0
    epoch: str = field(default_factory=lambda: f"{time.time_ns():x}")

    def namespace(self, name: str) -> str:
        """The name of a namespace as exchanges bear it: calls that name no scenario use the default one, unless another
        is bound for them. Raises ControlError 400 for a name that no call can have.
        """
        if name in self.engine.namespaces():
            return name
        own = self.own(name)
        scenario, at, run = own.partition("@")
        if scenario != DEFAULT or own in self.engine.bindings() or DEFAULT in self.engine.library.names():
            return own
        try:
            return f"{self.engine.library.default().name}{at}{run}"
        except MockLLMError:
            return own

    def own(self, name: str) -> str:
        """The name of a namespace to which a scenario is bound. Raises ControlError 400 for one that no call has."""
        try:
            return bindable(name)
        except MockLLMError as error:
            raise ControlError(400, "wrong_namespace", str(error)) from None

    def namespaces(self) -> tuple[str, ...]:
        """All that have state, a record or a scenario of their own, sorted."""
        recorded = (exchange.namespace for exchange in self.engine.journal.all() if exchange.namespace)
        return tuple(sorted({*self.engine.namespaces(), *self.engine.bindings(), *recorded}))

    def replace(self, name: str) -> None:
        """Keep the state that a namespace has, since another one is to take its place; faults were added to that."""
        if (state := self.engine.namespaces().get(name)) is not None:
            kept = self.replaced.setdefault(name, [])
            kept.append(state)
            del kept[:-MOST_REPLACED]
        self.faults.pop(name, None)
        self.before.pop(name, None)

    def forget(self, name: str) -> None:
        """Forget what was replaced in a namespace, and what was added to it, since it begins anew."""
        self.replaced.pop(name, None)
        if name in self.faults:
            del self.faults[name]
            self.engine.bind(name, self.before.pop(name))

    async def settle(self) -> None:
        """Let the server finish what it has in hand: a hang-up is read, a task that is cancelled records its end."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    @contextlib.asynccontextmanager
    async def waiting(self, timeout_s: float) -> AsyncIterator[None]:
        """Inside, a call may wait so long; what is not done then is left there.

        Raises ControlError 503 if too many calls wait already.
        """
        if self.waits >= MOST_WAITS:
            raise ControlError(503, "too_many_waits", f"{MOST_WAITS} calls wait already: let some of them end")
        self.waits += 1
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    yield
        finally:
            self.waits -= 1
