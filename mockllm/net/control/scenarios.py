"""The scenarios that the server knows by name.

Here: the operations of `mockllm/control/scenarios.py`, and reading a scenario that a call brought. Files that change
while a server runs are taken up elsewhere (`cli/shelf.py`).
"""

from collections.abc import Mapping
from typing import Any

from mockllm.control.base import ControlError, Nothing
from mockllm.control.scenarios import (
    MOST_SCENARIOS,
    Checked,
    CheckScenario,
    NamedScenario,
    PutScenario,
    ScenarioInfo,
    ScenarioList,
    ScenarioProblem,
    Source,
)
from mockllm.errors import MockLLMError, ScenarioError
from mockllm.net.control.desk import Desk
from mockllm.scenario.document import Scenario
from mockllm.scenario.load import load_file, load_text, load_value

MOST_TEXT_BYTES = 4 * 1024 * 1024
"""How much of a scenario's file is shown."""


def default_name(desk: Desk) -> str | None:
    """The name of the scenario that `BASE/v1` serves, or None if there is no choice or it cannot be read."""
    try:
        return desk.engine.library.default().name
    except MockLLMError:
        return None


def read_scenario(given: str | Mapping[str, Any], name: str | None = None) -> Scenario:
    """The scenario that a call brought, with this name if it has none itself.

    Raises ControlError 422 with everything that is wrong with it, and for another name inside than `name`.
    """
    try:
        scenario = load_text(given, source=name or "<scenario>") if isinstance(given, str) else load_value(given)
    except ScenarioError as error:
        raise unusable(error) from None
    if name is None or scenario.name == name:
        return scenario
    if "name" in scenario.model_fields_set:
        detail = f"the scenario is called '{scenario.name}' and the path says '{name}': make them agree"
        raise ControlError(422, "wrong_scenario", detail)
    return _renamed(scenario, name)


def _renamed(scenario: Scenario, name: str) -> Scenario:
    try:
        Scenario(name=name)
    except ValueError as error:
        raise ControlError(422, "wrong_scenario", f"this cannot be a scenario's name: {error}") from None
    return scenario.model_copy(update={"name": name})


def unusable(error: ScenarioError) -> ControlError:
    """The refusal of a scenario, with all of its faults."""
    return ControlError(422, "wrong_scenario", "the scenario cannot be used", errors=tuple(map(str, error.problems)))


def known_scenario(desk: Desk, name: str) -> Scenario:
    """The scenario of this name. Raises ControlError 404 if there is none and 422 if its file is wrong."""
    try:
        return desk.engine.library.get(name)
    except ScenarioError as error:
        raise unusable(error) from None
    except MockLLMError as error:
        raise ControlError(404, "no_such_scenario", str(error)) from None


def listing(desk: Desk, _asked: Nothing) -> ScenarioList:
    """All names."""
    library = desk.engine.library
    return ScenarioList(scenarios=library.names(), default=default_name(desk), wrong=library.wrong())


def show(desk: Desk, asked: NamedScenario) -> ScenarioInfo:
    """One scenario."""
    return _info(desk, known_scenario(desk, asked.name))


def source(desk: Desk, asked: NamedScenario) -> Source:
    """One scenario as it is written. A file is read anew, so that this shows what will be taken up next."""
    library, name = desk.engine.library, asked.name
    if name not in library.names():
        known_scenario(desk, name)
    entry = library.entries().get(name)
    if entry is None or name in desk.added:
        return Source(name=name, file=None, text=desk.texts.get(name), problems=(), served=True)
    file = entry.path.relative_to(entry.root).as_posix()
    try:
        text = entry.path.read_bytes()[:MOST_TEXT_BYTES].decode("utf-8-sig", "replace")
    except OSError as error:
        gone = ScenarioProblem(message=f"the file cannot be read: {error.strerror}", path="", line=None, column=None)
        return Source(name=name, file=file, text=None, problems=(gone,), served=library.knows(name))
    try:
        load_file(entry.path)
    except ScenarioError as error:
        return Source(name=name, file=file, text=text, problems=_problems(error), served=library.knows(name))
    return Source(name=name, file=file, text=text, problems=(), served=True)


def _problems(error: ScenarioError) -> tuple[ScenarioProblem, ...]:
    return tuple(
        ScenarioProblem(message=it.message, path=it.path, line=it.line, column=it.column) for it in error.problems
    )


def put(desk: Desk, asked: PutScenario) -> ScenarioInfo:
    """Add or replace one."""
    if asked.name not in desk.added and len(desk.added) >= MOST_SCENARIOS:
        raise ControlError(409, "too_many_scenarios", f"{MOST_SCENARIOS} scenarios were added: delete some of them")
    scenario = read_scenario(asked.scenario, asked.name)
    desk.engine.library.put(scenario, default=asked.default)
    desk.added.add(asked.name)
    desk.texts.pop(asked.name, None)
    if isinstance(asked.scenario, str):
        desk.texts[asked.name] = asked.scenario
    return _info(desk, scenario)


def check(_desk: Desk, asked: CheckScenario) -> Checked:
    """What is wrong with a scenario, if anything."""
    try:
        scenario = load_text(asked.scenario) if isinstance(asked.scenario, str) else load_value(asked.scenario)
    except ScenarioError as error:
        return Checked(valid=False, name=None, problems=_problems(error))
    return Checked(valid=True, name=scenario.name, problems=())


def delete(desk: Desk, asked: NamedScenario) -> ScenarioList:
    """Remove one that was added."""
    if asked.name not in desk.added:
        if asked.name in desk.engine.library.names():
            detail = f"'{asked.name}' was not added by this API: remove its file, or serve other files"
            raise ControlError(409, "not_added", detail)
        known_scenario(desk, asked.name)
    desk.engine.library.remove(asked.name)
    desk.added.discard(asked.name)
    desk.texts.pop(asked.name, None)
    return listing(desk, Nothing())


def _info(desk: Desk, scenario: Scenario) -> ScenarioInfo:
    return ScenarioInfo(
        name=scenario.name,
        about=scenario.about,
        source=scenario.source,
        seed=scenario.seed,
        rules=tuple(rule.title(number) for number, rule in enumerate(scenario.rules)),
        default=scenario.name == default_name(desk),
        added=scenario.name in desk.added,
    )
