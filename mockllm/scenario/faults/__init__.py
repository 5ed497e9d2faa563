"""The faults: what goes wrong with an answer, one frozen class each.

Here: the table of all faults, in their one order of application (content, payload, framing, time, HTTP, connection),
and the type of an entry in YAML. Their classes are imported when they are first used. Not here: a vendor's name. A
vendor's quirk is a scenario made of these pieces. A new fault is one class in the file of its layer, one row below, and
one line for type checkers.
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from mockllm.scenario.base import Authored
from mockllm.scenario.faults.base import Fault, FrameFault, Layer, PlanFault, TurnFault
from mockllm.scenario.faults.entry import FaultEntry
from mockllm.scenario.faults.together import compatible
from mockllm.scenario.keyed import Imported

if TYPE_CHECKING:
    from mockllm.scenario.faults.aliases import Alias
    from mockllm.scenario.faults.connection import Close as Close
    from mockllm.scenario.faults.connection import CloseIdle as CloseIdle
    from mockllm.scenario.faults.connection import Garbage as Garbage
    from mockllm.scenario.faults.connection import Hang as Hang
    from mockllm.scenario.faults.connection import KeepOpen as KeepOpen
    from mockllm.scenario.faults.connection import Reset as Reset
    from mockllm.scenario.faults.connection import Truncate as Truncate
    from mockllm.scenario.faults.content import CutArguments as CutArguments
    from mockllm.scenario.faults.content import FinishReason as FinishReason
    from mockllm.scenario.faults.content import GarbageAfterArguments as GarbageAfterArguments
    from mockllm.scenario.faults.content import UnknownTool as UnknownTool
    from mockllm.scenario.faults.framing import Bom as Bom
    from mockllm.scenario.faults.framing import Coalesce as Coalesce
    from mockllm.scenario.faults.framing import Done as Done
    from mockllm.scenario.faults.framing import Escape as Escape
    from mockllm.scenario.faults.framing import EventNames as EventNames
    from mockllm.scenario.faults.framing import Ids as Ids
    from mockllm.scenario.faults.framing import LineEnding as LineEnding
    from mockllm.scenario.faults.framing import MultilineData as MultilineData
    from mockllm.scenario.faults.framing import NoSpace as NoSpace
    from mockllm.scenario.faults.framing import Split as Split
    from mockllm.scenario.faults.framing import UnterminatedLastEvent as UnterminatedLastEvent
    from mockllm.scenario.faults.http.body import BadChunkSize as BadChunkSize
    from mockllm.scenario.faults.http.body import Body as Body
    from mockllm.scenario.faults.http.body import Redirect as Redirect
    from mockllm.scenario.faults.http.chunks import Chunked as Chunked
    from mockllm.scenario.faults.http.encoding import Br as Br
    from mockllm.scenario.faults.http.encoding import Garble as Garble
    from mockllm.scenario.faults.http.encoding import Gzip as Gzip
    from mockllm.scenario.faults.http.head import ContentLength as ContentLength
    from mockllm.scenario.faults.http.head import ContentType as ContentType
    from mockllm.scenario.faults.http.head import Headers as Headers
    from mockllm.scenario.faults.http.head import Http10 as Http10
    from mockllm.scenario.faults.http.head import Interim as Interim
    from mockllm.scenario.faults.http.head import SlowHeaders as SlowHeaders
    from mockllm.scenario.faults.http.head import Status as Status
    from mockllm.scenario.faults.payload.corrupt import Corrupt as Corrupt
    from mockllm.scenario.faults.payload.error import ErrorEvent as ErrorEvent
    from mockllm.scenario.faults.payload.error import ErrorIn200 as ErrorIn200
    from mockllm.scenario.faults.payload.frames import Drop as Drop
    from mockllm.scenario.faults.payload.frames import Duplicate as Duplicate
    from mockllm.scenario.faults.payload.frames import Reorder as Reorder
    from mockllm.scenario.faults.payload.insert import Insert as Insert
    from mockllm.scenario.faults.payload.patch import Patch as Patch
    from mockllm.scenario.faults.payload.replace import Replace as Replace
    from mockllm.scenario.faults.time import Drip as Drip
    from mockllm.scenario.faults.time import Gate as Gate
    from mockllm.scenario.faults.time import Heartbeat as Heartbeat
    from mockllm.scenario.faults.time import Slow as Slow
    from mockllm.scenario.faults.time import Stall as Stall

_FAULTS = {
    "cut_arguments": "content.CutArguments",
    "garbage_after_arguments": "content.GarbageAfterArguments",
    "unknown_tool": "content.UnknownTool",
    "finish_reason": "content.FinishReason",
    "patch": "payload.patch.Patch",
    "replace": "payload.replace.Replace",
    "corrupt": "payload.corrupt.Corrupt",
    "reorder": "payload.frames.Reorder",
    "duplicate": "payload.frames.Duplicate",
    "drop": "payload.frames.Drop",
    "insert": "payload.insert.Insert",
    "error_event": "payload.error.ErrorEvent",
    "error_in_200": "payload.error.ErrorIn200",
    "line_ending": "framing.LineEnding",
    "bom": "framing.Bom",
    "no_space": "framing.NoSpace",
    "multiline_data": "framing.MultilineData",
    "escape": "framing.Escape",
    "event_names": "framing.EventNames",
    "ids": "framing.Ids",
    "done": "framing.Done",
    "unterminated_last_event": "framing.UnterminatedLastEvent",
    "coalesce": "framing.Coalesce",
    "split": "framing.Split",
    "stall": "time.Stall",
    "slow": "time.Slow",
    "drip": "time.Drip",
    "heartbeat": "time.Heartbeat",
    "gate": "time.Gate",
    "interim": "http.head.Interim",
    "status": "http.head.Status",
    "headers": "http.head.Headers",
    "content_type": "http.head.ContentType",
    "content_length": "http.head.ContentLength",
    "body": "http.body.Body",
    "redirect": "http.body.Redirect",
    "http_1_0": "http.head.Http10",
    "gzip": "http.encoding.Gzip",
    "br": "http.encoding.Br",
    "garble": "http.encoding.Garble",
    "chunked": "http.chunks.Chunked",
    "bad_chunk_size": "http.body.BadChunkSize",
    "slow_headers": "http.head.SlowHeaders",
    "truncate": "connection.Truncate",
    "close": "connection.Close",
    "reset": "connection.Reset",
    "garbage": "connection.Garbage",
    "hang": "connection.Hang",
    "keep_open": "connection.KeepOpen",
    "close_idle": "connection.CloseIdle",
}
_ALIASES = {
    "EMPTY_RESPONSE": "aliases.EmptyResponse",
    "CONNECTION_RESET_BY_PEER": "aliases.ConnectionResetByPeer",
    "RANDOM_DATA_THEN_CLOSE": "aliases.RandomDataThenClose",
    "MALFORMED_RESPONSE_CHUNK": "aliases.MalformedResponseChunk",
    "fixedDelayMilliseconds": "aliases.FixedDelayMilliseconds",
    "chunkedDribbleDelay": "aliases.ChunkedDribbleDelay",
    "latency": "aliases.LatencyToxic",
    "bandwidth": "aliases.Bandwidth",
    "slow_close": "aliases.SlowClose",
    "timeout": "aliases.Timeout",
    "reset_peer": "aliases.ResetPeer",
    "slicer": "aliases.Slicer",
    "limit_data": "aliases.LimitData",
}

FAULTS: "Imported[Fault]" = Imported(__name__, _FAULTS)
"""All faults by their kinds."""

ALIASES: "Imported[Alias]" = Imported(__name__, _ALIASES)
"""The names that other tools have for them."""

FAULT_WORDS = (
    "EMPTY_RESPONSE",
    "CONNECTION_RESET_BY_PEER",
    "RANDOM_DATA_THEN_CLOSE",
    "MALFORMED_RESPONSE_CHUNK",
)
"""The aliases that may stand alone, as there is nothing to say about them."""

FAULT_NAMES = frozenset({*FAULTS, *ALIASES})
"""Every key that a fault can be written with."""

AnyFault = Annotated[Fault, FaultEntry(Imported[Authored](__name__, {**_FAULTS, **_ALIASES}), FAULT_WORDS)]
"""One fault: a mapping whose one key is its kind, such as `{reset: {at: {frame: 3}}}`. A name that another tool has for
it is the same fault from then on.
"""

Faults = Annotated[tuple[AnyFault, ...], AfterValidator(compatible)]
"""Faults of one answer, none of which excludes another."""

_KINDS = {home.rpartition(".")[2]: kind for kind, home in _FAULTS.items()}

__all__ = [  # noqa: PLE0604 - the faults are those of the table
    "ALIASES",
    "FAULTS",
    "FAULT_NAMES",
    "FAULT_WORDS",
    "AnyFault",
    "Fault",
    "Faults",
    "FrameFault",
    "Layer",
    "PlanFault",
    "TurnFault",
    *_KINDS,
]


def __getattr__(name: str) -> type[Fault]:
    """A fault by the name of its class."""
    if name not in _KINDS:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return FAULTS[_KINDS[name]]


def __dir__() -> list[str]:
    return [*globals(), *_KINDS]
