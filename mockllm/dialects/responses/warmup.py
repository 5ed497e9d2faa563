"""`response.create` with `generate: false`: a response over a WebSocket that says nothing, for later ones to continue.

Here: the endpoint behind it, which the server answers itself, so that no script loses a reply to it. Not here: the
event of the client (`dialogue.py`) and responses that say something (`socket.py`).
"""

from collections.abc import Mapping

from mockllm.dialects.base import Events, Layout, Surroundings
from mockllm.dialects.responses.socket import OVER_WEBSOCKET
from mockllm.request import Request
from mockllm.turn import Choice, StopReason, Turn, Usage

_KEY_CHARACTERS = 32


class Warmup:
    """The response that says nothing."""

    api = "responses.warmup"
    layout = Layout(newline=False)

    def answer(self, request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Events:
        """Its events. It is kept like any other. Raises ApiError as `POST /responses` does."""
        del parameters
        asked = OVER_WEBSOCKET.read(request.call, request.json, strict=False, store=surroundings.store)
        seed = surroundings.seed
        turn = Turn(
            key=seed.child("id").alphanumeric(_KEY_CHARACTERS),
            model=asked.model,
            created=surroundings.created,
            choices=(Choice((), StopReason.STOP),),
            usage=Usage(surroundings.count_tokens(asked), 0),
            service_tier="default",
        )
        for kept in OVER_WEBSOCKET.stored(turn, asked, ""):
            surroundings.store.put(kept)
        return Events(tuple(OVER_WEBSOCKET.stream(turn, asked, seed)))


WARMUP = Warmup()
