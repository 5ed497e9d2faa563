"""Objects that one namespace keeps for later calls, such as stored completions.

Here: an ordered, bounded, in-memory store of JSON values by kind and id. Not here: what an object looks like
(`dialects/`) and who owns the store (`engine.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from mockllm.errors import ApiError
from mockllm.plan import Frames, Microseconds
from mockllm.request import JSON

MOST_OBJECTS = 10_000
"""How many objects of one kind are kept; the oldest goes first."""

MOST_CONTENT = 512 * 1024 * 1024
"""How many bytes the contents of one kind have together; the oldest object goes first, but never the last."""

MOST_NUMBERED = 100_000
"""How many labels are remembered for numbering; the oldest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object to keep: `value` is what the API returns, `details` what belongs to it and has an
    address of its own.

    `at_us` is the clock's reading when the call came that made it. One that was made in the background has the
    `frames` of its stream, and in `dues` when each of them is there, in microseconds from that reading; `replays` says
    that they may be asked for again. With `extends` the details are added to those of the object that is there, and
    nothing is kept if there is none. `content` are the bytes of a file.
    """

    kind: str
    id: str
    value: Mapping[str, JSON]
    details: tuple[JSON, ...] = ()
    content: bytes = field(default=b"", repr=False)
    frames: Frames = ()
    dues: tuple[Microseconds, ...] = ()
    replays: bool = False
    at_us: Microseconds = 0
    extends: bool = False


@dataclass(slots=True)
class Store:
    """The objects of one namespace, in the order in which they were first put. `lookups` counts how often it was asked
    for one or for all. Where nothing is kept from one call to the next, `unkept` says so to who asks for an object.
    """

    lookups: int = 0
    unkept: str | None = None
    _kinds: dict[str, dict[str, Stored]] = field(default_factory=dict)
    _numbers: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    def of(cls, kinds: dict[str, dict[str, Stored]], labels: dict[bytes, int]) -> Self:
        """A store with these objects by kind and id, and these counts of labels."""
        return cls(_kinds=kinds, _numbers=labels)

    def kinds(self) -> Mapping[str, Mapping[str, Stored]]:
        """Every object, by kind and id."""
        return self._kinds

    def labels(self) -> Mapping[bytes, int]:
        """How often each label was numbered."""
        return self._numbers

    def put(self, stored: Stored) -> None:
        """Keep the object; one with the same id is replaced in its place."""
        objects = self._kinds.setdefault(stored.kind, {})
        if stored.extends:
            if (known := objects.get(stored.id)) is not None:
                objects[stored.id] = replace(known, details=(*known.details, *stored.details))
            return
        objects[stored.id] = stored
        if len(objects) > MOST_OBJECTS:
            del objects[next(iter(objects))]
        while stored.content and len(objects) > 1 and _bytes(objects) > MOST_CONTENT:
            del objects[next(iter(objects))]

    def number(self, label: bytes) -> int:
        """How often this was asked for the label before, so that equal requests can make objects of different ids."""
        number = self._numbers.get(label, 0)
        self._numbers[label] = number + 1
        if len(self._numbers) > MOST_NUMBERED:
            del self._numbers[next(iter(self._numbers))]
        return number

    def get(self, kind: str, key: str) -> Stored | None:
        """The object, or None. Raises ApiError 404 with the reason if it is not there because nothing is kept."""
        self.lookups += 1
        found = self._kinds.get(kind, {}).get(key)
        if found is None and self.unkept is not None:
            raise ApiError(404, f"mockllm: '{key}' was asked for, but {self.unkept}", code="nothing_kept")
        return found

    def delete(self, kind: str, key: str) -> bool:
        """Forget the object; False if there was none."""
        return self._kinds.get(kind, {}).pop(key, None) is not None

    def all(self, kind: str) -> tuple[Stored, ...]:
        """Every object of the kind, oldest first."""
        self.lookups += 1
        return tuple(self._kinds.get(kind, {}).values())

    def counts(self) -> dict[str, int]:
        """How many objects there are of each kind that has any."""
        return {kind: len(objects) for kind, objects in self._kinds.items() if objects}


def _bytes(objects: Mapping[str, Stored]) -> int:
    return sum(len(stored.content) for stored in objects.values())
