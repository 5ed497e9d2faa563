"""Server-sent events: a frame becomes bytes, and nothing else.

Source: the WHATWG HTML standard, §9.2 Server-sent events; wire-contract §8 says what the real service sends and what
parsers do. Here: the encoding of one frame in the style its `framing` asks for. Not here: when it is sent
(`compile.py`). The decoder that checks this lives in the tests.
"""

import json

import orjson

from mockllm.plan import Frame
from mockllm.request import JSON


def event_bytes(frame: Frame) -> bytes:
    """The frame as one SSE event, or as the verbatim text of a comment frame."""
    style = frame.framing
    if frame.kind == "comment":
        return f"{frame.data}{style.line_ending}{style.line_ending}".encode()
    lines = [f"event:{style.space}{frame.event}"] if frame.event is not None else []
    lines += [f"{name}:{style.space}{value}" for name, value in frame.fields]
    if frame.data is not None or not lines:
        lines += [f"data:{style.space}{line}" for line in payload(frame.data).split("\n")]
    return (style.line_ending.join(lines) + style.line_ending * 2 + style.suffix).encode(errors="surrogatepass")


def payload(data: JSON) -> str:
    """The text of an event's data: a string as it is, any other value as compact JSON in raw UTF-8."""
    return data if isinstance(data, str) else compact(data)


def compact(data: JSON) -> str:
    """JSON without white space and without escaping what UTF-8 can carry, as streams have it (wire-contract §3.2)."""
    try:
        return orjson.dumps(data).decode()
    except TypeError:
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
