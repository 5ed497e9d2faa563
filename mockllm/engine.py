"""The one stateful object: what the server knows, and an exchange with its plan for each call.

Here: `Engine.handle`, from a call to an exchange, and what can be done to namespaces from outside. It never waits. Not
here: what is decided (`decision.py`), the state (`namespace.py`) and who keeps it (`registry.py`), sockets (`net/`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from mockllm.address import resolve
from mockllm.answer import json_answer, scripted_error
from mockllm.compile import compile_answer
from mockllm.decided import Decision, failed, refused
from mockllm.decision import Decider
from mockllm.dialects.base import Layout
from mockllm.dialects.headers import request_id
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Delivery, Exchange, GateVisit, Outcome, Trouble
from mockllm.gates import OWN_MARK, Gates
from mockllm.journal import Journal
from mockllm.limits import Place
from mockllm.namespace import Namespace
from mockllm.plan import FOREVER_US, Gate, Head, Microseconds, Plan
from mockllm.registry import Registry, bindable
from mockllm.request import JSON, Call, Request
from mockllm.scenario.accept import reception
from mockllm.scenario.document import Scenario
from mockllm.scenario.error import ErrorSpec
from mockllm.scenario.library import Library
from mockllm.scenario.pace import Pace
from mockllm.seeds import Seed
from mockllm.snapshot import snapshot

HEALTH = "/_mockllm/health"
"""The path that tells whether the server answers; it is not recorded."""

CONNECTION = "CONNECTION"
"""What stands for the method of an exchange with a connection from which nothing was read; its path is `*`."""

_DEFAULT_BASE = "/v1"

Observer: TypeAlias = Callable[[Exchange], None]
"""What is shown each exchange when it has ended."""


class Engine:
    """The scenarios, their namespaces and the journal of one server."""

    def __init__(self, library: Library, journal: Journal | None = None, *, observers: Iterable[Observer] = ()) -> None:
        self.library = library
        self.journal = journal if journal is not None else Journal()
        self.gates = Gates()
        self._observers = tuple(observers)
        self._registry = Registry()
        self._decider = Decider()
        self._calls = 0
        self._placed: dict[int, Namespace] = {}

    def connect(self, connection: int, at_us: Microseconds, wall_s: int = 0) -> Exchange | None:
        """What a new connection meets before anything is read from it, recorded as open; None if it is served at once.

        It belongs to the default scenario, as nobody knows yet what will be asked for.
        """
        call = Call(CONNECTION, "*", at_us=at_us, wall_s=wall_s, connection=connection)
        try:
            address = resolve(replace(call, path=_DEFAULT_BASE), self.library, self._registry.bindings)
        except MockLLMError:
            return None
        scenario = address.scenario
        if scenario.accept is None:
            return None
        state = self._registry.use(address, at_us)
        state.connections += 1
        met = reception(scenario.accept, state.connections, Seed.of("mockllm", scenario.seed, scenario.name))
        plan = None if met is None else met.plan()
        if met is None or plan is None:
            return None
        self._calls += 1
        why = f"connection {state.connections} of '{address.namespace}' met {met.title}"
        exchange = Exchange(self._calls, address.namespace, call, None, 0, plan, why=why)
        self.journal.open(exchange)
        return exchange

    def leave(self, call: Call) -> Exchange | bool:
        """Whether a client that asks gets leave to send its body (RFC 9110 §10.1.1), or the final answer that it gets
        instead. The call comes without its body, so its model cannot say whose it is.
        """
        try:
            address = resolve(call, self.library, self._registry.bindings)
        except MockLLMError:
            return True
        wanted = address.scenario.expect_continue
        if wanted is None:
            return True
        self._registry.use(address, call.at_us).leaves += 1
        if not isinstance(wanted, ErrorSpec):
            return False
        self._calls += 1
        error = scripted_error(wanted, Request("", call, {}), request_id(Seed.of("leave", call.path)))
        why, profile = "answered before the body was sent", address.scenario.profile
        decision = refused(call, error, None, None, rule="expect_continue", why=why, profile=profile)
        return self._opened(call, address.namespace, decision)

    def handle(self, call: Call) -> Exchange:
        """Decide the call and record it as open. Never raises for anything a client can send."""
        if call.path == HEALTH:
            return self._unrecorded(call)
        self._calls += 1
        try:
            address = resolve(call, self.library, self._registry.bindings)
        except ApiError as error:
            return self._opened(call, "", refused(call, error, None, Trouble.UNMATCHED))
        except MockLLMError as error:
            return self._opened(call, "", failed(call, error, None))
        state = self._registry.use(address, call.at_us)
        decision = self._decider.decide(call, address, state, self._calls)
        if decision.place is not None:
            self._placed[self._calls] = state
        return self._opened(call, address.namespace, decision)

    def too_large(self, call: Call, limit: int) -> Exchange:
        """The answer to a body above the limit; `call` comes without it."""
        self._calls += 1
        try:
            address = resolve(call, self.library, self._registry.bindings)
            namespace, profile = address.namespace, address.scenario.profile
        except MockLLMError:
            namespace, profile = "", None
        message = f"Request body is too large: the limit is {limit} bytes."
        error = ApiError(413, message, code="request_too_large")
        return self._opened(call, namespace, refused(call, error, None, None, profile=profile))

    def at_gate(self, exchange: Exchange, visit: GateVisit) -> None:
        """Record that an exchange has come to a gate, and later that it went on."""
        self.journal.visit(exchange.number, visit)

    def finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        """Complete the record of an exchange, and show it to the observers; a check of health is no exchange."""
        self._leave(exchange)
        kept = self.journal.end(exchange.number, deliveries, outcome)
        if self._observers and exchange.number:
            ended = kept or replace(exchange, deliveries=deliveries, outcome=outcome)
            for observe in self._observers:
                observe(ended)

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
            self._decider.clear()
        self.gates.forget(name)
        self.journal.clear(namespace=name)

    def _leave(self, exchange: Exchange) -> None:
        """Free the place that the exchange had, if those are limited; who waited for it goes on."""
        if (state := self._placed.pop(exchange.number, None)) is None:
            return
        self.gates.close(exchange.namespace, _turn(exchange.number))
        if (follower := state.usage.leave(exchange.number)) is not None:
            self.gates.open(exchange.namespace, _turn(follower), once=True)

    def _opened(self, call: Call, namespace: str, decision: Decision) -> Exchange:
        exchange = Exchange(
            number=self._calls,
            namespace=namespace,
            call=call,
            request=decision.request,
            status=_status(decision),
            plan=self._in_turn(decision),
            rule=decision.rule,
            why=decision.why,
            attempt=decision.attempt,
            trouble=decision.trouble,
            unfired=decision.compiled.unfired,
            struck=decision.struck,
        )
        self.journal.open(exchange)
        return exchange

    def _in_turn(self, decision: Decision) -> Plan:
        """The plan, after a gate that opens when it is its turn if it must wait for a place."""
        plan = decision.compiled.plan
        if decision.place is not Place.WAITS:
            return plan
        asked_by = "limits: concurrent" if self._placed[self._calls].scenario.load is None else "load: slots"
        return (Gate(_turn(self._calls), asked_by, FOREVER_US), *plan)

    def _unrecorded(self, call: Call) -> Exchange:
        answer = json_answer({"status": "ok"}, Layout(indent=0), label="health")
        compiled = compile_answer(answer, Pace(), (), Seed.of("health"), request_id(Seed.of("health")))
        return Exchange(0, "", call, None, 200, compiled.plan)


def _status(decision: Decision) -> int:
    """The status that is planned to be sent, which a fault may have changed."""
    heads = (step.status for step in decision.compiled.plan if isinstance(step, Head))
    return next(heads, decision.answer.status)


def _turn(number: int) -> str:
    """The gate at which an exchange waits for its turn."""
    return f"turn{OWN_MARK}{number}"
