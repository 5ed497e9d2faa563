"""The one stateful object: what the server knows, and an exchange with its plan for each call.

Here: `Engine.handle`, from a call to an exchange, and what can be done to namespaces from outside. It never waits. Not
here: the way from a call to an exchange (`hearing.py`), the state (`namespace.py`) and who keeps it (`registry.py`),
sockets (`net/`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from mockllm.errors import ApiError
from mockllm.exchange import Delivery, Exchange, GateVisit, Outcome
from mockllm.gates import Gates
from mockllm.hearing import HEALTH, Hearing, knock, turn
from mockllm.journal import Journal
from mockllm.namespace import Namespace
from mockllm.plan import Microseconds
from mockllm.registry import Registry, bindable
from mockllm.request import JSON, Call
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library
from mockllm.snapshot import snapshot

Observer: TypeAlias = Callable[[Exchange], None]
"""What is shown each exchange when it has ended."""


class Engine:
    """The scenarios, their namespaces and the journal of one server. One that `keeps` nothing answers each call as if
    it were the first of its namespace.
    """

    def __init__(
        self,
        library: Library,
        journal: Journal | None = None,
        *,
        observers: Iterable[Observer] = (),
        keeps: bool = True,
    ) -> None:
        self.library = library
        self.journal = journal if journal is not None else Journal()
        self.gates = Gates()
        self._observers = tuple(observers)
        self._registry = Registry(keeps=keeps)
        self.hearing = Hearing(library, self._registry)
        self._calls = 0

    def connect(self, connection: int, at_us: Microseconds, wall_s: int = 0) -> Exchange | None:
        """What a new connection meets before anything is read from it, recorded as open; None if it is served at once.

        It belongs to the default scenario, as nobody knows yet what will be asked for.
        """
        exchange = self.hearing.meet(knock(connection, at_us, wall_s), self._calls + 1)
        return None if exchange is None else self._recorded(exchange)

    def leave(self, call: Call) -> Exchange | bool:
        """Whether a client that asks gets leave to send its body (RFC 9110 §10.1.1), or the final answer that it gets
        instead. The call comes without its body, so its model cannot say whose it is.
        """
        told = self.hearing.permit(call, self._calls + 1)
        return told if isinstance(told, bool) else self._recorded(told)

    def handle(self, call: Call) -> Exchange:
        """Decide the call and record it as open. Never raises for anything a client can send."""
        if call.path == HEALTH:
            return self.hearing.healthy(call)
        return self._recorded(self.hearing.decide(call, self._calls + 1))

    def too_large(self, call: Call, limit: int) -> Exchange:
        """The answer to a body above the limit; `call` comes without it."""
        return self._recorded(self.hearing.refuse_size(call, limit, self._calls + 1))

    def refuse(self, call: Call, error: ApiError) -> Exchange:
        """The refusal of a call that cannot be decided, such as a message that is no event."""
        return self._recorded(self.hearing.turn_away(call, error, self._calls + 1))

    def at_gate(self, exchange: Exchange, visit: GateVisit) -> None:
        """Record that an exchange has come to a gate, and later that it went on."""
        self.journal.visit(exchange.number, visit)

    def finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        """Complete the record of an exchange, and show it to the observers; a check of health is no exchange."""
        if (state := self.hearing.leave(exchange.number)) is not None:
            self.free(exchange.namespace, exchange.number, state)
        self.end(exchange, deliveries, outcome)

    def end(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        """What `finish` does but for the place that the exchange had."""
        kept = self.journal.end(exchange.number, deliveries, outcome)
        if self._observers and exchange.number:
            ended = kept or replace(exchange, deliveries=deliveries, outcome=outcome)
            for observe in self._observers:
                observe(ended)

    def free(self, name: str, number: int, state: Namespace) -> None:
        """Free the place that an exchange has in this namespace; who waited for it goes on."""
        self.gates.close(name, turn(number))
        if (follower := state.usage.leave(number)) is not None:
            self.gates.open(name, turn(follower), once=True)

    def get(self, name: str) -> Namespace | None:
        """The state of a namespace, or None if it has none."""
        return self._registry.get(name)

    def replace(self, name: str, scenario: Scenario | None, state: Namespace | None) -> None:
        """Put these in the place of what is bound to a namespace, and of its state."""
        self._registry.replace(name, scenario, state)

    def namespaces(self) -> Mapping[str, Namespace]:
        """Every namespace that has state, by name, the one that was used last at the end."""
        return self._registry.states()

    def bindings(self) -> Mapping[str, Scenario]:
        """The scenarios that are bound, by the name of their namespace."""
        return self._registry.bindings

    def state(self, name: str) -> dict[str, JSON] | None:
        """What a namespace holds, as a value that can be printed as JSON; None if it has no state.

        See `snapshot.snapshot` for what is in it.
        """
        state = self._registry.get(name)
        return None if state is None else snapshot(name, state, bound=name in self._registry.bindings)

    def bind(self, name: str, scenario: Scenario) -> str:
        """Let one namespace have a scenario of its own, in its first state; returns the name that its exchanges bear.

        `NAME@RUN` is one run, `NAME` what has no run, and `@RUN` a run of calls that name no scenario, which is the
        same as `default@RUN`. It holds until the namespace is dropped. Raises MockLLMError for a name that no call can
        have.
        """
        self._registry.bind(name, scenario)
        return bindable(name)

    def change(self, name: str, scenario: Scenario) -> Namespace:
        """Let one namespace go on with this scenario, which has the same rules; returns its state, which it keeps.

        `name` is one that exchanges bear. It holds until the namespace is dropped.
        """
        return self._registry.change(name, scenario)

    def drop(self, name: str) -> bool:
        """Forget a namespace: its state, its record, and the scenario that was bound to it. False if it had none of
        these. Exchanges that are open go on as they were planned.
        """
        recorded = bool(self.journal.all(namespace=name))
        self.gates.forget(name)
        self.journal.clear(namespace=name)
        return self._registry.drop(name) or recorded

    def reset(self, name: str | None = None) -> None:
        """Forget all state and the journal, or those of one namespace; scenarios stay, and so do those that are
        bound.
        """
        if name is not None:
            self._registry.forget(name)
        else:
            self._registry.clear()
            self.hearing.clear()
        self.gates.forget(name)
        self.journal.clear(namespace=name)

    def _recorded(self, exchange: Exchange) -> Exchange:
        self._calls = exchange.number
        self.journal.open(exchange)
        return exchange
