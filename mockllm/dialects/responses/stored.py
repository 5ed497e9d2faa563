"""What is kept of responses: retrieve, delete, input items, and continuing an earlier one (wire-contract §7.6).

Here: what is kept of a turn unless its request says `store: false`, the endpoints that show it, and the items that a
later request refers to. Not here: the store itself (`mockllm/store.py`).
"""

from collections.abc import Callable, Mapping, Sequence

from mockllm.dialects.base import Layout, Surroundings
from mockllm.dialects.cursor import page
from mockllm.dialects.responses import write
from mockllm.dialects.responses.items import derived_id
from mockllm.dialects.responses.read import Item, input_items, kind
from mockllm.errors import ApiError
from mockllm.request import JSON, Request
from mockllm.store import Store, Stored
from mockllm.turn import Turn

KIND = "response"

# The beginnings of ids by the type of the item (wire-contract §7.2); the rest is made up in the same manner.
_PREFIXES: Mapping[str, str] = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
}


def stored(turn: Turn, request: Request) -> tuple[Stored, ...]:
    """The response with its input items, unless the request says not to keep them."""
    if not request.store:
        return ()
    value = write.body(turn, request)
    items = tuple(_kept(item, turn, index) for index, item in enumerate(input_items(request.json)))
    return (Stored(KIND, str(value["id"]), value, items),)


def _kept(item: Item, turn: Turn, index: int) -> JSON:
    """An input item as it is listed: with an id, and a message with a status and a list of parts."""
    key = item.get("id") or derived_id(turn, _PREFIXES.get(kind(item), "item"), "input", index)
    if kind(item) != "message":
        return {**item, "id": key}
    content = item["content"]
    if isinstance(content, str):
        content = [_part(item["role"], content)]
    status = item.get("status") or "completed"
    return {**item, "id": key, "type": "message", "status": status, "content": content, "role": item["role"]}


def _part(role: str, text: str) -> JSON:
    if role == "assistant":
        return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    return {"type": "input_text", "text": text}


def earlier_items(store: Store, response_id: str | None) -> Sequence[Item]:
    """The input and output items of a response and of all that it continues, oldest first.

    Raises ApiError 400 if it is not kept (wire-contract §4.2). One that was deleted further back is passed over, with
    what it continued.
    """
    if response_id is None:
        return []
    if store.get(KIND, response_id) is None:
        message = f"Previous response with id '{response_id}' not found."
        raise ApiError(400, message, code="previous_response_not_found", param="previous_response_id")
    turns: list[Sequence[Item]] = []
    key: JSON = response_id
    while isinstance(key, str) and (kept := store.get(KIND, key)) is not None:
        turns.append(_items(kept))
        key = kept.value["previous_response_id"]
    return [item for items in reversed(turns) for item in items]


def _items(kept: Stored) -> Sequence[Item]:
    output = kept.value["output"]
    assert isinstance(output, list)
    return [item for item in (*kept.details, *output) if isinstance(item, Mapping)]


def followed(store: Store, items: Sequence[Item]) -> Sequence[Item]:
    """The items, with each reference replaced by the item that it names. Raises ApiError 404 if that is not kept."""
    return [_referred(store, str(item["id"])) if kind(item) == "item_reference" else item for item in items]


def _referred(store: Store, key: str) -> Item:
    for kept in reversed(store.all(KIND)):
        for item in _items(kept):
            if item["id"] == key:
                return item
    message = (
        f"Item with id '{key}' not found. Items are not persisted when `store` is set to false. Try again with `store` "
        "set to true, or remove this item from your input."
    )
    raise ApiError(404, message, param="input")


_Answer = Callable[[Request, str, Surroundings], JSON]


class StoredResponses:
    """One endpoint of stored responses: its `answer` is the function it was made with."""

    layout = Layout(newline=False)

    def __init__(self, api: str, answer: _Answer) -> None:
        self.api = api
        self._answer = answer

    def answer(self, request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
        """The body of the answer. Raises ApiError 404 for an id that is not kept."""
        return self._answer(request, parameters["id"], surroundings)


def _retrieve(_request: Request, key: str, surroundings: Surroundings) -> JSON:
    return _kept_or_404(key, surroundings).value


def _delete(_request: Request, key: str, surroundings: Surroundings) -> JSON:
    kept = _kept_or_404(key, surroundings)
    surroundings.store.delete(KIND, kept.id)
    return {"id": kept.id, "object": "response", "deleted": True}


def _input_items(request: Request, key: str, surroundings: Surroundings) -> JSON:
    kept = _kept_or_404(key, surroundings)
    items = [item for item in kept.details if isinstance(item, Mapping)]
    return page(items, request.call.parameters(), order="desc")


def _kept_or_404(key: str, surroundings: Surroundings) -> Stored:
    if (kept := surroundings.store.get(KIND, key)) is None:
        raise ApiError(404, f"Response with id '{key}' not found.")
    return kept


RETRIEVE = StoredResponses("responses.retrieve", _retrieve)
DELETE = StoredResponses("responses.delete", _delete)
INPUT_ITEMS = StoredResponses("responses.input_items", _input_items)
