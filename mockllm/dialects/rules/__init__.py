"""The rules that a request body must keep, as tables, and the engine that reads them.

A table is a tuple of `Row`: the name of a member and the shape that it must have. `check_rows` reads it from top to
bottom and raises the ApiError of the first fault, so the order of the rows is the order in which the real service
reports. `Needs` rows say which parameter is allowed only beside another. Not here: any table (each dialect has its
own) and how bytes become JSON (`dialects/body.py`).
"""

from mockllm.dialects.rules.composites import Either, Fields, Items, Map, Tagged
from mockllm.dialects.rules.needs import Needs, check_needs
from mockllm.dialects.rules.refusals import (
    join,
    missing,
    outside,
    refusal,
    unknown_value,
    unsupported_value,
    wrong_type,
)
from mockllm.dialects.rules.scalars import Choice, Decimal, Flag, Supported, Text, Unsupported, Whole
from mockllm.dialects.rules.shape import Row, Shape, check, check_rows

__all__ = [
    "Choice",
    "Decimal",
    "Either",
    "Fields",
    "Flag",
    "Items",
    "Map",
    "Needs",
    "Row",
    "Shape",
    "Supported",
    "Tagged",
    "Text",
    "Unsupported",
    "Whole",
    "check",
    "check_needs",
    "check_rows",
    "join",
    "missing",
    "outside",
    "refusal",
    "unknown_value",
    "unsupported_value",
    "wrong_type",
]
