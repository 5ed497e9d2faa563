"""Objects that one namespace keeps for later calls, such as stored completions.

Here: an ordered, bounded, in-memory store of JSON values by kind and id. Not here: what an object looks like
(`dialects/`) and who owns the store (`engine.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mockllm.request import JSON

MOST_OBJECTS = 10_000
"""How many objects of one kind are kept; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object to keep: `value` is what the API returns, `details` what belongs to it and has an
    address of its own.
    """

    kind: str
    id: str
    value: Mapping[str, JSON]
    details: tuple[JSON, ...] = ()


@dataclass(slots=True)
class Store:
    """The objects of one namespace, in the order in which they were first put. `lookups` counts how often it was asked
    for one or for all.
    """

    lookups: int = 0
    _kinds: dict[str, dict[str, Stored]] = field(default_factory=dict)

    def put(self, stored: Stored) -> None:
        """Keep the object; one with the same id is replaced in its place."""
        objects = self._kinds.setdefault(stored.kind, {})
        objects[stored.id] = stored
        if len(objects) > MOST_OBJECTS:
            del objects[next(iter(objects))]

    def get(self, kind: str, key: str) -> Stored | None:
        """The object, or None."""
        self.lookups += 1
        return self._kinds.get(kind, {}).get(key)

    def delete(self, kind: str, key: str) -> bool:
        """Forget the object; False if there was none."""
        return self._kinds.get(kind, {}).pop(key, None) is not None

    def all(self, kind: str) -> tuple[Stored, ...]:
        """Every object of the kind, oldest first."""
        self.lookups += 1
        return tuple(self._kinds.get(kind, {}).values())
