"""All operations of the control API, and how a method and a path lead to one.

Here: the table and the search in it. Not here: the rows (one file for each subject).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from mockllm.control import clock, events, exchanges, faults, gates, journal, limits, namespaces, scenarios, status
from mockllm.control.base import PREFIX, AnyOperation, ControlError
from mockllm.scenario.base import nearest

OPERATIONS: tuple[AnyOperation, ...] = (
    *status.OPERATIONS,
    *scenarios.OPERATIONS,
    *namespaces.OPERATIONS,
    *journal.OPERATIONS,
    *exchanges.OPERATIONS,
    *events.OPERATIONS,
    *gates.OPERATIONS,
    *faults.OPERATIONS,
    *limits.OPERATIONS,
    *clock.OPERATIONS,
)


@dataclass(frozen=True, slots=True)
class Found:
    """An operation, and what the path says for it."""

    operation: AnyOperation
    in_path: Mapping[str, str]


def find(method: str, path: str) -> Found:
    """The operation at this path, percent-encoded as it came; the segments are decoded one by one, so a name may hold a
    slash.

    Raises ControlError 404 for a path that has none and 405 for one that has some, but not for this method.
    """
    segments = path.removeprefix(PREFIX).split("/")
    here = [
        Found(operation, named)
        for operation in OPERATIONS
        if (named := _named(operation.path.split("/"), segments)) is not None
    ]
    for found in here:
        if found.operation.method == method:
            return found
    if here:
        methods = ", ".join(sorted({found.operation.method for found in here}))
        detail = f"{method} was asked of {path}, which knows only {methods}"
        raise ControlError(405, "wrong_method", detail, headers={"Allow": methods})
    known = [PREFIX + operation.path for operation in OPERATIONS]
    hint = nearest(path, known)
    raise ControlError(404, "no_such_operation", f"there is nothing at {path}: {hint}see {PREFIX}/openapi.json")


def _named(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    named: dict[str, str] = {}
    for wanted, segment in zip(pattern, segments, strict=True):
        if wanted.startswith("{"):
            named[wanted[1:-1]] = unquote(segment, errors="replace")
        elif wanted != segment:
            return None
    return named
