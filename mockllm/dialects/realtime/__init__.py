"""The Realtime API over a WebSocket, `GET /realtime?model=…`: what opens it, and the dialect of its answers.

Here: the pieces of this folder put together. Look next at `dialogue.py` (what the client may say), `read.py` (what an
answer is asked for with), `stream.py` and `write.py` (what goes out), `failure.py`. The sources are the SDK's
`types/realtime/*` and the examples in OpenAI's API description; what neither says is decided where it is done, and said
there. Text, function calls and sound as silence are here; the events of the earlier beta version are not.
"""

from collections.abc import Iterator, Mapping

from mockllm.dialects.base import Layout, Surroundings, Switch
from mockllm.dialects.realtime import read, session, stream, write
from mockllm.dialects.realtime.event import event, frame, named
from mockllm.dialects.upgrade import is_upgrade, switched, upgrade_required
from mockllm.errors import ApiError
from mockllm.plan import Frame
from mockllm.request import JSON, Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored
from mockllm.turn import Turn

SUBPROTOCOL = "realtime"
"""The subprotocol that browsers name, beside others that carry their key."""


class Connect:
    """`GET /realtime` with the headers of an upgrade."""

    api = "realtime.connect"
    layout = Layout(newline=False)

    def answer(self, request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Switch:
        """The connection is a WebSocket from now on, and `session.created` is the first that is said.

        Raises ApiError 400 for a call that names no model, and as `switched` does.
        """
        del parameters
        call = request.call
        if not is_upgrade(call):
            raise upgrade_required(call)
        model = call.parameters().get("model")
        if not model:
            message = "You must provide a model parameter, as in /v1/realtime?model=gpt-realtime."
            raise ApiError(400, message, code="missing_required_parameter", param="model")
        seed = surroundings.seed
        opened = session.opened(named("sess", seed), model, surroundings.created)
        created = event("session.created", named("event", seed), {"session": opened})
        return switched(call, (frame(created, "opening"),), (SUBPROTOCOL,))


class Realtime:
    """The dialect of `response.create`."""

    api = "realtime"
    layout = Layout(newline=False)

    def read(self, call: Call, json: JSON, *, strict: bool, store: Store) -> Request:
        """What the answer is asked for with."""
        del strict, store
        return read.read(self.api, call, json if isinstance(json, Mapping) else {})

    def stream(self, turn: Turn, request: Request, seed: Seed) -> Iterator[Frame]:
        """The turn as events."""
        del seed
        return stream.stream(turn, request)

    def body(self, turn: Turn, request: Request) -> JSON:
        """The response that `response.done` has."""
        return write.finished(turn, request)

    def stored(self, turn: Turn, request: Request, request_id: str) -> tuple[Stored, ...]:
        """Nothing: a conversation is its connection's own."""
        del turn, request, request_id
        return ()


CONNECT = Connect()
REALTIME = Realtime()
