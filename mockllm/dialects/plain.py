"""Plain bodies: a JSON value becomes bytes in the layout of its endpoint.

Here: the pretty printing that the real service does (wire-contract §3.2) and the error object (§4.1). Not here: event
streams (`sse.py`) and reading bodies (`body.py`).
"""

import json
from collections.abc import Mapping

import orjson

from mockllm.dialects.base import Layout
from mockllm.errors import ApiError
from mockllm.request import JSON

# The indentations that the fast writer knows.
_FAST: Mapping[int, int] = {0: 0, 2: orjson.OPT_INDENT_2}

ERROR = Layout(newline=False)
"""An error of the API layer."""

EDGE_ERROR = Layout(indent=4)
"""An error of the service's edge."""


def body_bytes(data: "JSON | bytes", layout: Layout) -> bytes:
    """The bytes of a plain body: a string or bytes as they are, any other value as JSON in the given layout."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        return data.encode(errors="surrogatepass")
    text = _json(data, layout.indent).encode(errors="surrogatepass")
    return text + b"\n" if layout.newline else text


def _json(data: JSON, indent: int) -> str:
    if (option := _FAST.get(indent)) is not None:
        try:
            return orjson.dumps(data, option=option).decode()
        except TypeError:
            # What orjson has no form for, such as an integer above 64 bits that a scenario asks for.
            pass
    return json.dumps(data, ensure_ascii=False, indent=indent or None, separators=(",", ": " if indent else ":"))


def error_json(error: ApiError) -> JSON:
    """The error object, with its four keys in the order of the wire (wire-contract §4.1)."""
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}
