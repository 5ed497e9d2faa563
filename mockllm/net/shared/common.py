"""The common state as one worker sees it: reading it, changing it, and doing that again if another worker was first.

Here: `Common`, with the copies of this worker and one change at a time. Not here: what is changed (`engine.py`,
`gates.py`, `way.py`), the scripts (`scripts.py`) and the way to Redis (`link.py`).
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from mockllm.engine import Engine
from mockllm.journal import MOST_BYTES, MOST_EXCHANGES
from mockllm.net.shared.link import Link, StateGoneError
from mockllm.net.shared.rooms import Rooms
from mockllm.net.shared.scripts import IDLE_S, NAMES, READ, WRITE

MOST_TRIES = 1_000
"""How often a change is tried. Each time that it fails another worker has succeeded."""

_EVENTS_PER_EXCHANGE = 3
_APART = 1_000_000

_log = logging.getLogger("mockllm")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an exchange, or to the record: `kind` is `open`, `visit`, `end` or `clear`."""

    kind: str
    number: int
    namespace: str
    data: bytes = b""
    all: bool = False

    def told(self) -> dict[str, object]:
        """The event for the script; what it says comes apart from it."""
        return {"kind": self.kind, "n": self.number, "of": self.namespace, "all": self.all}


@dataclass(slots=True)
class Change:
    """What a change of rooms brings with it: events, exchanges of lost workers that end with it, and news."""

    events: list[Event] = field(default_factory=list)
    lost: list[tuple[str, int]] = field(default_factory=list)
    news: dict[str, object] | None = None


class GoneError(Exception):
    """What was to be ended for a worker that is lost has been ended by another one."""


class Common:
    """The common state at the end of a link, as the worker with this name sees it."""

    def __init__(self, engine: Engine, link: Link, worker: str) -> None:
        self.engine = engine
        self.worker = worker
        self.rooms = Rooms(engine)
        self.link = link
        self.lock = asyncio.Lock()
        self.epoch = ""
        self.fence = 0
        self.on_epoch: list[Callable[[], None]] = []
        self.on_room: list[Callable[[str], None]] = []
        self._tick = "0"
        self._last = 0
        link.on_return.append(self._returned)

    def beginning(self) -> tuple[str, int]:
        """The name of a state that begins now, and a number that no exchange has had yet, as some may still be open."""
        return secrets.token_hex(8), -(-self._last // _APART) * _APART

    async def read(self, names: Sequence[str], *, number: bool = False) -> int:
        """Make the copies of these rooms what they are now; gives the number of an exchange, if one is wanted.

        Raises StateGoneError. The lock must be held.
        """
        known = [part for name in names for part in (name, self.rooms.version(name))]
        epoch, taken, *changed = await self.link.run(READ, *self.beginning(), int(number), *known)
        self._last = max(self._last, int(taken))
        if self.meet(epoch.decode()):
            # Versions of another epoch mean nothing, even if they are equal.
            await self.read(names)
            return int(taken)
        for at in range(0, len(changed), 3):
            name, version, data = changed[at : at + 3]
            self._put(name.decode(), version.decode(), data)
        return int(taken)

    async def read_all(self) -> None:
        """Make all copies what the rooms are now. Raises StateGoneError. The lock must be held."""
        epoch, tick, names = await self.link.run(NAMES, self._tick, 0)
        if self.meet(epoch.decode()):
            await self.read_all()
            return
        doubtful = (name for name, version in self.rooms.versions.items() if not version.isdigit())
        wanted = list(dict.fromkeys((*(name.decode() for name in names), *doubtful)))
        if wanted:
            await self.read(wanted)
        self._tick = tick.decode()

    async def write(self, read: Sequence[str], written: Sequence[str], change: Change) -> bool:
        """Make the rooms what their copies are, if all that were read are still the same; False if they are not.

        Raises StateGoneError, after which nobody knows whether it was done, and GoneError. The lock must be held.
        """
        order = {
            "epoch": self.epoch,
            "worker": self.worker,
            "fence": self.fence,
            "checks": [[name, self.rooms.version(name)] for name in dict.fromkeys((*read, *written))],
            "rooms": list(written),
            "events": [event.told() for event in change.events],
            "lost": change.lost,
            "tell": "" if change.news is None else json.dumps({**change.news, "from": self.worker}),
            "most": _EVENTS_PER_EXCHANGE * MOST_EXCHANGES,
            "bytes": MOST_BYTES,
            "idle": IDLE_S,
        }
        values = [self.rooms.pack(name) for name in written]
        try:
            done, *tick = await self.link.run(WRITE, json.dumps(order), *values, *(it.data for it in change.events))
        except BaseException:
            self.rooms.doubt(*written)
            raise
        if done == b"ok":
            for name, value in zip(written, values, strict=True):
                self.rooms.versions[name] = str(tick[0]) if value else "0"
                self._told(name)
            return True
        self.rooms.doubt(*read, *written)
        if done == b"gone":
            raise GoneError
        if done == b"fence":
            raise StateGoneError("this worker has given up on its last change: try again")
        return False

    async def change(self, names: Sequence[str], act: Callable[[Change], _Result]) -> _Result:
        """What the function gives that changes the copies of these rooms, once the rooms are changed like that.

        It may be called several times, each time with the copies as the rooms then are, but does it only once.
        """
        async with self.lock:
            for _ in range(MOST_TRIES):
                await self.read(names)
                change = Change()
                try:
                    result = act(change)
                except BaseException:
                    self.rooms.doubt(*names)
                    raise
                if await self.write((), names, change):
                    return result
        raise StateGoneError("other workers change the same namespace all the time: try again")

    async def tell(self, change: Change) -> None:
        """Let events be known that change no room. Raises StateGoneError."""
        while not await self.write((), (), change):
            async with self.lock:
                await self.read(())

    def _put(self, name: str, version: str, data: bytes) -> None:
        try:
            self.rooms.put(name, version, data)
        except Exception:  # noqa: BLE001 - a room that this worker cannot read must not end it
            _log.exception("The worker cannot read the namespace %s, and begins it anew.", name)
            self.rooms.put(name, version, b"")
        self._told(name)

    def _told(self, name: str) -> None:
        for look in self.on_room:
            look(name)

    def meet(self, epoch: str) -> bool:
        """Whether this is another state than the one that was known, which is forgotten then. The lock must be held."""
        if epoch == self.epoch:
            return False
        if self.epoch:
            _log.warning(
                "the common state at %s is empty: all namespaces begin anew. Redis was started again without a"
                " copy of its data; if that should not happen, let it keep one",
                self.link.place.shown,
            )
        self.epoch, self._tick = epoch, "0"
        for name in self.rooms.known():
            self.rooms.put(name, "0", b"")
        for begin in self.on_epoch:
            begin()
        return True

    async def _returned(self) -> None:
        self.fence += 1
        self.rooms.doubt_all()
