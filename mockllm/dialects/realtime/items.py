"""The items of a Realtime conversation: what a client may add, and where.

Here: the checks of an item, its normal form, its place. Not here: what an answer adds (`stream.py`) and the rest of the
conversation (`dialogue.py`). The forms are those of the SDK's `types/realtime/conversation_item.py`; the sentences of
refusals are those of the other APIs, as none of this one are recorded.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mockllm.errors import ApiError

Item = Mapping[str, Any]
Items = tuple[Item, ...]

_PARTS: Mapping[str, frozenset[str]] = {
    "user": frozenset({"input_text", "input_audio", "input_image"}),
    "system": frozenset({"input_text"}),
    "assistant": frozenset({"output_text", "output_audio"}),
}
# What an item of a type must have; others are taken as they are.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "message": ("role", "content"),
    "function_call": ("name", "arguments"),
    "function_call_output": ("call_id", "output"),
    "mcp_approval_response": ("approval_request_id", "approve"),
    "mcp_approval_request": ("name", "server_label", "arguments"),
    "mcp_list_tools": ("server_label", "tools"),
    "mcp_call": ("name", "server_label", "arguments"),
}

# What is a text in every item that has it.
_TEXTS = ("id", "name", "arguments", "call_id", "output")


def normal(item: object, key: str, place: str = "item") -> Item:
    """The item with its id and its state. Raises ApiError 400 for what is no item of a conversation."""
    if not isinstance(item, Mapping):
        raise _missing(place)
    kind = item.get("type")
    if kind is None:
        raise _missing(f"{place}.type")
    if not isinstance(kind, str) or kind not in _NEEDS:
        raise _invalid(f"{place}.type", kind, tuple(_NEEDS))
    for name in _NEEDS[kind]:
        if item.get(name) is None:
            raise _missing(f"{place}.{name}")
    for name in _TEXTS:
        if not isinstance(item.get(name, ""), str | None):
            message = f"Invalid type for '{place}.{name}': expected a string."
            raise ApiError(400, message, code="invalid_type", param=f"{place}.{name}")
    given = {name: value for name, value in item.items() if name not in {"id", "type", "status", "object"}}
    if kind == "message":
        _check_message(item, place)
        given = {"role": item["role"], "content": [_shown(part) for part in item["content"]]}
    return {"id": item.get("id") or key, "type": kind, "status": "completed", **given}


def placed(items: Items, new: Item, after: object) -> tuple[Items, str | None]:
    """The items with the new one after the one of this id, and which that is: the last if none is said, none for
    `root`. Raises ApiError 400 for an id that is not there, or that the new one would have twice.
    """
    if any(item["id"] == new["id"] for item in items):
        message = f"Error adding item: an item with id '{new['id']}' already exists."
        raise ApiError(400, message, code="item_create_duplicate_item_id", param="item.id")
    if after is None:
        return (*items, new), (items[-1]["id"] if items else None)
    if after == "root":
        return (new, *items), None
    index = find(items, after, "create", "previous_item_id")
    return (*items[: index + 1], new, *items[index + 1 :]), items[index]["id"]


def find(items: Items, key: object, verb: str, param: str = "item_id") -> int:
    """Where the item of this id is. Raises ApiError 400 if it is not there."""
    index = next((index for index, item in enumerate(items) if item["id"] == key), None)
    if index is None:
        doing = {"create": "adding", "delete": "deleting", "retrieve": "retrieving", "truncate": "truncating"}[verb]
        message = f"Error {doing} item: the item with id '{key}' does not exist."
        raise ApiError(400, message, code=f"item_{verb}_invalid_item_id", param=param)
    return index


def _check_message(item: Item, place: str) -> None:
    role, content = item["role"], item["content"]
    if not isinstance(role, str) or role not in _PARTS:
        raise _invalid(f"{place}.role", role, tuple(_PARTS))
    if not isinstance(content, Sequence) or isinstance(content, str):
        message = f"Invalid type for '{place}.content': expected an array of objects."
        raise ApiError(400, message, code="invalid_type", param=f"{place}.content")
    for number, part in enumerate(content):
        kind = part.get("type") if isinstance(part, Mapping) else part
        if not isinstance(kind, str) or kind not in _PARTS[role]:
            raise _invalid(f"{place}.content[{number}].type", kind, tuple(sorted(_PARTS[role])))


def _shown(part: Item) -> Item:
    """The part as the service tells it: without the sound that the client sent."""
    if part["type"] not in {"input_audio", "output_audio"}:
        return part
    return {name: part[name] for name in ("type", "transcript") if part.get(name) is not None}


def _missing(path: str) -> ApiError:
    return ApiError(400, f"Missing required parameter: '{path}'.", code="missing_required_parameter", param=path)


def _invalid(path: str, value: object, known: Sequence[str]) -> ApiError:
    listed = ", ".join(f"'{name}'" for name in known[:-1])
    allowed = f"{listed} and '{known[-1]}'" if listed else f"'{known[-1]}'"
    message = f"Invalid value: '{value}'. Supported values are: {allowed}."
    return ApiError(400, message, code="invalid_value", param=path)
