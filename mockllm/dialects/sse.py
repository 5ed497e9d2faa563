"""Server-sent events: a frame becomes bytes, and nothing else.

Source: the WHATWG HTML standard, §9.2 Server-sent events; wire-contract §8 says what the real service sends and what
parsers do. Here: the encoding of one frame in the style its `framing` asks for. Not here: when it is sent
(`compile.py`). The decoder that checks this lives in the tests.
"""

import json
import re

import orjson

from mockllm.plan import USUAL, Frame
from mockllm.request import JSON

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def event_bytes(frame: Frame) -> bytes:
    """The frame as one SSE event.

    Text with line breaks becomes several lines of its field, which a parser joins with LF. A comment frame is its text
    as it stands, and a raw frame is nothing but its text. A frame without data is an event without a `data` line, if it
    has any line at all.
    """
    style = frame.framing
    if style is USUAL and isinstance(frame.data, dict) and not frame.fields:
        event = "" if frame.event is None else f"event: {frame.event}\n"
        return b"%bdata: %b\n\n" % (event.encode(errors="surrogatepass"), _json(frame.data))
    if isinstance(frame.data, bytes):
        return style.prefix.encode(errors="surrogatepass") + frame.data
    if frame.kind == "raw":
        return f"{style.prefix}{frame.data}".encode(errors="surrogatepass")
    end = style.line_ending
    if frame.kind == "comment":
        lines = [str(frame.data)]
    else:
        lines = [f"event:{style.space}{frame.event}"] if frame.event is not None else []
        for name, value in frame.fields:
            lines += [f"{name}:{style.space}{line}" for line in _LINE_BREAK.split(value)]
        if frame.data is not None or not lines:
            lines += [f"data:{style.space}{line}" for line in _lines(frame.data, style.indent)]
    return f"{style.prefix}{end.join(lines)}{end * style.line_ends}{style.suffix}".encode(errors="surrogatepass")


def _lines(data: JSON, indent: int | None) -> list[str]:
    """The lines of an event's data. JSON is one line, as it escapes line breaks, unless it is to be indented."""
    if isinstance(data, str):
        return _LINE_BREAK.split(data)
    # Only at line feeds: JSON leaves other line breaks inside its texts unescaped, such as U+2028.
    return [compact(data)] if indent is None else json.dumps(data, ensure_ascii=False, indent=indent).split("\n")


def payload(data: JSON) -> str:
    """The text of an event's data: a string as it is, any other value as compact JSON in raw UTF-8."""
    return data if isinstance(data, str) else compact(data)


def compact(data: JSON) -> str:
    """JSON without white space and without escaping what UTF-8 can carry, as streams have it (wire-contract §3.2)."""
    return _json(data).decode(errors="surrogatepass")


def _json(data: JSON) -> bytes:
    try:
        return orjson.dumps(data)
    except TypeError:
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
