"""The JSON Schema of the scenario language, for editors that complete and check while a scenario is written.

Here: what pydantic generates from the classes of the language, made fit for editors: no Python-only forms, one
definition for what is used in many places, defaults as an author would write them. Not here: how one class is
written in YAML (the schema hooks of `base.py` and of the classes). A scenario that loads always fits the schema; what
a schema cannot say, such as that a JSONPath must compile, only the loader refuses.
"""

import json
from collections.abc import Callable
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticOmit, core_schema

from mockllm.plan import FOREVER_US, seconds
from mockllm.scenario.document import Scenario

FILE = "scenario.schema.json"
"""The name of the schema beside this module."""

# Every version of yaml-language-server reads draft-07; versions before 1.20 warn about any later draft.
_DRAFT = "http://json-schema.org/draft-07/schema#"
_TITLE = "mockllm scenario"
_PYTHON_ONLY = "CallReply"
_REFERENCE = "#/definitions/"


def json_schema() -> JsonSchemaValue:
    """The schema of a scenario file, as plain data: JSON Schema draft-07, every mapping closed to unknown keys."""
    schema = Scenario.model_json_schema(ref_template=_REFERENCE + "{model}", schema_generator=_Generator)
    definitions = schema.pop("$defs")
    del definitions[_PYTHON_ONLY]
    shared: dict[str, JsonSchemaValue] = {}
    written = {name: _rewritten(body, shared) for name, body in definitions.items()}
    top = {**_rewritten(schema, shared), "title": _TITLE}
    return {"$schema": _DRAFT, **top, "definitions": {**written, **shared}}


def schema_text() -> str:
    """The schema as the text of a file; the one beside this module is the same."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, without what only Python can say."""

    def callable_schema(self, schema: core_schema.CallableSchema) -> JsonSchemaValue:
        """None: no callable can be written."""
        del schema
        raise PydanticOmit

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """The default as an author would write it; none where leaving the key out says it best."""
        body = self.generate_inner(schema["schema"])
        default = schema.get("default")
        if not isinstance(default, (bool, int, float, str)) or default == "":
            return body
        if isinstance(default, int) and default and _is_duration(body):
            return body if default >= FOREVER_US else {**body, "default": seconds(default)}
        return {**body, "default": default}

    def field_title_should_be_set(self, schema: Any) -> bool:
        """No: a field's title repeats its key."""
        del schema
        return False


def _is_duration(body: JsonSchemaValue) -> bool:
    return any("ms|" in str(way.get("pattern")) for way in body.get("anyOf", ()))


def _rewritten(body: Any, shared: dict[str, JsonSchemaValue]) -> Any:
    """The schema with each part in its best form, innermost first; parts with a name of their own go to `shared`."""
    if isinstance(body, list):
        return [_rewritten(item, shared) for item in body]
    if not isinstance(body, dict):
        return body
    # What stands under `properties` is a mapping by key, which may bear any name, so it is no schema itself.
    inner = {
        key: {name: _rewritten(field, shared) for name, field in value.items()}
        if key == "properties"
        else value
        if key in {"default", "examples", "enum", "const", "required"}
        else _rewritten(value, shared)
        for key, value in body.items()
    }
    for rewrite in _REWRITES:
        inner = rewrite(inner)
    return _beside_reference(_shared(inner, shared))


def _shared(body: JsonSchemaValue, shared: dict[str, JsonSchemaValue]) -> JsonSchemaValue:
    """A part that the language has a word for (a fault, a position) as a reference to its one definition."""
    title = body.get("title", "")
    if not title.islower():
        return body
    name = title.capitalize()
    told = {key: value for key, value in body.items() if key in {"description", "default"}}
    shared[name] = {key: value for key, value in body.items() if key not in told}
    return {**told, "$ref": _REFERENCE + name}


def _without_python(body: JsonSchemaValue) -> JsonSchemaValue:
    """Without the reply that only Python can give, in the choices that offer it."""
    if "oneOf" not in body:
        return body
    ways = [way for way in body["oneOf"] if way != {"$ref": _REFERENCE + _PYTHON_ONLY}]
    # Editors complain of several matches while a mapping that fits many forms is only half written.
    return {**{key: value for key, value in body.items() if key != "oneOf"}, "anyOf": ways}


def _flat(body: JsonSchemaValue) -> JsonSchemaValue:
    """A choice inside a choice as one choice, each way once."""
    if "anyOf" not in body or "properties" in body:
        return body
    ways: list[JsonSchemaValue] = []
    for way in body["anyOf"]:
        ways += [inner for inner in (way["anyOf"] if set(way) == {"anyOf"} else [way]) if inner not in ways]
    return {**body, "anyOf": ways}


def _positive(body: JsonSchemaValue) -> JsonSchemaValue:
    """A quantity that may not be zero, which pydantic cannot say of a text."""
    if "gt" not in body:
        return body
    kept = {key: value for key, value in body.items() if key != "gt"}
    return {**kept, "anyOf": [way for way in body["anyOf"] if "const" not in way]}


def _one_line(body: JsonSchemaValue) -> JsonSchemaValue:
    """The description without the line breaks of a docstring; paragraphs stay."""
    if not isinstance(text := body.get("description"), str):
        return body
    paragraphs = text.split("\n\n")
    return {**body, "description": "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)}


def _beside_reference(body: JsonSchemaValue) -> JsonSchemaValue:
    """A reference with a description, in the only form that draft-07 knows for it (§8.3 of its core)."""
    if "$ref" not in body or len(body) == 1:
        return body
    return {**{key: value for key, value in body.items() if key != "$ref"}, "allOf": [{"$ref": body["$ref"]}]}


_REWRITES: tuple[Callable[[JsonSchemaValue], JsonSchemaValue], ...] = (
    _without_python,
    _positive,
    _flat,
    _one_line,
)
