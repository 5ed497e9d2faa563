"""What a client has in the end, and what it says when something went wrong.

Here: values only. Not here: who comes to them (`client.py`), and which error is which failure (`errors.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tests.robust.loose import JSON

Failure: TypeAlias = Literal[
    "refused",
    "unauthorized",
    "rate_limited",
    "quota",
    "unavailable",
    "unreadable",
    "cut",
    "stalled",
    "filtered",
    "reported",
]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that may be run: its arguments are a JSON value, or the free text of a custom tool."""

    name: str
    arguments: JSON
    id: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no good answer, in words for people too.

    `transient` says that the same request may well succeed later. `delay_us` is how long the server asks to wait,
    None if it does not.
    """

    failure: Failure
    message: str = ""
    transient: bool = False
    delay_us: int | None = None


class ProblemError(Exception):
    """Reading cannot go on: the answer itself says so, or is none."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, or the failure with what came before it.

    `finish` is what the server said, `unknown` if it said nothing. `usage` counts tokens by input, output, reasoning
    and cached, as far as they are known. `data` is what an API without a turn gives. `requests` is how often the
    request was sent.
    """

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish: str = "unknown"
    usage: Mapping[str, int] = field(default_factory=dict)
    data: JSON = None
    problem: Problem | None = None
    requests: int = 1

    @property
    def failure(self) -> Failure | None:
        """The kind of the failure, None for a good answer."""
        return self.problem.failure if self.problem is not None else None
