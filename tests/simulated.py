"""A robust client and the engine, with no socket and no clock between them: exact bytes at exact times, in no time.

Here: `played`, a plan through the real player on a connection that only notes, and `converse`, the example requests of
a scenario from the first sending to the last outcome. Not here: what the client makes of the bytes (`robust/`), and the
same bytes over a real socket (`quirk_checks.py`).
"""

from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from mockllm.engine import Engine
from mockllm.exchange import Deliveries, Exchange, Outcome
from mockllm.explain import NO_FIELDS, call_of
from mockllm.net.player import play
from mockllm.plan import Plan
from mockllm.request import JSON, Call
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library
from tests.robust.attempt import Attempt
from tests.robust.client import Client
from tests.robust.outcome import Outcome as ClientOutcome

WALL_S = 1_767_225_600
"""The time of day when everything begins: 2026-01-01T00:00:00Z, the time in answers that do not say another."""

End = Literal["open", "close", "reset"]

_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that are written together."""

    at_us: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """What a plan puts on the wire: its writes, and how and when the connection ends, if it does."""

    pieces: tuple[Piece, ...]
    end: End
    ended_us: int

    @property
    def raw(self) -> bytes:
        """All the bytes."""
        return b"".join(piece.data for piece in self.pieces)


@dataclass(slots=True)
class _JumpingClock:
    """Time that passes only by waiting."""

    at_us: int = 0

    def now_us(self) -> int:
        return self.at_us

    def wall_s(self) -> int:
        return WALL_S + self.at_us // _S

    async def sleep_until(self, due_us: int) -> None:
        self.at_us = max(self.at_us, due_us)


@dataclass(slots=True)
class _NotingConnection:
    """A connection to a client that reads everything and never leaves."""

    clock: _JumpingClock
    pieces: list[Piece] = field(default_factory=list)
    end: End = "open"
    left: bool = False
    full: bool = False

    def write(self, data: bytes | memoryview) -> None:
        self.pieces.append(Piece(self.clock.at_us, bytes(data)))

    async def drain(self) -> None:
        """Nothing is ever unsent."""

    async def flush(self) -> None:
        """Nothing is ever unsent."""

    def close(self) -> None:
        self.end = "close"

    def reset(self) -> None:
        self.end = "reset"


def played(plan: Plan, start_us: int = 0) -> Wire:
    """The plan, played by the real player from that time on."""
    clock = _JumpingClock(start_us)
    connection = _NotingConnection(clock)
    _run(play(plan, connection, clock, start_us, Deliveries(plan)))
    return Wire(tuple(connection.pieces), connection.end, clock.at_us)


def _run(coroutine: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Drive what never waits: all that it awaits is turns for others, of whom there are none."""
    while True:
        try:
            coroutine.send(None)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome


@dataclass(frozen=True, slots=True)
class Sending:
    """One sending of a request, and its answer."""

    exchange: Exchange
    wire: Wire


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a client's user: how often it was sent, and what came of it."""

    body: Mapping[str, JSON]
    sendings: tuple[Sending, ...]
    outcome: ClientOutcome


def converse(scenario: Scenario, gallery: Library | None = None) -> Iterator[Visit]:
    """The example requests of a scenario, one after the other in one namespace, each as a robust client makes it.

    The scenario is the default one; the others of the gallery can be reached under their names.
    """
    engine = Engine(Library(gallery.entries() if gallery is not None else {}, [scenario]))
    now_us = 0
    for body in scenario.requests():
        visit, now_us = _visit(engine, scenario, body, now_us)
        yield visit


def _visit(engine: Engine, scenario: Scenario, body: Mapping[str, JSON], now_us: int) -> tuple[Visit, int]:
    call = call_of(scenario, body)
    asked = {key: value for key, value in body.items() if key not in NO_FIELDS}
    client = Client(asked, str(body.get("api", "chat")))
    sendings: list[Sending] = []
    while True:
        exchange = engine.handle(_at(call, now_us))
        wire = played(exchange.plan, now_us)
        sendings.append(Sending(exchange, wire))
        attempt = client.begin(now_us)
        now_us = _watched(attempt, wire)
        decision = client.after(attempt, WALL_S + now_us // _S)
        if isinstance(decision, ClientOutcome):
            return Visit(body, tuple(sendings), decision), now_us
        now_us += decision.delay_us
        if decision.path is not None:
            target = urlsplit(urljoin(call.path, decision.path))
            call = replace(call, path=target.path, query=target.query)


def _at(call: Call, now_us: int) -> Call:
    return replace(call, at_us=now_us, wall_s=WALL_S + now_us // _S)


def _watched(attempt: Attempt, wire: Wire) -> int:
    """Let the client watch the wire until it has an outcome; returns when that was."""
    for piece in wire.pieces:
        if piece.at_us >= attempt.deadline_us:
            break
        attempt.receive(piece.at_us, piece.data)
        if attempt.outcome is not None:
            return piece.at_us
    else:
        if wire.end != "open" and wire.ended_us < attempt.deadline_us:
            attempt.end(wire.end)
            return wire.ended_us
    expired_us = attempt.deadline_us
    attempt.expire()
    return expired_us
