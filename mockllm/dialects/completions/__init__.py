"""Legacy completions, `POST /completions`: the dialect in one object (wire-contract §6).

Here: the pieces of this folder put together. Look next at `read.py` (what comes in) and `write.py` (what goes out).
"""

from collections.abc import Iterator

from mockllm.dialects.base import Layout
from mockllm.dialects.completions import read, write
from mockllm.plan import Frame
from mockllm.request import JSON, Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored
from mockllm.turn import Turn


class Completions:
    """The dialect of `POST /completions`."""

    api = "completions"
    layout = Layout(newline=True)

    def read(self, call: Call, json: JSON, *, strict: bool, store: Store) -> Request:
        """What the call asks for. Raises ApiError with the real service's words for what it refuses."""
        del store
        return read.read(call, json, strict=strict)

    def stream(self, turn: Turn, request: Request, seed: Seed) -> Iterator[Frame]:
        """The turn as chunks and `[DONE]`."""
        del seed
        return write.stream(turn, request)

    def body(self, turn: Turn, request: Request) -> JSON:
        """The turn as a `text_completion`."""
        return write.body(turn, request)

    def stored(self, turn: Turn, request: Request, request_id: str) -> tuple[Stored, ...]:
        """Nothing: this API keeps no answers."""
        del turn, request, request_id
        return ()


COMPLETIONS = Completions()
