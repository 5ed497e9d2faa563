"""Calls of the control API as HTTP.

Here: who may call, what is read of a request, and the form of answers and refusals. Not here: what a call means
(`mockllm/control/reading.py`) and what is done (`actions.py`).
"""

import contextlib
import hmac
import logging
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from mockllm.control.base import PROBLEM, AnyOperation, ControlError, Stream
from mockllm.control.reading import answer_bytes, ask
from mockllm.control.table import Found, find
from mockllm.net.connection import SocketConnection
from mockllm.net.control.desk import Desk
from mockllm.net.control.page import page_at
from mockllm.net.control.way import Straight, Way
from mockllm.net.protocol import read_body

MOST_BODY_BYTES = 4 * 1024 * 1024
"""The largest body of a call; a scenario is far smaller."""

_log = logging.getLogger("mockllm")


async def respond(
    request: web.BaseRequest, connection: SocketConnection, desk: Desk, token: str | None, way: Way | None = None
) -> web.StreamResponse:
    """The answer to a call, whatever it is. A call whose client leaves is cancelled."""
    if (page := page_at(request)) is not None:
        return page
    try:
        found = _admitted(request, token)
        body = await _body(request, connection)
        asked = ask(found, _query(request, found.operation), body, request.headers.get("content-type", ""))
        told = await (way or Straight()).act(desk, found.operation, asked)
    except ControlError as refusal:
        return refused(refusal)
    except web.HTTPException as error:
        return refused(
            ControlError(error.status, "wrong_body", error.text or error.reason, headers={"Connection": "close"})
        )
    except Exception:  # noqa: BLE001 - a bug in one call must not end the connection without a word
        _log.exception("The control API failed on %s %s.", request.method, request.path)
        return refused(ControlError(500, "failed", "this is a bug in mockllm, and its log has the traceback"))
    if isinstance(told, Stream):
        return await _streamed(request, found.operation.media, told)
    return _response(200, found.operation.media, answer_bytes(told))


async def _streamed(request: web.BaseRequest, media: str, told: Stream) -> web.StreamResponse:
    """An answer that goes on until the client leaves or the server stops."""
    response = web.StreamResponse(headers={**_told(media), "X-Accel-Buffering": "no"})
    async with contextlib.aclosing(told.parts) as parts:
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            async for part in parts:
                await response.write(part)
            await response.write_eof()
    return response


def _query(request: web.BaseRequest, operation: AnyOperation) -> str:
    """The query, with what an event source says in a header of how far it came (HTML, Server-sent events)."""
    query = request.rel_url.raw_query_string
    last = request.headers.get("last-event-id")
    if last is None or "last_event_id" not in operation.in_query or "last_event_id=" in query:
        return query
    return f"{query}&{urlencode({'last_event_id': last})}".lstrip("&")


async def _body(request: web.BaseRequest, connection: SocketConnection) -> bytes:
    body = await read_body(request, connection, MOST_BODY_BYTES)
    if body is None:
        raise ControlError(413, "too_large", f"the body is larger than {MOST_BODY_BYTES} bytes: send less")
    return body


def not_here(request: web.BaseRequest) -> web.Response:
    """The answer on a port where the API is not."""
    return refused(ControlError(404, "not_here", f"{request.path[:200]!r} is served on the port of the control API"))


def refused(refusal: ControlError) -> web.Response:
    """The answer that says why (RFC 9457)."""
    body = refusal.problem().model_dump_json().encode()
    response = _response(refusal.status, PROBLEM, body, refusal.headers)
    if refusal.status == 413:  # noqa: PLR2004 - the rest of the body was not read
        response.force_close()
    return response


def _admitted(request: web.BaseRequest, token: str | None) -> Found:
    """The operation that the call asks for. Raises ControlError 401 before anything is told to strangers."""
    found, missing = None, None
    try:
        found = find(request.method, request.rel_url.raw_path)
    except ControlError as refusal:
        missing = refusal
    if token is not None and not (found is not None and found.operation.public):
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
            detail = "this server's control API needs its token: send it as `Authorization: Bearer TOKEN`"
            raise ControlError(401, "wrong_token", detail, headers={"WWW-Authenticate": 'Bearer realm="mockllm"'})
    if found is None:
        assert missing is not None
        raise missing
    _check_origin(request)
    return found


def _check_origin(request: web.BaseRequest) -> None:
    """A page of another site that a browser on this machine shows may not control the server.

    Raises ControlError 403. Clients that are no browsers send no Origin (RFC 6454 §7.3).
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise ControlError(403, "wrong_origin", f"a page of {origin[:100]!r} may not control this server")


def _response(status: int, media: str, body: bytes, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=body, headers={**_told(media), **(headers or {})})


def _told(media: str) -> dict[str, str]:
    return {"Content-Type": media, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
