"""Errors in every shape that servers give them, and which kind of failure each is.

Here: finding the error in a JSON value or a body, telling its kind, and the wait it asks for. Not here: whether the
request is sent again (`retry.py`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.robust.loose import JSON, entries, excerpt, fields, first_word, parse, whole, word
from tests.robust.outcome import Failure, Problem

# The first that matches decides. They are looked for in the code and the type, which are one word each.
_WORDS: tuple[tuple[re.Pattern[str], Failure], ...] = tuple(
    (re.compile(pattern), failure)
    for pattern, failure in (
        (r"content_?(filter|policy)|responsible_?ai|moderation_blocked|safety", "filtered"),
        (r"insufficient_?(quota|balance|fund|credit)|billing|payment_required|quota_?exceeded", "quota"),
        (r"rate_?limit|too_?many_?requests|resource_?exhausted|throttl|^(tokens|requests)$", "rate_limited"),
        (r"invalid_?api_?key|authentication|unauthori[sz]ed|permission|forbidden|access_?denied", "unauthorized"),
        (
            r"time_?out|overload|unavailable|capacity|server_?error|internal|bad_?gateway|network|upstream",
            "unavailable",
        ),
        (r"context_?length|not_?found|unsupported|model_?error|tool_use_failed", "refused"),
    )
)
# The family that servers put on errors of all kinds: it decides only when nothing else does.
_FAMILY = re.compile(r"invalid|bad_?request|validation", re.IGNORECASE)

# The account is empty, or will be for a day: said in words only, under whatever status.
_EMPTY_ACCOUNT = re.compile(
    r"insufficient (account )?(balance|quota|credit|fund)|credit balance|\blimit: 0\b|PerDay|out of credits",
    re.IGNORECASE,
)
_QUOTA = re.compile(r"\bquota\b", re.IGNORECASE)

_TELLING: Mapping[int, Failure] = {
    401: "unauthorized",
    402: "quota",
    403: "unauthorized",
    404: "refused",
    408: "unavailable",
    409: "unavailable",
    413: "refused",
    422: "refused",
    429: "rate_limited",
}
_TRANSIENT = frozenset({"rate_limited", "unavailable"})

_DELAY_IN_WORDS = re.compile(
    r"(?:retry|try again)[^.]*? (\d+(?:\.\d+)?) ?(ms|s|sec|seconds?|m|minutes?)\b", re.IGNORECASE
)
_US_PER_UNIT = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000}
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")


@dataclass(frozen=True, slots=True)
class ServerError:
    """An error as a server told it. `status` is a code that is an HTTP status, 0 if none is; `raw` is all of it."""

    message: str = ""
    code: str = ""
    type: str = ""
    status: int = 0
    raw: str = ""
    delay_us: int | None = None


def error_in(value: JSON) -> ServerError | None:
    """The error that a JSON value is or carries: an `error` that is an object, a text or a list, vLLM's
    `object: error`, FastAPI's `detail`, a bare `code` with a `message`, `base_resp`. None if there is none.
    """
    if isinstance(value, list):
        return next((error for entry in value if (error := error_in(entry)) is not None), None)
    members = fields(value)
    if told := members.get("error"):
        return _of(told, value)
    if members.get("object") == "error" or members.get("type") == "error":
        return _of(members, value)
    if detail := members.get("detail"):
        return _of({"message": _details(detail)}, value)
    base = fields(members.get("base_resp"))
    if base.get("status_code"):
        return _of({"message": base.get("status_msg")}, value)
    is_bare = isinstance(members.get("message"), str) and not {"choices", "output", "data"} & members.keys()
    if is_bare and ("type" not in members or "error" in word(members["type"]).lower()):
        return _of(members, value)
    return None


def _details(detail: JSON) -> str:
    """FastAPI's detail is a text or a list of what is wrong where."""
    if isinstance(detail, str):
        return detail
    return "; ".join(word(fields(entry).get("msg")) for entry in entries(detail))


def _of(told: JSON, around: JSON) -> ServerError:
    if isinstance(told, list):
        told = next(iter(told), None)
    if not isinstance(told, dict):
        told = {"message": told if isinstance(told, str) else str(told)}
    inner = told.get("message")
    message = inner if isinstance(inner, str) else "" if inner is None else str(inner)
    code = told.get("code")
    numbers = (whole(code), whole(told.get("status")), whole(told.get("http_code")), whole(told.get("status_code")))
    status = next((number for number in numbers if number is not None and 400 <= number < 600), 0)
    return ServerError(
        message=message,
        code=code if isinstance(code, str) and not code.isdecimal() else "",
        type=first_word(told.get("type"), told.get("status")),
        status=status,
        raw=str(around),
        delay_us=_delay_us(told, message),
    )


def _delay_us(told: Mapping[str, JSON], message: str) -> int | None:
    """The wait that an error asks for inside its body (google.rpc.RetryInfo) or in its words."""
    for detail in entries(told.get("details")):
        if (match := _DELAY.fullmatch(word(fields(detail).get("retryDelay")))) is not None:
            return round(float(match[1]) * 1_000_000)
    if (match := _DELAY_IN_WORDS.search(message)) is None:
        return None
    unit = "ms" if match[2].lower() == "ms" else match[2][0].lower()
    return round(float(match[1]) * _US_PER_UNIT[unit])


def failure_of(error: ServerError, status: int = 0, otherwise: Failure = "reported") -> Failure:
    """The kind of an error: an empty account says it in any words, then the code says most, then the type, then the
    status, then the family of its type.
    """
    if _EMPTY_ACCOUNT.search(error.raw):
        return "quota"
    for text in (error.code, error.type):
        if (found := _by_word(text)) is not None:
            return found
    if _QUOTA.search(error.message) and error.delay_us is None:
        return "quota"
    status = status if status >= 400 else error.status
    if status in _TELLING:
        return _TELLING[status]
    if _FAMILY.search(error.code) or _FAMILY.search(error.type):
        return "refused"
    if status:
        return "refused" if status < 500 else "unavailable"
    return otherwise


def _by_word(text: str) -> Failure | None:
    lowered = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()
    return next((failure for pattern, failure in _WORDS if pattern.search(lowered)), None)


def problem_of(error: ServerError, status: int = 0, otherwise: Failure = "reported") -> Problem:
    """The problem that a server's error is."""
    failure = failure_of(error, status, otherwise)
    message = error.message or excerpt(error.raw)
    return Problem(failure, message, transient=failure in _TRANSIENT, delay_us=error.delay_us)


def problem_of_status(status: int, body: str) -> Problem:
    """The problem of an answer with an error status, whatever its body is."""
    error = next((found for value in _values(body) if (found := error_in(value)) is not None), None)
    if error is not None:
        return problem_of(error, status)
    if status < 400:
        return Problem("refused", f"a redirect that no client can follow with the same request: {status}")
    if status == 403 and body.lstrip().startswith("<"):
        return Problem("unreadable", f"403 from something before the server: {excerpt(body)}")
    message = f"{status}: {excerpt(body)}" if body.strip() else f"{status} without a body"
    return problem_of(ServerError(message=message, raw=body), status)


def _values(body: str) -> Iterator[JSON]:
    """The JSON of a body: all of it, or the data of an event stream that came with an error status."""
    lines = (line.removeprefix("data:") for line in body.split("\n") if line.startswith("data:"))
    for text in (body, *lines):
        try:
            yield parse(text)
        except ValueError:
            continue
