"""What a Responses request must be, and how the real service refuses one that is not.

Here: the order of the checks. The rules are tables: `fields.py` (every parameter), `items.py` (the items of the
input), `tools.py`; `history.py` is about items together. The sentences are those of wire-contract §4.2 and §7.7.
Not here: how a valid request is read (`responses/read.py`).
"""

from collections.abc import Mapping
from typing import Any

from mockllm.dialects.body import unparsable
from mockllm.dialects.responses.defaults import defaults
from mockllm.dialects.responses.validate.fields import COUNTED, FIELDS, KNOWN
from mockllm.dialects.responses.validate.history import check_pairing
from mockllm.dialects.responses.validate.tools import check_choice
from mockllm.dialects.rules import check_rows, missing, refusal

__all__ = ["check_pairing", "validate", "validate_input"]

# Where a request can get its words from.
_SOURCES = ("input", "previous_response_id", "prompt", "conversation")


def validate(body: object, *, strict: bool = False) -> Mapping[str, Any]:
    """The JSON body of a `POST /responses`, if it can be accepted; raises the ApiError of its first fault otherwise.

    `strict` refuses unknown parameters (wire-contract §14 item 20), and a temperature for a model that reasons. The
    body must be what `parse` returns. Every ApiError raised is a 400 of type `invalid_request_error`.
    """
    fields = _object(body)
    if strict:
        _check_known(fields)
    check_rows(FIELDS, fields)
    _check_source(fields)
    _check_state(fields)
    check_choice(fields)
    if strict:
        _check_temperature(fields)
    return fields


def validate_input(body: object, *, with_model: bool = False) -> Mapping[str, Any]:
    """What counts in the JSON body of a `POST /responses/input_tokens`, if it can be accepted. `with_model` demands a
    model, as `POST /responses/compact` does.
    """
    fields = _object(body)
    if with_model and fields.get("model") is None:
        raise missing("model")
    check_rows(COUNTED, fields)
    _check_source(fields)
    _check_state(fields)
    return {row.name: fields[row.name] for row in COUNTED if row.name in fields}


def _object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise unparsable()
    return body


def _check_known(fields: Mapping[str, Any]) -> None:
    unknown = next((name for name in fields if name not in KNOWN), None)
    if unknown is not None:
        raise refusal(f"Unknown parameter: '{unknown}'.", code="unknown_parameter", param=unknown)


def _check_source(fields: Mapping[str, Any]) -> None:
    if all(fields.get(name) is None for name in _SOURCES):
        sentence = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided."
        raise refusal(sentence, code="missing_required_parameter", param="input")


def _check_state(fields: Mapping[str, Any]) -> None:
    """What a request continues, and what is kept of it. The words for the second are not recorded."""
    if fields.get("previous_response_id") is not None and fields.get("conversation") is not None:
        sentence = (
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing "
            "one of: 'previous_response_id' or 'conversation'."
        )
        raise refusal(sentence, param="previous_response_id")
    if fields.get("background") is True and fields.get("store") is False:
        raise refusal("Background mode requires 'store' to be true.", param="store")


def _check_temperature(fields: Mapping[str, Any]) -> None:
    effort = (fields.get("reasoning") or {}).get("effort") or defaults(fields["model"]).effort
    reasons = defaults(fields["model"]).effort is not None and effort != "none"
    if reasons and fields.get("temperature") is not None:
        sentence = "Unsupported parameter: 'temperature' is not supported with this model."
        raise refusal(sentence, param="temperature")
