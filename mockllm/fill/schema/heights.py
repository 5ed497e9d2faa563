"""How deep the values of a schema must nest at least, so that recursive schemas end.

Here: `Heights`. A schema that leads to itself is left by the branch that nests least; an endless one has the height
infinity. Malformed schemas count as flat here, because whoever makes a value of them refuses them. Not here: when a
value has become deep enough (`__init__.py`).
"""

from collections.abc import Mapping
from math import inf

from mockllm.fill.schema.document import MAX_DEPTH, is_list, lookup
from mockllm.request import JSON


class Heights:
    """The least heights of the schemas of one document: 0 for a scalar, 1 for a list of scalars."""

    def __init__(self, root: JSON) -> None:
        self._targets = {ref: lookup(root, ref) for ref in _refs(root)}
        self._known = dict.fromkeys(self._targets, inf)
        # Each round settles at least one more reference, those that never settle are endless.
        for _ in self._targets:
            known = {ref: self._height(target, 0) for ref, target in self._targets.items()}
            if known == self._known:
                break
            self._known = known

    def of(self, schema: JSON) -> float:
        """The least height of a value of this schema."""
        return self._height(schema, 0)

    def _height(self, schema: JSON, depth: int) -> float:
        if not isinstance(schema, Mapping):
            return inf if schema is False else 0
        if depth > MAX_DEPTH:
            return inf
        parts = [self._known.get(ref, inf)] if isinstance(ref := schema.get("$ref"), str) else []
        parts += [self._height(part, depth + 1) for part in _listed(schema, "allOf")]
        for keyword in ("anyOf", "oneOf"):
            if branches := _listed(schema, keyword):
                parts.append(min(self._height(branch, depth + 1) for branch in branches))
        parts.append(self._own(schema, depth))
        return max(parts)

    def _own(self, schema: Mapping[str, JSON], depth: int) -> float:
        """The height that the schema's own type asks for; of several types, the flattest."""
        if "const" in schema or "enum" in schema:
            return 0
        named = schema.get("type")
        types = named if is_list(named) else (named,)
        return min((self._of_type(name, schema, depth) for name in types), default=0)

    def _of_type(self, name: JSON, schema: Mapping[str, JSON], depth: int) -> float:
        match name:
            case "object":
                return self._of_object(schema, depth)
            case "array":
                return self._of_array(schema, depth)
            case None:
                return max(self._of_object(schema, depth), self._of_array(schema, depth))
        return 0

    def _of_object(self, schema: Mapping[str, JSON], depth: int) -> float:
        table = schema.get("properties")
        properties = table if isinstance(table, Mapping) else {}
        names = [name for name in _listed(schema, "required") if isinstance(name, str)]
        return max((1 + self._height(properties.get(name, True), depth + 1) for name in names), default=0)

    def _of_array(self, schema: Mapping[str, JSON], depth: int) -> float:
        least = schema.get("minItems")
        if not isinstance(least, int) or least < 1:
            return 0
        items = schema.get("items", True)
        places = [*_listed(schema, "prefixItems"), *(items if is_list(items) else (items,))]
        return 1 + max((self._height(place, depth + 1) for place in places[:least]), default=0)


def _listed(schema: Mapping[str, JSON], keyword: str) -> tuple[JSON, ...]:
    value = schema.get(keyword)
    return tuple(value) if is_list(value) else ()


def _refs(root: JSON) -> set[str]:
    """Every reference in the document."""
    refs: set[str] = set()
    left = [root]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            left.extend(value.values())
            if isinstance(ref := value.get("$ref"), str):
                refs.add(ref)
        elif is_list(value):
            left.extend(value)
    return refs
