"""From a call to an exchange with its plan, under a number that somebody else chose.

Here: the address of a call, the decision on it, and what a connection meets and a client that asks for leave gets.
Nothing is recorded. Not here: the record and the numbers (`engine.py`), what is decided (`decision.py`) and which
decisions hold for all calls of the same bytes (`repeats.py`), the state (`namespace.py`) and who keeps it
(`registry.py`).
"""

from dataclasses import replace

from mockllm.address import Address, resolve, stands
from mockllm.answer import json_answer, scripted_error
from mockllm.compile import compile_answer
from mockllm.decided import Decision, failed, refused
from mockllm.decision import Decider
from mockllm.dialects.base import Layout
from mockllm.dialects.headers import request_id
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Exchange, Trouble, make_exchange
from mockllm.gates import OWN_MARK
from mockllm.limits import Place
from mockllm.namespace import Namespace
from mockllm.plan import FOREVER_US, Gate, Head, Microseconds, Plan
from mockllm.registry import Registry
from mockllm.repeats import Repeats, Settled
from mockllm.request import Call, Request
from mockllm.scenario.accept import reception
from mockllm.scenario.error import ErrorSpec
from mockllm.scenario.library import Library
from mockllm.scenario.pace import Pace
from mockllm.seeds import Seed

HEALTH = "/_mockllm/health"
"""The path that tells whether the server answers; it is not recorded."""

CONNECTION = "CONNECTION"
"""What stands for the method of an exchange with a connection from which nothing was read; its path is `*`."""

_DEFAULT_BASE = "/v1"


class Hearing:
    """The way from calls to exchanges, over the scenarios of a library and the namespaces of a registry."""

    def __init__(self, library: Library, registry: Registry) -> None:
        self._library = library
        self._registry = registry
        self._decider = Decider()
        self._repeats = Repeats()
        self._placed: dict[int, Namespace] = {}

    def meet(self, call: Call, number: int) -> Exchange | None:
        """What `connect` gives for a call that `knock` made, under this number, without a record."""
        try:
            address = self.based(call)
        except MockLLMError:
            return None
        scenario = address.scenario
        if scenario.accept is None:
            return None
        state = self._registry.use(address, call.at_us)
        state.connections += 1
        met = reception(scenario.accept, state.connections, Seed.of("mockllm", scenario.seed, scenario.name))
        plan = None if met is None else met.plan()
        if met is None or plan is None:
            return None
        why = f"connection {state.connections} of '{address.namespace}' met {met.title}"
        return Exchange(number, address.namespace, call, None, 0, plan, why=why)

    def permit(self, call: Call, number: int) -> Exchange | bool:
        """What `leave` gives, under this number, without a record."""
        try:
            address = resolve(call, self._library, self._registry.bindings)
        except MockLLMError:
            return True
        wanted = address.scenario.expect_continue
        if wanted is None:
            return True
        self._registry.use(address, call.at_us).leaves += 1
        if not isinstance(wanted, ErrorSpec):
            return False
        error = scripted_error(wanted, Request("", call, {}), request_id(Seed.of("leave", call.path)))
        why, profile = "answered before the body was sent", address.scenario.profile
        decision = refused(call, error, None, None, rule="expect_continue", why=why, profile=profile)
        return self._exchange(number, call, address.namespace, decision)

    def decide(self, call: Call, number: int) -> Exchange:
        """What `handle` gives, under this number, without a record."""
        settled = self._repeats.get(call)
        if settled is not None and (again := self._again(settled, call, number)) is not None:
            return again
        try:
            address = resolve(call, self._library, self._registry.bindings)
        except ApiError as error:
            return self._exchange(number, call, "", refused(call, error, None, Trouble.UNMATCHED))
        except MockLLMError as error:
            return self._exchange(number, call, "", failed(call, error, None))
        state = self._registry.use(address, call.at_us)
        decision = self._decider.decide(call, address, state, number)
        if decision.place is not None:
            self._placed[number] = state
        exchange = self._exchange(number, call, address.namespace, decision)
        if decision.settled and decision.number is not None:
            self._repeats.put(call, Settled(address, decision.number, exchange))
        return exchange

    def _again(self, settled: Settled, call: Call, number: int) -> Exchange | None:
        """The exchange of a call whose bytes were decided before; None if it is to be decided anew."""
        address, before = settled.address, settled.exchange
        request = before.request
        if request is None or not stands(address, self._library, self._registry.bindings):
            return None
        state = self._registry.use(address, call.at_us)
        if request.fingerprint in state.copies:
            return None
        state.begin(call.at_us)
        taken = state.take(settled.number, address.scenario.rules[settled.number], request)
        return None if taken is None else before.again(number, call, request.in_call(call), attempt=taken[1])

    def refuse_size(self, call: Call, limit: int, number: int) -> Exchange:
        """What `too_large` gives, under this number, without a record."""
        message = f"Request body is too large: the limit is {limit} bytes."
        return self.turn_away(call, ApiError(413, message, code="request_too_large"), number)

    def turn_away(self, call: Call, error: ApiError, number: int) -> Exchange:
        """What `refuse` of the engine gives, under this number, without a record."""
        try:
            address = resolve(call, self._library, self._registry.bindings)
            namespace, profile = address.namespace, address.scenario.profile
        except MockLLMError:
            namespace, profile = "", None
        return self._exchange(number, call, namespace, refused(call, error, None, None, profile=profile))

    def refuse(self, call: Call, error: ApiError) -> Exchange:
        """An answer that is not recorded, for a call that cannot be decided."""
        return self._exchange(0, call, "", refused(call, error, None, None))

    def based(self, call: Call) -> Address:
        """The address of the default scenario. Raises MockLLMError if there is none."""
        return resolve(at_base(call), self._library, self._registry.bindings)

    def healthy(self, call: Call) -> Exchange:
        """The answer to who asks whether the server answers, which is not recorded."""
        answer = json_answer({"status": "ok"}, Layout(indent=0), label="health")
        compiled = compile_answer(answer, Pace(), (), Seed.of("health"), request_id(Seed.of("health")))
        return Exchange(0, "", call, None, 200, compiled.plan)

    def leave(self, number: int) -> Namespace | None:
        """The state in which the exchange of this number was given a place, told once; None if it has none."""
        return self._placed.pop(number, None)

    def clear(self) -> None:
        """Forget what was read and answered; exchanges are the same without it."""
        self._decider.clear()
        self._repeats.clear()

    def _exchange(self, number: int, call: Call, namespace: str, decision: Decision) -> Exchange:
        return make_exchange(
            number=number,
            namespace=namespace,
            call=call,
            request=decision.request,
            status=_status(decision),
            plan=self._in_turn(number, decision),
            rule=decision.rule,
            why=decision.why,
            attempt=decision.attempt,
            trouble=decision.trouble,
            unfired=decision.compiled.unfired,
            struck=decision.struck,
        )

    def _in_turn(self, number: int, decision: Decision) -> Plan:
        """The plan, after a gate that opens when it is its turn if it must wait for a place."""
        plan = decision.compiled.plan
        if decision.place is not Place.WAITS:
            return plan
        asked_by = "limits: concurrent" if self._placed[number].scenario.load is None else "load: slots"
        return (Gate(turn(number), asked_by, FOREVER_US), *plan)


def knock(connection: int, at_us: Microseconds, wall_s: int) -> Call:
    """What stands for the call of a connection from which nothing was read."""
    return Call(CONNECTION, "*", at_us=at_us, wall_s=wall_s, connection=connection)


def at_base(call: Call) -> Call:
    """The call as if it were one for the default scenario."""
    return replace(call, path=_DEFAULT_BASE)


def turn(number: int) -> str:
    """The gate at which an exchange waits for its turn."""
    return f"turn{OWN_MARK}{number}"


def _status(decision: Decision) -> int:
    """The status that is planned to be sent, which a fault may have changed."""
    heads = (step.status for step in decision.compiled.plan if isinstance(step, Head))
    return next(heads, decision.answer.status)
