"""The shape of what goes on over a WebSocket: a value, and what each event of the client makes of it.

Here: `Dialogue`, which the dialects with a WebSocket have, and the `Reaction` to an event. It is pure: it neither waits
nor writes. Not here: any API's events (`responses/`, `realtime/`), answers, which are exchanges like any other
(`engine.py`), and sockets (`net/websocket/`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mockllm.errors import ApiError

Event = Mapping[str, Any]
"""A message of either side."""


@dataclass(frozen=True, slots=True)
class Ask:
    """An answer that is wanted. Those of one lane come one after the other, lanes side by side. `place` is where it is
    asked for, below the path of the connection.
    """

    body: Event
    lane: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from an event: the dialogue after it, what is said at once, the answers that are wanted, the lane
    whose answer is to stop, and the refusal of the event.
    """

    dialogue: "Dialogue"
    says: tuple[Event, ...] = ()
    asks: tuple[Ask, ...] = ()
    stops: str | None = None
    refuses: ApiError | None = None


class Dialogue(Protocol):
    """One client's conversation over one connection."""

    def hear(self, event: Event) -> Reaction:
        """What an event of the client leads to."""

    def begin(self, ask: Ask, said: Sequence[Event]) -> "Dialogue":
        """The dialogue once it is decided what will be said; nothing of it has gone out yet."""

    def end(self, ask: Ask, said: Sequence[Event], *, stopped: bool) -> Reaction:
        """What follows when an answer is over of which this has gone out; `stopped` says that the client wanted it."""
