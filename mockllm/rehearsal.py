"""What a call would be answered now, without anything being changed by it.

Here: one function, which decides a call as the engine would and leaves its state, its journal and its limits as they
are. Not here: deciding (`decision.py`), a scenario's answers to its own examples (`explain.py`), and who asks
(`net/control/exchanges.py`).
"""

from copy import deepcopy
from dataclasses import dataclass

from mockllm.address import resolve
from mockllm.decided import Decision, failed, refused
from mockllm.decision import Decider
from mockllm.engine import Engine
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Trouble
from mockllm.namespace import Namespace
from mockllm.request import Call, Request
from mockllm.scenario.document import Scenario
from mockllm.scenario.script import first_match


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A decision that was not carried out. `misses` are the rules that were passed over, each with its reasons."""

    namespace: str
    decision: Decision
    misses: tuple[str, ...] = ()


def rehearse(engine: Engine, call: Call) -> Rehearsal:
    """The decision on a call in the state in which its namespace is, taken on a copy of that state.

    A reply that is a function is called, as it would be for the call itself. Places that are limited are not taken.
    """
    try:
        address = resolve(call, engine.library, engine.bindings())
    except ApiError as error:
        return Rehearsal("", refused(call, error, None, Trouble.UNMATCHED))
    except MockLLMError as error:
        return Rehearsal("", failed(call, error, None))
    state = engine.namespaces().get(address.namespace)
    if state is None or state.scenario is not address.scenario:
        state = Namespace(address.scenario)
    else:
        # Scenarios never change, and a rule that is a Python function cannot be copied.
        state = deepcopy(state, {id(state.scenario): state.scenario})
    decision = Decider().decide(call, address, state)
    return Rehearsal(address.namespace, decision, misses(address.scenario, decision.request))


def misses(scenario: Scenario | None, request: Request | None) -> tuple[str, ...]:
    """Why the rules before the one that answers do not match; all of them where none does."""
    if scenario is None or request is None:
        return ()
    return tuple(map(str, first_match(scenario, request).misses))
