"""One exchange in full, and what a request would be answered now.

Here: both operations and the forms of what they tell. Not here: how an exchange becomes that (`detail.py`), many
exchanges at once (`journal.py`, `events.py`), and deciding (`rehearsal.py` beside this package).
"""

from typing import Any, Literal

from pydantic import Field

from mockllm.control.base import Answer, Ask, Operation
from mockllm.control.events import Row

MOST_PATH = 65_536
"""The longest path and query of a request that is explained."""


class AskExchange(Ask):
    """Which one."""

    number: int = Field(ge=1, le=2**53, description="the number of an exchange")


class PlanStep(Answer):
    """One step of a plan: what it does and why, when it was due and when it was done, in microseconds from the request,
    and its bytes on the wire with HTTP's framing, as a text or in base64. `bytes` counts those of the body, `frame` is
    the number of the event that they belong to.
    """

    step: int
    verb: str
    what: str
    cause: str
    due_us: int
    done_us: int | None
    bytes: int
    frame: int | None
    choice: int
    wire: str
    encoding: Literal["utf-8", "base64"]


class Detail(Answer):
    """An exchange. `record` is its line of the journal, but without `call`; `timeline` is its plan as `mockllm explain`
    shows it; `misses` are the rules that do not match its request, as the scenario is now. `wire_complete` is false if
    there is too much to tell all that was sent.
    """

    row: Row
    record: dict[str, Any]
    plan: tuple[PlanStep, ...]
    timeline: str
    misses: tuple[str, ...]
    wire_complete: bool


class AskExplain(Ask):
    """A request, as it would arrive. What is decided counts for nothing: no script moves on and no limit is charged."""

    method: str = Field(default="POST", min_length=1, max_length=20, description="the method")
    path: str = Field(min_length=1, max_length=MOST_PATH, description="the path, such as /v1/chat/completions")
    query: str = Field(default="", max_length=MOST_PATH, description="what follows the question mark")
    headers: tuple[tuple[str, str], ...] = Field(
        default=(), max_length=1_000, description="pairs of a name and a value"
    )
    body: str = Field(default="", description="the body")
    encoding: Literal["utf-8", "base64"] = Field(default="utf-8", description="how the body is written")


class Explained(Answer):
    """What the request would be answered, and why. `body` is that of the answer, whole, and `duration_us` is how long
    it would take.
    """

    namespace: str
    rule: str | None
    why: str
    attempt: int
    status: int
    trouble: str | None
    struck: tuple[str, ...]
    unfired: tuple[str, ...]
    misses: tuple[str, ...]
    timeline: str
    duration_us: int
    headers: tuple[tuple[str, str], ...]
    body: str
    encoding: Literal["utf-8", "base64"]


GET = Operation(
    "getExchange",
    "GET",
    "/exchanges/{number}",
    "One exchange: its request, its plan step by step, what was sent, and why.",
    AskExchange,
    Detail,
    refuses=(404,),
)
EXPLAIN = Operation(
    "explain", "POST", "/explain", "What a request would be answered now; nothing changes.", AskExplain, Explained
)

OPERATIONS = (GET, EXPLAIN)
