"""The faults: what goes wrong with an answer, one frozen class each.

Here: the list of all faults, in their one order of application (content, payload, framing, time, HTTP, connection),
and the type of an entry in YAML. Not here: a vendor's name. A vendor's quirk is a scenario made of these pieces. A
new fault is one class in the file of its layer and one row below.
"""

from typing import Annotated

from pydantic import AfterValidator

from mockllm.scenario.faults.aliases import ALIASES, FAULT_WORDS, FaultEntry
from mockllm.scenario.faults.base import Fault, FrameFault, Layer, PlanFault, TurnFault
from mockllm.scenario.faults.connection import Close, CloseIdle, Garbage, Hang, KeepOpen, Reset, Truncate
from mockllm.scenario.faults.content import CutArguments, FinishReason, GarbageAfterArguments, UnknownTool
from mockllm.scenario.faults.framing import (
    Bom,
    Coalesce,
    Done,
    Escape,
    EventNames,
    Ids,
    LineEnding,
    MultilineData,
    NoSpace,
    Split,
    UnterminatedLastEvent,
)
from mockllm.scenario.faults.http import (
    BadChunkSize,
    Body,
    Br,
    Chunked,
    ContentLength,
    ContentType,
    Garble,
    Gzip,
    Headers,
    Http10,
    Interim,
    Redirect,
    SlowHeaders,
    Status,
)
from mockllm.scenario.faults.payload import (
    Corrupt,
    Drop,
    Duplicate,
    ErrorEvent,
    ErrorIn200,
    Insert,
    Patch,
    Reorder,
    Replace,
)
from mockllm.scenario.faults.time import Drip, Gate, Heartbeat, Slow, Stall
from mockllm.scenario.faults.together import compatible

FAULTS: tuple[type[Fault], ...] = (
    CutArguments,
    GarbageAfterArguments,
    UnknownTool,
    FinishReason,
    Patch,
    Replace,
    Corrupt,
    Reorder,
    Duplicate,
    Drop,
    Insert,
    ErrorEvent,
    ErrorIn200,
    LineEnding,
    Bom,
    NoSpace,
    MultilineData,
    Escape,
    EventNames,
    Ids,
    Done,
    UnterminatedLastEvent,
    Coalesce,
    Split,
    Stall,
    Slow,
    Drip,
    Heartbeat,
    Gate,
    Interim,
    Status,
    Headers,
    ContentType,
    ContentLength,
    Body,
    Redirect,
    Http10,
    Gzip,
    Br,
    Garble,
    Chunked,
    BadChunkSize,
    SlowHeaders,
    Truncate,
    Close,
    Reset,
    Garbage,
    Hang,
    KeepOpen,
    CloseIdle,
)

FAULT_NAMES = frozenset({*(fault.kind for fault in FAULTS), *(alias.kind for alias in ALIASES)})
"""Every key that a fault can be written with."""

AnyFault = Annotated[Fault, FaultEntry(FAULTS)]
"""One fault: a mapping whose one key is its kind, such as `{reset: {at: {frame: 3}}}`. A name that another tool has for
it is the same fault from then on.
"""

Faults = Annotated[tuple[AnyFault, ...], AfterValidator(compatible)]
"""Faults of one answer, none of which excludes another."""

__all__ = [
    "ALIASES",
    "FAULTS",
    "FAULT_NAMES",
    "FAULT_WORDS",
    "AnyFault",
    "BadChunkSize",
    "Body",
    "Bom",
    "Br",
    "Chunked",
    "Close",
    "CloseIdle",
    "Coalesce",
    "ContentLength",
    "ContentType",
    "Corrupt",
    "CutArguments",
    "Done",
    "Drip",
    "Drop",
    "Duplicate",
    "ErrorEvent",
    "ErrorIn200",
    "Escape",
    "EventNames",
    "Fault",
    "Faults",
    "FinishReason",
    "FrameFault",
    "Garbage",
    "GarbageAfterArguments",
    "Garble",
    "Gate",
    "Gzip",
    "Hang",
    "Headers",
    "Heartbeat",
    "Http10",
    "Ids",
    "Insert",
    "Interim",
    "KeepOpen",
    "Layer",
    "LineEnding",
    "MultilineData",
    "NoSpace",
    "Patch",
    "PlanFault",
    "Redirect",
    "Reorder",
    "Replace",
    "Reset",
    "Slow",
    "SlowHeaders",
    "Split",
    "Stall",
    "Status",
    "Truncate",
    "TurnFault",
    "UnknownTool",
    "UnterminatedLastEvent",
]
