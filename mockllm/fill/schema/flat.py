"""Schemas that hold at once, as one.

Here: `flatten`, which follows `$ref` and folds `allOf` in, and `merged`, which makes one set of keywords of two: the
larger minimum, the types in common, the properties of both. What cannot be told as keywords stays a choice (`anyOf`,
`oneOf`, `if`). Where two keywords have no intersection that could be written down, as two patterns, the first is kept;
`accept.py` has the last word on every value. Not here: which branch of a choice is taken (`__init__.py`).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from mockllm.fill.schema.accept import identity, property_schemas
from mockllm.fill.schema.document import ASSERTIONS, MAX_DEPTH, TYPES, Document, Node, exact, is_list, is_number
from mockllm.request import JSON

Branch = tuple[JSON, str]
"""A schema and its path."""

_OWN: Final = ASSERTIONS - {"$ref", "allOf", "anyOf", "oneOf", "if", "then", "else"}
_EVERY_TYPE: Final = frozenset(TYPES)


@dataclass(frozen=True, slots=True)
class Flat:
    """Keywords that hold at once, choices of which each must be met as well, and the references followed so far."""

    node: Node
    choices: tuple[tuple[Branch, ...], ...] = ()
    refs: frozenset[str] = frozenset()


def flatten(schema: JSON, path: str, document: Document, depth: int = 0) -> Flat:
    """The schema with its references and its `allOf` folded in. Raises UnsupportedSchema."""
    node = Node.of(schema, path)
    if depth > MAX_DEPTH:
        raise node.refusal("$ref" if "$ref" in node else "allOf", "leads to itself, or is nested too deep")
    own, parts = _own(node), _parts(node, document)
    if len(parts) == 1 and not own:
        # A schema that only points elsewhere is best told by where it points.
        path = parts[0][1]
    flat = Flat(Node(own, path), tuple(_choices(node)), frozenset(node.names("$ref")))
    for part, part_path in parts:
        flat = merged(flat, flatten(part, part_path, document, depth + 1), path)
    return flat


def merged(one: Flat, two: Flat, path: str) -> Flat:
    """Both at once, known by this path. Raises UnsupportedSchema where no value could be both."""
    keywords = dict(one.node.keywords)
    for keyword, value in two.node.keywords.items():
        if keyword in keywords and keyword in _MERGES:
            keywords[keyword] = _MERGES[keyword](keywords[keyword], value)
        else:
            keywords.setdefault(keyword, value)
    keywords |= _properties(one.node, two.node) | _items(one.node, two.node)
    node = Node(keywords, path)
    if "type" in keywords and not node.names("type"):
        raise node.refusal("type", "leaves no type, with what else the schema asks for")
    return Flat(node, one.choices + two.choices, one.refs | two.refs)


def _own(node: Node) -> dict[str, JSON]:
    """The keywords that are not made of schemas for the same value, with `const` as an `enum` of one."""
    own = {keyword: value for keyword, value in node.keywords.items() if keyword in _OWN}
    if "const" in node:
        const = node.get("const")
        own["enum"] = _common_values([const], own.get("enum", [const]))
    return own


def _parts(node: Node, document: Document) -> list[Branch]:
    target = [document.target(node)] if "$ref" in node else []
    return target + [(part, node.within("allOf", index)) for index, part in enumerate(node.list("allOf"))]


def _choices(node: Node) -> list[tuple[Branch, ...]]:
    """`anyOf`, `oneOf`, and `if` as a choice between its two outcomes."""
    choices = [
        tuple((part, node.within(keyword, index)) for index, part in enumerate(node.list(keyword)))
        for keyword in ("anyOf", "oneOf")
        if keyword in node
    ]
    if "if" in node:
        both: JSON = {"allOf": [node.get("if"), node.get("then", True)]}
        choices.append(((both, node.within("if")), (node.get("else", True), node.within("else"))))
    return choices


def _properties(one: Node, two: Node) -> dict[str, JSON]:
    """Each property meets what either schema says of its name, be it by `additionalProperties` (Core §10.3.2.3)."""
    names = dict.fromkeys([*one.table("properties"), *two.table("properties")])
    if not names:
        return {}
    return {"properties": {name: _both(_of_property(one, name), _of_property(two, name)) for name in names}}


def _of_property(node: Node, name: str) -> JSON:
    """What the schema says of a name, but for `patternProperties`, which stay what they are."""
    schema, (keyword, *_) = property_schemas(node, name)[0]
    return True if keyword == "patternProperties" else schema


def _items(one: Node, two: Node) -> dict[str, JSON]:
    """Each item meets what either schema says of its place, be it by `items` (Core §10.3.1)."""
    size = max(len(one.list("prefixItems")), len(two.list("prefixItems")))
    return {"prefixItems": [_both(_of_place(one, at), _of_place(two, at)) for at in range(size)]} if size else {}


def _of_place(node: Node, place: int) -> JSON:
    prefix = node.list("prefixItems")
    return prefix[place] if place < len(prefix) else node.get("items", True)


def _both(one: JSON, two: JSON) -> JSON:
    if one is True or one == two:
        return two
    return one if two is True else {"allOf": [one, two]}


def _larger(one: JSON, two: JSON) -> JSON:
    assert is_number(one)
    assert is_number(two)
    return max(one, two)


def _smaller(one: JSON, two: JSON) -> JSON:
    assert is_number(one)
    assert is_number(two)
    return min(one, two)


def _common_values(one: JSON, two: JSON) -> JSON:
    assert is_list(one)
    assert is_list(two)
    allowed = {identity(value) for value in two}
    return [value for value in one if identity(value) in allowed]


def _common_types(one: JSON, two: JSON) -> JSON:
    """The types in both; an integer is a number too."""
    first, second = _types(one), _types(two)
    widened = [
        first | {"integer"} if "number" in first else first,
        second | {"integer"} if "number" in second else second,
    ]
    common = widened[0] & widened[1]
    return [name for name in TYPES if name in common and not (name == "integer" and "number" in common)]


def _types(value: JSON) -> frozenset[str]:
    return _EVERY_TYPE & set(value if is_list(value) else (value,))


def _union(one: JSON, two: JSON) -> JSON:
    assert is_list(one)
    assert is_list(two)
    return list(dict.fromkeys([*one, *two]))


def _tables(one: JSON, two: JSON) -> JSON:
    assert isinstance(one, Mapping)
    assert isinstance(two, Mapping)
    return {**one, **{key: _both(one[key], value) if key in one else value for key, value in two.items()}}


def _dependencies(one: JSON, two: JSON) -> JSON:
    assert isinstance(one, Mapping)
    assert isinstance(two, Mapping)
    return {**one, **{key: _union(one[key], value) if key in one else value for key, value in two.items()}}


def _common_multiple(one: JSON, two: JSON) -> JSON:
    assert is_number(one)
    assert is_number(two)
    a, b = exact(one), exact(two)
    common = Fraction(math.lcm(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator)
    return int(common) if common.denominator == 1 else float(common)


def _either(one: JSON, two: JSON) -> JSON:
    return one is True or two is True


_MERGES: Final[Mapping[str, Callable[[JSON, JSON], JSON]]] = MappingProxyType(
    {
        "type": _common_types,
        "enum": _common_values,
        **dict.fromkeys(
            ("minimum", "exclusiveMinimum", "minLength", "minItems", "minContains", "minProperties"), _larger
        ),
        **dict.fromkeys(
            ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxContains", "maxProperties"), _smaller
        ),
        "multipleOf": _common_multiple,
        "uniqueItems": _either,
        "required": _union,
        "dependentRequired": _dependencies,
        "patternProperties": _tables,
        **dict.fromkeys(("items", "contains", "additionalProperties", "unevaluatedProperties", "propertyNames"), _both),
    }
)
