"""The one stateful object: what the server knows, and the plan for each call.

Here: `Engine.handle`, from a call to an exchange with its plan, and the state of each namespace: script positions,
attempts, stored objects. It never waits, so it is atomic on an event loop and two simultaneous requests take two
steps. Not here: matching (`scenario/match.py`), the forms of a reply (`respond.py`, `answer.py`), times and faults
(`compile.py`), sockets (`net/`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mockllm.address import Address, resolve
from mockllm.admission import authorize, read
from mockllm.answer import Answer, error_answer, json_answer
from mockllm.compile import Compiled, compile_answer
from mockllm.dialects import Found, find
from mockllm.dialects.base import Layout, Surroundings, is_dialect
from mockllm.dialects.headers import request_id
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Delivery, Exchange, Outcome, Trouble
from mockllm.journal import Journal
from mockllm.namespace import Namespace
from mockllm.request import Call, Request
from mockllm.respond import Circumstances, respond
from mockllm.scenario.library import Library
from mockllm.scenario.pace import Pace
from mockllm.scenario.script import Match, Step, first_match, step_of
from mockllm.seeds import Seed

HEALTH = "/_mockllm/health"
"""The path that tells whether the server answers; it is not recorded."""

MOST_NAMESPACES = 10_000
_NOT_SERVED = frozenset({404, 405})
_DEFAULT_MODELS = ("gpt-5.1", "gpt-5-mini", "gpt-4.1", "gpt-4o", "gpt-4o-mini", "o4-mini")


@dataclass(frozen=True, slots=True)
class _Decision:
    """What was decided about a call."""

    answer: Answer
    compiled: Compiled
    request: Request | None = None
    rule: str | None = None
    why: str = ""
    attempt: int = 1
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class _Visit:
    """A call on its way: the endpoint it found, whose scenario and state it uses."""

    found: Found
    address: Address
    state: Namespace

    def seed(self) -> Seed:
        """The root of all chance in this namespace."""
        scenario = self.address.scenario
        return Seed.of("mockllm", scenario.seed, scenario.name, self.address.run)

    def surroundings(self, request: Request) -> Surroundings:
        """What an endpoint may look at."""
        scenario = self.address.scenario
        created = request.call.wall_s if scenario.created == "now" else scenario.created
        models = scenario.models.ids if scenario.models is not None else _DEFAULT_MODELS
        return Surroundings(models, created, self.state.store)


class Engine:
    """The scenarios, their namespaces and the journal of one server."""

    def __init__(self, library: Library, journal: Journal | None = None) -> None:
        self.library = library
        self.journal = journal if journal is not None else Journal()
        self._namespaces: dict[str, Namespace] = {}
        self._calls = 0

    def handle(self, call: Call) -> Exchange:
        """Decide the call and record it as open. Never raises for anything a client can send."""
        if call.path == HEALTH:
            return self._unrecorded(call)
        self._calls += 1
        try:
            address = resolve(call, self.library)
        except (ApiError, MockLLMError) as error:
            return self._opened(call, "", self._refused(call, _as_api_error(error), None, Trouble.UNMATCHED))
        state = self.namespace(address)
        return self._opened(call, address.namespace, self._decide(call, address, state))

    def too_large(self, call: Call, limit: int) -> Exchange:
        """The answer to a body above the limit."""
        self._calls += 1
        message = f"Request body is too large: the limit is {limit} bytes."
        error = ApiError(413, message, code="request_too_large")
        return self._opened(call, "", self._refused(call, error, None, None))

    def finish(self, exchange: Exchange, deliveries: tuple[Delivery, ...], outcome: Outcome) -> None:
        """Complete the record of an exchange."""
        self.journal.end(exchange.number, deliveries, outcome)

    def namespace(self, address: Address) -> Namespace:
        """The state of a namespace, made on first use."""
        state = self._namespaces.get(address.namespace)
        if state is None or state.scenario is not address.scenario:
            state = self._namespaces[address.namespace] = Namespace(address.scenario)
            if len(self._namespaces) > MOST_NAMESPACES:
                del self._namespaces[next(iter(self._namespaces))]
        return state

    def namespaces(self) -> Mapping[str, Namespace]:
        """Every namespace that was used, by name."""
        return dict(self._namespaces)

    def reset(self) -> None:
        """Forget all state and the journal; the scenarios stay."""
        self._namespaces.clear()
        self.journal.clear()

    def _decide(self, call: Call, address: Address, state: Namespace) -> _Decision:
        request: Request | None = None
        try:
            visit = _Visit(find(call.method, address.path), address, state)
            authorize(address.scenario, call)
            request = read(visit.found, call, address.scenario)
            return self._answer(request, visit)
        except ApiError as error:
            trouble = Trouble.UNMATCHED if error.status in _NOT_SERVED and request is None else None
            return self._refused(call, error, request, trouble)
        except MockLLMError as error:
            failed = ApiError(500, f"mockllm: {error}", type_="server_error", code="reply_failed")
            return self._refused(call, failed, request, Trouble.FAILED)

    def _answer(self, request: Request, visit: _Visit) -> _Decision:
        """The step of the first rule that matches, or the answer for when none does."""
        scenario = visit.address.scenario
        match = first_match(scenario, request, named_only=not is_dialect(visit.found.endpoint))
        if match.rule is None:
            return self._unmatched(request, visit, match)
        rule = scenario.rules[match.rule]
        title = rule.title(match.rule)
        if (taken := visit.state.take(match.rule, request)) is None:
            message = (
                f"mockllm: the script of {title} is used up: all {len(rule.replies)} replies were given. Add a reply, or "
                "say `then: repeat` or `then: loop`."
            )
            error = ApiError(400, message, code="script_exhausted")
            return self._refused(request.call, error, request, Trouble.EXHAUSTED, rule=title)
        index, attempt = taken
        reply = rule.replies[index]
        step = step_of(reply, attempt)
        seed = visit.seed().child(match.rule, index, request.fingerprint)
        # After the scripted attempts every try is the same try, so the same request gets the same bytes again.
        decision = self._respond(step, request, visit, seed, min(attempt, len(reply.attempts) + 1))
        visit.state.fire(match.rule, index, attempt, step, decision.compiled.unfired)
        why = "\n".join(["matched", *map(str, match.misses)])
        return _Decision(decision.answer, decision.compiled, request, title, why, attempt)

    def _unmatched(self, request: Request, visit: _Visit, match: Match) -> _Decision:
        """A resource's own answer, `otherwise`, or a refusal that says which rule came nearest."""
        seed = visit.seed().child("otherwise", request.fingerprint)
        scenario, endpoint = visit.address.scenario, visit.found.endpoint
        if not is_dialect(endpoint):
            data = endpoint.answer(request, visit.found.parameters, visit.surroundings(request))
            answer = json_answer(data, endpoint.layout, label=f"body {request.api}")
            compiled = compile_answer(answer, Pace(), (), seed, request_id(seed))
            return _Decision(answer, compiled, request, why="answered from what the server holds")
        if (reply := scenario.otherwise) is not None:
            decision = self._respond(Step(reply, reply.faults, last=True), request, visit, seed, 1)
            return _Decision(decision.answer, decision.compiled, request, "otherwise", _nearest(match))
        message = f"mockllm: no rule of scenario '{scenario.name}' matches this request. {_nearest(match)}"
        error = ApiError(400, message, code="no_rule_matched")
        return self._refused(request.call, error, request, Trouble.UNMATCHED, why=_nearest(match))

    def _respond(self, step: Step, request: Request, visit: _Visit, seed: Seed, attempt: int) -> _Decision:
        around = Circumstances(
            scenario=visit.address.scenario,
            endpoint=visit.found.endpoint,
            parameters=visit.found.parameters,
            surroundings=visit.surroundings(request),
            seed=seed,
            attempt=attempt,
        )
        answer, compiled, kept = respond(step, request, around)
        for stored in kept:
            visit.state.store.put(stored)
        return _Decision(answer, compiled, request)

    def _refused(
        self,
        call: Call,
        error: ApiError,
        request: Request | None,
        trouble: Trouble | None,
        *,
        rule: str | None = None,
        why: str = "",
    ) -> _Decision:
        seed = Seed.of("refused", call.method, call.path, call.body)
        answer = error_answer(error)
        compiled = compile_answer(answer, Pace(), (), seed, request_id(seed))
        return _Decision(answer, compiled, request, rule, why or error.message, 1, trouble)

    def _opened(self, call: Call, namespace: str, decision: _Decision) -> Exchange:
        exchange = Exchange(
            number=self._calls,
            namespace=namespace,
            call=call,
            request=decision.request,
            status=decision.answer.status,
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


def _as_api_error(error: MockLLMError) -> ApiError:
    return error if isinstance(error, ApiError) else ApiError(500, f"mockllm: {error}", type_="server_error")


def _nearest(match: Match) -> str:
    nearest = match.nearest()
    if not nearest:
        return "It has no rules for this API."
    return "The nearest rules: " + " | ".join(map(str, nearest))
