"""The rate limits of a namespace.

Here: reading their levels and filling them again. Not here: what is limited (`scenario/limits.py`) and the arithmetic
(`limits/`).
"""

from mockllm.control.base import Answer, Operation
from mockllm.control.namespaces import OneNamespace


class Level(Answer):
    """One rate of one limit, as the client that shares `shared_by` has it; times in microseconds."""

    limit: int
    shared_by: tuple[str, ...]
    unit: str
    amount: int
    remaining: int
    reset_us: int


class Levels(Answer):
    """All limits that a request of this namespace has used."""

    namespace: str
    levels: tuple[Level, ...]


GET = Operation("getLimits", "GET", "/namespaces/{namespace}/limits", "The levels of its limits.", OneNamespace, Levels)
RESET = Operation(
    "resetLimits",
    "POST",
    "/namespaces/{namespace}/limits/reset",
    "Fill its limits again.",
    OneNamespace,
    Levels,
)

OPERATIONS = (GET, RESET)
