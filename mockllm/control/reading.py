"""From HTTP to what an operation is asked, and from what it tells to HTTP; and the same the other way round.

Here: the four pure functions that a server and its clients share, so that one cannot say what the other does not
understand. Not here: sockets (`net/control/`, `client/`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, get_origin
from urllib.parse import parse_qsl, quote, urlencode

import orjson
from pydantic import ValidationError

from mockllm.control.base import PREFIX, PROBLEM, Answer, Ask, Asked, ControlError, Operation, Problem, Text, Told
from mockllm.control.table import Found
from mockllm.scenario.words import told

JSON_TYPE = "application/json"
YAML_TYPES = ("application/yaml", "text/yaml", "text/x-yaml", "application/x-yaml", "text/plain")
"""The content types of YAML: the registered one (RFC 9512), and those that were in use before."""

_MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP request without its host: `target` is the path and the query."""

    method: str
    target: str
    body: bytes = b""
    media: str = ""


def ask(found: Found, query: str, body: bytes, media: str) -> Ask:
    """What the operation is asked. Raises ControlError 400 for wrong fields and 415 for a body of another type."""
    operation: Operation[Ask, Answer] = found.operation
    fields: dict[str, Any] = {**_from_query(operation, query), **found.in_path}
    if whole := operation.asks.whole:
        if body:
            fields[whole] = _whole(body, media)
    elif operation.in_body and body:
        fields |= _object(body, media, fields)
    try:
        return operation.asks.model_validate(fields)
    except ValidationError as error:
        errors = tuple(
            f"{'.'.join(map(str, details['loc']))}: {told(details)}" for details in error.errors(include_url=False)
        )
        allowed = ", ".join(operation.asks.model_fields) or "none"
        detail = f"{operation.name} was asked with fields that it does not take; it takes: {allowed}"
        raise ControlError(400, "wrong_fields", detail, errors=errors) from None


def message(operation: Operation[Asked, Told], asked: Asked) -> Message:
    """The request that asks this."""
    fields = asked.model_dump(mode="json", exclude_unset=True)
    path = PREFIX + operation.path.format(
        **{name: quote(str(fields.get(name, "")), safe="@") for name in operation.in_path}
    )
    query = urlencode(
        {name: _text(fields[name]) for name in operation.in_query if fields.get(name) is not None}, doseq=True
    )
    target = f"{path}?{query}" if query else path
    if (whole := operation.asks.whole) is not None:
        if not (value := fields.get(whole)):
            return Message(operation.method, target)
        if isinstance(value, str):
            return Message(operation.method, target, value.encode(), YAML_TYPES[0])
        return Message(operation.method, target, orjson.dumps(value), JSON_TYPE)
    if operation.in_body:
        body = {name: fields[name] for name in operation.in_body if name in fields}
        return Message(operation.method, target, orjson.dumps(body), JSON_TYPE)
    return Message(operation.method, target)


def answer_bytes(answer: Answer) -> bytes:
    """The body that tells this."""
    return answer.text.encode() if isinstance(answer, Text) else answer.model_dump_json().encode()


def answer(operation: Operation[Asked, Told], status: int, media: str, body: bytes) -> Told:
    """What the server told. Raises ControlError for a refusal, and for what is no answer of this API."""
    if status == HTTPStatus.OK:
        try:
            if operation.tells is Text:
                return operation.tells.model_validate({"text": body.decode()})
            return operation.tells.model_validate_json(body)
        except ValueError:
            pass
    elif media.partition(";")[0].strip() == PROBLEM:
        try:
            raise ControlError.of(Problem.model_validate_json(body))
        except ValidationError:
            pass
    start = body[:200].decode(errors="replace")
    detail = f"{operation.name} got status {status} and {start!r}: is this the URL of a mockllm server of this version?"
    raise ControlError(status, "no_answer", detail)


def _from_query(operation: Operation[Any, Any], query: str) -> dict[str, Any]:
    """The query's fields. One that is a list may come several times; of any other the last counts."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace")
    except ValueError:
        raise ControlError(400, "wrong_fields", f"the query has more than {_MOST_FIELDS} fields: give fewer") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        known = operation.asks.model_fields.get(name)
        if known is None or name not in operation.in_query:
            allowed = ", ".join(operation.in_query) or "none"
            raise ControlError(400, "wrong_fields", f"the query of {operation.name} has no '{name}'; it has: {allowed}")
        if get_origin(known.annotation) is tuple:
            fields.setdefault(name, []).append(value)
        else:
            fields[name] = value
    return fields


def _whole(body: bytes, media: str) -> Any:
    """The body of an operation whose one field it is: a text, or an object."""
    media = media.partition(";")[0].strip().lower()
    if media in YAML_TYPES:
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ControlError(400, "wrong_body", f"the body is no UTF-8: {error}") from None
    return _object(body, media, {})


def _object(body: bytes, media: str, taken: Mapping[str, Any]) -> dict[str, Any]:
    media = media.partition(";")[0].strip().lower()
    if media not in {JSON_TYPE, ""}:
        detail = f"the body is {media!r}: send {JSON_TYPE}, or {YAML_TYPES[0]} where a scenario is expected"
        raise ControlError(415, "wrong_media_type", detail)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ControlError(400, "wrong_body", f"the body is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ControlError(400, "wrong_body", f"the body is {type(value).__name__}: send an object")
    if twice := sorted(value.keys() & taken.keys()):
        raise ControlError(400, "wrong_fields", f"the body has {', '.join(twice)}, which the path or the query has too")
    return value


def _text(value: Any) -> Any:
    """A value of a query as its text."""
    return str(value).lower() if isinstance(value, bool) else value
