"""What the validator finds, in the words of the scenario language.

Strategy: one table from pydantic's kinds of error to sentences that say what was expected, what was found and, where
it helps, what to do. `base.py` passes every finding through here, so that no text of the validator's own reaches an
author. Not here: where a finding is in the file (`load.py`), and the words of the checks that classes make themselves.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from mockllm.units import REFUSAL, found

KEY = "scenario_key"
"""The error type of a finding about a key rather than its value."""

_OURS = frozenset({REFUSAL, KEY})
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_WORD = re.compile(r"'((?:[^'\\]|\\.)*)'|(\w+)")


def nearest(word: str, allowed: list[str]) -> str:
    """`did you mean 'x'? ` for a word close to an allowed one, else an empty string."""
    close = get_close_matches(word, allowed, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'? " if close else ""


def listed(words: list[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def told(details: ErrorDetails) -> str:
    """The finding as a sentence."""
    return details["msg"] if details["type"] in _OURS else _SENTENCES.get(details["type"], _plainly)(details)


def finding(details: ErrorDetails, message: str | None = None, *, start: int = 0) -> InitErrorDetails:
    """The finding in our words, in a form that can be raised again, without the first `start` steps of its place."""
    kind = details["type"] if details["type"] in _OURS else REFUSAL
    error = PydanticCustomError(kind, "{message}", {"message": told(details) if message is None else message})
    return InitErrorDetails(type=error, loc=details["loc"][start:], input=details["input"])


def key_finding(details: ErrorDetails, message: str) -> InitErrorDetails:
    """A finding about the key that its place ends in."""
    error = PydanticCustomError(KEY, "{message}", {"message": message})
    return InitErrorDetails(type=error, loc=details["loc"], input=details["input"])


def below(error: ValidationError, key: str) -> ValidationError:
    """The same findings in our words, at places that begin with this key."""
    lines = [finding({**details, "loc": (key, *details["loc"])}) for details in error.errors(include_url=False)]
    return ValidationError.from_exception_data(error.title, lines)


def remedy(details: ErrorDetails) -> str:
    """What to do about quotes, where they make the difference."""
    value = details["input"]
    if details["type"] == "string_type" and isinstance(value, (bool, int, float)):
        return ": put it in quotes"
    if details["type"] in {"int_type", "float_type"} and isinstance(value, str) and _NUMBER.fullmatch(value):
        return ": remove the quotes"
    return ""


def _expected(what: str) -> Callable[[ErrorDetails], str]:
    return lambda details: f"expected {what}, found {found(details['input'])}{remedy(details)}"


def _bound(words: str, name: str) -> Callable[[ErrorDetails], str]:
    return lambda details: f"expected {words} {details['ctx'][name]:.12g}, found {found(details['input'])}"


def _one_of(details: ErrorDetails) -> str:
    words = [word or bare.lower() for word, bare in _WORD.findall(details["ctx"]["expected"].replace(" or ", ", "))]
    value = details["input"]
    hint = nearest(value, words) if isinstance(value, str) else ""
    return f"expected {listed(words)}, found {found(value)}" + (f": {hint.rstrip()}" if hint else "")


def _plainly(details: ErrorDetails) -> str:
    message = details["msg"]
    return f"{message[0].lower()}{message[1:]}, found {found(details['input'])}"


_SENTENCES: Mapping[str, Callable[[ErrorDetails], str]] = {
    "value_error": lambda details: str(details["ctx"]["error"]),
    "missing": lambda details: f"the key '{details['loc'][-1]}' is missing",
    "string_type": _expected("a text"),
    "int_type": _expected("a whole number"),
    "float_type": _expected("a number"),
    "bool_type": _expected("true or false"),
    "tuple_type": _expected("a list"),
    "mapping_type": _expected("a mapping"),
    "dict_type": _expected("a mapping"),
    "model_type": _expected("a mapping"),
    "too_short": lambda _details: "the list is empty: give it at least one entry",
    "literal_error": _one_of,
    "greater_than": _bound("a value above", "gt"),
    "greater_than_equal": _bound("a value of at least", "ge"),
    "less_than_equal": _bound("a value of at most", "le"),
    "callable_type": _expected("a Python callable, which YAML cannot give"),
    "invalid_key": lambda details: f"a key must be text, found {found(details['input'])}: put it in quotes",
}
