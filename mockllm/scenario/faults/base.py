"""The shape of a fault.

Here: the layers in their order and the three kinds of value that a fault may change: the turn, the frames, the plan.
Each fault is a frozen class whose fields are its YAML and whose one method, `apply`, is its behaviour; it returns
None when its position does not exist in this answer, which is reported and never passed over. Not here: any fault.
"""

from enum import IntEnum
from typing import ClassVar, Self

from pydantic import PrivateAttr

from mockllm.plan import Frames, Plan
from mockllm.scenario.base import Authored
from mockllm.seeds import Seed
from mockllm.turn import Turn


class Layer(IntEnum):
    """Where a fault acts. Faults apply in this order, and in the order of the file within a layer."""

    CONTENT = 0
    PAYLOAD = 1
    FRAMING = 2
    TIME = 3
    HTTP = 4
    CONNECTION = 5


SCRIPT = "fault"
"""What timelines say of a step that the script's own fault made, before the kind of the fault."""


class Fault(Authored):
    """What every fault has: the `kind` that names it in YAML and its layer."""

    kind: ClassVar[str]
    layer: ClassVar[Layer]
    over_websocket: ClassVar[bool] = True
    """Whether it has a meaning for messages of a WebSocket, which have neither the lines of SSE nor a head of HTTP."""

    _origin: str = PrivateAttr(default=SCRIPT)

    @property
    def origin(self) -> str:
        """Who asked for it: the script, or the entry of `chaos` that struck."""
        return self._origin

    @property
    def title(self) -> str:
        """What reports call it: its kind, and before it who asked, if that was not the script."""
        return self.kind if self._origin == SCRIPT else f"{self._origin}: {self.kind}"

    def asked_by(self, origin: str) -> Self:
        """The same fault, asked for by somebody else than the script."""
        copy = self.model_copy()
        copy._origin = origin  # noqa: SLF001 # it is of this very class
        return copy


class TurnFault(Fault):
    """A fault of what is said: it changes the turn, and so every dialect and the plain body alike."""

    layer: ClassVar[Layer] = Layer.CONTENT

    def apply(self, turn: Turn, seed: Seed) -> Turn | None:
        """The changed turn, or None if the turn has nothing this fault could act on."""
        raise NotImplementedError


class FrameFault(Fault):
    """A fault of single frames, before they have times. A plain body is one frame. A `lasting` one is a fault of the
    answer itself, so that what the server keeps of the answer shows it too; others are lost on the way.
    """

    lasting: ClassVar[bool] = False

    def apply(self, frames: Frames, seed: Seed) -> Frames | None:
        """The changed frames, or None if none of them is where this fault acts."""
        raise NotImplementedError


class PlanFault(Fault):
    """A fault of the timed plan: its waits, its head, its connection."""

    def apply(self, plan: Plan, seed: Seed) -> Plan | None:
        """The changed plan, or None if this fault's position is not in it."""
        raise NotImplementedError
