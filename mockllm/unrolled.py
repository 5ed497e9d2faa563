"""Sequences that are made only as far as somebody has looked.

A long answer is sent piece by piece, and nobody waits for the last piece before the first goes out. Here: what an
iterator gives, kept for who comes after. Not here: what is made (`tokens/`, `dialects/chat/`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import Generic, TypeVar, overload

T = TypeVar("T")

STRIDE = 64
"""How many items are made together."""


class Unrolled(Sequence[T], Generic[T]):
    """The items of an iterable, taken from it as far as somebody asks. Whoever looks, in whichever thread, finds the
    same items. Its length, and places from the end, are known when all are made.
    """

    __slots__ = ("_items", "_lock", "_rest")

    def __init__(self, items: Iterable[T]) -> None:
        self._items: list[T] = []
        self._rest: Iterator[T] | None = iter(items)
        self._lock = Lock()

    @property
    def made(self) -> int:
        """How many items are made."""
        return len(self._items)

    def reach(self, count: int) -> int:
        """So many items, or as many as there are if those are fewer; they are made now if they were not."""
        if self._rest is not None and len(self._items) < count:
            self._make(count)
        return min(count, len(self._items))

    def _make(self, count: int) -> None:
        with self._lock:
            while self._rest is not None and len(self._items) < count:
                reached = max(count, len(self._items) + STRIDE)
                self._items.extend(islice(self._rest, reached - len(self._items)))
                if len(self._items) < reached:
                    self._rest = None

    def _all(self) -> list[T]:
        with self._lock:
            if self._rest is not None:
                self._items.extend(self._rest)
                self._rest = None
        return self._items

    def __len__(self) -> int:
        return len(self._all())

    def __bool__(self) -> bool:
        return self.reach(1) > 0

    def __iter__(self) -> Iterator[T]:
        items, place = self._items, 0
        while self.reach(place + 1) > place:
            last = len(items)
            yield from items[place:last]
            place = last

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            first, last, step = index.start or 0, index.stop, index.step
            if last is None or min(first, last) < 0 or (step or 1) < 0:
                return tuple(self._all()[index])
            self.reach(last)
            return tuple(self._items[index])
        if index < 0:
            return self._all()[index]
        self.reach(index + 1)
        return self._items[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it would have to make all of them

    def __repr__(self) -> str:
        return repr(tuple(self))
