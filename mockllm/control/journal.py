"""What happened: the record of a server, and waiting for it.

Here: reading it in three forms, clearing it, waiting for an event or for quiet. Not here: the record (`journal/`) and
its forms (`journal/export.py`, `journal/har.py`, `wire.py`).
"""

from typing import Any

from pydantic import ConfigDict, Field

from mockllm.control.base import MOST_WAIT_S, Answer, Ask, Name, Operation, Text

MOST_COUNT = 10_000
"""How many exchanges a call may wait for."""


class AskJournal(Ask):
    """Which exchanges: those that meet everything that is given."""

    namespace: Name | None = Field(default=None, description="those of this namespace")
    rule: Name | None = Field(default=None, description="those that the rule of this title answered")
    outcome: Name | None = Field(default=None, description="those that ended like this, such as `client left`")
    since: int | None = Field(default=None, ge=0, le=2**53, description="those after the exchange of this number")


class Journal(Answer):
    """Exchanges, oldest first, in the shape of `journal/export.py`; and how many were dropped as too many."""

    exchanges: tuple[dict[str, Any], ...]
    dropped: int


class Archive(Answer):
    """A HAR file."""

    model_config = ConfigDict(frozen=True, extra="allow")

    log: dict[str, Any]


class Records(Answer):
    """Exchanges, oldest first, as `wire.py` packs them for a client of the same version."""

    records: tuple[dict[str, Any], ...]


class AskClear(Ask):
    """Whose record is forgotten."""

    namespace: Name | None = Field(default=None, description="only that of this namespace; its state stays")


class Cleared(Answer):
    """How many exchanges are left."""

    exchanges: int


class AskIdle(Ask):
    """For how long to wait, and for whom."""

    namespace: Name | None = Field(default=None, description="only exchanges of this namespace")
    timeout_s: float = Field(default=5.0, ge=0, le=MOST_WAIT_S, description="how many seconds at most")


class Idle(Answer):
    """Whether no exchange is open, and which are: a row for each."""

    idle: bool
    open: tuple[str, ...]


class AskEvent(Ask):
    """An event, and which exchanges it must have happened to: `arrived`, `gate`, `left`, `ended`."""

    event: Name = Field(description="arrived, gate, left or ended")
    count: int = Field(default=1, ge=1, le=MOST_COUNT, description="to how many exchanges")
    gate: Name | None = Field(default=None, description="the gate that was reached, for the event gate")
    namespace: Name | None = Field(default=None, description="only exchanges of this namespace")
    rule: Name | None = Field(default=None, description="only those that the rule of this title answered")
    outcome: Name | None = Field(default=None, description="only those that ended like this")
    since: int | None = Field(default=None, ge=0, le=2**53, description="only those after the exchange of this number")
    since_us: int | None = Field(default=None, ge=0, le=2**53, description="only those from this reading of the clock")
    when: dict[str, Any] | None = Field(default=None, description="only those that match this, as a rule would say it")
    timeout_s: float = Field(default=5.0, ge=0, le=MOST_WAIT_S, description="how many seconds to wait at most")


class Happened(Answer):
    """Whether it has happened to enough exchanges, to which, and if not what happened instead, for people."""

    happened: bool
    exchanges: tuple[int, ...]
    instead: str | None


GET = Operation("getJournal", "GET", "/journal", "What happened, as JSON.", AskJournal, Journal)
LINES = Operation(
    "getJournalLines",
    "GET",
    "/journal.jsonl",
    "What happened, one JSON object a line.",
    AskJournal,
    Text,
    media="application/x-ndjson",
)
HAR = Operation("getArchive", "GET", "/journal.har", "What happened, as an HTTP Archive.", AskJournal, Archive)
RECORDS = Operation(
    "getRecords", "GET", "/journal/records", "What happened, for clients of the same version.", AskJournal, Records
)
CLEAR = Operation("clearJournal", "DELETE", "/journal", "Forget what happened; state stays.", AskClear, Cleared)
WAIT_IDLE = Operation("waitIdle", "POST", "/journal/wait-idle", "Wait until no exchange is open.", AskIdle, Idle)
WAIT_FOR = Operation("waitFor", "POST", "/events/wait", "Wait until an event has happened.", AskEvent, Happened)

OPERATIONS = (GET, LINES, HAR, RECORDS, CLEAR, WAIT_IDLE, WAIT_FOR)
