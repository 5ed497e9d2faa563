"""What a call must bring before anything answers it: a key, a content type, a body that can be read, a model that
exists.

Here: those checks, in the order in which the real service makes them. Not here: the fields of a body (`dialects/`).
"""

from mockllm.catalogue import KNOWN_ERRORS
from mockllm.dialects import Found
from mockllm.dialects.base import is_dialect
from mockllm.dialects.body import parse
from mockllm.errors import ApiError
from mockllm.request import JSON, Call, Request, fingerprint
from mockllm.scenario.document import Scenario


def authorize(scenario: Scenario, call: Call) -> None:
    """Refuse a call without an accepted key, in the real service's words."""
    if scenario.auth is None:
        return
    bearer = call.headers.get("authorization") or ""
    key = bearer.removeprefix("Bearer ") if bearer else call.headers.get("api-key")
    if not key:
        known = KNOWN_ERRORS["missing_api_key"]
        raise ApiError(known.status, known.message)
    if key not in scenario.auth.keys:
        known = KNOWN_ERRORS["invalid_api_key"]
        raise ApiError(known.status, known.message.format(key=_masked(key)), code=known.code)


def _masked(key: str) -> str:
    """The key as the service shows it: its beginning, stars, and its last four characters."""
    visible = 4
    return key if len(key) <= 2 * visible else f"{key[:visible]}{'*' * (len(key) - 2 * visible)}{key[-visible:]}"


def read(found: Found, call: Call, scenario: Scenario) -> Request:
    """The request, or the refusal of its content type, its JSON or its fields, in that order."""
    json: JSON = None
    if call.body or call.method == "POST":
        _check_type(call)
        json = parse(call.body)
    if is_dialect(found.endpoint):
        request: Request = found.endpoint.read(call, json, strict=scenario.strict)
        _check_model(scenario, request)
        return request
    body = json if isinstance(json, dict) else {}
    return Request(found.endpoint.api, call, body, fingerprint=fingerprint(found.endpoint.api, call, json))


def _check_type(call: Call) -> None:
    kind = call.headers.get("content-type")
    if kind is not None and kind.split(";")[0].strip().lower() != "application/json":
        name = kind.split(";")[0].strip()
        message = (
            f"Unsupported content type: '{name}'. This API method only accepts 'application/json' requests, but you "
            f"specified the header 'Content-Type: {kind}'. Please try again with a supported content type."
        )
        raise ApiError(415, message, code="unsupported_content_type")


def _check_model(scenario: Scenario, request: Request) -> None:
    if scenario.models is not None and scenario.models.only and request.model not in scenario.models.ids:
        known = KNOWN_ERRORS["model_not_found"]
        message = known.message.format(model=request.model)
        raise ApiError(known.status, message, code=known.code, edge=known.edge)
