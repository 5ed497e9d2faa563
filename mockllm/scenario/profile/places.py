"""Where a JSONPath leads in the JSON of a chunk.

A profile looks at a dozen paths in every chunk of every stream, and nearly all of them are made of names, indexes and
`[*]`; those are walked here, and all others are left to the library, which finds the same. Not here: what is done there
(`shape.py`).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mockllm.request import JSON
from mockllm.scenario.json_path import Every, Step, compiled_path, parent_of, plain_steps

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath


def containers(path: str, data: JSON) -> tuple[list[Any], str | int]:
    """The mappings and lists that hold what the path ends in, and the key or index there. The path is one that can be
    set.
    """
    parent, key = parent_of(path)
    steps = plain_steps(path)
    return [found for found in _found(parent, steps and steps[:-1], data) if isinstance(found, (dict, list))], key


def targets(path: str, data: JSON) -> list[Any]:
    """All that the path leads to."""
    return _found(compiled_path(path), plain_steps(path), data)


def _found(compiled: "JSONPath | CompoundJSONPath", steps: tuple[Step, ...] | None, data: JSON) -> list[Any]:
    if steps is None:
        return [match.obj for match in compiled.finditer(data)]
    values: list[Any] = [data]
    for step in steps:
        values = [inner for value in values for inner in _step(value, step)]
    return values


def _step(value: Any, step: Step) -> Iterable[Any]:
    match value, step:
        case dict(), str():
            return (value[step],) if step in value else ()
        case dict(), Every():
            return value.values()
        case list(), Every():
            return value
        case list(), int() if -len(value) <= step < len(value):
            return (value[step],)
        case _:
            return ()
