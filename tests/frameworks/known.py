"""The deviations that are known, each with its reason.

Here: `KNOWN`, and `ABSENT` for clients that cannot be installed on some Python. A deviation that is not in the table
fails the run, and so does an entry whose deviation does not happen any more. Not here: what a framework has no feature
for, which its driver tells (`unsupported`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """A deviation: all of these variants show it in all of these exercises.

    `says` is a part of what was seen, so that another deviation in the same place is not taken for this one.
    """

    client: str
    variants: tuple[str, ...]
    exercises: tuple[str, ...]
    says: str
    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A client that cannot be installed on Python versions such as `3.14`."""

    client: str
    pythons: tuple[str, ...]
    reason: str


KNOWN: tuple[Known, ...] = (
    Known(
        "litellm",
        ("responses-sync", "responses-async"),
        ("fatal_error",),
        "3 calls, not 1",
        "`responses` retries only if it is told `num_retries` (here 2), and then it repeats every API error, also one "
        "that no repetition mends",
    ),
    Known(
        "instructor",
        ("chat-sync", "chat-async"),
        ("parallel_tools",),
        "final is None; 1 calls, not 2",
        "Its parallel mode gives both calls as values, which is all it is for: it executes no tools and has no results "
        "to send",
    ),
    Known(
        "smolagents",
        ("sync",),
        ("tool_round_trip", "parallel_tools"),
        "the results in call 2 are {}",
        "Its agent executes the calls, but tells the model of them in words: the calls as text of the assistant, the "
        "results as a message of the user that begins with `Observation:`, without the ids",
    ),
)

ABSENT: tuple[Absent, ...] = ()
