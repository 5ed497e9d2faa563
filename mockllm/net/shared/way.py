"""The way of an operation of the control API where several workers have one state: any worker can be asked.

Here: learning what the others know before an operation, and telling them what it has changed. Not here: the operations
(`net/control/`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mockllm.control import clock, events, exchanges, faults, gates, journal, limits, namespaces, scenarios, status
from mockllm.control.base import Answer, AnyOperation, ControlError
from mockllm.net.control.desk import Desk
from mockllm.net.control.way import Straight
from mockllm.net.shared.common import MOST_TRIES, Change
from mockllm.net.shared.engine import SharedEngine
from mockllm.net.shared.ledger import cleared
from mockllm.net.shared.link import StateGoneError
from mockllm.net.shared.rooms import SHELF, Recipe

_EVERYWHERE = frozenset(
    it.name for it in (status.HEALTH, status.VERSION, status.OPENAPI, status.METRICS, scenarios.CHECK)
)
"""What every worker answers alike, whatever the state, and counters, which say whose they are."""

_WAITING = frozenset(it.name for it in (journal.WAIT_IDLE, journal.WAIT_FOR))
"""What waits until something has happened to some worker."""

_OF_ONE = {
    it.name: why
    for why, those in (
        ("each worker has a clock of its own", (clock.GET, clock.PUT, clock.ADVANCE, clock.RUN_IDLE)),
        ("the window of a fault is on the clock of one worker", (faults.ADD, faults.CLEAR)),
        ("each worker watches its own exchanges", (events.WATCH,)),
    )
    for it in those
}
"""What would be of one worker, and why."""

_CLEARS: Mapping[str, Callable[[Any], str | None]] = {
    namespaces.DROP.name: lambda asked: asked.namespace,
    namespaces.RESET.name: lambda asked: asked.namespace,
    namespaces.RESET_ALL.name: lambda _: None,
    journal.CLEAR.name: lambda asked: asked.namespace,
}
"""What forgets a record, and of which namespace."""

_CHANGES = frozenset(
    it.name
    for it in (
        namespaces.DROP,
        namespaces.RESET,
        namespaces.RESET_ALL,
        namespaces.BIND,
        namespaces.PUT_SEED,
        journal.CLEAR,
        gates.OPEN,
        gates.CLOSE,
        limits.RESET,
        scenarios.PUT,
        scenarios.DELETE,
    )
)
"""What changes state."""

_READS = frozenset(
    it.name
    for it in (
        status.READY,
        scenarios.LIST,
        scenarios.GET,
        scenarios.SOURCE,
        namespaces.LIST,
        namespaces.GET,
        namespaces.GET_SEED,
        namespaces.PROBLEMS,
        journal.GET,
        journal.LINES,
        journal.HAR,
        journal.RECORDS,
        exchanges.GET,
        exchanges.EXPLAIN,
        gates.LIST,
        faults.LIST,
        limits.GET,
    )
)
"""What only tells state."""


class Together:
    """The way by an engine whose state is common."""

    def __init__(self, engine: SharedEngine) -> None:
        self._engine = engine
        self._common = engine.common

    async def act(self, desk: Desk, operation: AnyOperation, asked: Any) -> Answer:
        """What the operation tells. Raises ControlError 503 while the state is gone, and 409 for what would be of one
        worker.
        """
        if operation.name in _EVERYWHERE:
            return await Straight().act(desk, operation, asked)
        if (why := _OF_ONE.get(operation.name)) is not None:
            detail = f"{operation.method} {operation.path} is not for several workers, as {why}: start one worker"
            raise ControlError(409, "of_one_worker", detail)
        try:
            return await self._act(desk, operation, asked)
        except StateGoneError as error:
            raise ControlError(503, "state_unreachable", str(error), headers={"Retry-After": "1"}) from None

    async def _act(self, desk: Desk, operation: AnyOperation, asked: Any) -> Answer:
        await self._engine.bus.settle()
        if operation.name in _WAITING:
            async with self._engine.ledger.followed():
                async with self._common.lock:
                    await self._learn(desk)
                return await Straight().act(desk, operation, asked)
        async with self._common.lock:
            for _ in range(MOST_TRIES):
                await self._learn(desk)
                if operation.name not in _CHANGES:
                    return await Straight().act(desk, operation, asked)
                if (told := await self._change(desk, operation, asked)) is not None:
                    return told
        raise StateGoneError("other workers change the same namespaces all the time: try again")

    async def _learn(self, desk: Desk) -> None:
        """Let everything here be what it is everywhere."""
        await self._common.read_all()
        await self._engine.ledger.sync()
        rooms = self._common.rooms
        desk.replaced = rooms.replaced
        desk.added = set(rooms.added)
        desk.texts = {name: it["given"] for name, it in rooms.added.items() if isinstance(it["given"], str)}

    async def _change(self, desk: Desk, operation: AnyOperation, asked: Any) -> Answer | None:
        """What the operation tells, if what it changes is changed for all; None if others were first."""
        rooms = self._common.rooms
        written = self._rooms_of(desk, asked)
        before = {name: rooms.pack(name) for name in written}
        try:
            told = await Straight().act(desk, operation, asked)
            self._bear(desk, operation, asked)
        except BaseException:
            rooms.doubt(*written)
            raise
        change = Change()
        if (of := _CLEARS.get(operation.name)) is not None:
            name = of(asked)
            change.events.append(cleared(None if name is None else desk.namespace(name)))
        changed = [name for name in written if rooms.pack(name) != before[name]]
        if changed and operation.name in {gates.OPEN.name, gates.CLOSE.name}:
            change.news = {"t": "room", "of": changed[0]}
        try:
            return told if await self._common.write((), changed, change) else None
        except StateGoneError:
            # What was forgotten here may be there still.
            self._engine.ledger.begin()
            raise

    def _rooms_of(self, desk: Desk, asked: Any) -> Sequence[str]:
        """The rooms that an operation may change."""
        rooms = self._common.rooms
        if isinstance(asked, (scenarios.PutScenario, scenarios.NamedScenario)):
            return (SHELF, *self._using(asked.name))
        name = getattr(asked, "namespace", None)
        if name is None:
            return tuple(known for known in rooms.known() if known != SHELF)
        return tuple(dict.fromkeys((desk.namespace(name), desk.own(name))))

    def _using(self, name: str) -> Sequence[str]:
        """The namespaces that use the scenario of this name."""
        found = self._common.engine.namespaces().items()
        return tuple(space for space, state in found if state.scenario.name == name)

    def _bear(self, desk: Desk, operation: AnyOperation, asked: Any) -> None:
        """Let others know where the scenario came from that the operation bound to a namespace."""
        rooms, engine = self._common.rooms, self._common.engine
        if operation.name == namespaces.DROP.name:
            rooms.recipes.pop(desk.own(asked.namespace), None)
        elif operation.name == namespaces.BIND.name:
            self._bind(desk.own(asked.namespace), self._recipe(asked))
        elif operation.name == namespaces.PUT_SEED.name:
            name = desk.namespace(asked.namespace)
            base = rooms.recipes.get(name) or self._of_library(engine.bindings()[name].name)
            self._bind(name, {**base, "seed": asked.seed})
        elif operation.name in {scenarios.PUT.name, scenarios.DELETE.name}:
            for space in self._using(asked.name):
                engine.replace(space, engine.bindings().get(space), None)
        if operation.name == scenarios.PUT.name:
            recipe = {"given": asked.scenario, "called": asked.name, "default": asked.default}
            rooms.add(asked.name, recipe)
            engine.library.put(rooms.made(recipe), default=asked.default)
        elif operation.name == scenarios.DELETE.name:
            rooms.remove(asked.name)

    def _bind(self, name: str, recipe: Recipe) -> None:
        rooms = self._common.rooms
        rooms.recipes[name] = recipe
        self._common.engine.replace(name, rooms.made(recipe), None)

    def _recipe(self, asked: namespaces.Bind) -> Recipe:
        if asked.named is None and not asked.default:
            return {"given": asked.scenario, "called": asked.called}
        library = self._common.engine.library
        return self._of_library(asked.named or library.default().name)

    def _of_library(self, name: str) -> Recipe:
        return {"library": name, "edition": self._common.engine.library.edition(name)}
