"""Embeddings, `POST /embeddings` (wire-contract §6): a unit vector for each input.

Here: the endpoint and the table of its parameters. Not here: the vectors (`vectors.py`) and the counting of tokens
(`fill/`).
"""

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockllm.dialects.base import Layout, Surroundings
from mockllm.dialects.rules import Choice, Row, Text, Whole, check_rows, missing, refusal
from mockllm.dialects.vectors import USUAL_SIZE, bare, size_of, vector
from mockllm.request import JSON, Message, Request

MOST_INPUTS = 2_048
"""How many inputs one request may have."""

_FIXED_SIZE = "text-embedding-ada-002"

_INVALID = "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."

FIELDS: tuple[Row, ...] = (
    Row("encoding_format", Choice(("float", "base64"))),
    Row("dimensions", Whole(1)),
    Row("user", Text()),
)
"""Every parameter except `model` and `input`, whose refusals have words of their own."""


class _Embeddings:
    api = "embeddings"
    layout = Layout()

    def answer(self, request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
        """A list with a vector for each input, in their order. Raises ApiError 400 for what cannot be embedded."""
        body = request.json
        texts = _inputs(body)
        if not request.model:
            raise refusal("you must provide a model parameter")
        check_rows(FIELDS, dict(body))
        size = _size(request.model, body.get("dimensions"))
        write = _base64 if body.get("encoding_format") == "base64" else _floats
        data: list[JSON] = [
            {"object": "embedding", "index": index, "embedding": write(vector(text, request.model, size))}
            for index, text in enumerate(texts)
        ]
        told = replace(request, messages=tuple(Message("user", text) for text in texts))
        tokens = surroundings.count_tokens(told)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "data": data, "model": request.model, "usage": usage}


def _inputs(body: Mapping[str, Any]) -> Sequence[str]:
    """The text of each input; what is given as tokens is told by their numbers."""
    if "input" not in body:
        raise missing("input")
    value = body["input"]
    if isinstance(value, str) and value:
        return (value,)
    if isinstance(value, list) and 0 < len(value) <= MOST_INPUTS:
        if all(map(_is_token, value)):
            return (" ".join(map(str, value)),)
        if all(isinstance(entry, str) and entry for entry in value):
            return value
        if all(isinstance(entry, list) and entry and all(map(_is_token, entry)) for entry in value):
            return [" ".join(map(str, entry)) for entry in value]
    raise refusal(_INVALID)


def _is_token(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _size(model: str, asked: Any) -> int:
    most = size_of(model)
    if asked is None:
        return most or USUAL_SIZE
    if bare(model) == _FIXED_SIZE:
        raise refusal("This model does not support specifying dimensions.")
    if most is not None and asked > most:
        raise refusal(f"Invalid value for 'dimensions' = {asked}. Must be less than or equal to {most}.")
    return int(asked)


def _floats(numbers: tuple[float, ...]) -> JSON:
    # Nine digits are enough to tell one number of 32 bits from every other.
    return [float(f"{number:.9g}") for number in numbers]


def _base64(numbers: tuple[float, ...]) -> JSON:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


EMBEDDINGS = _Embeddings()
