"""A small HTTP client that tells what arrives and when, down to the last event before a cut.

Here: one request on one connection, and the division of a stream into events. The standard library's blocking client,
because a reset must not swallow what came before it, and event loops drop what is unread then. Not here: how it is
shown (`play.py`).
"""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead, RemoteDisconnected
from typing import Literal
from urllib.parse import urlsplit

_PIECE_BYTES = 65_536
_EVENT_END = re.compile(rb"(?>\r\n|\n|\r){2}")
_STREAM = "text/event-stream"


class BadURLError(ValueError):
    """A URL that no server of ours can have."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came: the head of the answer, one event or the body of it, or its end.

    `at_us` counts from the sending of the request. A head's text is its status and content type, an end's says how it
    ended; `ok` is false for an end that was no end.
    """

    at_us: int
    kind: Literal["head", "event", "body", "end"]
    text: str
    ok: bool = True


def connection_to(url: str, timeout_s: float) -> tuple[HTTPConnection, str]:
    """A connection to the server at this URL, not yet opened, and the URL's path.

    Raises BadURLError for what is no http URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadURLError(f"'{url}' is no URL: {error}") from None
    if parts.scheme not in {"http", "https"} or host is None:
        raise BadURLError(f"'{url}' is no URL of a server: write it as http://127.0.0.1:8080")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(host, port, timeout=timeout_s), parts.path.rstrip("/")


def stream(url: str, path: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> Iterator[Arrival]:
    """Post the body and tell what arrives, the end last. Nothing is raised once the URL is understood."""
    connection, base = connection_to(url, timeout_s)
    start = time.monotonic_ns()

    def at_us() -> int:
        return (time.monotonic_ns() - start) // 1_000

    try:
        connection.request("POST", base + path, body=body, headers=dict(headers))
        response = connection.getresponse()
        kind = (response.getheader("content-type") or "").split(";")[0]
        yield Arrival(at_us(), "head", f"{response.status} {kind}".rstrip())
        parts = _events(response) if kind == _STREAM else _whole(response)
        for text in parts:
            yield Arrival(at_us(), "event" if kind == _STREAM else "body", text)
        ending = "complete" if not response.length else f"the body ended {response.length} bytes early"
        yield Arrival(at_us(), "end", ending, ok=not response.length)
    except (OSError, HTTPException) as error:
        yield Arrival(at_us(), "end", _reason(error, timeout_s), ok=False)
    finally:
        connection.close()


def _events(response: HTTPResponse) -> Iterator[str]:
    """The events of a stream, each when it is whole; before an error and at the end what is left of one."""
    rest = b""
    error: OSError | HTTPException | None = None
    try:
        while piece := response.read1(_PIECE_BYTES):
            *events, rest = _EVENT_END.split(rest + piece)
            yield from (_text(event) for event in events if event)
    except (OSError, HTTPException) as failure:
        error = failure
    if rest:
        yield _text(rest)
    if error is not None:
        raise error


def _whole(response: HTTPResponse) -> Iterator[str]:
    """The body in one piece, or as much of it as came before an error."""
    pieces: list[bytes] = []
    error: OSError | HTTPException | None = None
    try:
        while piece := response.read1(_PIECE_BYTES):
            pieces.append(piece)
    except (OSError, HTTPException) as failure:
        error = failure
    if pieces:
        yield _text(b"".join(pieces))
    if error is not None:
        raise error


def _text(data: bytes) -> str:
    return data.decode(errors="backslashreplace")


def _reason(error: OSError | HTTPException, timeout_s: float) -> str:
    """Why there is no more, in words."""
    match error:
        case TimeoutError():
            return f"nothing came for {timeout_s:g} s"
        case RemoteDisconnected():
            return "the connection was closed before the answer"
        case IncompleteRead():
            return "the connection was closed in the middle of the answer"
        case ConnectionResetError():
            return "the connection was reset"
        case ConnectionRefusedError():
            return "nobody listens there"
        case _:
            return f"{type(error).__name__}: {error}"
