"""What of a scenario must be counted, so that several processes that know nothing of each other cannot play it.

Here: the places in a scenario whose answers follow from what was asked before, each with the reason; a pure function.
Not here: who refuses such a scenario (`cli/workers.py`) and the counting (`namespace.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mockllm.scenario.chaos import Chaos
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.faults import Fault
from mockllm.scenario.limits import Limit
from mockllm.scenario.reader import NodePath
from mockllm.scenario.reply import Reply

_GATE = "gate"


@dataclass(frozen=True, slots=True)
class Need:
    """A place in a scenario, and why what is there needs state."""

    path: NodePath
    why: str


def needs_of(scenario: Scenario) -> tuple[Need, ...]:
    """Everything for which state is needed, in the order of the language; nothing if each answer follows from its
    request alone.
    """
    return tuple(_all(scenario))


def _all(scenario: Scenario) -> Iterator[Need]:
    for number, key in enumerate(() if scenario.auth is None else scenario.auth.keys):
        if key.limits is not None:
            yield Need(("auth", "keys", number, "limits"), "limits count requests")
    if scenario.limits is not None:
        # A list of one entry for each limit, or the one limit itself.
        inside: NodePath = () if isinstance(scenario.limits, Limit) else (0,)
        yield Need(("limits", *inside), "limits count requests")
    if scenario.load is not None:
        yield Need(("load",), "load counts what is being answered")
    yield from _chaos(("chaos",), scenario.chaos)
    if scenario.accept is not None:
        yield Need(("accept",), "connections are counted")
    for number, rule in enumerate(scenario.rules):
        yield from _rule(("rules", number), rule)
    if scenario.otherwise is not None:
        yield from _reply(("otherwise",), scenario.otherwise)


def _rule(path: NodePath, rule: Rule) -> Iterator[Need]:
    if len(rule.replies) > 1:
        yield Need((*path, "replies", 1), f"a script of {len(rule.replies)} replies goes on from where it was")
    for index, reply in enumerate(rule.replies):
        yield from _reply((*path, "replies", index), reply)
    yield from _chaos((*path, "chaos"), rule.chaos)


def _reply(path: NodePath, reply: Reply) -> Iterator[Need]:
    if reply.attempts:
        yield Need((*path, "attempts"), "attempts count the tries of a request")
    for index, fault in enumerate(reply.faults):
        yield from _fault((*path, "faults", index), fault)


def _chaos(path: NodePath, chaos: Chaos | None) -> Iterator[Need]:
    if chaos is not None and chaos.entries:
        yield Need(path, "chaos counts calls and tries")


def _fault(path: NodePath, fault: Fault) -> Iterator[Need]:
    if fault.kind == _GATE:
        yield Need(path, "a gate is opened for all who wait at it")
