"""Faults of time: the answer stops, and may go on."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from mockllm.plan import FOREVER_US, Frame, Head, Plan, Send, Step, Wait
from mockllm.scenario.faults.base import Layer, PlanFault
from mockllm.scenario.position import At
from mockllm.seeds import Seed
from mockllm.units import Duration, refusal

_MOST_BEATS = 100_000
_COMMENT = ": keep-alive"
_HEARTBEAT = Frame(data=_COMMENT, kind="comment", label=_COMMENT)
_HEARTBEAT_BYTES = f"{_COMMENT}\n\n".encode()


class Stall(PlanFault):
    """Nothing more comes for a while, then the answer goes on; without `for` it never does. A heartbeat sends SSE
    comments meanwhile, for which the answer must be a stream whose head is out.
    """

    kind: ClassVar[str] = "stall"
    layer: ClassVar[Layer] = Layer.TIME

    at: At = Field(description="where the silence begins")
    for_: Duration = Field(default=FOREVER_US, alias="for", description="how long it lasts; for ever if left out")
    heartbeat: Duration | None = Field(default=None, description="send a comment each time this long has passed", gt=0)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.heartbeat is not None and self.for_ // self.heartbeat > _MOST_BEATS:
            raise refusal(f"more than {_MOST_BEATS} heartbeats: lengthen `heartbeat` or shorten `for`")
        return self

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the silence in it, or None if the position is not in it or no comment can be sent there."""
        if (place := self.at.find(plan)) is None:
            return None
        plan, index = place
        if self.heartbeat is not None and not _streams(plan[:index]):
            return None
        return (*plan[:index], *self._silence(), *plan[index:])

    def _silence(self) -> tuple[Step, ...]:
        cause = f"fault: {self.kind}"
        if self.heartbeat is None:
            return (Wait(self.for_, cause),)
        beats, rest = divmod(self.for_, self.heartbeat)
        beat: tuple[Step, ...] = (Wait(self.heartbeat, cause), Send(_HEARTBEAT_BYTES, _HEARTBEAT))
        return (*beat * beats, Wait(rest, cause)) if rest else beat * beats


def _streams(sent: Plan) -> bool:
    """Whether the head has gone out and leaves the length of the body open."""
    return any(isinstance(step, Head) and step.body != "length" for step in sent)
