"""Conversations: items that are kept under one id, which responses continue and add to (wire-contract §7.6).

Here: the endpoints of conversations and of their items, and what a response reads from one and adds to it. Not here:
the items' own form (`listed.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mockllm.dialects.base import Layout, Surroundings
from mockllm.dialects.cursor import page
from mockllm.dialects.kept import METADATA, Answered, changed, deleted, details, given, kept_or_404
from mockllm.dialects.responses.listed import listed
from mockllm.dialects.responses.read import Item
from mockllm.dialects.responses.validate.items import ITEM
from mockllm.dialects.rules import Items, Row, check_rows
from mockllm.errors import ApiError
from mockllm.request import JSON, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored

KIND = "conversation"

_DIGITS = 48
_MOST_AT_ONCE = 20
_LAYOUT = Layout(newline=False)

_CREATED = (Row("items", Items(ITEM, most=_MOST_AT_ONCE)), METADATA)
_UPDATED = (replace(METADATA, required=True),)
_ADDED = (Row("items", Items(ITEM, most=_MOST_AT_ONCE), required=True),)


def conversation_of(body: Mapping[str, JSON]) -> str | None:
    """The id of the conversation that a request for a response belongs to."""
    named = body.get("conversation")
    key = named.get("id") if isinstance(named, Mapping) else named
    return key if isinstance(key, str) else None


def items_of(store: Store, key: str) -> Sequence[Item]:
    """All items of a conversation, oldest first. Raises ApiError 404 if it is not kept."""
    return details(kept_or_404(store, KIND, key, _unknown(key), param="conversation"))


def addition(key: str, items: Sequence[JSON]) -> Stored:
    """What adds these items to the conversation when it is put."""
    return Stored(KIND, key, {}, tuple(items), extends=True)


def _create(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    check_rows(_CREATED, request.json)
    seed = _anew(surroundings)
    value: dict[str, JSON] = {"id": f"conv_{seed.hex(_DIGITS)}", "object": KIND, "created_at": surroundings.created}
    value["metadata"] = request.json.get("metadata") or {}
    surroundings.store.put(Stored(KIND, str(value["id"]), value, _written(request, seed)))
    return value


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return _kept(parameters, surroundings).value


def _update(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = _kept(parameters, surroundings)
    check_rows(_UPDATED, request.json)
    return changed(surroundings, kept, **given(request, "metadata"))


def _delete(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return deleted(surroundings, _kept(parameters, surroundings), "conversation.deleted")


def _add(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = _kept(parameters, surroundings)
    check_rows(_ADDED, request.json)
    added = _written(request, _anew(surroundings))
    surroundings.store.put(addition(kept.id, added))
    return page([item for item in added if isinstance(item, Mapping)], {"limit": str(_MOST_AT_ONCE)}, order="asc")


def _items(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return page(details(_kept(parameters, surroundings)), request.call.parameters(), order="desc")


def _item(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return _found(_kept(parameters, surroundings), parameters["item"])


def _delete_item(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    """The conversation without the item; it is the conversation that is answered."""
    kept = _kept(parameters, surroundings)
    gone = _found(kept, parameters["item"])
    surroundings.store.put(replace(kept, details=tuple(item for item in details(kept) if item is not gone)))
    return kept.value


def _kept(parameters: Mapping[str, str], surroundings: Surroundings) -> Stored:
    return kept_or_404(surroundings.store, KIND, parameters["id"], _unknown(parameters["id"]))


def _unknown(key: str) -> str:
    return f"Conversation with id '{key}' not found."


def _found(kept: Stored, key: str) -> Item:
    for item in details(kept):
        if item["id"] == key:
            return item
    raise ApiError(404, f"Item with id '{key}' not found in conversation with id '{kept.id}'.")


def _anew(surroundings: Surroundings) -> Seed:
    """The chance of this request, another one each time it comes."""
    return surroundings.seed.child(KIND, surroundings.store.number(surroundings.seed.child(KIND).key))


def _written(request: Request, seed: Seed) -> tuple[JSON, ...]:
    given_items = request.json.get("items")
    items = [item for item in given_items if isinstance(item, Mapping)] if isinstance(given_items, list) else []
    return listed(items, lambda prefix, index: f"{prefix}_{seed.child(index).hex(_DIGITS)}")


CREATE = Answered("conversations.create", _create, _LAYOUT)
RETRIEVE = Answered("conversations.retrieve", _retrieve, _LAYOUT)
UPDATE = Answered("conversations.update", _update, _LAYOUT)
DELETE = Answered("conversations.delete", _delete, _LAYOUT)
ADD_ITEMS = Answered("conversations.items.create", _add, _LAYOUT)
ITEMS = Answered("conversations.items", _items, _LAYOUT)
ITEM_RETRIEVE = Answered("conversations.items.retrieve", _item, _LAYOUT)
ITEM_DELETE = Answered("conversations.items.delete", _delete_item, _LAYOUT)
