"""The Responses API, `POST /responses`: the dialect in one object, and the counting of its input.

Here: the pieces of this folder put together. Look next at `read.py` and `validate/` (what comes in), `items.py`,
`write.py` and `stream.py` (what goes out), and `stored.py` (what is kept).
"""

from collections.abc import Iterator, Mapping

from mockllm.dialects.base import Layout, Surroundings
from mockllm.dialects.responses import read, stored, stream, write
from mockllm.dialects.responses.compact import compacted
from mockllm.dialects.responses.conversations import conversation_of, items_of
from mockllm.dialects.responses.validate import check_pairing, validate, validate_input
from mockllm.plan import Frame
from mockllm.request import JSON, Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored
from mockllm.turn import Turn


class Responses:
    """The dialect of `POST /responses`."""

    api = "responses"
    layout = Layout(newline=False)

    def read(self, call: Call, json: JSON, *, strict: bool, store: Store) -> Request:
        """What the call asks for, with what it continues. Raises ApiError with the real service's words for what it
        refuses.
        """
        return _request(self.api, call, validate(json, strict=strict), store)

    def stream(self, turn: Turn, request: Request, seed: Seed) -> Iterator[Frame]:
        """The turn as events."""
        return stream.stream(turn, request, seed)

    def body(self, turn: Turn, request: Request) -> JSON:
        """The turn as a `response`; one that is made in the background is not there yet."""
        return write.queued(turn, request) if request.background else write.body(turn, request)

    def stored(self, turn: Turn, request: Request, request_id: str) -> tuple[Stored, ...]:
        """The response, unless `store: false`, and what it adds to its conversation."""
        del request_id
        return stored.stored(turn, request)


class InputTokens:
    """`POST /responses/input_tokens`: how many tokens a request would bring (wire-contract §7.6)."""

    api = "responses.input_tokens"
    layout = Layout(newline=False)

    def answer(self, request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
        """The count. Raises ApiError as `POST /responses` does."""
        del parameters
        asked = _request(self.api, request.call, validate_input(request.json), surroundings.store)
        return {"object": "response.input_tokens", "input_tokens": surroundings.count_tokens(asked)}


class Compact:
    """`POST /responses/compact`: a conversation made shorter (wire-contract §7.6)."""

    api = "responses.compact"
    layout = Layout(newline=False)

    def answer(self, request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
        """What was said, compacted. Raises ApiError as `POST /responses` does."""
        del parameters
        body = validate_input(request.json, with_model=True)
        return compacted(_request(self.api, request.call, body, surroundings.store), surroundings)


def _request(api: str, call: Call, body: Mapping[str, JSON], store: Store) -> Request:
    """The request of an accepted body, with the items that it continues or refers to."""
    key, conversation = body.get("previous_response_id"), conversation_of(body)
    if conversation is not None:
        earlier = items_of(store, conversation)
    else:
        earlier = stored.earlier_items(store, key if isinstance(key, str) else None)
    own = stored.followed(store, read.input_items(body))
    check_pairing(earlier, own)
    return read.read(api, call, body, earlier, own)


RESPONSES = Responses()
INPUT_TOKENS = InputTokens()
COMPACT = Compact()
