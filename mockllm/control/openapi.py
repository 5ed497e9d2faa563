"""The control API as an OpenAPI 3.1 document, made of the table of operations and of the classes that they use.

Here: one function from the table to the document. Not here: anything that only this document would know.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mockllm.control.base import PREFIX, PROBLEM, AnyOperation, Problem, Stream, Text
from mockllm.control.reading import JSON_TYPE, YAML_TYPES
from mockllm.control.table import OPERATIONS

API = 1
"""The version of the API: another one means that clients must change."""

_REF = "#/components/schemas/{model}"
_TOKEN = "token"  # noqa: S105 - the name of a scheme

_REFUSALS: Mapping[int, str] = {
    400: "The call is wrong: its path, query, body or headers.",
    401: "The token is missing or wrong.",
    403: "A browser asked for a page of another site.",
    404: "There is no such thing.",
    409: "It cannot be done as things are.",
    413: "The body is too large.",
    415: "The body has a type that is not understood.",
    422: "The scenario is wrong.",
    503: "Not now: nothing to serve, or too many calls wait.",
}
_ALWAYS = (400, 403)
_WAITING = ("timeout_s", "by_s")
_STRINGS = (Text, Stream)


def document(version: str) -> dict[str, Any]:
    """The whole document."""
    models: dict[type[BaseModel], None] = {Problem: None}
    for operation in OPERATIONS:
        models |= {model: None for model in (operation.asks, operation.tells) if model not in _STRINGS}
    _, definitions = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        described = _described(operation, definitions["$defs"])
        paths.setdefault(PREFIX + operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mockllm control API",
            "version": version,
            "description": "Control a running mock server. Every change tells the state that it led to.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{_TOKEN: []}, {}],
        "tags": [],
        "paths": paths,
        "components": {
            "schemas": _reachable(definitions["$defs"], set(_references(paths))),
            "securitySchemes": {_TOKEN: {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(operation: AnyOperation, definitions: Mapping[str, Any]) -> dict[str, Any]:
    asked = definitions[operation.asks.__name__]
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.about,
        "parameters": list(_parameters(operation, asked)),
        "responses": dict(_responses(operation)),
    }
    if operation.notes:
        described["description"] = operation.notes
    if operation.in_body:
        described["requestBody"] = _body(operation, asked)
    if operation.public:
        described["security"] = [{}]
    return described


def _parameters(operation: AnyOperation, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for place, names in (("path", operation.in_path), ("query", operation.in_query)):
        for name in names:
            schema = dict(asked["properties"][name])
            about = schema.pop("description", "")
            required = place == "path" or name in asked.get("required", ())
            yield {"name": name, "in": place, "required": required, "description": about, "schema": _in_url(schema)}


def _in_url(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value in a URL, where null cannot be written: what is null is left out."""
    schema = {key: value for key, value in schema.items() if key != "default" or value is not None}
    choices = [choice for choice in schema.pop("anyOf", ()) if choice != {"type": "null"}]
    return {**schema, **choices[0]} if len(choices) == 1 else {**schema, **({"anyOf": choices} if choices else {})}


def _body(operation: AnyOperation, asked: Mapping[str, Any]) -> dict[str, Any]:
    if operation.asks.whole is not None:
        text, value = {"schema": {"type": "string"}}, {"schema": {"type": "object"}}
        required = operation.asks.whole in asked.get("required", ())
        return {"required": required, "content": {JSON_TYPE: value, YAML_TYPES[0]: text}}
    schema = {
        "type": "object",
        "properties": {name: asked["properties"][name] for name in operation.in_body},
        "required": [name for name in operation.in_body if name in asked.get("required", ())],
        "additionalProperties": False,
    }
    return {"required": bool(schema["required"]), "content": {JSON_TYPE: {"schema": schema}}}


def _responses(operation: AnyOperation) -> Iterator[tuple[str, dict[str, Any]]]:
    schema = (
        {"type": "string"} if operation.tells in _STRINGS else {"$ref": _REF.format(model=operation.tells.__name__)}
    )
    media = operation.media.partition(";")[0]
    yield "200", {"description": operation.about, "content": {media: {"schema": schema}}}
    for status in sorted({*_ALWAYS, *operation.refuses, *_more(operation)}):
        problem = {"schema": {"$ref": _REF.format(model=Problem.__name__)}}
        yield str(status), {"description": _REFUSALS[status], "content": {PROBLEM: problem}}


def _more(operation: AnyOperation) -> Iterator[int]:
    """The statuses that follow from what an operation is."""
    yield 413
    if not operation.public:
        yield 401
    if operation.in_body:
        yield 415
    if any(name in operation.asks.model_fields for name in _WAITING):
        yield 503


def _reachable(definitions: Mapping[str, Any], wanted: set[str]) -> dict[str, Any]:
    """The definitions of these names and of all that they refer to."""
    found: dict[str, Any] = {}
    left = sorted(wanted)
    while left:
        if (name := left.pop()) not in found:
            found[name] = definitions[name]
            left += sorted(_references(definitions[name]))
    return dict(sorted(found.items()))


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key == "$ref":
                yield value.rpartition("/")[2]
            else:
                yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)
