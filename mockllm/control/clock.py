"""The clock by which a server's plans wait.

Here: its speed, standing still, moving on, and running until nothing is open. Not here: the clock (`net/clock.py`).
Only the server's waits are steered. The timeouts of a client and its pauses between tries pass in real time, so a
scaled clock changes who gives up first; a client in the same process that should share the time needs a virtual clock.
"""

from pydantic import Field

from mockllm.control.base import MOST_WAIT_S, Answer, Ask, Nothing, Operation

MOST_ADVANCE_S = 86_400.0
"""How far a clock can be moved on at once."""


class ClockState(Answer):
    """The clock: its speed, its time, how many exchanges wait on it, when the first of them is due, and how many
    exchanges are open. `moved` is by how much this call moved it on.
    """

    scale: float
    paused: bool
    now_us: int
    waiting: int
    next_in_us: int | None
    open: int
    moved_us: int = 0


class PutClock(Ask):
    """A speed, in seconds for each real second, and whether the clock stands still; what is left out stays."""

    scale: float | None = Field(default=None, ge=0.001, le=1_000, description="seconds for each real second")
    paused: bool | None = Field(default=None, description="whether it stands still")


class Advance(Ask):
    """How far."""

    by_s: float = Field(ge=0, le=MOST_ADVANCE_S, description="how many seconds")


class RunIdle(Ask):
    """Until no exchange is open, but no further than `most_s` on the clock and no longer than `timeout_s` really."""

    most_s: float = Field(default=1_800.0, ge=0, le=MOST_ADVANCE_S, description="how many seconds at most")
    timeout_s: float = Field(default=5.0, ge=0, le=MOST_WAIT_S, description="how many real seconds at most")


GET = Operation("getClock", "GET", "/clock", "The clock.", Nothing, ClockState, refuses=(409,))
PUT = Operation("putClock", "PUT", "/clock", "Scale, pause or resume the clock.", PutClock, ClockState, refuses=(409,))
ADVANCE = Operation(
    "advanceClock",
    "POST",
    "/clock/advance",
    "Move it on, from one deadline to the next.",
    Advance,
    ClockState,
    refuses=(409,),
)
RUN_IDLE = Operation(
    "runUntilIdle",
    "POST",
    "/clock/run-until-idle",
    "Move it on until no exchange is open.",
    RunIdle,
    ClockState,
    refuses=(409,),
)

OPERATIONS = (GET, PUT, ADVANCE, RUN_IDLE)
