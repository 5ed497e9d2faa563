"""JSONPaths: reading them, and how the library that follows them is met.

Here: everything that knows the library `python-jsonpath`, which is imported when the first path is read, because its
lexers are a tenth of what the command takes to start, and most scenarios have no path. Not here: what is tested there
(`json_match.py`), changed there (`faults/payload/patch.py`) or told there (`profile/places.py`).
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from pydantic import AfterValidator

from mockllm.request import JSON
from mockllm.scenario.base import found
from mockllm.units import refusal

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath, JSONPathMatch

_MOST_PATHS = 1_000


class Every:
    """What `[*]` stands for among the steps of a path."""


EVERY: Final = Every()

Step: TypeAlias = str | int | Every
"""One step of a plain path: a name, an index, or all there is."""


class PathFailedError(ValueError):
    """A path that cannot be followed in this value; the text is one line."""


@lru_cache(_MOST_PATHS)
def compiled_path(path: str) -> "JSONPath | CompoundJSONPath":
    """The JSONPath, ready to be searched with. Raises ValueError for a text that is none."""
    import jsonpath

    try:
        return jsonpath.compile(path)
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise refusal(f"{found(path)} is not a JSONPath: {_one_line(error)}") from None


def matches(path: str, value: JSON) -> "list[JSONPathMatch]":
    """What the path finds. Raises PathFailedError where it cannot be followed."""
    import jsonpath

    try:
        return list(compiled_path(path).finditer(value))
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise PathFailedError(_one_line(error)) from None


def _followable(path: str) -> str:
    compiled_path(path)
    return path


JSONPathText = Annotated[str, AfterValidator(_followable)]
"""A JSONPath, as its text."""


def single(path: str) -> "JSONPath":
    """The path, which is one. Raises ValueError for several that are joined."""
    import jsonpath

    compiled = compiled_path(path)
    if not isinstance(compiled, jsonpath.JSONPath):
        raise refusal(f"'{path}' joins several paths: write one entry for each")
    return compiled


@lru_cache(_MOST_PATHS)
def parent_of(path: str) -> "tuple[JSONPath, str | int]":
    """The path of the container and the key or index within it. Raises ValueError where the path does not end in one
    of these.
    """
    from jsonpath import JSONPath

    compiled = single(path)
    *rest, last = compiled.segments or (None,)
    key = None if last is None else _step(last)
    if key is None or isinstance(key, Every):
        raise refusal(f"'{path}' must end in a key or an index to be set, such as $.choices[0].delta.role")
    return JSONPath(env=compiled.env, segments=rest), key


def settable(path: str) -> str:
    """The path as it is. Raises ValueError for one that cannot be set."""
    parent_of(path)
    return path


def removable(path: str) -> str:
    """The path as it is. Raises ValueError for one that cannot be removed."""
    if not single(path).segments:
        raise refusal(f"'{path}' is the whole of the JSON, which cannot be removed: name a key or an index in it")
    return path


@lru_cache(_MOST_PATHS)
def plain_steps(path: str) -> tuple[Step, ...] | None:
    """The path as names, indexes and `[*]`; None if there is anything else in it."""
    from jsonpath import JSONPath

    compiled = compiled_path(path)
    if not isinstance(compiled, JSONPath):
        return None
    steps = [_step(segment) for segment in compiled.segments]
    return None if None in steps else tuple(step for step in steps if step is not None)


def _step(segment: object) -> Step | None:
    """A segment that is one name, one index or `[*]`."""
    from jsonpath.segments import JSONPathChildSegment
    from jsonpath.selectors import IndexSelector, NameSelector, WildcardSelector

    match segment:
        case JSONPathChildSegment(selectors=[selector] | (selector,)):
            pass
        case _:
            return None
    match selector:
        case NameSelector(name=name):
            return name
        case IndexSelector(index=index):
            return index
        case WildcardSelector():
            return EVERY
        case _:
            return None


def _one_line(error: Exception) -> str:
    """What is wrong, without the picture of the place that follows it."""
    return str(error).partition("\n")[0]
