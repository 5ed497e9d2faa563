"""A fault that a client asks for in a header, where the scenario lets it (`chaos: {header: ...}`).

Here: what the header's value may say: `reset@token:3`, or YAML as in an entry of `chaos`, without conditions. Not here:
which header it is (`chaos.py`) and what becomes of the answer (`fate.py`).
"""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from mockllm.errors import ApiError, ScenarioError
from mockllm.scenario.base import found
from mockllm.scenario.chaos import Blow
from mockllm.scenario.reader import path_text, read

_SHORT = re.compile(r"([A-Za-z0-9_]+)(?:@([a-z]+)(?::(\S+))?)?")
_FORMS = "write KIND@POSITION, such as reset@token:3 or close@headers, or YAML, such as {stall: {at: start, for: 2s}}"


def asked_for(header: str, text: str) -> Blow:
    """What the header's value asks for. Raises ApiError, a 400 that says what is wrong with it."""
    try:
        return Blow.model_validate(_written(text.strip(), header))
    except ValidationError as error:
        problems = [f"{path_text(details['loc'])}: {details['msg']}" for details in error.errors(include_url=False)]
        raise _refused(header, "; ".join(problem.removeprefix(": ") for problem in problems)) from None
    except ScenarioError as error:
        raise _refused(header, f"{'; '.join(problem.message for problem in error.problems)}; {_FORMS}") from None


def _written(text: str, header: str) -> object:
    """The value as an entry of `chaos` would have it."""
    if (match := _SHORT.fullmatch(text)) is not None:
        kind, position, value = match.groups()
        place = position if value is None else {position: int(value) if value.isdecimal() else value}
        return {"faults": {kind: {} if position is None else {"at": place}}}
    if not text:
        raise _refused(header, f"it is empty: {_FORMS}")
    value = read(text, source=header).value
    if isinstance(value, Mapping):
        return value if value.keys() & {"faults", "error"} else {"faults": value}
    if isinstance(value, list | tuple):
        return {"faults": value}
    raise _refused(header, f"{found(value)} asks for no fault: {_FORMS}")


def _refused(header: str, problem: str) -> ApiError:
    return ApiError(400, f"mockllm: the header {header} cannot be understood: {problem}", code="invalid_fault")
