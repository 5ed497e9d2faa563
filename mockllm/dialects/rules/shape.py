"""What a table of rules is made of: rows, and the two questions that a shape answers.

Here: `Shape`, `Row` and the two functions that interpret them. Not here: the shapes themselves (`scalars.py`,
`composites.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeGuard, TypeVar

from mockllm.bounded import Same
from mockllm.dialects.rules.refusals import join, missing, wrong_type

T = TypeVar("T")

_FEW = 16
_MOST_ASKED = 1_024


class Shape(Protocol[T]):
    """What a value must look like.

    `accepts` looks at the JSON type alone and `inspect` at the value, so that `Either` can choose by type and every
    wrong type gets the same sentence, in which `phrase` says what was expected (`a string`).
    """

    @property
    def phrase(self) -> str:
        """The type with its article."""

    def accepts(self, value: object) -> TypeGuard[T]:
        """Whether the value is of the JSON type."""

    def inspect(self, value: T, path: str) -> None:
        """Raise ApiError if the value is of the type but not allowed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One member of an object. A required one must be there and not be null; a null stands for an absent optional."""

    name: str
    shape: Shape[Any]
    required: bool = False


def check(shape: Shape[T], value: object, path: str) -> None:
    """Raise the ApiError that the real service answers if the value is not of the shape.

    The value must be made of what a JSON reader makes: dict, list, str, int, float, bool, None.
    """
    if not shape.accepts(value):
        raise wrong_type(path, shape.phrase, value)
    shape.inspect(value, path)


def check_rows(rows: Sequence[Row], body: Mapping[str, object], path: str = "") -> None:
    """Check the members of an object in the order of the table; members without a row are not looked at."""
    for row in rows if len(rows) <= _FEW or len(body) > _FEW else _asked(Same(rows), tuple(body)):
        if row.required and row.name not in body:
            raise missing(join(path, row.name))
        value = body.get(row.name)
        if row.required or value is not None:
            check(row.shape, value, join(path, row.name))


# Of a long table few rows matter, and one client's requests have the same members.
@lru_cache(_MOST_ASKED)
def _asked(rows: Same[Sequence[Row]], names: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows that an object of these members is checked by."""
    return tuple(row for row in rows.value if row.required or row.name in names)
