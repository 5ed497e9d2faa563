"""Faults of HTTP: the head says something else than it should."""

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from mockllm.plan import Head, Plan
from mockllm.scenario.base import Integer
from mockllm.scenario.faults.base import Layer, PlanFault
from mockllm.seeds import Seed


class Status(PlanFault):
    """Another status code on an otherwise unchanged answer, such as a body under 500 that a client must not read as
    success.
    """

    kind: ClassVar[str] = "status"
    layer: ClassVar[Layer] = Layer.HTTP
    shorthand: ClassVar[str | None] = "code"

    code: Annotated[Integer, Field(ge=200, le=999)]

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the other status, or None if it has no head."""
        if not any(isinstance(step, Head) for step in plan):
            return None
        cause = f"fault: {self.kind}"
        return tuple(replace(step, status=self.code, cause=cause) if isinstance(step, Head) else step for step in plan)
