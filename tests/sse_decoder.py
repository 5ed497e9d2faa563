"""A decoder of event streams, written from the standard (WHATWG HTML §9.2.5 and §9.2.6) and from nothing else.

It is the other half of `mockllm/dialects/sse.py` in the tests: what is encoded there has to come out here. It decodes
whole streams, and tells the comments too, which a browser would not.
"""

import re
from dataclasses import dataclass

_BOM = "\ufeff"


@dataclass(frozen=True)
class Event:
    """One dispatched event. `event` is `message` where the stream names none; `id` is the last one seen so far."""

    data: str
    event: str = "message"
    id: str = ""


@dataclass(frozen=True)
class Decoded:
    """What a stream says: its events, its comments, the last reconnection time and the last event id."""

    events: tuple[Event, ...]
    comments: tuple[str, ...] = ()
    retry_ms: int | None = None
    last_id: str = ""


def decode(stream: bytes) -> Decoded:
    """All that the stream says. An event that no blank line ends is not dispatched; bytes that are not UTF-8 show as
    U+FFFD.
    """
    text = stream.decode("utf-8", "replace").removeprefix(_BOM)
    lines = re.split(r"\r\n|\n|\r", text)
    # What follows the last line end is no line, complete or not.
    lines.pop()
    events: list[Event] = []
    comments: list[str] = []
    data: list[str] = []
    name, last_id, retry = "", "", None
    for line in lines:
        field, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                events.append(Event("\n".join(data), name or "message", last_id))
            data, name = [], ""
        elif colon and not field:
            comments.append(value)
        elif field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last_id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            retry = int(value)
    return Decoded(tuple(events), tuple(comments), retry, last_id)
