"""The namespaces of the server.

Here: the operations of `mockllm/control/namespaces.py`.
"""

from mockllm.control.base import ControlError, Nothing
from mockllm.control.namespaces import (
    AskProblems,
    Bind,
    Dropped,
    Namespace,
    NamespaceList,
    OneNamespace,
    Problems,
    PutSeed,
    Seeding,
)
from mockllm.errors import MockLLMError
from mockllm.exchange import Ending
from mockllm.net.control.desk import Desk
from mockllm.net.control.scenarios import known_scenario, read_scenario
from mockllm.scenario.document import Scenario
from mockllm.strict import Evidence, findings

MOST_BOUND = 10_000
"""How many namespaces can have a scenario of their own."""


def listing(desk: Desk, _asked: Nothing) -> NamespaceList:
    """All names."""
    return NamespaceList(namespaces=desk.namespaces())


def show(desk: Desk, asked: OneNamespace) -> Namespace:
    """What one holds. One that nobody has used yet holds nothing."""
    return _shown(desk, desk.namespace(asked.namespace))


def reset_all(desk: Desk, asked: Nothing) -> NamespaceList:
    """Forget all state."""
    for name in {*desk.replaced, *desk.faults}:
        desk.forget(name)
    desk.engine.reset()
    return listing(desk, asked)


def reset(desk: Desk, asked: OneNamespace) -> Namespace:
    """Forget the state of one."""
    name = desk.namespace(asked.namespace)
    desk.forget(name)
    desk.engine.reset(name)
    return _shown(desk, name)


def drop(desk: Desk, asked: OneNamespace) -> Dropped:
    """Forget one."""
    name = desk.namespace(asked.namespace)
    desk.forget(name)
    dropped = desk.engine.drop(name)
    return Dropped(dropped=dropped, namespaces=desk.namespaces())


def bind(desk: Desk, asked: Bind) -> Namespace:
    """Give one a scenario of its own: a new value even for the same scenario, as state belongs to one value."""
    name = desk.own(asked.namespace)
    if name not in desk.engine.bindings() and len(desk.engine.bindings()) >= MOST_BOUND:
        raise ControlError(
            409, "too_many_namespaces", f"{MOST_BOUND} namespaces have a scenario of their own: drop some"
        )
    scenario = _chosen(desk, asked).model_copy()
    desk.replace(name)
    desk.engine.bind(name, scenario)
    return _shown(desk, name)


def seed(desk: Desk, asked: OneNamespace) -> Seeding:
    """The seed of the scenario that it has."""
    return _seeding(desk, desk.namespace(asked.namespace))


def put_seed(desk: Desk, asked: PutSeed) -> Seeding:
    """Another seed is another scenario, which is otherwise the same."""
    name = desk.namespace(asked.namespace)
    scenario = scenario_of_namespace(desk, name) or known_scenario(desk, name.partition("@")[0])
    desk.replace(name)
    desk.engine.bind(name, scenario.model_copy(update={"seed": asked.seed}))
    return _seeding(desk, name)


async def problems(desk: Desk, asked: AskProblems) -> Problems:
    """What the strict checks find in one namespace."""
    name = desk.namespace(asked.namespace)
    await desk.settle()
    present = desk.engine.namespaces().get(name)
    states = (*desk.replaced.get(name, ()), *(() if present is None else (present,)))
    bound = desk.engine.bindings().get(name)
    evidence = Evidence(
        exchanges=desk.engine.journal.all(namespace=name),
        states=tuple((name, state) for state in states),
        loaded=None if bound is None else bound.name,
        pointed=asked.pointed,
        opened=tuple(key for key in desk.engine.gates.opened() if key[0] == name),
    )
    return Problems(problems=tuple(map(str, findings(evidence, allow=frozenset(asked.allow)))))


def _chosen(desk: Desk, asked: Bind) -> Scenario:
    """The scenario that the call brought or named."""
    given = [asked.scenario != "", asked.named is not None, asked.default]
    if sum(given) != 1:
        detail = f"the call gives {sum(given)} scenarios: send one as the body, or `named=NAME`, or `default=true`"
        raise ControlError(400, "wrong_fields", detail)
    if asked.named is not None:
        return known_scenario(desk, asked.named)
    if not asked.default:
        return read_scenario(asked.scenario, asked.called)
    try:
        return desk.engine.library.default()
    except MockLLMError as error:
        raise ControlError(404, "no_such_scenario", str(error)) from None


def scenario_of_namespace(desk: Desk, name: str) -> Scenario | None:
    """The scenario that is bound to it or that it has used; None if there is neither."""
    bound = desk.engine.bindings().get(name)
    state = desk.engine.namespaces().get(name)
    return bound if bound is not None or state is None else state.scenario


def _seeding(desk: Desk, name: str) -> Seeding:
    scenario = scenario_of_namespace(desk, name)
    return Seeding(namespace=name, seed=None if scenario is None else scenario.seed)


def _shown(desk: Desk, name: str) -> Namespace:
    scenario = scenario_of_namespace(desk, name)
    exchanges = desk.engine.journal.all(namespace=name)
    return Namespace(
        name=name,
        scenario=None if scenario is None else scenario.name,
        bound=name in desk.engine.bindings(),
        exchanges=len(exchanges),
        open=sum(exchange.outcome.ending is Ending.OPEN for exchange in exchanges),
        state=desk.engine.state(name),
    )
