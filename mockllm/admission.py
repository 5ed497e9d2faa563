"""What a call must bring before anything answers it: a key, a content type, a body that can be read, a model that
exists.

Here: those checks, in the order in which the real service makes them. Not here: the fields of a body (`dialects/`).
"""

from collections.abc import Mapping

from mockllm.catalogue import KNOWN_ERRORS, known_error
from mockllm.dialects import Found
from mockllm.dialects.base import is_dialect
from mockllm.dialects.body import parse
from mockllm.errors import ApiError
from mockllm.request import JSON, Call, Request, fingerprint
from mockllm.scenario.document import Scenario
from mockllm.store import Store


def authorize(scenario: Scenario, call: Call) -> None:
    """Refuse a call without an accepted key, in the real service's words."""
    if scenario.auth is None:
        return
    key = call.key()
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


def read(found: Found, call: Call, scenario: Scenario, store: Store) -> Request:
    """The request with what it refers to in the store, or the refusal of its content type, its JSON or its fields, in
    that order.
    """
    json: JSON = None
    if call.body or call.method == "POST":
        _check_type(call)
        json = parse(call.body)
    endpoint = found.endpoint
    if is_dialect(endpoint):
        return endpoint.read(call, json, strict=scenario.strict, store=store)
    place = "/".join(found.parameters.values())
    body = json if isinstance(json, Mapping) else {}
    return Request(endpoint.api, call, body, fingerprint=fingerprint(endpoint.api, call, json, place))


def check_model(scenario: Scenario, request: Request) -> None:
    """Refuse a model that the scenario does not serve, if it serves its own `only`."""
    models = scenario.models
    if models is not None and models.only and request.model and request.model not in models.ids:
        known = known_error("model_not_found", request.api)
        assert known is not None
        message = known.message.format(model=request.model)
        raise ApiError(known.status, message, code=known.code, param=known.param, edge=known.edge)


def _check_type(call: Call) -> None:
    kind = call.headers.get("content-type")
    if kind is not None and kind.split(";")[0].strip().lower() != "application/json":
        name = kind.split(";")[0].strip()
        message = (
            f"Unsupported content type: '{name}'. This API method only accepts 'application/json' requests, but you "
            f"specified the header 'Content-Type: {kind}'. Please try again with a supported content type."
        )
        raise ApiError(415, message, code="unsupported_content_type")
