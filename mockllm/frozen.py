"""A faster way to make values that nobody may change.

A frozen dataclass sets each of its fields past its own ban on setting, which takes several times as long as setting it.
Here: a constructor that sets them first and freezes the value then, for classes of which each request makes some. Not
here: those classes (`request.py`, `exchange.py`).
"""

from collections.abc import Callable
from dataclasses import MISSING, field, fields, make_dataclass
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def maker(kind: Callable[P, T]) -> Callable[P, T]:
    """What makes the same values as a frozen dataclass with slots does when it is called.

    A twin that is not frozen is filled, and turns into a value of the class: Python lets an object change to a class
    that has the same slots. Raises TypeError for a class that is no dataclass with slots or does something of its own
    when a value is made, as it would not be asked.
    """
    known = cast("Any", kind)
    if not hasattr(known, "__slots__") or hasattr(known, "__post_init__") or not all(f.init for f in fields(known)):
        raise TypeError(f"{known.__name__} has no slots, or more to do than to set its fields: call it itself")

    def freeze(made: object) -> None:
        made.__class__ = known

    twin = make_dataclass(
        known.__name__,
        [
            (each.name, object, field(default=each.default))
            if each.default_factory is MISSING
            else (each.name, object, field(default_factory=each.default_factory))
            for each in fields(known)
        ],
        namespace={"__post_init__": freeze},
        slots=True,
        eq=False,
        repr=False,
    )
    return cast("Callable[P, T]", twin)
