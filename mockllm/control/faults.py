"""Faults that are added to a namespace while it is in use, with a time to live.

Here: adding one, listing them, taking all of them away. Not here: what a fault does (`scenario/faults/`) and the words
of an entry (`scenario/chaos.py`).
"""

from typing import Any

from pydantic import Field

from mockllm.control.base import Answer, Ask, Operation
from mockllm.control.namespaces import OneNamespace

MOST_FAULTS = 100
"""How many faults can be added to one namespace."""

MOST_LIFE_S = 86_400.0
"""The longest life of a fault."""

MOST_CALLS = 1_000_000


class AddFault(Ask):
    """An entry of `chaos`, as a scenario would write it, and how long it lives: for so many seconds, so many calls, or
    whichever of the two ends first.
    """

    namespace: str = Field(
        min_length=1, max_length=200, description="NAME, NAME@RUN, or @RUN for calls that name no scenario"
    )
    entry: dict[str, Any] = Field(description="an entry of chaos, such as {chance: 5%, faults: {reset: {at: headers}}}")
    for_s: float | None = Field(default=None, gt=0, le=MOST_LIFE_S, description="how many seconds it lives")
    calls: int | None = Field(default=None, ge=1, le=MOST_CALLS, description="for how many calls it lives")


class AddedFault(Answer):
    """A fault that was added: how many calls it could act on, on how many it did, and whether it still lives."""

    entry: dict[str, Any]
    for_s: float | None
    calls: int | None
    seen: int
    acted: int
    alive: bool


class FaultList(Answer):
    """All that were added, in order."""

    namespace: str
    faults: tuple[AddedFault, ...]


LIST = Operation(
    "listFaults", "GET", "/namespaces/{namespace}/faults", "The faults that were added.", OneNamespace, FaultList
)
ADD = Operation(
    "addFault",
    "POST",
    "/namespaces/{namespace}/faults",
    "Add a fault for some seconds or calls; nothing else of its state changes.",
    AddFault,
    FaultList,
    refuses=(404, 409, 422),
)
CLEAR = Operation(
    "clearFaults",
    "DELETE",
    "/namespaces/{namespace}/faults",
    "Take away the faults that were added.",
    OneNamespace,
    FaultList,
)

OPERATIONS = (LIST, ADD, CLEAR)
