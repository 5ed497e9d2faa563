"""What is answered to a call: the rule that matches, the step of its script, the answer and its plan.

Here: the way from a call with its address to a decision, in one go and without waiting, so it is atomic on an event
loop and two simultaneous requests take two steps. Not here: who keeps the namespaces and the journal (`engine.py`),
matching (`scenario/match.py`), the forms of a reply (`respond.py`, `answer.py`), times and faults (`compile.py`).
"""

from dataclasses import dataclass, replace
from functools import lru_cache, partial

from mockllm.address import Address, is_address
from mockllm.admission import authorize, check_model, is_charged, read, unread
from mockllm.answer import resource_answer
from mockllm.carried import carried
from mockllm.compile import compile_answer
from mockllm.decided import Decision, failed, refused
from mockllm.dialects import Found, find
from mockllm.dialects.base import Ran, Resource, Surroundings, is_dialect
from mockllm.dialects.headers import HeaderPairs, request_id
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Trouble
from mockllm.fate import Fate, Prospect
from mockllm.fill.bounds import input_tokens
from mockllm.namespace import Namespace
from mockllm.profiled import check_served, profile_named, styled
from mockllm.ran import outcome, within
from mockllm.readings import Readings
from mockllm.recall import Recall
from mockllm.request import JSON, Call, Request
from mockllm.respond import Circumstances, tokenizer
from mockllm.scenario.document import Rule
from mockllm.scenario.match import When
from mockllm.scenario.pace import Pace
from mockllm.scenario.profile import Context
from mockllm.scenario.reply import AutoReply
from mockllm.scenario.script import Match, Step, first_match, step_of
from mockllm.seeds import Seed
from mockllm.usage import FREE, Charge

OTHERWISE = -1
"""The place of `otherwise` among the rules, for counting its attempts and its faults."""

HELD = -2
"""The place among the rules for counting the attempts at what the server holds."""

_AS_HELD = Step(AutoReply.model_construct(auto=True), (), last=True)
_HELD = Rule.model_construct(name="held", when=When.model_construct(), replies=(_AS_HELD.reply,), then=None)

_MOST_ROOTS = 10_000

_MOST_REASONS = 20

_DEFAULT_MODELS = ("gpt-5.1", "gpt-5-mini", "gpt-4.1", "gpt-4o", "gpt-4o-mini", "o4-mini")


@dataclass(frozen=True, slots=True)
class _Visit:
    """A call on its way: the endpoint it found, whose scenario and state it uses, and what its limits made of it."""

    found: Found
    address: Address
    state: Namespace
    decider: "Decider"
    charge: Charge = FREE

    @property
    def told(self) -> HeaderPairs:
        """The headers that tell its limits."""
        return self.charge.told

    def seed(self) -> Seed:
        """The root of all chance in this namespace. A scenario that is bound to it decides alone, so that it draws the
        same whatever its run is called.
        """
        scenario = self.address.scenario
        return _root(scenario.seed, scenario.name, "" if self.address.bound else self.address.run)

    def surroundings(self, request: Request) -> Surroundings:
        """What an endpoint may look at."""
        scenario = self.address.scenario
        created = request.call.wall_s if scenario.created == "now" else scenario.created
        models = scenario.models.ids if scenario.models is not None else self._usual_models()
        around = Surroundings(models, created, self.state.store, self._count_tokens)
        if is_dialect(self.found.endpoint):
            return around
        seed = self.seed().child("resource", request.fingerprint)
        return replace(around, seed=seed, run=partial(self._run, request.call))

    def _run(self, outer: Call, path: str, body: JSON) -> Ran:
        """What the endpoint at a path says to a body. No limit counts it, and no exchange is recorded for it."""
        call, address = within(outer, self.address, path, body)
        return outcome(self.decider.decide(call, address, self.state, charged=False).compiled.plan)

    def _usual_models(self) -> tuple[str, ...]:
        profile = profile_named(self.address.scenario.profile)
        return profile.models if profile is not None and profile.models else _DEFAULT_MODELS

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

    def decide(
        self, call: Call, address: Address, state: Namespace, exchange: int | None = None, *, charged: bool = True
    ) -> Decision:
        """The decision on a call to an address, which takes its step from the state. Never raises MockLLMError.

        `exchange` is the number under which it takes a place where those are limited; None takes none. One that is not
        `charged` is counted by no limit.
        """
        state.begin(call.at_us)
        try:
            found = find(call.method, address.path)
            check_served(address.scenario.profile, found.endpoint.api, call.method, address.path)
        except ApiError as error:
            return refused(call, error, None, Trouble.UNMATCHED, profile=address.scenario.profile)
        try:
            authorize(address.door or address.scenario, call)
        except ApiError as error:
            return failed(call, error, None, profile=(address.door or address.scenario).profile)
        try:
            request, match = self._read(found, call, address, state)
        except MockLLMError as error:
            return _unreadable(found, call, error, address, state if charged else None)
        charge = FREE
        try:
            if not is_address(request.model):
                check_model(address.scenario, request)
            charge = state.charge(request, exchange) if charged and is_charged(found, request) else FREE
            decision = self._answer(request, match, _Visit(found, address, state, self, charge))
        except MockLLMError as error:
            decision = failed(call, error, request, charge=charge, profile=address.scenario.profile)
        return decision if charge.place is None else replace(decision, place=charge.place)

    def _read(self, found: Found, call: Call, address: Address, state: Namespace) -> tuple[Request, Match]:
        """What the call asks for, and the rule that matches it; from memory if the same bytes came before."""
        if (known := self._readings.get(call, address)) is not None:
            return known
        lookups = state.store.lookups
        request = read(found, call, address.scenario, state.store, address.given)
        match = first_match(address.scenario, request, named_only=not is_dialect(found.endpoint))
        if state.store.lookups == lookups:
            self._readings.put(call, address, request, match)
        return request, match

    def _answer(self, request: Request, match: Match, visit: _Visit) -> Decision:
        """The step of the first rule that matches, or the answer for when none does."""
        scenario, endpoint = visit.address.scenario, visit.found.endpoint
        if match.rule is not None:
            why = _reasons(match)
            return self._scripted(match.rule, scenario.rules[match.rule], why, request, visit)
        if not is_dialect(endpoint):
            return self._held(endpoint, request, visit)
        if scenario.otherwise is not None:
            rule = Rule.model_construct(name="otherwise", when=When(), replies=(scenario.otherwise,), then=None)
            return self._scripted(OTHERWISE, rule, _nearest(match), request, visit)
        message = f"mockllm: no rule of scenario '{scenario.name}' matches this request. {_nearest(match)}"
        error = ApiError(400, message, code="no_rule_matched")
        why, profile = _nearest(match), scenario.profile
        return refused(request.call, error, request, Trouble.UNMATCHED, why=why, told=visit.told, profile=profile)

    def _held(self, endpoint: Resource, request: Request, visit: _Visit) -> Decision:
        """What a resource has for a request that no rule answers; `auto` stands for it where chaos strikes."""
        why = "answered from what the server holds"
        profile = visit.address.scenario.profile
        seed = visit.seed().child("resource", request.fingerprint)
        prospect = Prospect.of(request, visit.address.scenario, named_only=True)
        if prospect.scopes:
            _, attempt = visit.state.take(HELD, _HELD, request) or (0, 1)
            if fate := prospect.fate(request, visit.state, seed, attempt):
                decision = self._respond(fate.step(replace(_AS_HELD, profile=profile)), request, visit, seed, -attempt)
                return self._struck(fate, replace(decision, why=why, attempt=attempt), visit)
        around = visit.surroundings(request)
        data = endpoint.answer(request, visit.found.parameters, around)
        key = request_id(seed)
        context = Context(request, seed, facts={"request_id": key, "created": around.created})
        answer = styled(resource_answer(data, endpoint), profile, context)
        answer = carried(replace(answer, told=visit.told), request.call)
        compiled = compile_answer(answer, Pace(), (), seed, key)
        return Decision(answer, compiled, request, why=why)

    def _scripted(self, number: int, rule: Rule, why: str, request: Request, visit: _Visit) -> Decision:
        """The step that the script of a rule has for this request; `number` is the rule's place among the rules."""
        title, profile = rule.title(number), rule.profile or visit.address.scenario.profile
        named_only = not is_dialect(visit.found.endpoint)
        prospect = Prospect.of(request, visit.address.scenario, (number, rule), named_only=named_only)
        if (taken := visit.state.take(number, rule, request)) is None:
            message = (
                f"mockllm: the script of {title} is used up: all {len(rule.replies)} replies were given. "
                "Add a reply, or say `then: repeat` or `then: loop`."
            )
            error = ApiError(400, message, code="script_exhausted")
            told = visit.told
            return refused(request.call, error, request, Trouble.EXHAUSTED, rule=title, told=told, profile=profile)
        index, attempt = taken
        reply = rule.replies[index]
        step = step_of(reply, attempt, profile)
        seed = visit.seed().child(number, index, request.fingerprint)
        # After the scripted attempts every try is the same try, so the same request gets the same bytes again.
        told_apart = min(attempt, len(reply.attempts) + 1)
        try:
            if fate := prospect.fate(request, visit.state, seed, attempt):
                visit.state.stay(number, index, request)
                # Below zero, so that nothing drawn for it, such as its id, is that of a try that was not struck.
                decision = self._respond(fate.step(step), request, visit, seed, -attempt)
            else:
                decision = self._respond(step, request, visit, seed, told_apart)
        except MockLLMError as error:
            return failed(request.call, error, request, title, Charge(visit.told), profile=step.profile)
        # Where chaos struck, the script's own faults had no fair chance, so they do not count as never fired.
        visit.state.fire(number, index, attempt, step, () if fate else decision.compiled.missed)
        settled = decision.settled and not prospect.scopes and self._is_settled(number, rule, step, request, visit)
        decision = Decision(
            decision.answer, decision.compiled, request, title, why, attempt, number=number, settled=settled
        )
        return self._struck(fate, decision, visit) if fate else decision

    def _is_settled(self, number: int, rule: Rule, step: Step, request: Request, visit: _Visit) -> bool:
        """Whether no state, no time and no other call can give calls of the same bytes anything but this step."""
        scenario = visit.address.scenario
        if number < 0 or len(rule.replies) > 1 or rule.replies[0].attempts or step.faults:
            return False
        if visit.charge is not FREE or scenario.created == "now":
            return False
        return self._readings.get(request.call, visit.address) is not None

    def _struck(self, fate: Fate, decision: Decision, visit: _Visit) -> Decision:
        """The decision with what struck told in its plan and its reasons, and noted in the state."""
        compiled = fate.told(decision.compiled)
        visit.state.struck.update(fate.acted(compiled.unfired))
        struck = tuple(title for title in fate.titles() if title not in compiled.unfired)
        return replace(decision, compiled=compiled, why=decision.why + fate.why(), struck=struck)

    def _respond(self, step: Step, request: Request, visit: _Visit, seed: Seed, attempt: int) -> Decision:
        around = Circumstances(
            scenario=visit.address.scenario,
            endpoint=visit.found.endpoint,
            parameters=visit.found.parameters,
            surroundings=visit.surroundings(request),
            seed=seed,
            attempt=attempt,
            told=visit.told,
            slowness=visit.charge.slowness,
            profile=step.profile,
            copy=visit.state.copies.get(request.fingerprint, 0),
        )
        (answer, compiled, kept), again = self._recall.recall(step, request, around)
        visit.state.keep(kept, request)
        return Decision(answer, compiled, request, settled=again and not kept)


def _unreadable(found: Found, call: Call, error: MockLLMError, address: Address, state: Namespace | None) -> Decision:
    """The refusal of a call that says nothing that could be answered. It counts as a request all the same, and its
    answer tells the limits (wire-contract §3.3), if there is a state to count in; it takes no place.
    """
    request, profile = unread(found, call), address.scenario.profile
    try:
        charge = state.charge(request) if state is not None and is_charged(found, request) else FREE
    except ApiError as refusal:
        return failed(call, refusal, None, profile=profile)
    return failed(call, error, None, charge=charge, profile=profile)


@lru_cache(_MOST_ROOTS)
def _root(seed: int, name: str, run: str) -> Seed:
    return Seed.of("mockllm", seed, name, run)


def _reasons(match: Match) -> str:
    """Why the rules before the one that matches do not, as far as somebody would read it."""
    told = ["matched", *map(str, match.misses[:_MOST_REASONS])]
    if len(match.misses) > _MOST_REASONS:
        told.append(f"and {len(match.misses) - _MOST_REASONS} more that do not")
    return "\n".join(told)


def _nearest(match: Match) -> str:
    nearest = match.nearest()
    if not nearest:
        return "It has no rules for this API."
    return "The nearest rules: " + " | ".join(map(str, nearest))
