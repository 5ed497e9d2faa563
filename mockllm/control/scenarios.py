"""The scenarios that a server knows by name.

Here: listing, showing, adding, checking and removing them. Not here: a scenario that one namespace has for itself
(`namespaces.py`), and the language (`scenario/`).
"""

from typing import Any, ClassVar

from pydantic import Field

from mockllm.control.base import Answer, Ask, Name, Nothing, Operation

MOST_SCENARIOS = 1_000
"""How many scenarios can be added to a server."""


class ScenarioList(Answer):
    """All names, and which of them `BASE/v1` serves; null if there is no choice. `wrong` are those whose files were
    found wrong when they were last read.
    """

    scenarios: tuple[str, ...]
    default: str | None
    wrong: tuple[str, ...] = ()


class ScenarioInfo(Answer):
    """A scenario in a few words. `added` says that it was put here by this API and can be deleted."""

    name: str
    about: str
    source: tuple[str, ...]
    seed: int
    rules: tuple[str, ...]
    default: bool
    added: bool


class NamedScenario(Ask):
    """One scenario."""

    name: Name = Field(description="the name of a scenario")


class PutScenario(Ask):
    """A scenario as YAML, or as the same in JSON. A name inside must be the name in the path."""

    whole: ClassVar[str] = "scenario"

    name: Name = Field(description="the name under which it is served")
    default: bool = Field(default=False, description="whether BASE/v1 serves it from now on")
    scenario: str | dict[str, Any] = Field(description="the scenario")


class CheckScenario(Ask):
    """A scenario as YAML, or as the same in JSON."""

    whole: ClassVar[str] = "scenario"

    scenario: str | dict[str, Any] = Field(description="the scenario")


class ScenarioProblem(Answer):
    """One fault of a scenario: where, and what to do. Lines and columns count from 1."""

    message: str
    path: str
    line: int | None
    column: int | None


class Checked(Answer):
    """Whether the scenario can be served, and everything that is wrong with it."""

    valid: bool
    name: str | None
    problems: tuple[ScenarioProblem, ...]


class Source(Answer):
    """A scenario as it is written now, and everything that is wrong with it. `file` is its file, below the folder that
    is served; null for one that has none, whose `text` is what this API was sent, null if it was sent as JSON or if a
    program made it. `served` says whether there is a version that is served, which is an older one if there are
    problems.
    """

    name: str
    file: str | None
    text: str | None
    problems: tuple[ScenarioProblem, ...]
    served: bool


LIST = Operation("listScenarios", "GET", "/scenarios", "All scenarios by name.", Nothing, ScenarioList)
GET = Operation(
    "getScenario", "GET", "/scenarios/{name}", "One scenario.", NamedScenario, ScenarioInfo, refuses=(404, 422)
)
SOURCE = Operation(
    "getScenarioSource",
    "GET",
    "/scenarios/{name}/source",
    "Its text as it is now, with what is wrong and where.",
    NamedScenario,
    Source,
    refuses=(404,),
)
PUT = Operation(
    "putScenario",
    "PUT",
    "/scenarios/{name}",
    "Add or replace a scenario; the state of its namespaces begins anew.",
    PutScenario,
    ScenarioInfo,
    refuses=(409, 422),
)
CHECK = Operation("checkScenario", "POST", "/validate", "Check a scenario without keeping it.", CheckScenario, Checked)
DELETE = Operation(
    "deleteScenario",
    "DELETE",
    "/scenarios/{name}",
    "Remove a scenario that was added; a file of that name is served again.",
    NamedScenario,
    ScenarioList,
    refuses=(404, 409),
)

OPERATIONS = (LIST, GET, SOURCE, PUT, CHECK, DELETE)
