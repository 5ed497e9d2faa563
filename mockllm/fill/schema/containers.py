"""Objects and arrays that a schema allows.

Here: streams of objects and of arrays, each followed by the smallest of its kind, for schemas that refuse a property or
an item beside another. What is inside of them is made by `Grow`, which is passed in. Not here: scalars (`scalars.py`),
and which type a value has (`__init__.py`).
"""

from collections.abc import Hashable, Iterator
from itertools import chain, count, islice
from typing import Final

from mockllm.fill.schema.accept import identity, property_schemas
from mockllm.fill.schema.document import MAX_ITEMS, TRIES, Node, UnsupportedSchema, is_list
from mockllm.fill.schema.fields import text_for
from mockllm.fill.schema.pattern import UnsupportedPattern, matches
from mockllm.fill.schema.place import Grow, Place
from mockllm.request import JSON

_USUAL_ITEMS: Final = 3
_USUAL_ENTRIES: Final = 2
_LONGEST_KEY: Final = 24


def objects(node: Node, place: Place, grow: Grow) -> Iterator[JSON]:
    """Objects without end: with every property, then with the required ones only.

    An optional property that no value can be made for is left out. Raises UnsupportedSchema for a required one.
    """
    node = _closed(node)
    attempt = 0
    while True:
        if not place.lean:
            yield _object(node, place.again(attempt), grow, lean=False)
        yield _object(node, place.again(attempt), grow, lean=True)
        attempt += 1


def arrays(node: Node, place: Place, grow: Grow) -> Iterator[JSON]:
    """Arrays without end: with a few items, then with as few as there may be.

    Raises UnsupportedSchema where even those cannot be made.
    """
    attempt = 0
    while True:
        if not place.lean:
            yield _array(node, place.again(attempt), grow, lean=False)
        yield _array(node, place.again(attempt), grow, lean=True)
        attempt += 1


def _closed(node: Node) -> Node:
    """With all schemas folded into one, what `unevaluatedProperties` is about is additional (Core §11.3)."""
    if "unevaluatedProperties" not in node or "additionalProperties" in node:
        return node
    return Node({**node.keywords, "additionalProperties": node.get("unevaluatedProperties")}, node.path)


def _object(node: Node, place: Place, grow: Grow, *, lean: bool) -> dict[str, JSON]:
    required = _required(node)
    least, most = node.count("minProperties"), node.count("maxProperties", MAX_ITEMS)
    if least > min(most, MAX_ITEMS):
        raise node.refusal("minProperties", f"is {least}, which is more than `maxProperties` or than {MAX_ITEMS}")
    if len(required) > most:
        raise node.refusal("maxProperties", f"is {most}, and {len(required)} properties are required")
    optional = max(0, (least if lean else most) - len(required))
    made: dict[str, JSON] = {}
    for name in dict.fromkeys([*node.table("properties"), *required]):
        if name in required:
            made[name] = _property(node, name, place, grow, name)
        elif optional:
            try:
                made[name] = _property(node, name, place, grow, name)
            except UnsupportedSchema:
                continue
            optional -= 1
    usual = 0 if lean or made or not _is_map(node) else min(most, _USUAL_ENTRIES)
    return made | _entries(node, made, max(usual, least - len(made)), place, grow)


def _required(node: Node) -> tuple[str, ...]:
    """The required properties and those that they require."""
    names = list(node.names("required"))
    for name in names:
        others = node.table("dependentRequired").get(name)
        names += [str(other) for other in (others if is_list(others) else ()) if other not in names]
    return tuple(dict.fromkeys(names))


def _property(node: Node, name: str, place: Place, grow: Grow, label: str) -> JSON:
    """The first value for a property. `label` is the name that says what it is."""
    schemas = property_schemas(node, name)
    schema, where = schemas[0]
    if len(schemas) > 1:
        schema = {"allOf": [schema for schema, _ in schemas]}
    return next(grow(schema, place.inside(node.within(*where), label, "property", name)))


def _is_map(node: Node) -> bool:
    """Whether the schema is about properties that it does not name."""
    return bool(node.table("patternProperties") or node.table("additionalProperties"))


def _entries(node: Node, made: dict[str, JSON], wanted: int, place: Place, grow: Grow) -> dict[str, JSON]:
    """Properties that the schema does not name. Raises UnsupportedSchema when there are fewer than there must be."""
    entries: dict[str, JSON] = {}
    error: UnsupportedSchema | None = None
    if wanted <= 0:
        return entries
    for name in islice(_names(node, place, grow), wanted + TRIES):
        if name not in node.table("properties"):
            try:
                entries.setdefault(name, _property(node, name, place, grow, place.name))
            except UnsupportedSchema as failure:
                error = error or failure
        if len(entries) == wanted:
            break
    if len(made) + len(entries) < node.count("minProperties"):
        raise error or node.refusal(
            "minProperties", f"asks for more than the {len(made) + len(entries)} properties that fit"
        )
    return entries


def _names(node: Node, place: Place, grow: Grow) -> Iterator[str]:
    """Names for properties that the schema does not name."""
    if patterns := node.table("patternProperties"):
        seeds = [place.seed.child("names", pattern) for pattern in patterns]
        streams = [matches(pattern, 1, _LONGEST_KEY, seed) for pattern, seed in zip(patterns, seeds, strict=True)]
        try:
            yield from chain.from_iterable(zip(*streams, strict=True))
        except UnsupportedPattern as error:
            raise node.refusal("patternProperties", str(error)) from error
    elif "propertyNames" in node:
        schema: JSON = {"allOf": [{"type": "string"}, node.get("propertyNames")]}
        names = grow(schema, place.inside(node.within("propertyNames"), "label", "names"))
        yield from (name for name in names if isinstance(name, str))
    else:
        yield from (text_for("label", place.seed.child("names", index)) for index in count())


def _array(node: Node, place: Place, grow: Grow, *, lean: bool) -> list[JSON]:
    wanted = node.count("minContains", 1) if "contains" in node else 0
    least, size = _sizes(node, wanted, place, lean=lean)
    made: list[JSON] = []
    taken: set[Hashable] = set()
    for index in range(size):
        schema, where = _item_schema(node, index)
        if index >= size - wanted:
            schema = {"allOf": [schema, node.get("contains")]}
        values = grow(schema, place.inside(node.within(*where), place.name, "item", index))
        try:
            made.append(_new(values, taken, node) if node.get("uniqueItems") is True else next(values))
        except UnsupportedSchema:
            if len(made) < least:
                raise
            break
    return made


def _sizes(node: Node, wanted: int, place: Place, *, lean: bool) -> tuple[int, int]:
    """The fewest items there must be and how many there shall be."""
    prefix = len(node.list("prefixItems"))
    least = max(node.count("minItems"), wanted)
    most = min(node.count("maxItems", MAX_ITEMS), prefix if node.get("items") is False else MAX_ITEMS)
    if least > most:
        raise node.refusal("minItems", f"or `contains` asks for {least} items, and {most} are the most there can be")
    if lean:
        return least, least
    fewest = min(most, max(least, prefix, 1))
    span = max(0, min(most, _USUAL_ITEMS) - fewest)
    return least, fewest + int(place.seed.child("size").fraction() * (span + 1))


def _item_schema(node: Node, index: int) -> tuple[JSON, tuple[str | int, ...]]:
    prefix = node.list("prefixItems")
    return (prefix[index], ("prefixItems", index)) if index < len(prefix) else (node.get("items", True), ("items",))


def _new(values: Iterator[JSON], taken: set[Hashable], node: Node) -> JSON:
    """The first value that is not taken, and takes it."""
    for value in islice(values, len(taken) + TRIES):
        if (key := identity(value)) not in taken:
            taken.add(key)
            return value
    raise node.refusal("uniqueItems", f"finds no more than {len(taken)} different items")
