"""What a Chat Completions request must be, and how the real service refuses one that is not.

Here: the order of the checks. The rules are tables: `fields.py` (every parameter), `messages.py` and `tools.py` (the
inside of the larger ones); `history.py` is about messages together. The sentences are those of wire-contract §4.2 and
§7.7. Comments say "recorded" for what users of the real service have published and the contract does not have.
Not here: how a valid request is read (`chat/read.py`).
"""

import re
from collections.abc import Mapping
from typing import Any

from mockllm.dialects.body import unparsable
from mockllm.dialects.chat.validate.fields import FIELDS, KNOWN, NEEDS, REASONING_FIELDS
from mockllm.dialects.chat.validate.history import check_content, check_pairing, check_parts
from mockllm.dialects.chat.validate.tools import check_choices
from mockllm.dialects.rules import check_needs, check_rows, missing, refusal, unsupported_value

__all__ = ["is_reasoning_model", "validate"]

_MOST_TOP_LOGPROBS = 20

# o1, o3 and o4 with their variants, gpt-5 and its minor versions, under any namespace; gpt-5-chat does not reason.
_REASONING = re.compile(r"(?:^|[/:])(?:o[134]|gpt-5)(?!-chat)(?=$|[-.:@])")


def validate(body: object, *, strict: bool = False, reasoning_model: bool = False) -> None:
    """Accept the JSON body of a `POST /chat/completions`, or raise the ApiError of its first fault.

    The order is the real service's: model, presence of messages, unknown parameters, each parameter by the table,
    parameters together, what the model cannot do, and the messages together.

    `strict` refuses unknown top-level parameters (wire-contract §14 item 20). `reasoning_model` refuses what such
    models do not take: `max_tokens`, and a temperature other than 1. The body must be what `parse` returns: made of
    dict, list, str, int, float, bool and None. Every ApiError raised is a 400 of type `invalid_request_error`.
    """
    fields = _request(body)
    if strict:
        _check_known(fields)
    check_rows(REASONING_FIELDS if reasoning_model else FIELDS, fields)
    _check_together(fields)
    if reasoning_model:
        _check_temperature(fields)
    check_parts(fields["messages"])
    check_content(fields["messages"])
    check_pairing(fields["messages"])


def is_reasoning_model(model: str) -> bool:
    """Whether the name is that of a reasoning model: `o3-mini`, `gpt-5.1`, `openai/gpt-5`, but not `gpt-4o`."""
    return _REASONING.search(model) is not None


def _request(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise unparsable()
    model = body.get("model")
    if model is None or model == "":
        raise refusal("you must provide a model parameter")
    if not isinstance(model, str):
        # Recorded: a model of another type fails in the reader of the body, not in the table.
        raise unparsable()
    if "messages" not in body:
        raise missing("messages")
    return body


def _check_known(body: Mapping[str, Any]) -> None:
    unknown = sorted(body.keys() - KNOWN)
    if unknown:
        # The plural and its order are recorded.
        noun = "argument" if len(unknown) == 1 else "arguments"
        raise refusal(f"Unrecognized request {noun} supplied: {', '.join(unknown)}")


def _check_together(body: Mapping[str, Any]) -> None:
    check_needs(NEEDS, body)
    check_choices(body)
    top = body.get("top_logprobs")
    if top is not None and top > _MOST_TOP_LOGPROBS:
        # Recorded: the one bound that is reported in these words and without a code.
        message = f"Invalid value for 'top_logprobs': must be less than or equal to {_MOST_TOP_LOGPROBS}."
        raise refusal(message, param="top_logprobs")
    if "audio" in (body.get("modalities") or ()) and body.get("audio") is None:
        raise missing("audio")


def _check_temperature(body: Mapping[str, Any]) -> None:
    temperature = body.get("temperature")
    if temperature is not None and temperature != 1:
        raise unsupported_value("temperature", temperature, "Only the default (1) value is supported.")
