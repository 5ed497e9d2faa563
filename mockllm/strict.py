"""What a test must not pass over: the script and the client disagree.

Here: six checks on what a server has seen, each with its reason and its cure. Law 4 of the design: nothing silent. Not
here: who asks (`net/mock.py`) and how a test fails (`pytest_plugin.py`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from mockllm.exchange import Ending, Exchange, Trouble
from mockllm.gates import OWN_MARK
from mockllm.namespace import Namespace
from mockllm.report import frames, title
from mockllm.scenario.accept import missing
from mockllm.scenario.script import armed


class Check(StrEnum):
    """What is checked, by the name with which a test allows it."""

    UNMATCHED = "unmatched"
    EXHAUSTED = "exhausted"
    FAILED = "failed"
    UNFIRED = "unfired"
    LEFTOVER = "leftover"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement, in words that say what to do."""

    check: Check
    message: str

    def __str__(self) -> str:
        return f"{self.check}: {self.message}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the checks look at.

    `states` are the namespaces that served a call, by name; one name may come twice if its scenario was replaced.
    `loaded` is the name of the scenario that was loaded last, None if none was. `pointed` says that the environment
    was made to lead clients here. `opened` are the gates that are open: a namespace and a name each.
    """

    exchanges: Sequence[Exchange]
    states: Sequence[tuple[str, Namespace]]
    loaded: str | None = None
    pointed: bool = False
    opened: Sequence[tuple[str, str]] = ()


def findings(evidence: Evidence, *, allow: Collection[str] = ()) -> tuple[Finding, ...]:
    """Everything that the script and the client disagree about, but for what is allowed, in the order of `Check`."""
    found = [
        *_troubles(evidence.exchanges),
        *_unfired(evidence),
        *(finding for name, state in evidence.states for finding in _unasked(name, state)),
        *_open(evidence.exchanges),
        *_idle(evidence),
        *_gates(evidence),
    ]
    return tuple(finding for finding in found if finding.check not in allow)


_TROUBLES = {
    Trouble.UNMATCHED: (Check.UNMATCHED, "Add a rule that matches it, or an `otherwise`, or correct the client."),
    Trouble.EXHAUSTED: (Check.EXHAUSTED, "Or find out why the client asks once more."),
    Trouble.FAILED: (Check.FAILED, "Correct the reply so that it can answer this request."),
}


def _troubles(exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    by_trouble = {trouble: [exchange for exchange in exchanges if exchange.trouble is trouble] for trouble in Trouble}
    for trouble, troubled in by_trouble.items():
        check, cure = _TROUBLES[trouble]
        for exchange in troubled:
            why = exchange.why.removeprefix("mockllm: ").removesuffix(".")
            yield Finding(check, f"{title(exchange)}: {why}. {cure}")


@dataclass(frozen=True, slots=True)
class _Armed:
    """A fault that a scenario scripts: attempt 0 is the reply itself, after its scripted attempts."""

    namespace: str
    rule: int
    reply: int
    attempt: int
    place: int
    kind: str


def _unfired(evidence: Evidence) -> Iterator[Finding]:
    known: set[tuple[str, str | None, str]] = set()
    for name, state in evidence.states:
        rules = state.scenario.rules
        for fault in _faults(name, state):
            known.add((name, rules[fault.rule].title(fault.rule), fault.kind))
            if (fault.rule, fault.reply, fault.attempt, fault.place) not in state.fired:
                reason = _missing_try(fault, state) or _no_place(fault.kind, name, evidence.exchanges)
                yield Finding(Check.UNFIRED, f"{_fault_title(fault, state)} never fired: {reason}")
        yield from _unmet(name, state)
    # What is left has no entry in the rules: the faults of `otherwise`, those that a callable returned, and those of
    # chaos, of which those that never struck are nobody's mistake, nor those that had their place some other time.
    struck = {(name, title) for name, state in evidence.states for title in state.struck}
    for exchange in evidence.exchanges:
        for kind in exchange.unfired:
            if (exchange.namespace, exchange.rule, kind) not in known and (exchange.namespace, kind) not in struck:
                reason = _no_place(kind, exchange.namespace, [exchange])
                yield Finding(Check.UNFIRED, f"{kind} of {exchange.rule} did not fire: {reason}")


def _unmet(name: str, state: Namespace) -> Iterator[Finding]:
    """What is scripted for connections and for leave to send a body, and nobody met."""
    for place, kind in missing(state.scenario.accept, state.connections).items():
        came = f"{state.connections} connections" if state.connections != 1 else "1 connection"
        message = (
            f"{kind} in {place} of '{name}' never fired: {came} came while it was the default scenario. Let the client "
            "connect as often, or shorten `accept`."
        )
        yield Finding(Check.UNFIRED, message)
    if state.scenario.expect_continue is not None and not state.leaves:
        message = (
            f"expect_continue of '{name}' never fired: no client asked for leave to send its body. Let it send "
            "`Expect: 100-continue`, or drop the key."
        )
        yield Finding(Check.UNFIRED, message)


def _faults(name: str, state: Namespace) -> Iterator[_Armed]:
    """The scripted faults."""
    for rule, reply, attempt, place, fault in armed(state.scenario):
        yield _Armed(name, rule, reply, attempt, place, fault.kind)


def _missing_try(fault: _Armed, state: Namespace) -> str:
    """Which try did not come, or nothing if the step was taken and the fault had no place in it."""
    tries = _tries(state, fault.rule, fault.reply)
    needed = fault.attempt or len(state.scenario.rules[fault.rule].replies[fault.reply].attempts) + 1
    if tries >= needed:
        return ""
    came = f"the client stopped after try {tries} of the same request" if tries else "no request got this reply"
    return f"{came}. Make the client send try {needed}, or take the fault out of the script."


def _no_place(kind: str, namespace: str, exchanges: Iterable[Exchange]) -> str:
    exchange = next((it for it in exchanges if it.namespace == namespace and kind in it.unfired), None)
    size = f" The answer of #{exchange.number} has {_frames(exchange)}." if exchange is not None else ""
    return f"the answer has nothing where it acts.{size} Move the fault to a place that the answer has."


def _fault_title(fault: _Armed, state: Namespace) -> str:
    place = f"attempts[{fault.attempt - 1}]" if fault.attempt else "faults"
    alike = [other for other in _faults(fault.namespace, state) if replace(other, place=fault.place) == fault]
    if len(alike) > 1:
        place = f"{place}.faults[{fault.place}]" if fault.attempt else f"faults[{fault.place}]"
    return f"{fault.kind} in {place} of {_reply_title(fault.namespace, state, fault.rule, fault.reply)}"


def _frames(exchange: Exchange) -> str:
    count = len(frames(exchange.plan))
    return f"{count} frame" if count == 1 else f"{count} frames"


def _unasked(name: str, state: Namespace) -> Iterator[Finding]:
    """Scripted replies and attempts that nobody asked for."""
    for index, rule in enumerate(state.scenario.rules):
        count = len(rule.replies)
        given = min(state.taken.get(index, 0), count)
        if count > 1 and given < count:
            message = (
                f"of the {count} replies that {rule.title(index)} of '{name}' has, {given} went out. Shorten the "
                "script, or find out why the client stopped."
            )
            yield Finding(Check.LEFTOVER, message)
        for reply, scripted in enumerate(rule.replies):
            tries = _tries(state, index, reply)
            reached = count == 1 or tries
            if scripted.attempts and reached and tries <= len(scripted.attempts):
                message = (
                    f"{_reply_title(name, state, index, reply)} scripts {len(scripted.attempts) + 1} tries of the same "
                    f"request, but only {tries} came. Make the client try again, or shorten `attempts`."
                )
                yield Finding(Check.LEFTOVER, message)


_UNENDED = {
    Ending.OPEN: "is still being answered",
    Ending.STOPPED: "was still being answered when the server stopped",
}


def _open(exchanges: Iterable[Exchange]) -> Iterator[Finding]:
    for exchange in exchanges:
        if exchange.outcome.ending in _UNENDED and not _is_stuck(exchange):
            message = (
                f"{title(exchange)} {_UNENDED[exchange.outcome.ending]}. Let the client read the answer to its end, "
                "or close the response before the test ends."
            )
            yield Finding(Check.LEFTOVER, message)


def _idle(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.exchanges:
        cure = (
            "was the client built before env() was called? It reads its base URL when it is built."
            if evidence.pointed
            else "give the client base_url=mockllm.base_url, or call mockllm.env() before it is built."
        )
        yield Finding(Check.IDLE, f"no request arrived: {cure}")
        return
    served = {state.scenario.name for _, state in evidence.states}
    # A call whose URL leads to no scenario is told as unmatched; that it did not arrive here is the same mistake.
    if evidence.loaded not in {None, *served} and all(exchange.namespace for exchange in evidence.exchanges):
        elsewhere = ", ".join(sorted({exchange.namespace for exchange in evidence.exchanges}))
        message = (
            f"no request arrived for the scenario '{evidence.loaded}', which was loaded; what came went to "
            f"{elsewhere}. Use base_url as it is, or do not load what the test does not use."
        )
        yield Finding(Check.IDLE, message)


def _gates(evidence: Evidence) -> Iterator[Finding]:
    """Gates that nobody opened, and gates that were opened for nobody."""
    for exchange in filter(_is_stuck, evidence.exchanges):
        gate = exchange.gates[-1].name
        message = (
            f"{title(exchange)} waits at the gate '{gate}', which nobody opened. Call mockllm.open({gate!r}), or let "
            "the client give up before the test ends."
        )
        yield Finding(Check.IDLE, message)
    reached = {(exchange.namespace, visit.name) for exchange in evidence.exchanges for visit in exchange.gates}
    for namespace, name in evidence.opened:
        if (namespace, name) not in reached:
            known = sorted(visited for where, visited in reached if where == namespace)
            came = f"; they came to {', '.join(known)}" if known else ""
            message = (
                f"the gate '{name}' of '{namespace}' was opened, but no exchange came to it{came}. Correct its name or "
                "its run, or take the call away."
            )
            yield Finding(Check.IDLE, message)


def _is_stuck(exchange: Exchange) -> bool:
    """Whether the exchange stands at a gate of an author, or stood there when its server ended it."""
    ending = exchange.outcome.ending
    last = exchange.gates[-1] if exchange.gates else None
    stands = last is not None and last.passed_us is None and OWN_MARK not in last.name
    return stands and (ending in _UNENDED or ending in {Ending.SHUT, Ending.LOST})


def _tries(state: Namespace, rule: int, reply: int) -> int:
    """The most tries that one request made at this reply."""
    counts = (
        count for (its_rule, its_reply, _), count in state.tries.items() if (its_rule, its_reply) == (rule, reply)
    )
    return max(counts, default=0)


def _reply_title(name: str, state: Namespace, rule: int, reply: int) -> str:
    return f"{state.scenario.rules[rule].title(rule)}.replies[{reply}] of '{name}'"
