"""What is answered to a call: the rule that matches, the step of its script, the answer and its plan.

Here: the way from a call with its address to a decision, in one go and without waiting, so it is atomic on an event
loop and two simultaneous requests take two steps. Not here: who keeps the namespaces and the journal (`engine.py`),
matching (`scenario/match.py`), the forms of a reply (`respond.py`, `answer.py`), times and faults (`compile.py`).
"""

from dataclasses import dataclass
from functools import lru_cache

from mockllm.address import Address, is_address
from mockllm.admission import authorize, check_model, read
from mockllm.answer import Answer, error_answer, json_answer
from mockllm.compile import Compiled, compile_answer
from mockllm.dialects import Found, find
from mockllm.dialects.base import Surroundings, is_dialect
from mockllm.dialects.headers import HeaderPairs, request_id
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Trouble
from mockllm.fill.bounds import input_tokens
from mockllm.namespace import Namespace
from mockllm.readings import Readings
from mockllm.recall import Recall
from mockllm.request import Call, Request, fingerprint
from mockllm.respond import Circumstances, tokenizer
from mockllm.scenario.document import Rule
from mockllm.scenario.match import When
from mockllm.scenario.pace import Pace
from mockllm.scenario.script import Match, Step, first_match, step_of
from mockllm.seeds import Seed

OTHERWISE = -1
"""The place of `otherwise` among the rules, for counting its attempts and its faults."""

_MOST_ROOTS = 10_000

_DEFAULT_MODELS = ("gpt-5.1", "gpt-5-mini", "gpt-4.1", "gpt-4o", "gpt-4o-mini", "o4-mini")


@dataclass(frozen=True, slots=True)
class Decision:
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


class Decider:
    """The way to a decision, with a memory of what was read and answered before."""

    def __init__(self) -> None:
        self._readings = Readings()
        self._recall = Recall()

    def clear(self) -> None:
        """Forget what was read and answered; decisions are the same without it."""
        self._readings.clear()
        self._recall.clear()

    def decide(self, call: Call, address: Address, state: Namespace) -> Decision:
        """The decision on a call to an address, which takes its step from the state. Never raises MockLLMError."""
        try:
            found = find(call.method, address.path)
        except ApiError as error:
            return refused(call, error, None, Trouble.UNMATCHED)
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
            return failed(call, error, request)

    def _answer(self, request: Request, match: Match, visit: _Visit) -> Decision:
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
            return Decision(answer, compiled, request, why="answered from what the server holds")
        if scenario.otherwise is not None:
            rule = Rule.model_construct(name="otherwise", when=When(), replies=(scenario.otherwise,), then=None)
            return self._scripted(OTHERWISE, rule, _nearest(match), request, visit)
        message = f"mockllm: no rule of scenario '{scenario.name}' matches this request. {_nearest(match)}"
        error = ApiError(400, message, code="no_rule_matched")
        return refused(request.call, error, request, Trouble.UNMATCHED, why=_nearest(match))

    def _scripted(self, number: int, rule: Rule, why: str, request: Request, visit: _Visit) -> Decision:
        """The step that the script of a rule has for this request; `number` is the rule's place among the rules."""
        title = rule.title(number)
        if (taken := visit.state.take(number, rule, request)) is None:
            message = (
                f"mockllm: the script of {title} is used up: all {len(rule.replies)} replies were given. "
                "Add a reply, or say `then: repeat` or `then: loop`."
            )
            error = ApiError(400, message, code="script_exhausted")
            return refused(request.call, error, request, Trouble.EXHAUSTED, rule=title)
        index, attempt = taken
        reply = rule.replies[index]
        step = step_of(reply, attempt)
        seed = visit.seed().child(number, index, request.fingerprint)
        # After the scripted attempts every try is the same try, so the same request gets the same bytes again.
        try:
            decision = self._respond(step, request, visit, seed, min(attempt, len(reply.attempts) + 1))
        except MockLLMError as error:
            return failed(request.call, error, request, rule=title)
        visit.state.fire(number, index, attempt, step, decision.compiled.unfired)
        return Decision(decision.answer, decision.compiled, request, title, why, attempt)

    def _respond(self, step: Step, request: Request, visit: _Visit, seed: Seed, attempt: int) -> Decision:
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
        return Decision(answer, compiled, request)


def refused(
    call: Call,
    error: ApiError,
    request: Request | None,
    trouble: Trouble | None,
    *,
    rule: str | None = None,
    why: str = "",
) -> Decision:
    """The decision to answer with an error, whatever was scripted."""
    seed = Seed.of("refused", call.path, fingerprint("", call, None))
    answer = error_answer(error)
    compiled = compile_answer(answer, Pace(), (), seed, request_id(seed))
    return Decision(answer, compiled, request, rule, why or error.message, 1, trouble)


def failed(call: Call, error: MockLLMError, request: Request | None, rule: str | None = None) -> Decision:
    """A refusal that the real service makes too, or else one that says what is wrong with the scenario."""
    if isinstance(error, ApiError):
        return refused(call, error, request, None, rule=rule)
    told = ApiError(500, f"mockllm: {error}", type_="server_error", code="reply_failed")
    return refused(call, told, request, Trouble.FAILED, rule=rule)


@lru_cache(_MOST_ROOTS)
def _root(seed: int, name: str, run: str) -> Seed:
    return Seed.of("mockllm", seed, name, run)


def _nearest(match: Match) -> str:
    nearest = match.nearest()
    if not nearest:
        return "It has no rules for this API."
    return "The nearest rules: " + " | ".join(map(str, nearest))
