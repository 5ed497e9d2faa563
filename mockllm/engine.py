"""The one stateful object: what the server knows, and an exchange with its plan for each call.

Here: `Engine.handle`, from a call to an exchange, and who keeps the state of each namespace. It never waits. Not here:
what is decided (`decision.py`), the state itself (`namespace.py`), sockets (`net/`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from mockllm.address import Address, resolve
from mockllm.answer import json_answer
from mockllm.compile import compile_answer
from mockllm.decision import Decider, Decision, failed, refused
from mockllm.dialects.base import Layout
from mockllm.dialects.headers import request_id
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Delivery, Exchange, Outcome, Trouble
from mockllm.journal import Journal
from mockllm.namespace import Namespace
from mockllm.plan import Head
from mockllm.request import Call
from mockllm.scenario.library import Library
from mockllm.scenario.pace import Pace
from mockllm.seeds import Seed

HEALTH = "/_mockllm/health"
"""The path that tells whether the server answers; it is not recorded."""

Observer: TypeAlias = Callable[[Exchange], None]
"""What is shown each exchange when it has ended."""

MOST_NAMESPACES = 10_000
"""How many namespaces have state at a time; the one that was not used for longest is forgotten first."""


class Engine:
    """The scenarios, their namespaces and the journal of one server."""

    def __init__(self, library: Library, journal: Journal | None = None, *, observers: Iterable[Observer] = ()) -> None:
        self.library = library
        self.journal = journal if journal is not None else Journal()
        self._observers = tuple(observers)
        self._namespaces: dict[str, Namespace] = {}
        self._decider = Decider()
        self._calls = 0

    def handle(self, call: Call) -> Exchange:
        """Decide the call and record it as open. Never raises for anything a client can send."""
        if call.path == HEALTH:
            return self._unrecorded(call)
        self._calls += 1
        try:
            address = resolve(call, self.library)
        except ApiError as error:
            return self._opened(call, "", refused(call, error, None, Trouble.UNMATCHED))
        except MockLLMError as error:
            return self._opened(call, "", failed(call, error, None))
        state = self.namespace(address)
        return self._opened(call, address.namespace, self._decider.decide(call, address, state))

    def too_large(self, call: Call, limit: int) -> Exchange:
        """The answer to a body above the limit; `call` comes without it."""
        self._calls += 1
        try:
            namespace = resolve(call, self.library).namespace
        except MockLLMError:
            namespace = ""
        message = f"Request body is too large: the limit is {limit} bytes."
        error = ApiError(413, message, code="request_too_large")
        return self._opened(call, namespace, refused(call, error, None, None))

    def finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        """Complete the record of an exchange, and show it to the observers; a check of health is no exchange."""
        self.journal.end(exchange.number, deliveries, outcome)
        if self._observers and exchange.number:
            ended = replace(exchange, deliveries=deliveries, outcome=outcome)
            for observe in self._observers:
                observe(ended)

    def namespace(self, address: Address) -> Namespace:
        """The state of a namespace, made on first use."""
        state = self._namespaces.pop(address.namespace, None)
        if state is None or state.scenario is not address.scenario:
            state = Namespace(address.scenario)
        self._namespaces[address.namespace] = state
        if len(self._namespaces) > MOST_NAMESPACES:
            del self._namespaces[next(iter(self._namespaces))]
        return state

    def namespaces(self) -> Mapping[str, Namespace]:
        """Every namespace that has state, by name, the one that was used last at the end."""
        return dict(self._namespaces)

    def reset(self) -> None:
        """Forget all state and the journal; the scenarios stay."""
        self._namespaces.clear()
        self._decider.clear()
        self.journal.clear()

    def _opened(self, call: Call, namespace: str, decision: Decision) -> Exchange:
        exchange = Exchange(
            number=self._calls,
            namespace=namespace,
            call=call,
            request=decision.request,
            status=_status(decision),
            plan=decision.compiled.plan,
            rule=decision.rule,
            why=decision.why,
            attempt=decision.attempt,
            trouble=decision.trouble,
            unfired=decision.compiled.unfired,
        )
        self.journal.open(exchange)
        return exchange

    def _unrecorded(self, call: Call) -> Exchange:
        answer = json_answer({"status": "ok"}, Layout(indent=0), label="health")
        compiled = compile_answer(answer, Pace(), (), Seed.of("health"), request_id(Seed.of("health")))
        return Exchange(0, "", call, None, 200, compiled.plan)


def _status(decision: Decision) -> int:
    """The status that is planned to be sent, which a fault may have changed."""
    heads = (step.status for step in decision.compiled.plan if isinstance(step, Head))
    return next(heads, decision.answer.status)
