"""Where a JSONPath leads in the JSON of a chunk.

A profile looks at a dozen paths in every chunk of every stream, and nearly all of them are made of names, indexes and
`[*]`; those are walked here, and all others are left to the library, which finds the same. Not here: what is done there
(`shape.py`).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, TypeAlias

import jsonpath
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import IndexSelector, NameSelector, WildcardSelector

from mockllm.request import JSON
from mockllm.scenario.faults.payload.patch import parent_of
from mockllm.scenario.json_match import compiled_path

_MOST_PATHS = 1_000


class _Every:
    """What `[*]` stands for."""


_EVERY: Final = _Every()
_Step: TypeAlias = str | int | _Every


def containers(path: str, data: JSON) -> tuple[list[Any], str | int]:
    """The mappings and lists that hold what the path ends in, and the key or index there. The path is one that can be
    set.
    """
    parent, key = parent_of(path)
    return [found for found in _found(parent, _steps(f"parent of {path}", parent), data) if _holds(found)], key


def targets(path: str, data: JSON) -> list[Any]:
    """All that the path leads to."""
    compiled = compiled_path(path)
    return _found(compiled, _steps(path, compiled), data)


def _holds(value: object) -> bool:
    return isinstance(value, (dict, list))


def _found(
    compiled: jsonpath.JSONPath | jsonpath.CompoundJSONPath, steps: tuple[_Step, ...] | None, data: JSON
) -> list[Any]:
    if steps is None:
        return [match.obj for match in compiled.finditer(data)]
    values: list[Any] = [data]
    for step in steps:
        values = [inner for value in values for inner in _step(value, step)]
    return values


def _step(value: Any, step: _Step) -> Iterable[Any]:
    match value, step:
        case dict(), str():
            return (value[step],) if step in value else ()
        case dict(), _Every():
            return value.values()
        case list(), _Every():
            return value
        case list(), int() if -len(value) <= step < len(value):
            return (value[step],)
        case _:
            return ()


@lru_cache(_MOST_PATHS)
def _steps(_path: str, compiled: jsonpath.JSONPath | jsonpath.CompoundJSONPath) -> tuple[_Step, ...] | None:
    """The path as names, indexes and `[*]`; None if there is anything else in it."""
    if not isinstance(compiled, jsonpath.JSONPath):
        return None
    steps: list[_Step] = []
    for segment in compiled.segments:
        match segment:
            case JSONPathChildSegment(selectors=(NameSelector(name=name),)):
                steps.append(name)
            case JSONPathChildSegment(selectors=(IndexSelector(index=index),)):
                steps.append(index)
            case JSONPathChildSegment(selectors=(WildcardSelector(),)):
                steps.append(_EVERY)
            case _:
                return None
    return tuple(steps)
