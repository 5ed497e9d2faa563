"""The namespaces of a server: what each holds, and to begin anew.

Here: listing, showing, resetting and dropping them, the scenario and the chance of one, and what a strict test would
say of it. Not here: what happened in them (`journal.py`), their limits (`limits.py`), gates (`gates.py`) and faults
(`faults.py`).
"""

from typing import Any, ClassVar

from pydantic import Field

from mockllm.control.base import Answer, Ask, Name, Nothing, Operation
from mockllm.strict import Check


class Namespace(Answer):
    """What a namespace holds. `bound` says that it has a scenario of its own."""

    name: str
    scenario: str | None
    bound: bool
    exchanges: int
    open: int
    state: dict[str, Any] | None


class NamespaceList(Answer):
    """Every namespace that has state or a record, by name."""

    namespaces: tuple[str, ...]


class OneNamespace(Ask):
    """One namespace."""

    namespace: Name = Field(description="NAME, NAME@RUN, or @RUN for calls that name no scenario")


class Bind(Ask):
    """A scenario as YAML or as JSON, or the name of one that the server has."""

    whole: ClassVar[str] = "scenario"

    namespace: Name = Field(description="NAME, NAME@RUN, or @RUN for calls that name no scenario")
    named: Name | None = Field(default=None, description="serve the scenario of this name, and have no body")
    default: bool = Field(default=False, description="serve what BASE/v1 serves, and have no body")
    called: Name | None = Field(default=None, description="the name of the scenario in the body, if it has none")
    scenario: str | dict[str, Any] = Field(default="", description="the scenario")


class Dropped(Answer):
    """Whether there was anything to drop, and what is left."""

    dropped: bool
    namespaces: tuple[str, ...]


class Seeding(Answer):
    """The root of all chance in a namespace; null if it has no state and no scenario of its own."""

    namespace: str
    seed: int | None


class PutSeed(Ask):
    """A seed in place of the scenario's."""

    namespace: Name = Field(description="NAME, NAME@RUN, or @RUN for calls that name no scenario")
    seed: int = Field(ge=-(2**53), le=2**53, description="the root of all chance")


class AskProblems(Ask):
    """What a strict test would say of this namespace."""

    namespace: Name = Field(description="NAME, NAME@RUN, or @RUN for calls that name no scenario")
    allow: tuple[Check, ...] = Field(default=(), description="checks to leave out")
    pointed: bool = Field(default=False, description="whether the client was told of the server by its environment")


class Problems(Answer):
    """Everything that the script and the client disagree about, with its reason and its cure."""

    problems: tuple[str, ...]


LIST = Operation("listNamespaces", "GET", "/namespaces", "All namespaces.", Nothing, NamespaceList)
GET = Operation("getNamespace", "GET", "/namespaces/{namespace}", "What one holds.", OneNamespace, Namespace)
RESET_ALL = Operation(
    "resetAll", "POST", "/reset", "Forget all state and the journal; scenarios stay.", Nothing, NamespaceList
)
RESET = Operation(
    "resetNamespace",
    "POST",
    "/namespaces/{namespace}/reset",
    "Forget the state and the record of one; its scenario stays.",
    OneNamespace,
    Namespace,
)
DROP = Operation(
    "dropNamespace",
    "DELETE",
    "/namespaces/{namespace}",
    "Forget one: state, record, gates, faults, seed, and the scenario it was given.",
    OneNamespace,
    Dropped,
)
BIND = Operation(
    "bindScenario",
    "PUT",
    "/namespaces/{namespace}/scenario",
    "Give one namespace a scenario of its own, in its first state.",
    Bind,
    Namespace,
    refuses=(404, 409, 422),
)
GET_SEED = Operation("getSeed", "GET", "/namespaces/{namespace}/seed", "The root of its chance.", OneNamespace, Seeding)
PUT_SEED = Operation(
    "putSeed",
    "PUT",
    "/namespaces/{namespace}/seed",
    "Give it another root of chance; it begins anew.",
    PutSeed,
    Seeding,
    refuses=(404,),
)
PROBLEMS = Operation(
    "getProblems",
    "GET",
    "/namespaces/{namespace}/problems",
    "What a strict test would not pass over.",
    AskProblems,
    Problems,
)

OPERATIONS = (LIST, GET, RESET_ALL, RESET, DROP, BIND, GET_SEED, PUT_SEED, PROBLEMS)
