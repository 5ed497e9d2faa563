"""Moderations, `POST /moderations` (wire-contract §6): a judgement of each text, or of one text with images.

Here: the endpoint and the table of its parameters. Not here: the judgement (`judgement.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mockllm.dialects.base import Layout, Surroundings
from mockllm.dialects.judgement import judgement
from mockllm.dialects.rules import Either, Fields, Items, Row, Tagged, Text, check_rows
from mockllm.request import JSON, Request

_DEFAULT_MODEL = "omni-moderation-latest"

_PART = Tagged(
    "type",
    {
        "text": (Row("text", Text(), required=True),),
        "image_url": (Row("image_url", Fields((Row("url", Text(), required=True),)), required=True),),
    },
)
FIELDS: tuple[Row, ...] = (
    Row("input", Either((Text(), Items(Text()), Items(_PART))), required=True),
    Row("model", Text()),
)
"""Every parameter."""


class _Moderations:
    api = "moderations"
    layout = Layout()

    def answer(self, request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
        """A result for each text, or one for a list of parts. Raises ApiError 400 for what is no input."""
        check_rows(FIELDS, dict(request.json))
        model = request.model or _DEFAULT_MODEL
        results: list[JSON] = [judgement(model, text, kinds=kinds) for text, kinds in _inputs(request.json["input"])]
        return {"id": f"modr-{surroundings.seed.child('id').alphanumeric(29)}", "model": model, "results": results}


def _inputs(value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each text to judge, with the kinds of input that it stands for."""
    if isinstance(value, str):
        yield value, ("text",)
    elif all(isinstance(entry, str) for entry in value):
        yield from ((text, ("text",)) for text in value)
    else:
        kinds = tuple({part["type"].removesuffix("_url"): None for part in value})
        yield "\n".join(part["text"] if part["type"] == "text" else part["image_url"]["url"] for part in value), kinds


MODERATIONS = _Moderations()
