"""Whether a value is valid under a schema.

Here: `refusal`, a validator for the keywords that examples are made for, and equality of JSON values. It is the last
word on every example: what is made by construction may still be refused here, by `oneOf`, `not`, `if` or two patterns
at once, and then the next value is tried. `format` is not checked (it is an annotation, Validation §7.2.1). Not here:
how values are made. Source: JSON Schema 2020-12, Core §10-11 and Validation §6.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from mockllm.fill.schema.document import Document, Node, UnsupportedSchema, exact, is_list, is_number
from mockllm.fill.schema.pattern import UnsupportedPattern, found
from mockllm.request import JSON

# Schemas inside of schemas: enough for the deepest value, and an end for a reference to itself.
_MOST_STEPS: Final = 100


def identity(value: JSON) -> Hashable:
    """Equal for equal JSON values: 1 is 1.0 and not true, and the order of keys does not count (Core §4.2.2)."""
    if isinstance(value, Mapping):
        return frozenset((key, identity(item)) for key, item in value.items())
    if is_list(value):
        return tuple(identity(item) for item in value)
    return (isinstance(value, bool), value)


def refusal(schema: JSON, value: JSON, path: str, document: Document) -> str | None:
    """The keyword that does not allow the value, or None for a valid one.

    Raises UnsupportedSchema where the schema is malformed and where it refers to itself without end.
    """
    return _refusal(schema, value, path, _Check(document, Node({}, path)))


@dataclass(frozen=True, slots=True)
class _Check:
    """Where the check stands."""

    document: Document
    node: Node
    steps: int = 0

    def accepts(self, schema: JSON, value: JSON, *where: str | int) -> bool:
        return _refusal(schema, value, self.node.within(*where), self) is None

    def accepts_target(self, value: JSON) -> bool:
        schema, path = self.document.target(self.node)
        return _refusal(schema, value, path, self) is None

    def verdicts(self, keyword: str, value: JSON) -> Iterator[bool]:
        """What each schema of a list says about the value."""
        return (self.accepts(schema, value, keyword, index) for index, schema in enumerate(self.node.list(keyword)))


def _refusal(schema: JSON, value: JSON, path: str, outer: _Check) -> str | None:
    if schema is False:
        return "false"
    if outer.steps > _MOST_STEPS:
        raise UnsupportedSchema(path, "$ref", "leads to itself")
    check = _Check(outer.document, Node.of(schema, path), outer.steps + 1)
    return next((keyword for keyword, test in _TESTS.items() if keyword in check.node and not test(check, value)), None)


def _type(check: _Check, value: JSON) -> bool:
    return any(_IS_TYPE[name](value) for name in check.node.names("type"))


_IS_TYPE: Final[Mapping[str, Callable[[JSON], bool]]] = MappingProxyType(
    {
        "object": lambda value: isinstance(value, Mapping),
        "array": is_list,
        "string": lambda value: isinstance(value, str),
        "integer": lambda value: is_number(value) and value == int(value),
        "number": is_number,
        "boolean": lambda value: isinstance(value, bool),
        "null": lambda value: value is None,
    }
)


def _const(check: _Check, value: JSON) -> bool:
    return identity(check.node.get("const")) == identity(value)


def _enum(check: _Check, value: JSON) -> bool:
    return identity(value) in map(identity, check.node.list("enum"))


def _bound(keyword: str, allowed: Callable[[Fraction, Fraction], bool]) -> "_Test":
    def test(check: _Check, value: JSON) -> bool:
        bound = check.node.number(keyword)
        return bound is None or not is_number(value) or allowed(exact(value), bound)

    return test


def _multiple(check: _Check, value: JSON) -> bool:
    """Exactly a multiple, and one by floating-point division too, which is how most validators test it."""
    step = check.node.number("multipleOf")
    if step is None or not is_number(value):
        return True
    try:
        return (exact(value) / step).denominator == 1 and (value / float(step)).is_integer()
    except (OverflowError, ZeroDivisionError):
        return False


def _size(keyword: str, kind: type | tuple[type, ...], allowed: Callable[[int, int], bool]) -> "_Test":
    def test(check: _Check, value: JSON) -> bool:
        return not isinstance(value, kind) or allowed(len(value), check.node.count(keyword))  # type: ignore[arg-type]

    return test


def _pattern(check: _Check, value: JSON) -> bool:
    return not isinstance(value, str) or _found(check.node, "pattern", check.node.text("pattern") or "", value)


def _items(check: _Check, value: JSON) -> bool:
    """`prefixItems` and `items`, which begins where the other ends."""
    if not is_list(value):
        return True
    prefix = check.node.list("prefixItems")
    pairs = enumerate(zip(prefix, value, strict=False))
    rest = check.node.get("items", True)
    return all(check.accepts(schema, item, "prefixItems", index) for index, (schema, item) in pairs) and all(
        check.accepts(rest, item, "items") for item in value[len(prefix) :]
    )


def _contains(check: _Check, value: JSON) -> bool:
    if not is_list(value):
        return True
    wanted = check.node.get("contains", True)
    matching = sum(check.accepts(wanted, item, "contains") for item in value)
    return check.node.count("minContains", 1) <= matching <= check.node.count("maxContains", len(value))


def _unique(check: _Check, value: JSON) -> bool:
    return (
        check.node.get("uniqueItems") is not True or not is_list(value) or len(set(map(identity, value))) == len(value)
    )


def _required(check: _Check, value: JSON) -> bool:
    return not isinstance(value, Mapping) or all(name in value for name in check.node.names("required"))


def _dependent(check: _Check, value: JSON) -> bool:
    if not isinstance(value, Mapping):
        return True
    table = check.node.table("dependentRequired")
    return all(
        other in value for name, others in table.items() if name in value and is_list(others) for other in others
    )


def _properties(check: _Check, value: JSON) -> bool:
    """`properties`, `patternProperties`, and `additionalProperties` for what neither names."""
    if not isinstance(value, Mapping):
        return True
    return all(
        check.accepts(schema, item, *where)
        for name, item in value.items()
        for schema, where in property_schemas(check.node, name)
    )


def property_schemas(node: Node, name: str) -> list[tuple[JSON, tuple[str, ...]]]:
    """The schemas that apply to a property of this name, each with its place in the node."""
    named = node.table("properties")
    patterned = node.table("patternProperties")
    schemas: list[tuple[JSON, tuple[str, ...]]] = []
    if name in named:
        schemas.append((named[name], ("properties", name)))
    schemas += [
        (schema, ("patternProperties", key))
        for key, schema in patterned.items()
        if _found(node, "patternProperties", key, name)
    ]
    return schemas or [(node.get("additionalProperties", True), ("additionalProperties",))]


def _found(node: Node, keyword: str, pattern: str, text: str) -> bool:
    try:
        return found(pattern, text)
    except UnsupportedPattern as error:
        raise node.refusal(keyword, str(error)) from error


def _names(check: _Check, value: JSON) -> bool:
    schema = check.node.get("propertyNames", True)
    return not isinstance(value, Mapping) or all(check.accepts(schema, name, "propertyNames") for name in value)


def _reference(check: _Check, value: JSON) -> bool:
    return check.accepts_target(value)


def _all(check: _Check, value: JSON) -> bool:
    return all(check.verdicts("allOf", value))


def _any(check: _Check, value: JSON) -> bool:
    return any(check.verdicts("anyOf", value))


def _one(check: _Check, value: JSON) -> bool:
    return sum(check.verdicts("oneOf", value)) == 1


def _not(check: _Check, value: JSON) -> bool:
    return not check.accepts(check.node.get("not"), value, "not")


def _if(check: _Check, value: JSON) -> bool:
    branch = "then" if check.accepts(check.node.get("if"), value, "if") else "else"
    return check.accepts(check.node.get(branch, True), value, branch)


_Test = Callable[[_Check, JSON], bool]
_OBJECT: Final = Mapping
_ARRAY: Final = (list, tuple)

_TESTS: Final[Mapping[str, _Test]] = MappingProxyType(
    {
        "$ref": _reference,
        "type": _type,
        "const": _const,
        "enum": _enum,
        "minimum": _bound("minimum", lambda value, bound: value >= bound),
        "maximum": _bound("maximum", lambda value, bound: value <= bound),
        "exclusiveMinimum": _bound("exclusiveMinimum", lambda value, bound: value > bound),
        "exclusiveMaximum": _bound("exclusiveMaximum", lambda value, bound: value < bound),
        "multipleOf": _multiple,
        "minLength": _size("minLength", str, lambda size, bound: size >= bound),
        "maxLength": _size("maxLength", str, lambda size, bound: size <= bound),
        "pattern": _pattern,
        "prefixItems": _items,
        "items": _items,
        "contains": _contains,
        "minItems": _size("minItems", _ARRAY, lambda size, bound: size >= bound),
        "maxItems": _size("maxItems", _ARRAY, lambda size, bound: size <= bound),
        "uniqueItems": _unique,
        "required": _required,
        "dependentRequired": _dependent,
        "properties": _properties,
        "patternProperties": _properties,
        "additionalProperties": _properties,
        "propertyNames": _names,
        "minProperties": _size("minProperties", _OBJECT, lambda size, bound: size >= bound),
        "maxProperties": _size("maxProperties", _OBJECT, lambda size, bound: size <= bound),
        "allOf": _all,
        "anyOf": _any,
        "oneOf": _one,
        "not": _not,
        "if": _if,
    }
)
