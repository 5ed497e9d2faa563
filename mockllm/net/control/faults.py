"""Faults that are added to a namespace while it is in use.

Here: the operations of `mockllm/control/faults.py`. The scenario of the namespace gets further entries of `chaos`, and
keeps its state. An entry that has ended stays where it is, since entries are counted by their place, until all of them
are taken away.
"""

from pydantic import ValidationError

from mockllm.control.base import ControlError
from mockllm.control.faults import MOST_FAULTS, AddedFault, AddFault, FaultList
from mockllm.control.namespaces import OneNamespace
from mockllm.net.control.desk import Desk, LivingFault
from mockllm.net.control.namespaces import scenario_of_namespace
from mockllm.net.control.scenarios import known_scenario
from mockllm.scenario.chaos import Chaos, ChaosEntry, Counts
from mockllm.scenario.document import Scenario

_US_PER_S = 1_000_000
_TAKEN = {"from", "for", "first"}


def listing(desk: Desk, asked: OneNamespace) -> FaultList:
    """Those that were added since the namespace got its scenario."""
    return _list(desk, desk.namespace(asked.namespace))


def add(desk: Desk, asked: AddFault) -> FaultList:
    """One more entry, whose window begins now; times of other entries count from now on too, if no call came yet."""
    name = desk.namespace(asked.namespace)
    added = desk.faults.get(name, [])
    if len(added) >= MOST_FAULTS:
        raise ControlError(409, "too_many_faults", f"{MOST_FAULTS} faults were added to {name}: take them away first")
    entry = _entry(asked)
    scenario = scenario_of_namespace(desk, name) or known_scenario(desk, name.partition("@")[0])
    state = desk.engine.change(name, scenario)
    now_us = desk.server.clock.now_us()
    state.begin(now_us)
    life_us = None if asked.for_s is None else round(asked.for_s * _US_PER_S)
    window = {"from_": state.elapsed_us(now_us), "for_": life_us, "first": asked.calls}
    chaos = scenario.chaos or Chaos.model_construct()
    place = f"chaos[{len(chaos.entries)}]"
    entries = (*chaos.entries, entry.model_copy(update=window))
    desk.faults.setdefault(name, [])
    if not added:
        desk.before[name] = scenario
    desk.faults[name].append(LivingFault(asked, place, None if life_us is None else now_us + life_us))
    desk.engine.change(name, _with(scenario, chaos.model_copy(update={"entries": entries})))
    return _list(desk, name)


def clear(desk: Desk, asked: OneNamespace) -> FaultList:
    """The scenario is what it was before."""
    name = desk.namespace(asked.namespace)
    added = desk.faults.pop(name, [])
    before = desk.before.pop(name, None)
    if before is not None:
        state = desk.engine.change(name, before)
        gone = {fault.place for fault in added}
        seen, acted = (
            {place: count for place, count in counts.items() if place not in gone}
            for counts in (state.counts.seen, state.counts.acted)
        )
        state.counts = Counts(seen, acted)
    return _list(desk, name)


def _entry(asked: AddFault) -> ChaosEntry:
    """The entry as a value. Raises ControlError 422 with everything that is wrong with it."""
    if asked.for_s is None and asked.calls is None:
        raise ControlError(422, "wrong_fault", "a fault needs an end: give for_s, calls, or both")
    if taken := sorted(_TAKEN & asked.entry.keys()):
        detail = f"the entry has {', '.join(taken)}, which for_s and calls stand for: leave it out"
        raise ControlError(422, "wrong_fault", detail)
    try:
        return ChaosEntry.model_validate(asked.entry)
    except ValidationError as error:
        errors = tuple(
            f"{'.'.join(map(str, details['loc'])) or 'entry'}: {details['msg']}"
            for details in error.errors(include_url=False)
        )
        raise ControlError(422, "wrong_fault", "this is no entry of chaos", errors=errors) from None


def _with(scenario: Scenario, chaos: Chaos) -> Scenario:
    return scenario.model_copy(update={"chaos": chaos})


def _list(desk: Desk, name: str) -> FaultList:
    now_us = desk.server.clock.now_us()
    state = desk.engine.namespaces().get(name)
    told = []
    for fault in desk.faults.get(name, ()):
        seen = 0 if state is None else state.counts.seen.get(fault.place, 0)
        acted = 0 if state is None else state.counts.acted.get(fault.place, 0)
        in_time = fault.until_us is None or now_us < fault.until_us
        in_count = fault.asked.calls is None or seen < fault.asked.calls
        told.append(
            AddedFault(
                entry=fault.asked.entry,
                for_s=fault.asked.for_s,
                calls=fault.asked.calls,
                seen=seen,
                acted=acted,
                alive=in_time and in_count,
            )
        )
    return FaultList(namespace=name, faults=tuple(told))
