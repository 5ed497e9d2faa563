"""Stored chat completions: list, retrieve, update, delete, messages (wire-contract §5.5).

Here: what is kept of a turn whose request says `store: true`, and the endpoints that show it. Not here: the store
itself (`mockllm/store.py`).
"""

from collections.abc import Mapping
from typing import Any

from mockllm.dialects.base import Surroundings
from mockllm.dialects.chat import write
from mockllm.dialects.cursor import page
from mockllm.dialects.kept import Answered, details, kept_or_404
from mockllm.dialects.rules import missing
from mockllm.request import JSON, Request
from mockllm.store import Stored
from mockllm.turn import Turn

KIND = "chat.completion"

# Sampling parameters that a stored completion echoes, with the value that stands for "not given".
_ECHOED: Mapping[str, JSON] = {
    "temperature": 1.0,
    "top_p": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "seed": None,
    "tools": None,
    "tool_choice": None,
    "response_format": None,
}


def stored(turn: Turn, request: Request, request_id: str) -> tuple[Stored, ...]:
    """The completion and its input messages, if the request asks to keep them."""
    if not request.store:
        return ()
    key = write.completion_id(turn, request)
    echoed = {name: request.json.get(name, default) for name, default in _ECHOED.items()}
    value = {
        **write.body(turn, request),
        "metadata": request.json.get("metadata") or {},
        "request_id": request_id,
        **echoed,
        "input_user": request.json.get("user"),
    }
    messages = request.json.get("messages")
    details = tuple(
        {"id": f"{key}-{index}", "name": None, **_kept(message)}
        for index, message in enumerate(messages if isinstance(messages, list) else ())
    )
    return (Stored(KIND, key, value, details),)


def _kept(message: Mapping[str, Any]) -> dict[str, JSON]:
    """A stored message: a list of parts goes to `content_parts`, and `content` is then null."""
    content = message.get("content")
    is_list = isinstance(content, list)
    return {
        "role": message["role"],
        "content": None if is_list else content,
        "content_parts": content if is_list else None,
        **{key: value for key, value in message.items() if key not in {"role", "content"}},
    }


def _list(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    query = request.call.parameters()
    wanted = {key[len("metadata[") : -1]: value for key, value in query.items() if key.startswith("metadata[")}
    items = [
        kept.value
        for kept in surroundings.store.all(KIND)
        if _has(kept, wanted) and query.get("model", kept.value["model"]) == kept.value["model"]
    ]
    return page(items, query, order="asc")


def _has(kept: Stored, wanted: Mapping[str, str]) -> bool:
    metadata = kept.value["metadata"]
    return isinstance(metadata, Mapping) and all(metadata.get(key) == value for key, value in wanted.items())


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return _found(parameters["id"], surroundings).value


def _update(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = _found(parameters["id"], surroundings)
    metadata = request.json.get("metadata")
    if not isinstance(metadata, Mapping):
        raise missing("metadata")
    updated = Stored(KIND, kept.id, {**kept.value, "metadata": metadata}, kept.details)
    surroundings.store.put(updated)
    return updated.value


def _delete(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = _found(parameters["id"], surroundings)
    surroundings.store.delete(KIND, kept.id)
    return {"id": kept.id, "object": "chat.completion.deleted", "deleted": True}


def _messages(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = _found(parameters["id"], surroundings)
    return page(details(kept), request.call.parameters(), order="asc")


def _found(key: str, surroundings: Surroundings) -> Stored:
    return kept_or_404(surroundings.store, KIND, key, f"Chat completion with id '{key}' not found.")


LIST = Answered("chat.list", _list)
RETRIEVE = Answered("chat.retrieve", _retrieve)
UPDATE = Answered("chat.update", _update)
DELETE = Answered("chat.delete", _delete)
MESSAGES = Answered("chat.messages", _messages)
