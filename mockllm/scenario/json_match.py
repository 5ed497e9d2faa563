"""Tests of the JSON body of a request, by JSONPath.

Here: compiling a path, what it finds, and equality as JSON has it. Look next at `match.py`, which has this as `json`.
Not here: changing JSON (`faults/payload.py`).
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated

import jsonpath
import orjson
from pydantic import AfterValidator, BeforeValidator

from mockllm.errors import MockLLMError
from mockllm.request import JSON
from mockllm.scenario.base import JSONValue, found
from mockllm.scenario.text import Difference, TextMatch
from mockllm.units import refusal

_COMPILED_PATHS = 1_000
_SHOWN = 3


class MatchError(MockLLMError):
    """A matcher that cannot be evaluated on this request."""


def _json_test(value: object) -> object:
    """A mapping that has only the keys of a text test is one; anything else is the value to be equal to."""
    if isinstance(value, Mapping) and value and set(value) <= set(TextMatch.allowed()):
        return TextMatch.model_validate(value)
    return value


JSONTest = Annotated[JSONValue, BeforeValidator(_json_test)]
"""A text test, or the value that is wanted."""


@lru_cache(maxsize=_COMPILED_PATHS)
def compiled_path(path: str) -> jsonpath.JSONPath | jsonpath.CompoundJSONPath:
    """The JSONPath, ready to be searched with. Raises ValueError for a text that is none."""
    try:
        return jsonpath.compile(path)
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise refusal(f"{found(path)} is not a JSONPath: {_one_line(error)}") from None


def _followable(path: str) -> str:
    compiled_path(path)
    return path


JSONPathText = Annotated[str, AfterValidator(_followable)]
"""A JSONPath, as its text."""


def _one_line(error: Exception) -> str:
    """What is wrong, without the picture of the place that follows it."""
    return str(error).partition("\n")[0]


def json_differences(wanted: Mapping[str, "JSON | TextMatch"], body: JSON) -> Iterator[Difference]:
    """Why this body does not pass. Raises MatchError where that cannot be told."""
    for path, test in wanted.items():
        values = _values(path, body)
        place = f'["{path}"]'
        if isinstance(test, TextMatch):
            reasons = [tuple(test.text_differences(_text(value))) for value in values]
            if not reasons:
                yield Difference(place, "a value", "none")
            elif all(reasons):
                yield from (difference.under(place) for difference in min(reasons, key=len))
        elif not any(_same(test, value) for value in values):
            yield Difference(place, found(test), ", ".join(map(found, values[:_SHOWN])) or "nothing")


def _values(path: str, body: JSON) -> list[JSON]:
    """What the path finds in the request. Raises MatchError where it cannot be followed."""
    try:
        return [match.obj for match in compiled_path(path).finditer(body)]  # type: ignore[misc] # JSON has JSON inside
    except (jsonpath.JSONPathError, RecursionError) as error:
        message = f'the matcher json["{path}"] cannot be evaluated on this request: {_one_line(error)}'
        raise MatchError(
            f"{message}. Correct the path, or put a matcher before it that keeps such requests away"
        ) from None


def _text(value: JSON) -> str:
    """A value as the text that a text test sees: texts as they are, the rest as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _same(wanted: JSON, value: JSON) -> bool:
    """Equality of JSON values: `true` is not 1, and 1 is 1.0."""
    match wanted:
        case bool() | None | str():
            return type(wanted) is type(value) and wanted == value
        case int() | float():
            return not isinstance(value, bool) and wanted == value
        case Mapping():
            return (
                isinstance(value, Mapping)
                and wanted.keys() == value.keys()
                and all(_same(item, value[key]) for key, item in wanted.items())
            )
        case _:
            return isinstance(value, list) and len(wanted) == len(value) and all(map(_same, wanted, value))
