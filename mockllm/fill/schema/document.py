"""A JSON Schema as it was given: well-formed nodes, references, limits.

Here: `Node`, one schema object whose keywords have the shape that the specification asks for, and `Document`, the whole
schema that references point into. Not here: what keywords mean together (`flat.py`), which values they allow
(`accept.py`) and how values are made (the rest of the package). Source: JSON Schema 2020-12, Core and Validation; where
draft-07 and OpenAPI 3.0 write a thing in another way, `Node.of` turns it into this one.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final, TypeGuard
from urllib.parse import unquote

from mockllm.errors import MockLLMError
from mockllm.request import JSON

OPTIONAL_DEPTH: Final = 5
"""Objects nested deeper than this get their required properties only, and arrays as few items as they may have."""

MAX_DEPTH: Final = 20
"""The deepest nesting of a value, and of `allOf` and `$ref` around one."""

MAX_NODES: Final = 5_000
"""How many values an example may cost, those inside of values and those that turn out unfit included."""

MAX_ITEMS: Final = 1_000
"""The most items of an array, and the most properties of an object, that a schema may ask for."""

MAX_LENGTH: Final = 100_000
"""The longest text that a schema may ask for, in characters."""

TRIES: Final = 64
"""How many values in a row may turn out unfit before a schema counts as unsatisfiable."""

TYPES: Final[tuple[str, ...]] = ("object", "array", "string", "integer", "number", "boolean", "null")


class UnsupportedSchema(MockLLMError):  # noqa: N818 - a property of the schema, named as its author meets it
    """A schema that no value is found for: it allows none, or it says so in a way that is not supported.

    `path` is the place in the schema, as a URI fragment (`#/properties/city`); `keyword` is what cannot be met there.
    """

    def __init__(self, path: str, keyword: str, reason: str) -> None:
        super().__init__(
            f"no example can be made for the JSON Schema at {path}: `{keyword}` {reason}; "
            "change the schema, or script the answer instead of having it made"
        )
        self.path = path
        self.keyword = keyword


def is_list(value: object) -> TypeGuard[Sequence[JSON]]:
    """Whether a JSON value is an array; a string is a sequence too, and is none."""
    return isinstance(value, (list, tuple))


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a number; true and false are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def exact(number: float) -> Fraction:
    """A JSON number as it is written in decimal: 0.1 is a tenth."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _is_count(value: object) -> bool:
    return is_number(value) and value >= 0 and value == int(value)


def _is_schema(value: object) -> bool:
    return isinstance(value, (Mapping, bool))


def _is_schemas(value: object) -> bool:
    return is_list(value) and bool(value)


def _is_names(value: object) -> bool:
    return is_list(value) and all(isinstance(name, str) for name in value)


def _is_types(value: object) -> bool:
    names = value if is_list(value) else (value,)
    return bool(names) and all(name in TYPES for name in names)


_Shape = tuple[Callable[[object], bool], str]
_COUNT: _Shape = (_is_count, "a whole number from 0")
_NUMBER: _Shape = (is_number, "a number")
_TEXT: _Shape = (lambda value: isinstance(value, str), "a string")
_TABLE: _Shape = (lambda value: isinstance(value, Mapping), "an object")
_SCHEMA: _Shape = (_is_schema, "a schema")
_SCHEMAS: _Shape = (_is_schemas, "a list of schemas")

_SHAPES: Final[Mapping[str, _Shape]] = MappingProxyType(
    {
        "$ref": _TEXT,
        "type": (_is_types, f"one or more of {', '.join(TYPES)}"),
        "enum": (is_list, "a list"),
        "minimum": _NUMBER,
        "maximum": _NUMBER,
        "exclusiveMinimum": _NUMBER,
        "exclusiveMaximum": _NUMBER,
        "multipleOf": (lambda value: is_number(value) and value > 0, "a number above 0"),
        "minLength": _COUNT,
        "maxLength": _COUNT,
        "pattern": _TEXT,
        "format": _TEXT,
        "prefixItems": _SCHEMAS,
        "items": _SCHEMA,
        "minItems": _COUNT,
        "maxItems": _COUNT,
        "uniqueItems": (lambda value: isinstance(value, bool), "true or false"),
        "contains": _SCHEMA,
        "minContains": _COUNT,
        "maxContains": _COUNT,
        "properties": _TABLE,
        "patternProperties": _TABLE,
        "additionalProperties": _SCHEMA,
        "unevaluatedProperties": _SCHEMA,
        "propertyNames": _SCHEMA,
        "required": (_is_names, "a list of property names"),
        "dependentRequired": (
            lambda value: isinstance(value, Mapping) and all(map(_is_names, value.values())),
            "an object of lists of property names",
        ),
        "minProperties": _COUNT,
        "maxProperties": _COUNT,
        "allOf": _SCHEMAS,
        "anyOf": _SCHEMAS,
        "oneOf": _SCHEMAS,
        "not": _SCHEMA,
        "if": _SCHEMA,
        "then": _SCHEMA,
        "else": _SCHEMA,
    }
)

_SHOWN: Final = 60
ASSERTIONS: Final = frozenset(_SHAPES)
"""The keywords whose values have a shape; all others but `const` are annotations, or not supported."""

_UNSUPPORTED: Final = ("$dynamicRef", "$recursiveRef", "dependentSchemas", "unevaluatedItems")


@dataclass(frozen=True, slots=True)
class Node:
    """The keywords of one schema and where it stands. A keyword that is absent or null reads as its default."""

    keywords: Mapping[str, JSON]
    path: str

    @classmethod
    def of(cls, schema: JSON, path: str) -> "Node":
        """The node of a schema. Raises UnsupportedSchema for one that is malformed or false."""
        if schema is False:
            raise UnsupportedSchema(path, "false", "allows no value")
        if schema is True:
            return cls({}, path)
        if not isinstance(schema, Mapping):
            raise UnsupportedSchema(path, "schema", f"is {_shown(schema)} and must be an object, true or false")
        node = cls(_modern(schema), path)
        for keyword, value in node.keywords.items():
            if keyword in _UNSUPPORTED:
                raise node.refusal(keyword, "is not supported")
            fits, wanted = _SHAPES.get(keyword, (_is_any, ""))
            if not fits(value):
                raise node.refusal(keyword, f"is {_shown(value)} and must be {wanted}")
        return node

    def refusal(self, keyword: str, reason: str) -> UnsupportedSchema:
        """The error that says what is wrong here."""
        return UnsupportedSchema(self.path, keyword, reason)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    def get(self, keyword: str, default: JSON = None) -> JSON:
        """A keyword as it stands."""
        return self.keywords.get(keyword, default)

    def number(self, keyword: str) -> Fraction | None:
        """A number, exactly as it is written in decimal."""
        value = self.keywords.get(keyword)
        return exact(value) if is_number(value) else None

    def count(self, keyword: str, default: int = 0) -> int:
        """A count: of characters, items or properties."""
        value = self.keywords.get(keyword)
        return int(value) if is_number(value) else default

    def text(self, keyword: str) -> str | None:
        """A string."""
        value = self.keywords.get(keyword)
        return value if isinstance(value, str) else None

    def list(self, keyword: str) -> Sequence[JSON]:
        """A list, of schemas or of values."""
        value = self.keywords.get(keyword)
        return value if is_list(value) else ()

    def names(self, keyword: str) -> tuple[str, ...]:
        """A list of names, or a single one."""
        value = self.keywords.get(keyword)
        return tuple(name for name in (value if is_list(value) else (value,)) if isinstance(name, str))

    def table(self, keyword: str) -> Mapping[str, JSON]:
        """An object, of schemas or of values."""
        value = self.keywords.get(keyword)
        return value if isinstance(value, Mapping) else {}

    def within(self, *steps: str | int) -> str:
        """The path of a schema inside this one."""
        return "/".join([self.path, *(str(step).replace("~", "~0").replace("/", "~1") for step in steps)])


def _shown(value: JSON) -> str:
    return json.dumps(value, default=str)[:_SHOWN]


def _is_any(_: object) -> bool:
    return True


def _modern(schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """The keywords as 2020-12 writes them, without those that are null. Null has no meaning but as `const`."""
    said = {keyword: value for keyword, value in schema.items() if value is not None or keyword == "const"}
    if is_list(items := said.get("items")):
        said["prefixItems"] = items
        said["items"] = said.pop("additionalItems", True)
        if not items:
            del said["prefixItems"]
    for strict, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(said.get(strict), bool) and said.pop(strict) and bound in said:
            said[strict] = said.pop(bound)
    if isinstance(dependencies := said.pop("dependencies", None), Mapping):
        named = all(map(is_list, dependencies.values()))
        said["dependentRequired" if named else "dependentSchemas"] = dependencies
    if said.pop("nullable", None) is True and "type" in said:
        types = said["type"]
        said["type"] = [*(types if is_list(types) else (types,)), "null"]
    return said


class Document:
    """A whole schema, and how much may still be spent on an example of it. One serves for one example."""

    def __init__(self, root: JSON) -> None:
        self.root = root
        self._left = MAX_NODES

    def spend(self, path: str) -> None:
        """Counts one value. Raises UnsupportedSchema when an example has become too large."""
        self._left -= 1
        if self._left < 0:
            raise UnsupportedSchema(path, "schema", f"takes more than {MAX_NODES} values")

    def target(self, node: Node) -> tuple[JSON, str]:
        """The schema that the node's `$ref` points to, and its path. Raises UnsupportedSchema where there is none."""
        ref = node.text("$ref") or ""
        if ref != "#" and not ref.startswith("#/"):
            raise node.refusal("$ref", f"is {ref!r}, and only references into the same schema (#/$defs/...) work")
        found = lookup(self.root, ref)
        if found is None:
            raise node.refusal("$ref", f"points to {ref!r}, which is not in the schema")
        return found, ref


def lookup(root: JSON, ref: str) -> JSON:
    """What a reference into the same schema points to, or None (RFC 6901 §6)."""
    found = root
    for step in unquote(ref).split("/")[1:]:
        found = _inside(found, step.replace("~1", "/").replace("~0", "~"))
    return found


def _inside(value: JSON, step: str) -> JSON:
    if isinstance(value, Mapping):
        return value.get(step)
    if is_list(value) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return None
