"""The one stateful object: what the server knows, and the plan for each call.

Here: `Engine.handle`, from a call to an exchange with its plan, and the state of each namespace: script positions,
attempts, stored objects. It never waits, so it is atomic on an event loop and two simultaneous requests take two
steps. Not here: matching (`scenario/match.py`), the forms of a reply (`respond.py`, `answer.py`), times and faults
(`compile.py`), sockets (`net/`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from mockllm.address import Address, is_address, resolve
from mockllm.admission import authorize, check_model, read
from mockllm.answer import Answer, error_answer, json_answer
from mockllm.compile import Compiled, compile_answer
from mockllm.dialects import Found, find
from mockllm.dialects.base import Layout, Surroundings, is_dialect
from mockllm.dialects.headers import HeaderPairs, request_id
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Delivery, Exchange, Outcome, Trouble
from mockllm.fill.bounds import input_tokens
from mockllm.journal import Journal
from mockllm.namespace import Namespace
from mockllm.plan import Head
from mockllm.readings import Readings
from mockllm.recall import Recall
from mockllm.request import Call, Request, fingerprint
from mockllm.respond import Circumstances, tokenizer
from mockllm.scenario.document import Rule
from mockllm.scenario.library import Library
from mockllm.scenario.match import When
from mockllm.scenario.pace import Pace
from mockllm.scenario.script import Match, Step, first_match, step_of
from mockllm.seeds import Seed

HEALTH = "/_mockllm/health"
"""The path that tells whether the server answers; it is not recorded."""

Observer: TypeAlias = Callable[[Exchange], None]
"""What is shown each exchange when it has ended."""

MOST_NAMESPACES = 10_000
"""How many namespaces have state at a time; the one that was not used for longest is forgotten first."""

OTHERWISE = -1
"""The place of `otherwise` among the rules, for counting its attempts and its faults."""

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
    """A call on its way: the endpoint it found, whose scenario and state it uses, and the headers that tell its
    limits.
    """

    found: Found
    address: Address
    state: Namespace
    told: HeaderPairs = ()

    def seed(self) -> Seed:
        """The root of all chance in this namespace."""
        scenario = self.address.scenario
        return _root(scenario.seed, scenario.name, self.address.run)

    def surroundings(self, request: Request) -> Surroundings:
        """What an endpoint may look at."""
        scenario = self.address.scenario
        created = request.call.wall_s if scenario.created == "now" else scenario.created
        models = scenario.models.ids if scenario.models is not None else _DEFAULT_MODELS
        return Surroundings(models, created, self.state.store, self._count_tokens)

    def _count_tokens(self, request: Request) -> int:
        return input_tokens(request, tokenizer(self.address.scenario, request))


class Engine:
    """The scenarios, their namespaces and the journal of one server."""

    def __init__(self, library: Library, journal: Journal | None = None, *, observers: Iterable[Observer] = ()) -> None:
        self.library = library
        self.journal = journal if journal is not None else Journal()
        self._observers = tuple(observers)
        self._namespaces: dict[str, Namespace] = {}
        self._readings = Readings()
        self._recall = Recall()
        self._calls = 0

    def handle(self, call: Call) -> Exchange:
        """Decide the call and record it as open. Never raises for anything a client can send."""
        if call.path == HEALTH:
            return self._unrecorded(call)
        self._calls += 1
        try:
            address = resolve(call, self.library)
        except ApiError as error:
            return self._opened(call, "", self._refused(call, error, None, Trouble.UNMATCHED))
        except MockLLMError as error:
            return self._opened(call, "", self._failed(call, error, None))
        state = self.namespace(address)
        return self._opened(call, address.namespace, self._decide(call, address, state))

    def too_large(self, call: Call, limit: int) -> Exchange:
        """The answer to a body above the limit; `call` comes without it."""
        self._calls += 1
        try:
            namespace = resolve(call, self.library).namespace
        except MockLLMError:
            namespace = ""
        message = f"Request body is too large: the limit is {limit} bytes."
        error = ApiError(413, message, code="request_too_large")
        return self._opened(call, namespace, self._refused(call, error, None, None))

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
        self._readings.clear()
        self._recall.clear()
        self.journal.clear()

    def _decide(self, call: Call, address: Address, state: Namespace) -> _Decision:
        try:
            found = find(call.method, address.path)
        except ApiError as error:
            return self._refused(call, error, None, Trouble.UNMATCHED)
        request: Request | None = None
        try:
            if (known := self._readings.get(call, address)) is not None:
                request, match = known
            else:
                authorize(address.scenario, call)
                lookups = state.store.lookups
                request = read(found, call, address.scenario, state.store)
                if not is_address(request.model):
                    check_model(address.scenario, request)
                match = first_match(address.scenario, request, named_only=not is_dialect(found.endpoint))
                if state.store.lookups == lookups:
                    self._readings.put(call, address, request, match)
            told = state.charge(request) if is_dialect(found.endpoint) else ()
            return self._answer(request, match, _Visit(found, address, state, told))
        except MockLLMError as error:
            return self._failed(call, error, request)

    def _answer(self, request: Request, match: Match, visit: _Visit) -> _Decision:
        """The step of the first rule that matches, or the answer for when none does."""
        scenario, endpoint = visit.address.scenario, visit.found.endpoint
        if match.rule is not None:
            why = "\n".join(["matched", *map(str, match.misses)])
            return self._scripted(match.rule, scenario.rules[match.rule], why, request, visit)
        if not is_dialect(endpoint):
            seed = visit.seed().child("resource", request.fingerprint)
            data = endpoint.answer(request, visit.found.parameters, visit.surroundings(request))
            answer = json_answer(data, endpoint.layout, label=f"body {request.api}")
            compiled = compile_answer(answer, Pace(), (), seed, request_id(seed))
            return _Decision(answer, compiled, request, why="answered from what the server holds")
        if scenario.otherwise is not None:
            rule = Rule.model_construct(name="otherwise", when=When(), replies=(scenario.otherwise,), then=None)
            return self._scripted(OTHERWISE, rule, _nearest(match), request, visit)
        message = f"mockllm: no rule of scenario '{scenario.name}' matches this request. {_nearest(match)}"
        error = ApiError(400, message, code="no_rule_matched")
        return self._refused(request.call, error, request, Trouble.UNMATCHED, why=_nearest(match))

    def _scripted(self, number: int, rule: Rule, why: str, request: Request, visit: _Visit) -> _Decision:
        """The step that the script of a rule has for this request; `number` is the rule's place among the rules."""
        title = rule.title(number)
        if (taken := visit.state.take(number, rule, request)) is None:
            message = (
                f"mockllm: the script of {title} is used up: all {len(rule.replies)} replies were given. "
                "Add a reply, or say `then: repeat` or `then: loop`."
            )
            error = ApiError(400, message, code="script_exhausted")
            return self._refused(request.call, error, request, Trouble.EXHAUSTED, rule=title)
        index, attempt = taken
        reply = rule.replies[index]
        step = step_of(reply, attempt)
        seed = visit.seed().child(number, index, request.fingerprint)
        # After the scripted attempts every try is the same try, so the same request gets the same bytes again.
        try:
            decision = self._respond(step, request, visit, seed, min(attempt, len(reply.attempts) + 1))
        except MockLLMError as error:
            return self._failed(request.call, error, request, rule=title)
        visit.state.fire(number, index, attempt, step, decision.compiled.unfired)
        return _Decision(decision.answer, decision.compiled, request, title, why, attempt)

    def _respond(self, step: Step, request: Request, visit: _Visit, seed: Seed, attempt: int) -> _Decision:
        around = Circumstances(
            scenario=visit.address.scenario,
            endpoint=visit.found.endpoint,
            parameters=visit.found.parameters,
            surroundings=visit.surroundings(request),
            seed=seed,
            attempt=attempt,
            told=visit.told,
        )
        answer, compiled, kept = self._recall.respond(step, request, around)
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
        seed = Seed.of("refused", call.path, fingerprint("", call, None))
        answer = error_answer(error)
        compiled = compile_answer(answer, Pace(), (), seed, request_id(seed))
        return _Decision(answer, compiled, request, rule, why or error.message, 1, trouble)

    def _failed(self, call: Call, error: MockLLMError, request: Request | None, rule: str | None = None) -> _Decision:
        """A refusal that the real service makes too, or else one that says what is wrong with the scenario."""
        if isinstance(error, ApiError):
            return self._refused(call, error, request, None, rule=rule)
        told = ApiError(500, f"mockllm: {error}", type_="server_error", code="reply_failed")
        return self._refused(call, told, request, Trouble.FAILED, rule=rule)

    def _opened(self, call: Call, namespace: str, decision: _Decision) -> Exchange:
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


def _status(decision: _Decision) -> int:
    """The status that is planned to be sent, which a fault may have changed."""
    heads = (step.status for step in decision.compiled.plan if isinstance(step, Head))
    return next(heads, decision.answer.status)


@lru_cache(MOST_NAMESPACES)
def _root(seed: int, name: str, run: str) -> Seed:
    return Seed.of("mockllm", seed, name, run)


def _nearest(match: Match) -> str:
    nearest = match.nearest()
    if not nearest:
        return "It has no rules for this API."
    return "The nearest rules: " + " | ".join(map(str, nearest))
