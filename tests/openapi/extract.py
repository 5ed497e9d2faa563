"""Takes schemas out of OpenAI's OpenAPI description and writes them, with all that they refer to, as one JSON file.

    python tests/openapi/extract.py openai-openapi.yaml tests/openapi/chat.json \\
        CreateChatCompletionResponse CreateChatCompletionStreamResponse ErrorResponse Model

The description is https://github.com/openai/openai-openapi (MIT licence). It is read here only; the tests use the
JSON files beside this script, one for each group of endpoints, through `tests/openapi_schema.py`. Without names of
schemas the file is written anew with those it was asked for the last time.

What is kept validates and nothing else: descriptions, examples and extensions go. `nullable: true`, which the
description still has from OpenAPI 3.0, becomes a choice with null, as JSON Schema 2020-12 (OpenAPI 3.1) says it.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

PREFIX = "#/components/schemas/"
_DROPPED = frozenset(
    {
        "default",
        "deprecated",
        "description",
        "discriminator",
        "example",
        "examples",
        "externalDocs",
        "nullable",
        "title",
    }
)
_NAMES_INSIDE = frozenset({"properties", "patternProperties", "$defs"})


def pruned(schema: object) -> object:
    """The schema without what does not validate, and with `nullable` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [pruned(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: {name: pruned(item) for name, item in value.items()} if key in _NAMES_INSIDE else pruned(value)
        for key, value in schema.items()
        if key not in _DROPPED and not key.startswith("x-")
    }
    return {"anyOf": [kept, {"type": "null"}]} if schema.get("nullable") is True else kept


def references(schema: object) -> Iterator[str]:
    """The names of all schemas that this one refers to."""
    if isinstance(schema, list):
        for item in schema:
            yield from references(item)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                yield value.removeprefix(PREFIX)
            else:
                yield from references(value)


def extracted(description: dict, names: list[str]) -> dict[str, object]:
    """The named schemas and all that they need, by name. Raises KeyError for a name that is not there."""
    schemas = description["components"]["schemas"]
    found: dict[str, object] = {}
    wanted = list(names)
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = pruned(schemas[name])
            wanted += references(found[name])
    return dict(sorted(found.items()))


def main(source: Path, target: Path, names: list[str]) -> None:
    description = yaml.load(source.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    names = names or json.loads(target.read_text(encoding="utf-8"))["asked_for"]
    content = {
        "source": f"openai/openai-openapi {description['info']['version']}, MIT licence",
        "asked_for": sorted(names),
        "components": {"schemas": extracted(description, names)},
    }
    text = json.dumps(content, indent=1, ensure_ascii=False)
    # One line for each small object: the file is data, and this is a third of its lines.
    text = re.sub(r"\{\s+(\"[^{}\[\]\n]*)\s+\}", r"{\1}", text)
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
