"""What a call must bring before anything answers it: a key, a content type, a body that can be read, a model that
exists.

Here: those checks, in the order in which the real service makes them, and which calls limits count. Not here: the
fields of a body (`dialects/`).
"""

from collections.abc import Mapping, Sequence

from mockllm.catalogue import KNOWN_ERRORS, known_error
from mockllm.dialects import Found
from mockllm.dialects.base import is_dialect
from mockllm.dialects.body import parse
from mockllm.dialects.form import FORM_TYPE, parse_form
from mockllm.errors import ApiError
from mockllm.request import JSON, Call, Message, Request, fingerprint
from mockllm.scenario.document import Scenario
from mockllm.scenario.profile import profile_of
from mockllm.store import Store


def authorize(scenario: Scenario, call: Call) -> None:
    """Refuse a call without an accepted key, in the real service's words. A key that has expired is no key any more:
    the service has no words of its own for it.
    """
    if scenario.auth is None:
        return
    key = call.key() if _in_accepted_header(scenario, call) else ""
    if not key:
        raise _refusal("missing_api_key")
    found = scenario.auth.entry(key)
    if found is None or found[1].expired:
        raise _refusal("invalid_api_key", key=_masked(key))
    _, entry = found
    for header, own, code in (
        ("openai-organization", entry.organization, "mismatched_organization"),
        ("openai-project", entry.project, "mismatched_project"),
    ):
        if own is not None and call.headers.get(header) not in {None, own}:
            raise _refusal(code)


def _in_accepted_header(scenario: Scenario, call: Call) -> bool:
    """Whether a key comes in a header in which the vendor of the profile takes one."""
    if scenario.profile is None:
        return True
    return any(call.headers.get(name) is not None for name in profile_of(scenario.profile).auth)


def _refusal(name: str, **words: str) -> ApiError:
    known = KNOWN_ERRORS[name]
    return ApiError(known.status, known.message.format(**words), code=known.code)


def _masked(key: str) -> str:
    """The key as the service shows it: its beginning, stars, and its last four characters."""
    visible = 4
    return key if len(key) <= 2 * visible else f"{key[:visible]}{'*' * (len(key) - 2 * visible)}{key[-visible:]}"


def read(
    found: Found, call: Call, scenario: Scenario, store: Store, given: tuple[tuple[str, str], ...] = ()
) -> Request:
    """The request with what it refers to in the store, or the refusal of its content type, its JSON or its fields, in
    that order. `given` is what the path says in place of the fields of these names, where the body does not.
    """
    json: JSON = None
    # What acts on one object, such as a cancellation, is a POST that may come without a body.
    if call.body or (call.method == "POST" and not found.parameters and not found.bare):
        _check_type(call, FORM_TYPE if found.form else "application/json")
        json = parse_form(call) if found.form else parse(call.body)
    if given and isinstance(json, Mapping):
        json = {**dict(given), **json}
    endpoint = found.endpoint
    if is_dialect(endpoint):
        return endpoint.read(call, json, strict=scenario.strict, store=store)
    return _plain_request(endpoint.api, call, json, "/".join(found.parameters.values()))


def _plain_request(api: str, call: Call, json: JSON, place: str) -> Request:
    """The request for a resource, with the few words of its body that rules can match on."""
    body = json if isinstance(json, Mapping) else {}
    model = body.get("model")
    said = body.get("input", body.get("prompt"))
    texts = [said] if isinstance(said, str) else said if isinstance(said, Sequence) else []
    return Request(
        api,
        call,
        body,
        model=model if isinstance(model, str) else "",
        messages=tuple(Message("user", text) for text in texts if isinstance(text, str)),
        stream=body.get("stream") in (True, "true"),  # of what a client sends not all can be hashed
        fingerprint=fingerprint(api, call, json, place),
    )


def check_model(scenario: Scenario, request: Request) -> None:
    """Refuse a model that the scenario does not serve, if it serves its own `only`."""
    models = scenario.models
    if models is not None and models.only and request.model and request.model not in models.ids:
        known = known_error("model_not_found", request.api)
        assert known is not None
        message = known.message.format(model=request.model)
        raise ApiError(known.status, message, code=known.code, param=known.param, edge=known.edge)


def _check_type(call: Call, accepted: str) -> None:
    kind = call.headers.get("content-type")
    if kind is not None and kind.split(";")[0].strip().lower() != accepted:
        name = kind.split(";")[0].strip()
        message = (
            f"Unsupported content type: '{name}'. This API method only accepts '{accepted}' requests, but you "
            f"specified the header 'Content-Type: {kind}'. Please try again with a supported content type."
        )
        raise ApiError(415, message, code="unsupported_content_type")


def is_charged(found: Found, request: Request) -> bool:
    """Whether limits count the request: it asks a model for something, rather than for what the server holds."""
    return is_dialect(found.endpoint) or (request.call.method == "POST" and bool(request.model))


def unread(found: Found, call: Call) -> Request:
    """What can be told of a call whose body was refused: at most the model, by which limits may differ."""
    try:
        json = parse(call.body)
    except ApiError:
        json = None
    model = json.get("model") if isinstance(json, Mapping) else None
    return Request(found.endpoint.api, call, model=model if isinstance(model, str) else "")
