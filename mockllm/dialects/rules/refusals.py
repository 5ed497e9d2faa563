"""The sentences that refuse a request body.

Here: one function for each kind of fault, from the path and what was found to the ApiError (wire-contract §4.2). Where
the contract is silent the wording is the one that users of the real service have recorded. Not here: which value earns
which refusal (`scalars.py`, `composites.py`), and sentences that only one dialect has.
"""

from collections.abc import Mapping, Sequence

from mockllm.errors import ApiError

_KINDS: Mapping[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal number",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def refusal(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    """A 400 of type `invalid_request_error`."""
    return ApiError(400, message, code=code, param=param)


def missing(path: str) -> ApiError:
    """The refusal of an object without a required member."""
    return refusal(f"Missing required parameter: '{path}'.", code="missing_required_parameter", param=path)


def wrong_type(path: str, expected: str, value: object) -> ApiError:
    """The refusal of a value of another JSON type; `expected` has its article (`a string`)."""
    message = f"Invalid type for '{path}': expected {expected}, but got {_KINDS[type(value)]} instead."
    return refusal(message, code="invalid_type", param=path)


def outside(path: str, code: str, problem: str, *, expected: str, got: str) -> ApiError:
    """The refusal of a value of the right type beyond a limit: too small, too long, empty, and so on."""
    return refusal(f"Invalid '{path}': {problem}. Expected {expected}, but got {got} instead.", code=code, param=path)


def unmatched(path: str, pattern: str) -> ApiError:
    """The refusal of a string that does not match a pattern."""
    message = f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern"
    return refusal(f"{message} '{pattern}'.", code="invalid_value", param=path)


def unknown_value(path: str, value: str, supported: Sequence[str]) -> ApiError:
    """The refusal of a string outside an enumeration."""
    message = f"Invalid value: '{value}'. Supported values are: {listing(supported, 'and')}."
    return refusal(message, code="invalid_value", param=path)


def unsupported_value(path: str, value: object, remark: str) -> ApiError:
    """The refusal of a value that this model does not take, quoted in Python's notation as the service does."""
    message = f"Unsupported value: '{path}' does not support {value!r} with this model. {remark}"
    return refusal(message, code="unsupported_value", param=path)


def listing(values: Sequence[str], last: str) -> str:
    """Quoted values as a phrase: `'a'`, `'a' or 'b'`, `'a', 'b', or 'c'`."""
    return phrase_list([f"'{value}'" for value in values], last)


def phrase_list(words: Sequence[str], last: str) -> str:
    """Words with commas and `last` before the last one; two words get no comma."""
    *most, final = words
    match most:
        case []:
            return final
        case [only]:
            return f"{only} {last} {final}"
        case _:
            return f"{', '.join(most)}, {last} {final}"


def join(path: str, name: str) -> str:
    """The path of a member: `model`, `messages[0].role`."""
    return f"{path}.{name}" if path else name
