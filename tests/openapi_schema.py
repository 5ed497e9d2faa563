"""Whether a JSON value is what OpenAI's own API description says, by the schemas that are kept in `openapi/`.

`violations` is the one entry. The description is not always right (wire-contract §1); where the wire is known to be
otherwise the path is allowed by name, with the section that says so.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.strict import NONE, unindexed

FOLDER = Path(__file__).parent / "openapi"


def violations(name: str, value: object, allow: Mapping[str, str] = NONE) -> list[str]:
    """What the named schema does not accept, one line each; an empty list when it accepts the value.

    `allow` maps a path, with `[]` for every index, to the place that says why the wire differs there.
    """
    errors = chain.from_iterable(map(_innermost, validator(name).iter_errors(value)))
    found = [(_path(error), error.message) for error in errors]
    return [f"{path or '(whole)'}: {message}" for path, message in found if unindexed(path) not in allow]


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of one schema. Raises KeyError, with what to do, if no file has it."""
    schemas = {key: schema for file in sorted(FOLDER.glob("*.json")) for key, schema in _schemas(file).items()}
    if name not in schemas:
        raise KeyError(f"{name} is in none of {FOLDER}/*.json: add it with tests/openapi/extract.py")
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


@cache
def _schemas(file: Path) -> Mapping[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))["components"]["schemas"]


def _innermost(error: ValidationError) -> Iterator[ValidationError]:
    """Of a choice that accepts no branch, what is wrong with the branch that comes nearest: one of the value's type, or
    with the fewest errors.
    """
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    if not branches:
        yield error
        return
    for inner in min(branches.values(), key=lambda errors: (any(not e.path for e in errors), len(errors))):
        yield from _innermost(inner)


def _path(error: ValidationError) -> str:
    """The place of the error; for a missing member, the place where it should be."""
    path = ""
    for step in error.absolute_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    if error.validator == "required":
        path += "." + error.message.split("'")[1]
    return path.removeprefix(".")
