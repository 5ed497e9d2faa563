"""Data for a JSON Schema: a seeded value that is valid under it.

Here: `example`, the one entry, and the search for a value: which type, which branch of a choice, what to try next
when a value is refused. A value is made from keywords that hold at once (`flat.py`), by type (`scalars.py`,
`containers.py`), from names and formats (`fields.py`); every value is validated before it is used (`accept.py`). Not
here: which schema a request asks to have filled (`fill/auto.py`).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeVar

from mockllm.fill.schema.accept import refusal
from mockllm.fill.schema.containers import arrays, objects
from mockllm.fill.schema.document import MAX_DEPTH, TRIES, TYPES, Document, Node, UnsupportedSchema
from mockllm.fill.schema.flat import Branch, Flat, flatten, merged
from mockllm.fill.schema.heights import Heights
from mockllm.fill.schema.place import Place
from mockllm.fill.schema.scalars import booleans, integers, numbers, texts
from mockllm.request import JSON
from mockllm.seeds import Seed

__all__ = ["UnsupportedSchema", "example"]

_Item = TypeVar("_Item")

# For a schema without `type`: the types it may be about, with the keywords that tell so.
_KEYWORDS_BY_TYPE: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "string": frozenset({"pattern", "format", "minLength", "maxLength"}),
        "object": frozenset(
            {
                "properties",
                "patternProperties",
                "additionalProperties",
                "unevaluatedProperties",
                "propertyNames",
                "required",
                "dependentRequired",
                "minProperties",
                "maxProperties",
            }
        ),
        "array": frozenset({"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"}),
        "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    }
)
# For a schema that says nothing: the nicest type first.
_ANY_TYPE: Final = ("string", "integer", "boolean", "object", "array", "number", "null")
_SIZES: Final = MappingProxyType({"object": 2, "array": 1})


def example(schema: JSON, seed: Seed) -> JSON:
    """A value that is valid under the schema, realistic and small; `{}` where there is no schema.

    Read as JSON Schema 2020-12, with what draft-07 and OpenAPI 3.0 write in another way. Required properties are always
    there, optional ones down to `OPTIONAL_DEPTH`, in the order of `properties`; of several types or branches null is
    taken last. `format` is honoured; `default` and `examples` are not read. An optional
    property that no value can be made for is left out. Recursive schemas end. Each draw depends on the seed and on its
    place in the value, so one property's value does not depend on another's.

    Raises UnsupportedSchema, with the place and the keyword, where no value is found.
    """
    if schema is None:
        return {}
    place = Place(Document(schema), Heights(schema), "#", seed, entered=frozenset({"#"}))
    try:
        return next(_values(schema, place))
    except RecursionError as error:
        raise UnsupportedSchema("#", "schema", "is nested too deep") from error


def _values(schema: JSON, place: Place) -> Iterator[JSON]:
    """Valid values, the nicest first. Raises UnsupportedSchema instead of ending without one."""
    place.document.spend(place.path)
    if place.depth > MAX_DEPTH:
        raise UnsupportedSchema(place.path, "$ref", f"leads to values nested more than {MAX_DEPTH} deep")
    misses, keyword, found = 0, "enum", False
    for value in _proposals(flatten(schema, place.path, place.document), place):
        refused = refusal(schema, value, place.path, place.document)
        if refused is None:
            misses, found = 0, True
            yield value
        else:
            misses, keyword = misses + 1, refused
            place.document.spend(place.path)
        if misses == TRIES:
            break
    if not found:
        reason = f"was met by none of {misses} values that meet the rest" if misses else "allows no value"
        raise UnsupportedSchema(place.path, keyword, reason)


def _proposals(flat: Flat, place: Place) -> Iterator[JSON]:
    """Values that meet the keywords, and one branch of each choice."""
    place = place.at(flat)
    if not flat.choices:
        return _by_keywords(flat.node, place)
    branches, *rest = flat.choices
    others = Flat(flat.node, tuple(rest))
    return _in_turn(_of_branch(others, branch, place) for branch in _ordered(branches, place))


def _of_branch(flat: Flat, branch: Branch, place: Place) -> Iterator[JSON]:
    schema, path = branch
    if place.branches > MAX_DEPTH:
        raise UnsupportedSchema(path, "anyOf", "leads to itself")
    place = replace(place, branches=place.branches + 1)
    chosen = flatten(schema, path, place.document)
    both = merged(flat, chosen, flat.node.path if flat.node.keywords else chosen.node.path)
    yield from _proposals(both, place)


def _ordered(branches: Sequence[Branch], place: Place) -> list[Branch]:
    """The branches from a drawn one on, null last; for a lean value, those that nest least first."""
    order = _rotated(branches, place.seed.child("branch"))
    order.sort(key=lambda branch: isinstance(branch[0], Mapping) and branch[0].get("type") == "null")
    if place.lean:
        order.sort(key=lambda branch: place.heights.of(branch[0]))
    return order


def _by_keywords(node: Node, place: Place) -> Iterator[JSON]:
    if "enum" in node:
        values = _rotated(node.list("enum"), place.seed.child("enum"))
        return iter(sorted(values, key=lambda value: value is None))
    return _in_turn(_of_type(name, node, place) for name in _types(node, place))


def _of_type(name: str, node: Node, place: Place) -> Iterator[JSON]:
    match name:
        case "object":
            yield from objects(node, place, _values)
        case "array":
            yield from arrays(node, place, _values)
        case "string":
            yield from texts(node, place.name, place.seed)
        case "integer":
            yield from integers(node, place.name, place.seed)
        case "number":
            yield from numbers(node, place.name, place.seed)
        case "boolean":
            yield from booleans(place.seed)
        case _:
            yield None


def _types(node: Node, place: Place) -> list[str]:
    """The types a value may have, in the order they are tried."""
    if "type" in node:
        order = _rotated([name for name in TYPES if name in node.names("type")], place.seed.child("type"))
        order.sort(key=lambda name: name == "null")
    else:
        told = [name for name, keywords in _KEYWORDS_BY_TYPE.items() if keywords & node.keywords.keys()]
        order = told or list(_ANY_TYPE if place.depth else ("object", *_ANY_TYPE))
    if place.lean:
        order.sort(key=lambda name: _SIZES.get(name, 0))
    return order


def _rotated(values: Sequence[_Item], seed: Seed) -> list[_Item]:
    start = int(seed.fraction() * len(values))
    return [*values[start:], *values[:start]]


def _in_turn(streams: Iterable[Iterator[JSON]]) -> Iterator[JSON]:
    """One value of each stream, then the next of each. Raises the first error if no stream gives any value."""
    error: UnsupportedSchema | None = None
    left = deque(streams)
    found = False
    while left:
        stream = left.popleft()
        try:
            value = next(stream)
        except StopIteration:
            continue
        except UnsupportedSchema as failure:
            error = error or failure
            continue
        left.append(stream)
        found = True
        yield value
    if error is not None and not found:
        raise error
