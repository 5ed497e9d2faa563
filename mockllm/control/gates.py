"""Gates: points at which answers wait until somebody lets them go on.

Here: listing, opening and closing them. Not here: their state (`gates.py` beside this package) and the fault that puts
one into an answer (`scenario/faults/time.py`).
"""

from pydantic import Field

from mockllm.control.base import Answer, Ask, Name, Operation


class Gate(Answer):
    """A gate that is open, or at which somebody waits."""

    namespace: str
    name: str
    open: bool
    waiting: int


class GateList(Answer):
    """All of them; a gate that is not listed is closed and nobody waits there."""

    gates: tuple[Gate, ...]


class AskGates(Ask):
    """Whose gates."""

    namespace: Name | None = Field(default=None, description="only this namespace")


class OneGate(Ask):
    """One gate."""

    namespace: Name = Field(description="NAME, NAME@RUN, or @RUN for calls that name no scenario")
    gate: Name = Field(description="the name of the gate in the scenario")


class OpenGate(OneGate):
    """One gate, and for how many."""

    once: bool = Field(default=False, description="let one through, the first that waits or the next that comes")


LIST = Operation("listGates", "GET", "/gates", "Gates that are open or have somebody waiting.", AskGates, GateList)
OPEN = Operation(
    "openGate", "POST", "/namespaces/{namespace}/gates/{gate}/open", "Let what waits there go on.", OpenGate, Gate
)
CLOSE = Operation(
    "closeGate", "POST", "/namespaces/{namespace}/gates/{gate}/close", "Let nobody through any more.", OneGate, Gate
)

OPERATIONS = (LIST, OPEN, CLOSE)
