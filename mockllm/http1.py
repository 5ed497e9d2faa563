"""The bytes of HTTP/1.1 around a plan's steps, and what they mean for the connection.

Here: the head, the framing of body bytes, the end of a body, and whether a client can tell that end (RFC 9112). Not
here: reading requests (aiohttp does that), and writing or waiting (`net/player.py`).
"""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType

from mockllm.plan import BodyFraming, End, Head, Interim, Microseconds, Plan, Send
from mockllm.score import Score

_Pairs = tuple[tuple[str, str], ...]

# RFC 9110 §15 renamed four phrases; the standard library followed in Python 3.13 only, and bytes must not depend on it.
_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
_REASONS: Mapping[int, str] = MappingProxyType({status.value: status.phrase for status in HTTPStatus} | _RENAMED)

_FRAMING_FIELDS: Mapping[BodyFraming, tuple[str, str]] = MappingProxyType(
    {"chunked": ("transfer-encoding", "chunked"), "close": ("connection", "close")}
)

_FEWEST_STEPS = 2  # a head and an end


def reason(status: int) -> str:
    """The standard reason phrase of a status code (RFC 9110 §15), empty for a code that has none."""
    return _REASONS.get(status, "")


def head_bytes(head: Head) -> bytes:
    """The status line and the headers, in the order given, with the one that the framing needs unless it is there.
    HTTP/1.0 needs none: its connections close (RFC 9112 §9.3).

    Raises ValueError if a header has a CR, LF or NUL (RFC 9110 §5.5), which would let it forge others.
    """
    lines = _first_lines(head.version, head.status, head.headers)
    needed = _FRAMING_FIELDS.get(head.body) if head.version == "1.1" else None
    if needed is not None and _field(head, needed[0]) is None:
        lines.append(f"{needed[0]}: {needed[1]}")
    return _head(lines, head.headers)


def interim_bytes(interim: Interim) -> bytes:
    """An interim response, which ends after its headers (RFC 9112 §6.3). Raises ValueError as `head_bytes` does."""
    return _head(_first_lines("1.1", interim.status, interim.headers), interim.headers)


def _first_lines(version: str, status: int, headers: _Pairs) -> list[str]:
    return [f"HTTP/{version} {status} {reason(status)}", *(f"{name}: {value}" for name, value in headers)]


def _head(lines: list[str], headers: _Pairs) -> bytes:
    text = "\r\n".join([*lines, "\r\n"])
    if text.count("\r") != len(lines) + 1 or text.count("\n") != len(lines) + 1 or "\0" in text:
        raise ValueError(_forged(headers))
    return text.encode()


def chunk_bytes(data: bytes, framing: BodyFraming) -> bytes:
    """Body bytes as they travel. Empty data stays empty: a chunk of no bytes would end the body (RFC 9112 §7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data) if framing == "chunked" and data else data


def end_bytes(framing: BodyFraming, trailers: _Pairs = ()) -> bytes:
    """What ends a body: the last chunk and what trails it (RFC 9112 §7.1.2), or nothing where the length or the end of
    the connection tells it.
    """
    if framing != "chunked":
        return b""
    return b"0\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in trailers) + b"\r\n"


def lateness(done_us: Microseconds, due_us: Microseconds) -> _Pairs:
    """The trailer that tells when a stream really ended, in milliseconds after the request (W3C Server Timing §3)."""
    actual, late = (f"{us // 1_000}.{us % 1_000:03}" for us in (done_us, done_us - due_us))
    return (("server-timing", f"actual;dur={actual}, late;dur={late}"),)


def tells_end(head: Head, sent: int) -> bool:
    """Whether a client can tell that the body ended after `sent` bytes while the connection stays open (RFC 9112 §6.3).

    It cannot if the connection's end is the body's end, or if the promised length is not what was sent: then the
    connection has to be closed.
    """
    if head.body != "length":
        return head.body == "chunked"
    length = _field(head, "content-length")
    if length is None:
        return sent == 0 and (head.status in (204, 304) or head.status < 200)  # noqa: PLR2004 - RFC 9112 §6.3 rule 1
    return length == str(sent)


def announces_close(plan: Plan) -> bool:
    """Whether the plan's head says that the connection closes after it (RFC 9112 §9.6)."""
    head = next((step for step in plan if isinstance(step, Head)), None)
    options = _field(head, "connection") if head is not None else None
    return options is not None and "close" in (option.strip() for option in options.lower().split(","))


def for_http_1_0(plan: Plan) -> Plan:
    """The plan for a client of HTTP/1.0, which does not know chunks: the connection's end is the body's end. Nor does
    it know interim responses (RFC 9110 §15.2).
    """
    return tuple(
        replace(step, body="close") if isinstance(step, Head) and step.body == "chunked" else step
        for step in plan
        if not isinstance(step, Interim)
    )


def for_head_request(plan: Plan) -> Plan:
    """The plan for a HEAD request, whose answer has no body (RFC 9110 §9.3.2); the connection ends after it."""
    return tuple(step for step in plan if not isinstance(step, (Send, End)))


def whole(plan: Plan, most: int) -> bytes | None:
    """All bytes of a plan that is a head, a body and its end, with nothing between them. None for any other plan, for
    one whose end a client cannot tell, for one after which the connection closes, and for one of more than `most`
    bytes.
    """
    if announces_close(plan):
        return None
    if isinstance(plan, Score):
        return _all_at_once(plan, most) if plan.at_once and plan.fits(most) else None
    if len(plan) < _FEWEST_STEPS:
        return None
    head, *between, end = plan
    bodies = [step.data for step in between if isinstance(step, Send) and not step.alone]
    if not isinstance(head, Head) or not isinstance(end, End) or end.cause or end.tells or len(bodies) < len(between):
        return None
    data = b"".join([head_bytes(head), *(chunk_bytes(body, head.body) for body in bodies), end_bytes(head.body)])
    return data if len(data) <= most and tells_end(head, sum(map(len, bodies))) else None


def _all_at_once(score: Score, most: int) -> bytes | None:
    data = b"".join((head_bytes(score.head), score.events.chunked(), end_bytes(score.head.body)))
    return data if len(data) <= most else None


def _field(head: Head, name: str) -> str | None:
    return next((value for key, value in head.headers if key.lower() == name), None)


def _forged(headers: _Pairs) -> str:
    name, value = next(pair for pair in headers if any(mark in text for text in pair for mark in "\r\n\0"))
    return (
        f"A response header was asked for that cannot be sent: {name!r}: {value!r} has a line break or a NUL."
        " Remove it, or write the bytes of the whole response as a raw step."
    )
