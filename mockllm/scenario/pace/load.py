"""How a busy engine behaves: `load`.

Here: the author's words for it and the arithmetic. Not here: who runs and who waits (`usage.py`, `limits/slots.py`).
What load does follows from who else is being answered, so unlike every other time it is not a function of the request
alone: requests that come in the same order, with the same ones running, get the same times.
"""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from mockllm.limits import Slots
from mockllm.scenario.base import Authored, Integer
from mockllm.units import Share, refusal

MOST_RUNNING = 10_000
"""The largest numbers of requests that run and that wait in an engine."""


class Load(Authored):
    """What a busy engine does to its clients: so many requests run, others wait for their turn, and the more run, the
    slower is each. A request has the speed that it had when it began.
    """

    shorthand: ClassVar[str | None] = "slots"

    slots: Annotated[Integer, Field(ge=1, le=MOST_RUNNING)] | None = Field(
        default=None, description="how many requests run at a time; any number if left out"
    )
    queue: Annotated[Integer, Field(ge=0, le=MOST_RUNNING)] | None = Field(
        default=None,
        description="how many wait for a slot, first come, first served, and the next is refused with a 503; any "
        "number if left out",
    )
    slowdown: Share = Field(
        default=0.0,
        description="by how much each other request that runs when this one begins makes its prefill and its tokens "
        "slower",
    )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.slots is None and not self.slowdown:
            raise refusal("load says nothing: give slots, slowdown or both")
        if self.slots is None and self.queue is not None:
            raise refusal("nothing waits in the queue unless slots says how many run at a time: add slots")
        return self

    def places(self) -> Slots:
        """All places, free."""
        queue = MOST_RUNNING if self.queue is None else self.queue
        return Slots(MOST_RUNNING if self.slots is None else self.slots, queue)

    def slowness(self, running: int) -> float:
        """How many times longer everything takes where so many requests run, this one among them."""
        return 1 + self.slowdown * max(running - 1, 0)
