"""Tests of the JSON body of a request, by JSONPath.

Here: what a path must find, and equality as JSON has it. Look next at `match.py`, which has this as `json`. Not here:
the paths themselves (`json_path.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

import orjson
from pydantic import BeforeValidator

from mockllm.errors import MockLLMError
from mockllm.request import JSON
from mockllm.scenario.base import JSONValue, found
from mockllm.scenario.json_path import PathFailedError, matches
from mockllm.scenario.text import Difference, TextMatch

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
        return [match.obj for match in matches(path, body)]  # type: ignore[misc] # JSON has JSON inside
    except PathFailedError as error:
        message = f'the matcher json["{path}"] cannot be evaluated on this request: {error}'
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
