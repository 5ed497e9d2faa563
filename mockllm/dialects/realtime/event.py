"""Events of the Realtime API before they are anything else: their ids and the order of their keys.

Here: what all files of this folder say events with. Not here: any one event.
"""

from collections.abc import Mapping

from mockllm.plan import Frame, FrameKind
from mockllm.request import JSON
from mockllm.seeds import Label, Seed

_ID_CHARACTERS = 21


def named(prefix: str, seed: Seed, *labels: Label) -> str:
    """An id as the service makes them: a prefix and 21 letters and digits."""
    return f"{prefix}_{seed.child(prefix, *labels).alphanumeric(_ID_CHARACTERS)}"


def event(kind: str, key: str, fields: Mapping[str, JSON]) -> dict[str, JSON]:
    """An event of the server with its own id."""
    return {"type": kind, "event_id": key, **fields}


def frame(data: Mapping[str, JSON], kind: FrameKind = "event", tokens: int = 0, label: str = "") -> Frame:
    """The event as a frame, under the name of its type."""
    name = str(data["type"])
    return Frame(data, kind, tokens, label or name.removeprefix("response."), name)
