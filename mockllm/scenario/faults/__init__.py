"""The faults: what goes wrong with an answer, one frozen class each.

Here: the list of all faults, in their one order of application (content, payload, framing, time, HTTP, connection),
and the type of an entry in YAML. Not here: a vendor's name. A vendor's quirk is a scenario made of these pieces. A
new fault is one class in the file of its layer and one row below.
"""

from typing import Annotated

from mockllm.scenario.base import Keyed
from mockllm.scenario.faults.base import Fault, FrameFault, Layer, PlanFault, TurnFault
from mockllm.scenario.faults.connection import Close, Reset, Truncate
from mockllm.scenario.faults.content import CutArguments
from mockllm.scenario.faults.framing import Done, Split
from mockllm.scenario.faults.http import Status
from mockllm.scenario.faults.payload import Patch
from mockllm.scenario.faults.time import Stall

FAULTS: tuple[type[Fault], ...] = (CutArguments, Patch, Done, Split, Stall, Status, Truncate, Close, Reset)

AnyFault = Annotated[Fault, Keyed("fault", *FAULTS)]
"""One fault: a mapping whose one key is its kind, such as `{reset: {at: {frame: 3}}}`."""

__all__ = ["FAULTS", "AnyFault", "Fault", "FrameFault", "Layer", "PlanFault", "TurnFault"]
