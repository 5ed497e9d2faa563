"""Faults of the connection: the answer ends before it should, in one of three ways."""

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from mockllm.plan import Close as CloseStep
from mockllm.plan import End, Head, Plan, Send, Step
from mockllm.plan import Reset as ResetStep
from mockllm.scenario.faults.base import Layer, PlanFault
from mockllm.scenario.position import At
from mockllm.seeds import Seed


class _Cut(PlanFault):
    """All that comes before the position is delivered; then the answer ends."""

    layer: ClassVar[Layer] = Layer.CONNECTION

    at: At = Field(description="where the answer ends")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan up to the position and its new end, or None if the position is not in it."""
        if (place := self.at.find(plan)) is None:
            return None
        plan, index = place
        return self._end(plan[:index], f"fault: {self.kind} {_where(plan[:index], plan[index:])}")

    def _end(self, plan: Plan, cause: str) -> Plan:
        raise NotImplementedError


class Reset(_Cut):
    """The connection is reset (RST): the client's read fails."""

    kind: ClassVar[str] = "reset"

    def _end(self, plan: Plan, cause: str) -> Plan:
        return (*plan, ResetStep(cause))


class Close(_Cut):
    """The connection is closed (FIN) without the end of the body: the client can tell that something is missing."""

    kind: ClassVar[str] = "close"

    def _end(self, plan: Plan, cause: str) -> Plan:
        return (*plan, CloseStep(cause))


class Truncate(_Cut):
    """The body ends cleanly, but too soon: nothing in HTTP tells the client that something is missing. Before the head
    there is no body to end, so the connection closes.
    """

    kind: ClassVar[str] = "truncate"

    def _end(self, plan: Plan, cause: str) -> Plan:
        if not any(isinstance(step, Head) for step in plan):
            return (*plan, CloseStep(cause))
        length = sum(len(step.data) for step in plan if isinstance(step, Send))
        kept: tuple[Step, ...] = tuple(_shortened(step, length) if isinstance(step, Head) else step for step in plan)
        return (*kept, End(cause))


def _where(sent: Plan, unsent: Plan) -> str:
    """How far the answer came, for the timeline: frame 3 is the one that is missing or is not whole."""
    ordinals = _ordinals(sent)
    if not ordinals:
        return "after the head" if any(isinstance(step, Head) for step in sent) else "before the head"
    last = max(ordinals)
    return f"in frame {last}" if last in _ordinals(unsent) else f"at frame {last + 1}"


def _ordinals(plan: Plan) -> frozenset[int]:
    return frozenset(step.frame.ordinal for step in plan if isinstance(step, Send) and step.frame.ordinal >= 0)


def _shortened(head: Head, length: int) -> Head:
    """The head with an honest content-length, where it has one."""
    headers = tuple((name, str(length) if name.lower() == "content-length" else value) for name, value in head.headers)
    return replace(head, headers=headers)
