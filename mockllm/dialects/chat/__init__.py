"""Chat Completions, `POST /chat/completions`: the dialect in one object.

Here: the pieces of this folder put together. Look next at `read.py` and `validate/` (what comes in), `write.py`
and `whole.py` (the body), `stream.py` (the chunks) and `stored.py` (what is kept).
"""

from functools import partial

from mockllm.dialects.base import Written
from mockllm.dialects.chat import read, stored, stream, whole, write
from mockllm.dialects.chat.validate import is_reasoning_model, validate
from mockllm.plan import Frames
from mockllm.request import JSON, Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored
from mockllm.turn import Turn


class Chat:
    """The dialect of `POST /chat/completions`."""

    api = "chat"
    layout = whole.LAYOUT

    def read(self, call: Call, json: JSON, *, strict: bool, store: Store) -> Request:
        """What the call asks for. Raises ApiError with the real service's words for what it refuses."""
        del store
        model = json.get("model") if isinstance(json, dict) else None
        reasoning = strict and isinstance(model, str) and is_reasoning_model(model)
        validate(json, strict=strict, reasoning_model=reasoning)
        assert isinstance(json, dict)
        return read.read(call, json)

    def stream(self, turn: Turn, request: Request, seed: Seed) -> Frames:
        """The turn as chunks and `[DONE]`."""
        return stream.stream(turn, request, seed)

    def body(self, turn: Turn, request: Request) -> Written:
        """The turn as a `chat.completion`."""
        return Written(partial(whole.written, turn, request), partial(write.body, turn, request))

    def stored(self, turn: Turn, request: Request, request_id: str) -> tuple[Stored, ...]:
        """The completion, if `store: true`."""
        return stored.stored(turn, request, request_id)


CHAT = Chat()
