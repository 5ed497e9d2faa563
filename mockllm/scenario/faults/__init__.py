"""The faults: what goes wrong with an answer, one frozen class each.

Here: the list of all faults, in their one order of application (content, payload, framing, time, HTTP, connection),
and the type of an entry in YAML. Not here: a vendor's name. A vendor's quirk is a scenario made of these pieces. A
new fault is one class in the file of its layer and one row below.
"""

from typing import Annotated

from mockllm.scenario.base import Keyed
from mockllm.scenario.faults.base import Fault, FrameFault, Layer, PlanFault, TurnFault
from mockllm.scenario.faults.connection import Close, CloseIdle, Hang, KeepOpen, Reset, Truncate
from mockllm.scenario.faults.content import CutArguments, FinishReason, GarbageAfterArguments, UnknownTool
from mockllm.scenario.faults.framing import (
    Bom,
    Coalesce,
    Done,
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
    ContentLength,
    ContentType,
    Gzip,
    Headers,
    Http10,
    Redirect,
    SlowHeaders,
    Status,
)
from mockllm.scenario.faults.payload import Corrupt, Drop, Duplicate, ErrorEvent, ErrorIn200, Insert, Patch, Reorder
from mockllm.scenario.faults.time import Drip, Heartbeat, Slow, Stall

FAULTS: tuple[type[Fault], ...] = (
    CutArguments,
    GarbageAfterArguments,
    UnknownTool,
    FinishReason,
    Patch,
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
    Status,
    Headers,
    ContentType,
    ContentLength,
    Body,
    Redirect,
    Http10,
    Gzip,
    BadChunkSize,
    SlowHeaders,
    Truncate,
    Close,
    Reset,
    Hang,
    KeepOpen,
    CloseIdle,
)

AnyFault = Annotated[Fault, Keyed("fault", *FAULTS)]
"""One fault: a mapping whose one key is its kind, such as `{reset: {at: {frame: 3}}}`."""

__all__ = [
    "FAULTS",
    "AnyFault",
    "BadChunkSize",
    "Body",
    "Bom",
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
    "EventNames",
    "Fault",
    "FinishReason",
    "FrameFault",
    "GarbageAfterArguments",
    "Gzip",
    "Hang",
    "Headers",
    "Heartbeat",
    "Http10",
    "Ids",
    "Insert",
    "KeepOpen",
    "Layer",
    "LineEnding",
    "MultilineData",
    "NoSpace",
    "Patch",
    "PlanFault",
    "Redirect",
    "Reorder",
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
