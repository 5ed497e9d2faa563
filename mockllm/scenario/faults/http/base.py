"""What faults of HTTP share: finding the head, changing its headers, and what a header can hold.

Not here: any fault.
"""

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from mockllm.plan import Head, Plan, Send
from mockllm.scenario.faults.base import Layer, PlanFault
from mockllm.seeds import Seed
from mockllm.units import refusal

Pairs = tuple[tuple[str, str], ...]


class HttpFault(PlanFault):
    """A fault of the layer of HTTP."""

    layer: ClassVar[Layer] = Layer.HTTP
    over_websocket: ClassVar[bool] = False

    def caused(self, head: Head) -> Head:
        """The head, marked as this fault's work beside that of others."""
        return replace(head, cause=f"{head.cause}, {self.kind}" if head.cause else f"fault: {self.kind}")


class HeadFault(HttpFault):
    """A fault that changes the head and nothing else."""

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the other head, or None if it has no head or the head is so already."""
        if (index := head_index(plan)) is None or not isinstance(head := plan[index], Head):
            return None
        changed = self._changed(head, plan)
        return None if changed == head else (*plan[:index], self.caused(changed), *plan[index + 1 :])

    def _changed(self, head: Head, plan: Plan) -> Head:
        raise NotImplementedError


def head_index(plan: Plan) -> int | None:
    """Where the head is."""
    return next((index for index, step in enumerate(plan) if isinstance(step, Head)), None)


def body_size(plan: Plan) -> int:
    """How many bytes the body has."""
    return sum(len(step.data) for step in plan if isinstance(step, Send))


def with_header(headers: Pairs, name: str, value: str | None) -> Pairs:
    """The headers with this one in its place or at the end, once; None removes it. Case does not matter in names."""
    same = [index for index, (key, _) in enumerate(headers) if key.lower() == name.lower()]
    place = same[0] if same else len(headers)
    new: Pairs = () if value is None else ((name, value),)
    rest = tuple(pair for index, pair in enumerate(headers[place:], place) if index not in same)
    return (*headers[:place], *new, *rest)


def _sendable(text: str) -> str:
    if any(mark in text for mark in "\r\n\0"):
        raise refusal("a header cannot have a line break or a NUL: remove it")
    return text


def _named(text: str) -> str:
    if not text:
        raise refusal("a header needs a name, found an empty text")
    return _sendable(text)


HeaderName = Annotated[str, AfterValidator(_named)]
HeaderValue = Annotated[str, AfterValidator(_sendable)]
