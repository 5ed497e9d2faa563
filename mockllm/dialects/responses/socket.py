"""The Responses API over a WebSocket, at the path of HTTP (wire-contract §7.6): what opens it, and the answers.

Here: the endpoint of the upgrade, and the dialect of `response.create`, which says the same as a stream does. Not here:
which events the client may send and what they mean together (`dialogue.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mockllm.dialects.base import Layout, Surroundings, Switch
from mockllm.dialects.responses import read, stored, stream, write
from mockllm.dialects.responses.conversations import conversation_of, items_of
from mockllm.dialects.responses.validate import check_pairing, validate
from mockllm.dialects.upgrade import is_upgrade, switched
from mockllm.errors import ApiError
from mockllm.plan import Frame
from mockllm.request import JSON, Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored
from mockllm.turn import Turn

EARLIER = "earlier"
"""What the body of a call has in place of an earlier response that only its connection knows: the items of it."""

LANE = "stream_id"
"""What names the lane of an answer."""

_ENVELOPE = frozenset({"type", "generate", EARLIER, LANE})


class Connect:
    """`GET /responses` with the headers of an upgrade."""

    api = "responses.connect"
    layout = Layout(newline=False)

    def answer(self, request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Switch:
        """The connection is a WebSocket from now on, and nothing is said on it first.

        Raises ApiError 405 for a call that asks for no upgrade, and as `switched` does.
        """
        del parameters, surroundings
        if not is_upgrade(request.call):
            message = "Not allowed to GET on /v1/responses (HINT: Perhaps you meant to use a different HTTP method?)"
            raise ApiError(405, message, code="method_not_supported")
        return switched(request.call)


class OverWebSocket:
    """The dialect of `response.create`."""

    api = "responses"
    layout = Layout(newline=False)

    def read(self, call: Call, json: JSON, *, strict: bool, store: Store) -> Request:
        """What the event asks for, with what it continues. Raises ApiError as `POST /responses` does."""
        given = json if isinstance(json, Mapping) else {}
        body = validate({name: value for name, value in given.items() if name not in _ENVELOPE}, strict=strict)
        own = stored.followed(store, read.input_items(body))
        earlier = _earlier(given, body, store)
        check_pairing(earlier, own)
        request = read.read(self.api, call, body, earlier, own)
        lane = {LANE: given[LANE]} if LANE in given else {}
        return replace(request, stream=True, background=False, json={**request.json, **lane})

    def stream(self, turn: Turn, request: Request, seed: Seed) -> Iterator[Frame]:
        """The turn as events, each with the lane that was asked for."""
        lane = request.json.get(LANE)
        for frame in stream.stream(turn, request, seed):
            if lane is None or not isinstance(frame.data, Mapping):
                yield frame
            else:
                fields = {name: value for name, value in frame.data.items() if name != "type"}
                yield replace(frame, data={"type": frame.data["type"], **dict(sorted({**fields, LANE: lane}.items()))})

    def body(self, turn: Turn, request: Request) -> JSON:
        """The `response` that the last event has."""
        return write.finished(turn, request)

    def stored(self, turn: Turn, request: Request, request_id: str) -> tuple[Stored, ...]:
        """The response, unless `store: false`, and what it adds to its conversation."""
        del request_id
        return stored.stored(turn, request)


def _earlier(given: Mapping[str, JSON], body: Mapping[str, JSON], store: Store) -> Sequence[read.Item]:
    """The items that the request continues: those of a conversation, of its connection, or of a stored response."""
    known = given.get(EARLIER)
    if isinstance(known, Sequence) and not isinstance(known, str):
        return [item for item in known if isinstance(item, Mapping)]
    conversation = conversation_of(body)
    if conversation is not None:
        return items_of(store, conversation)
    key = body.get("previous_response_id")
    return stored.earlier_items(store, key if isinstance(key, str) else None)


CONNECT = Connect()
OVER_WEBSOCKET = OverWebSocket()
