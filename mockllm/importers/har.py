"""HTTP Archives (HAR 1.2), which browsers and proxies write.

Each entry that asks an OpenAI-compatible endpoint becomes an exchange, as if it had been recorded: with its head,
headers and body, and the times that the format tells, which are those of the head and of the end. Keys are redacted as
in recordings. What a HAR does not have is how a body was cut into chunks: each event of a stream becomes one.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mockllm.cassette import Chunk, Recorded, Tape
from mockllm.importers.base import Imported, ImportFailedError, entries, mapping, parsed
from mockllm.plan import BodyFraming
from mockllm.recording.book import Book
from mockllm.request import Call, Headers

_US_PER_MS = 1_000
_EVENT_STREAM = "text/event-stream"
_EVENT_END = b"\n\n"

# What belonged to the connection, or to the form in which the body travelled; the archive has it decoded.
_GONE = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive"})


def from_har(text: str) -> Imported:
    """The scenario of an archive. Raises ImportFailedError if the text is none."""
    book = Book(top={"about": "Imported from an HTTP Archive; keys, cookies and what looks like them are redacted."})
    left_out: list[str] = []
    for number, entry in enumerate(entries(mapping(parsed(text)).get("log"), "entries"), start=1):
        call, answer = _call(mapping(entry.get("request"))), _answer(entry)
        added = book.add(Tape(call, answer))
        if added is None:
            left_out.append(f"entry {number}: no scenario can answer {call.method} {call.path}, so it is left out")
        else:
            book = added[0]
    return Imported(book.document(), tuple(left_out))


def _call(request: Mapping[str, Any]) -> Call:
    url = urlsplit(str(request.get("url", "")))
    body = str(mapping(request.get("postData")).get("text", "")).encode(errors="surrogatepass")
    return Call(str(request.get("method", "GET")), url.path, url.query, Headers(_headers(request)), body)


def _answer(entry: Mapping[str, Any]) -> Recorded:
    response, timings = mapping(entry.get("response")), mapping(entry.get("timings"))
    waited = _us(timings.get("wait"))
    end = waited + _us(timings.get("receive"))
    content = mapping(response.get("content"))
    body = _body(content)
    headers = tuple(pair for pair in _headers(response) if pair[0].lower() not in _GONE)
    pieces = [body] if body else []
    streams = _EVENT_STREAM in str(content.get("mimeType", ""))
    if streams:
        *events, rest = body.split(_EVENT_END)
        pieces = [*(event + _EVENT_END for event in events), *([rest] if rest else [])]
    chunks = tuple(Chunk(end if number == len(pieces) else waited, piece) for number, piece in enumerate(pieces, 1))
    length = () if streams else (("content-length", str(len(body))),)
    framing: BodyFraming = "chunked" if streams else "length"
    status = int(response.get("status") or 0)
    return Recorded(
        status, (*headers, *length), waited, chunks, framing, end_us=end, ending="end" if status else "close"
    )


def _body(content: Mapping[str, Any]) -> bytes:
    text = str(content.get("text", ""))
    if content.get("encoding") != "base64":
        return text.encode(errors="surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ImportFailedError(f"the content of a response says that it is base64, but is not: {error}") from None


def _headers(message: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    listed = message.get("headers") or ()
    # Names that begin with a colon are those of HTTP/2 itself.
    pairs = ((str(mapping(pair).get("name", "")), str(mapping(pair).get("value", ""))) for pair in listed)
    return tuple((name, value) for name, value in pairs if name and not name.startswith(":"))


def _us(milliseconds: Any) -> int:
    """A time of the archive; -1 stands for one that is not known."""
    return max(round(float(milliseconds or 0) * _US_PER_MS), 0)
