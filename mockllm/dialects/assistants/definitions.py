"""Assistants themselves: a model with instructions and tools, under a name (the SDK's `resources/beta/assistants.py`).

Here: the endpoints and the table of parameters, which runs share. Not here: what is said (`threads.py`) and who answers
(`runs.py`).
"""

from collections.abc import Mapping
from typing import Any

from mockllm.dialects.base import Surroundings
from mockllm.dialects.cursor import page
from mockllm.dialects.kept import METADATA, Answered, changed, deleted, given, kept_or_404, new_id, values
from mockllm.dialects.rules import Decimal, Either, Fields, Items, Row, Tagged, Text, check_rows
from mockllm.request import JSON, Request
from mockllm.store import Stored

KIND = "assistant"

_FUNCTION = Fields((Row("name", Text(filled=True), required=True), Row("description", Text())))
TOOLS = Row(
    "tools",
    Items(
        Tagged(
            "type",
            {"code_interpreter": (), "file_search": (), "function": (Row("function", _FUNCTION, required=True),)},
        ),
        most=128,
    ),
)
COMMON: tuple[Row, ...] = (
    Row("instructions", Text(most=256_000)),
    TOOLS,
    METADATA,
    Row("temperature", Decimal(0, 2)),
    Row("top_p", Decimal(0, 1)),
    Row("response_format", Either((Text(), Fields((Row("type", Text(), required=True),))))),
)
"""What an assistant and a run can both say."""

_OWN: tuple[Row, ...] = (
    Row("name", Text(most=256)),
    Row("description", Text(most=512)),
    Row("tool_resources", Fields()),
    *COMMON,
)
_USUAL: Mapping[str, JSON] = {
    "name": None,
    "description": None,
    "model": "",
    "instructions": None,
    "tools": [],
    "metadata": {},
    "top_p": 1.0,
    "temperature": 1.0,
    "response_format": "auto",
    "tool_resources": {},
}


def find_assistant(surroundings: Surroundings, key: str) -> Stored:
    """The assistant of this id. Raises ApiError 404."""
    return kept_or_404(surroundings.store, KIND, key, f"No assistant found with id '{key}'.")


def _create(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    body: dict[str, Any] = dict(request.json)
    check_rows((Row("model", Text(filled=True), required=True), *_OWN), body)
    key = new_id(surroundings, "asst_")
    value: dict[str, JSON] = {"id": key, "object": KIND, "created_at": surroundings.created}
    value |= {name: usual if body.get(name) is None else body[name] for name, usual in _USUAL.items()}
    surroundings.store.put(Stored(KIND, key, value))
    return value


def _list(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return page(values(surroundings.store, KIND), request.call.parameters(), order="desc", before=True)


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return find_assistant(surroundings, parameters["id"]).value


def _update(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = find_assistant(surroundings, parameters["id"])
    check_rows((Row("model", Text(filled=True)), *_OWN), dict(request.json))
    said = given(request, *_USUAL)
    return changed(
        surroundings, kept, **{name: _USUAL[name] if value is None else value for name, value in said.items()}
    )


def _delete(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return deleted(surroundings, find_assistant(surroundings, parameters["id"]), "assistant.deleted")


CREATE = Answered("assistants", _create)
LIST = Answered("assistants.list", _list)
RETRIEVE = Answered("assistants.retrieve", _retrieve)
UPDATE = Answered("assistants.update", _update)
DELETE = Answered("assistants.delete", _delete)
