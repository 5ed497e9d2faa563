"""What is kept of responses: retrieve, delete, cancel, input items, continuing an earlier one (wire-contract §7.6).

Here: what is kept of a turn unless its request says `store: false`, the endpoints that show it, and the items that a
later request refers to. Not here: the store itself (`mockllm/store.py`), what a response is while it is made
(`background.py`) and conversations (`conversations.py`).
"""

from collections.abc import Mapping, Sequence

from mockllm.dialects.base import Layout, Result, Surroundings
from mockllm.dialects.cursor import page
from mockllm.dialects.kept import Answered, deleted, details, kept_or_404
from mockllm.dialects.responses import background, stream, write
from mockllm.dialects.responses.conversations import addition, conversation_of
from mockllm.dialects.responses.items import derived_id
from mockllm.dialects.responses.listed import listed
from mockllm.dialects.responses.read import Item, input_items, kind
from mockllm.errors import ApiError
from mockllm.plan import stamp
from mockllm.request import JSON, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored
from mockllm.turn import Turn

KIND = "response"

_LAYOUT = Layout(newline=False)


def stored(turn: Turn, request: Request) -> tuple[Stored, ...]:
    """The response with its input items, unless the request says not to keep them, and what its conversation gets."""
    conversation = conversation_of(request.json)
    if not request.store and conversation is None:
        return ()
    value = write.body(turn, request)
    items = listed(input_items(request.json), lambda prefix, index: derived_id(turn, prefix, "input", index))
    kept: list[Stored] = []
    if request.store:
        # Nothing is drawn for these frames, as streams of the background have no padding.
        frames = stamp(tuple(stream.stream(turn, request, Seed.of()))) if request.background else ()
        replays = request.background and request.stream
        kept.append(Stored(KIND, str(value["id"]), value, items, frames=frames, replays=replays))
    if conversation is not None:
        output = value["output"]
        assert isinstance(output, list)
        kept.append(addition(conversation, [*items, *output]))
    return tuple(kept)


def earlier_items(store: Store, response_id: str | None) -> Sequence[Item]:
    """The input and output items of a response and of all that it continues, oldest first.

    Raises ApiError 400 if it is not kept (wire-contract §4.2). One that was deleted further back is passed over, with
    what it continued; one of a conversation is taken alone, as nothing says what of the conversation it brings along.
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


def _retrieve(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
    """The response, or with `stream=true` its events after a number."""
    kept, query = _kept(parameters, surroundings), request.call.parameters()
    if query.get("stream") == "true":
        return background.replayed(kept, request.call.at_us, background.starting_after(query))
    return background.seen(kept, request.call.at_us)


def _delete(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return deleted(surroundings, _kept(parameters, surroundings), "response")


def _cancel(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = background.cancelled(_kept(parameters, surroundings), request.call.at_us)
    surroundings.store.put(kept)
    return background.seen(kept, request.call.at_us)


def _input_items(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return page(details(_kept(parameters, surroundings)), request.call.parameters(), order="desc")


def _kept(parameters: Mapping[str, str], surroundings: Surroundings) -> Stored:
    key = parameters["id"]
    return kept_or_404(surroundings.store, KIND, key, f"Response with id '{key}' not found.")


RETRIEVE = Answered("responses.retrieve", _retrieve, _LAYOUT)
DELETE = Answered("responses.delete", _delete, _LAYOUT)
CANCEL = Answered("responses.cancel", _cancel, _LAYOUT)
INPUT_ITEMS = Answered("responses.input_items", _input_items, _LAYOUT)
