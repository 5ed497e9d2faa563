"""An engine whose state is common to several workers.

Here: what a server asks of an engine (`net/engine.py`), each on the rooms as they are at that moment, and the end of
exchanges, which is told when it has happened. Not here: what is decided (`mockllm/hearing.py`) and how rooms are read
and changed (`common.py`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from mockllm.engine import Engine
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Delivery, Ending, Exchange, GateVisit, Outcome
from mockllm.hearing import HEALTH, at_base, knock
from mockllm.net.shared.bus import Bus
from mockllm.net.shared.common import MOST_TRIES, Change, Common, Event
from mockllm.net.shared.gates import SharedGates
from mockllm.net.shared.ledger import Ledger, ended, opened, visited
from mockllm.net.shared.link import Link, StateGoneError
from mockllm.net.shared.roster import Roster
from mockllm.plan import Microseconds
from mockllm.request import Call

_OPENING_S = 2.0

_log = logging.getLogger("mockllm")


class SharedEngine:
    """An engine on the common state at the end of a link. `worker` is the name of this one, and `succeeds` begins the
    names of those whose place it takes.
    """

    def __init__(self, engine: Engine, link: Link, worker: str, succeeds: str = "") -> None:
        self._engine = engine
        self.common = Common(engine, link, worker)
        self.ledger = Ledger(self.common, engine.journal)
        self.gates = SharedGates(self.common)
        self.bus = Bus(self.common.link, self.flush, self._look, self._catch_up)
        self._roster = Roster(self.common, succeeds)
        self._told: list[tuple[Event, bool]] = []
        self._telling = asyncio.Lock()
        self._more = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        link.on_return.append(self._catch_up)
        self.common.on_epoch.append(self._forget)

    async def open(self) -> None:
        """Take part. Returns when others can be heard, or soon if Redis is gone."""
        for work in (self.bus.listen(), self._tell_all(), self._roster.live()):
            self._start(work)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_OPENING_S):
                await self.bus.listening.wait()

    async def close(self) -> None:
        """Tell what is to be told, and take part no more."""
        with contextlib.suppress(StateGoneError):
            await self.flush()
            await self._roster.leave()
        for task in tuple(self._tasks):
            task.cancel()
        await self.common.link.close()

    def connect(self, connection: int, at_us: Microseconds, wall_s: int = 0) -> Awaitable[Exchange | None] | None:
        """What a new connection meets."""
        call = knock(connection, at_us, wall_s)
        hearing = self._engine.hearing
        try:
            if hearing.based(call).scenario.accept is None:
                return None
        except MockLLMError:
            return None
        return self._heard(at_base(call), lambda number: hearing.meet(call, number), None)

    def leave(self, call: Call) -> Awaitable[Exchange | bool]:
        """Whether a client gets leave to send its body."""
        return self._heard(call, lambda number: self._engine.hearing.permit(call, number), True)

    def handle(self, call: Call) -> Exchange | Awaitable[Exchange]:
        """The answer to a call; while the state is gone a 503 that says so."""
        hearing = self._engine.hearing
        if call.path == HEALTH:
            return hearing.healthy(call) if self.common.link.gone is None else self._refused(call)
        return self._heard(call, lambda number: hearing.decide(call, number), None)

    def too_large(self, call: Call, limit: int) -> Awaitable[Exchange]:
        """The answer to a call whose body was not read."""
        return self._heard(call, lambda number: self._engine.hearing.refuse_size(call, limit, number), None)

    def refuse(self, call: Call, error: ApiError) -> Awaitable[Exchange]:
        """The refusal of a call that cannot be decided."""
        return self._heard(call, lambda number: self._engine.hearing.turn_away(call, error, number), None)

    def at_gate(self, exchange: Exchange, visit: GateVisit) -> None:
        """The exchange has come to a gate, or goes on."""
        self._engine.at_gate(exchange, visit)
        self._tell(visited(exchange, visit), placed=False)

    def finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        """The exchange is over."""
        self._engine.end(exchange, deliveries, outcome)
        if exchange.number:
            placed = self._engine.hearing.leave(exchange.number) is not None
            self._tell(ended(exchange.number, exchange.namespace, deliveries, outcome), placed=placed)

    async def flush(self) -> None:
        """Tell what has happened until now. Raises StateGoneError; what was not told is told later."""
        async with self._telling:
            while self._told:
                first = event, placed = self._told[0]
                if placed:
                    await self._free(event)
                    self._done(first, 1)
                    continue
                events = [event]
                for later, needs_room in self._told[1:]:
                    if needs_room:
                        break
                    events.append(later)
                await self.common.tell(Change(events=events))
                self._done(first, len(events))

    def _done(self, first: tuple[Event, bool], count: int) -> None:
        """So many events were told, unless all were forgotten meanwhile."""
        if self._told and self._told[0] is first:
            del self._told[:count]

    def _heard(self, call: Call, hear: Callable[[int], Any], otherwise: Any) -> Awaitable[Any]:
        return self._whole(self._hear(call, hear), call, otherwise)

    async def _whole(self, work: Coroutine[Any, Any, Any], call: Call, otherwise: Any) -> Any:
        """What the work gives. It goes on when nobody waits for it any more, as half of it may be done."""
        task = self._start(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._abandon)
            raise
        except StateGoneError:
            return self._refused(call) if otherwise is None else otherwise
        except Exception:  # noqa: BLE001 - a bug in one answer must not end the worker
            _log.exception("The engine failed on %s %s.", call.method, call.path)
            error = ApiError(500, "mockllm: this is a bug, and its log has the traceback", type_="server_error")
            return self._engine.hearing.refuse(call, error)

    async def _hear(self, call: Call, hear: Callable[[int], Any]) -> Any:
        is_settled = False
        for _ in range(MOST_TRIES):
            async with self.common.lock:
                names, namespace, number = await self._rooms_of(call)
                if is_settled or namespace is None or not self._is_full(namespace):
                    done, result = await self._try(names, namespace, hear, number)
                    if done:
                        return result
                    continue
            # Somebody may have left who has not told it yet.
            await self.bus.settle()
            is_settled = True
        raise StateGoneError("other workers change the same namespace all the time: try again")

    async def _rooms_of(self, call: Call) -> tuple[list[str], str | None, int]:
        """The rooms that the call depends on, read, the one that it belongs to, and the number of an exchange."""
        number = 0
        read: list[str] = []
        while True:
            names, namespace = self.common.rooms.asked_by(call)
            if set(names) <= set(read):
                return read, namespace, number
            read = list(names)
            number = await self.common.read(read, number=not number) or number

    async def _try(
        self, names: Sequence[str], namespace: str | None, hear: Callable[[int], Any], number: int
    ) -> tuple[bool, Any]:
        """Decide on the rooms as they are here; whether that held, and what it gave."""
        written = [] if namespace is None else [namespace]
        try:
            result = hear(number)
        except BaseException:
            self.common.rooms.doubt(*written)
            raise
        is_exchange = isinstance(result, Exchange)
        try:
            done = await self.common.write(names, written, Change(events=[opened(result)] if is_exchange else []))
        except StateGoneError:
            self._engine.hearing.leave(number)
            # It may be recorded as open, and have a place.
            self._tell(ended(number, namespace or "", (), Outcome(Ending.STOPPED)), placed=namespace is not None)
            raise
        if not done:
            self._engine.hearing.leave(number)
        elif is_exchange and self._engine.journal.get(number) is None:
            self._engine.journal.open(result)
        return done, result

    def _is_full(self, namespace: str) -> bool:
        """Whether some limit of the namespace has no place free."""
        state = self._engine.get(namespace)
        slots = () if state is None else state.usage.slots.values()
        return any(len(it.running) >= it.most_running for it in slots)

    async def _free(self, event: Event) -> None:
        """Tell the end of an exchange that has a place, and free it."""
        engine, namespace, number = self._engine, event.namespace, event.number

        def act(change: Change) -> None:
            change.events.append(event)
            change.news = {"t": "room", "of": namespace}
            if (state := engine.get(namespace)) is not None:
                engine.free(namespace, number, state)

        await self.common.change([namespace], act)

    def _tell(self, event: Event, *, placed: bool) -> None:
        self._told.append((event, placed))
        self._more.set()

    async def _tell_all(self) -> None:
        """Tell what happens, soon after it has."""
        while True:
            await self._more.wait()
            self._more.clear()
            with contextlib.suppress(StateGoneError):
                await self.flush()

    async def _catch_up(self) -> None:
        """Redis is there again: tell what it missed, and learn what was missed here."""
        self._more.set()
        for namespace in self.gates.namespaces():
            await self._look(namespace)

    async def _look(self, namespace: str) -> None:
        """Read a room again if somebody waits for what is in it."""
        if self.gates.is_awaited(namespace):
            async with self.common.lock:
                await self.common.read([namespace])

    def _forget(self) -> None:
        """The state was lost: nobody knows of what has happened before."""
        self._told.clear()

    def _abandon(self, task: "asyncio.Task[Any]") -> None:
        """The client left before it was known what it would get."""
        if not task.cancelled() and task.exception() is None and isinstance(task.result(), Exchange):
            self.finish(task.result(), (), Outcome(Ending.LEFT))

    def _refused(self, call: Call) -> Exchange:
        why = self.common.link.gone or "the common state was changed by others all the time: try again"
        error = ApiError(
            503, f"mockllm: {why}", type_="server_error", code="state_unreachable", headers=(("retry-after", "1"),)
        )
        return self._engine.hearing.refuse(call, error)

    def _start(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
