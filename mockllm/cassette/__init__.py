r"""What an endpoint sent, byte for byte and with its times, and the file that keeps it.

Here: `Recorded`, one answer as it came, `Tape`, the request with it, and cassettes, which are JSON lines with one
exchange each. Not here: how bytes become an answer (`wire.py`), what must not be kept (`recording/redact.py`) and how
an answer is played again (`replayed.py`).

A line of a cassette has these keys. All times are whole microseconds from the moment the request had been sent.

- `format`: 1.
- `request`: `{method, path, query, body, encoding}`.
- `response`: `{status, version, headers, framing, head_us, ending, end_us, tail}`. `status` is 0 if no head came,
  `headers` are pairs, `framing` is chunked, length or close, `ending` is end, close (FIN before the end of the body) or
  reset (RST). `tail` is base64 of what ended the body, if it was not the usual `0\r\n\r\n`.
- `chunks`: `[{at_us, text or base64, wire}]`, one for each HTTP chunk, or for each piece as it arrived of a body that
  has none. `wire` is base64 of the chunk with its framing, where that is not the usual one.

A last line without a line break was interrupted while it was written, and is no part of the cassette.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson

from mockllm.errors import MockLLMError
from mockllm.plan import BodyFraming, HttpVersion, Microseconds
from mockllm.request import JSON, Call

FORMAT = 1
"""The number of the shape; another one is another shape."""

Ending: TypeAlias = Literal["end", "close", "reset"]
"""How an answer ended: as HTTP says, by a FIN before the end of its body, or by an RST."""

LAST_CHUNK = b"0\r\n\r\n"
"""What usually ends a body in chunks."""


class CassetteError(MockLLMError):
    """A cassette that cannot be read, or that does not have what is asked for."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a body and when its last byte came. `wire` is all of its bytes where HTTP framed it in another way
    than `http1.chunk_bytes` does, and `data` is then what of it is body.
    """

    at_us: Microseconds
    data: bytes
    wire: bytes | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One answer as it came; see the cassette's keys in the module's docstring."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    head_us: Microseconds = 0
    chunks: tuple[Chunk, ...] = ()
    framing: BodyFraming = "chunked"
    version: HttpVersion = "1.1"
    ending: Ending = "end"
    end_us: Microseconds = 0
    tail: bytes = b""

    @property
    def body(self) -> bytes:
        """The body, as far as it came."""
        return b"".join(chunk.data for chunk in self.chunks)

    def header(self, name: str) -> str | None:
        """The first value of a header; case does not matter."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Tape:
    """A request and its answer."""

    call: Call
    answer: Recorded


def line_of(tape: Tape) -> bytes:
    """The exchange as a line of a cassette, with its line break."""
    call, answer = tape.call, tape.answer
    body, encoding = _text(call.body)
    response: dict[str, JSON] = {
        "status": answer.status,
        "version": answer.version,
        "headers": [list(pair) for pair in answer.headers],
        "framing": answer.framing,
        "head_us": answer.head_us,
        "ending": answer.ending,
        "end_us": answer.end_us,
        **({"tail": base64.b64encode(answer.tail).decode()} if answer.tail else {}),
    }
    request = {"method": call.method, "path": call.path, "query": call.query, "body": body, "encoding": encoding}
    chunks = list(map(_chunk_json, answer.chunks))
    return orjson.dumps({"format": FORMAT, "request": request, "response": response, "chunks": chunks}) + b"\n"


def tapes_of(data: bytes, source: str) -> tuple[Tape, ...]:
    """The exchanges of a cassette, in order. Raises CassetteError for a line that is none; `source` names the file."""
    whole = data[: data.rfind(b"\n") + 1]
    return tuple(_tape(line, f"{source}:{number}") for number, line in enumerate(whole.splitlines(), start=1))


def _tape(line: bytes, place: str) -> Tape:
    try:
        value = orjson.loads(line)
        if value["format"] != FORMAT:
            raise CassetteError(f"{place}: the format is {value['format']!r}, {FORMAT} is read: record it again")
        asked, told = value["request"], value["response"]
        call = Call(asked["method"], asked["path"], asked["query"], body=_bytes(asked["body"], asked["encoding"]))
        answer = Recorded(
            int(told["status"]),
            tuple((str(name), str(text)) for name, text in told["headers"]),
            int(told["head_us"]),
            tuple(map(_chunk, value["chunks"])),
            _one_of(told["framing"], "chunked", "length", "close"),
            _one_of(told["version"], "1.1", "1.0"),
            _one_of(told["ending"], "end", "close", "reset"),
            int(told["end_us"]),
            base64.b64decode(told.get("tail", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        message = f"{place}: this is no exchange of a cassette ({type(error).__name__}: {error}): record it again"
        raise CassetteError(message) from None
    return Tape(call, answer)


def _one_of(value: Any, *words: Any) -> Any:
    if value not in words:
        raise ValueError(f"expected one of {', '.join(words)}, found {value!r}")
    return value


def _chunk_json(chunk: Chunk) -> JSON:
    text, encoding = _text(chunk.data)
    key = "text" if encoding == "utf-8" else "base64"
    wire: dict[str, JSON] = {} if chunk.wire is None else {"wire": base64.b64encode(chunk.wire).decode()}
    return {"at_us": chunk.at_us, key: text, **wire}


def _chunk(value: Mapping[str, Any]) -> Chunk:
    data = value["text"].encode() if "text" in value else base64.b64decode(value["base64"])
    wire = value.get("wire")
    return Chunk(int(value["at_us"]), data, None if wire is None else base64.b64decode(wire))


def _text(data: bytes) -> tuple[str, str]:
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(data).decode(), "base64"


def _bytes(text: str, encoding: str) -> bytes:
    return text.encode() if encoding == "utf-8" else base64.b64decode(text)
