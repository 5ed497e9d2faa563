"""What chaos makes of a try: which strikes it meets, the step that it then gets, and how that is told.

Here: the strikes of a call, from the chaos of the scenario and of the rule and from a header, and their traces in the
plan. Not here: the words and the chances (`scenario/chaos.py`, `scenario/opt_in.py`), the counts (`namespace.py`), how
a step becomes a plan (`respond.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from mockllm.compile import Compiled
from mockllm.namespace import Namespace
from mockllm.plan import Head, Plan
from mockllm.request import Request
from mockllm.scenario.chaos import Moment, Scope, Strike, judge
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.opt_in import asked_for
from mockllm.scenario.reply import ErrorReply
from mockllm.scenario.script import Step
from mockllm.seeds import Seed


@dataclass(frozen=True, slots=True)
class Fate:
    """The strikes that a try meets, in the order in which they are told; none is the usual fate."""

    strikes: tuple[Strike, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.strikes)

    def step(self, step: Step) -> Step:
        """The step with these faults beside its own, or with an error in place of both."""
        faults = tuple(fault for strike in self.strikes for fault in strike.faults)
        error = next((strike.error for strike in self.strikes if strike.error is not None), None)
        if error is None:
            return replace(step, faults=(*step.faults, *faults))
        return Step(ErrorReply(error=error), faults, step.last, step.profile)

    def told(self, compiled: Compiled) -> Compiled:
        """The plan with a trace of every strike, and of what had no place only that which strikes asked for: what the
        script asked for had no fair chance.
        """
        titles = self.titles()
        unfired = tuple(title for title in compiled.unfired if title in titles)
        return Compiled(_traced(compiled.plan, [title for title in titles if title not in unfired]), unfired)

    def acted(self, unfired: Sequence[str]) -> tuple[str, ...]:
        """What need not be reported as never fired: what had a place, and where there were several strikes all of
        them, since one may have taken the place of another.
        """
        return tuple(title for title in self.titles() if len(self.strikes) > 1 or title not in unfired)

    def titles(self) -> tuple[str, ...]:
        """Everything that struck, as reports call it."""
        return tuple(title for strike in self.strikes for title in _titles(strike))

    def why(self) -> str:
        """One line for each strike."""
        return "".join(f"\nstruck by {strike.by}: {', '.join(map(_words, _titles(strike)))}" for strike in self.strikes)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What may happen to an answer: the chaos that covers it, its rule's before its scenario's, and what the client
    asks for.
    """

    scopes: tuple[Scope, ...] = ()
    asked: tuple[Strike, ...] = ()

    @classmethod
    def of(
        cls,
        request: Request,
        scenario: Scenario,
        rule: tuple[int, Rule] | None = None,
        *,
        named_only: bool = False,
    ) -> Self:
        """The prospect of an answer, which a rule gives, named with its place, or what the server holds. With
        `named_only` the scenario's entries must name the API.

        Raises ApiError if a header asks for what nobody can understand.
        """
        if scenario.chaos is None and (rule is None or rule[1].chaos is None):
            return cls()
        scopes = []
        if rule is not None and rule[1].chaos is not None:
            scopes.append(Scope(f"rules[{rule[0]}].chaos", rule[1].chaos))
        if scenario.chaos is not None:
            scopes.append(Scope("chaos", scenario.chaos, named_only))
        return cls(tuple(scopes), _asked(scopes, request))

    def fate(self, request: Request, state: Namespace, seed: Seed, attempt: int) -> Fate:
        """What this try meets: what it asks for and nothing else, or what chaos has for it, which is counted in the
        state of its namespace. `seed` is that of its rule, reply and request.

        Raises MatchError if a `when` cannot be evaluated on the request.
        """
        if self.asked or not self.scopes:
            return Fate(self.asked)
        moment = Moment(seed, attempt, state.elapsed_us(request.call.at_us))
        strikes, state.counts = judge(self.scopes, request, moment, state.counts)
        return Fate(strikes)


def _asked(scopes: Sequence[Scope], request: Request) -> tuple[Strike, ...]:
    names = dict.fromkeys(scope.chaos.header.lower() for scope in scopes if scope.chaos.header is not None)
    said = ((name, request.call.headers.get(name)) for name in names)
    return tuple(Strike.of(name, asked_for(name, text)) for name, text in said if text is not None)


def _titles(strike: Strike) -> list[str]:
    error = [] if strike.error is None else [f"{strike.by}: error {strike.error.code or strike.error.status}"]
    return [*error, *(fault.title for fault in strike.faults)]


def _words(title: str) -> str:
    """The title without who asked."""
    return title.split(": ", 1)[1]


def _traced(plan: Plan, titles: Sequence[str]) -> Plan:
    """The plan in which each of these can be read: those that left no cause of their own stand at the head."""
    causes = {step.cause for step in plan}
    hidden = [title for title in titles if not any(cause.startswith(title) for cause in causes)]
    if not hidden:
        return plan
    at = next((index for index, step in enumerate(plan) if isinstance(step, Head)), None)
    if at is None:
        return plan
    head = plan[at]
    cause = ", ".join([*filter(None, [head.cause]), *hidden])
    return (*plan[:at], replace(head, cause=cause), *plan[at + 1 :])
