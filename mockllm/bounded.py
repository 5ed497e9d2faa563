"""A memory with a limit, for what can be made again.

Here: values by key, the oldest of which are forgotten when together they weigh too much. Not here: what is remembered
(`recall.py`, `readings.py`, `net/whole.py`); state that must not be forgotten has limits of its own (`namespace.py`).
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Same(Generic[V]):
    """A value as a key, told apart by identity: to compare it would take longer than to make anew what it stands
    for.
    """

    __slots__ = ("value",)

    def __init__(self, value: V) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value


class Bounded(Generic[K, V]):
    """Values that together weigh no more than `most`; one that is heavier than that is not remembered at all."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        # Not a dict, which looks for its first key among all that were ever forgotten since it last grew.
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, or None if there is none or it was forgotten."""
        kept = self._kept.get(key)
        return None if kept is None else kept[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Remember the value in place of what the key had before."""
        _, before = self._kept.pop(key, (value, 0))
        self._kept[key] = (value, weight)
        self._weight += weight - before
        while self._weight > self._most:
            _, (_, lost) = self._kept.popitem(last=False)
            self._weight -= lost

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._weight = 0
