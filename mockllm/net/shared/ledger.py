"""The common journal: what this worker tells of its exchanges, and what it learns of those of the others.

Here: events as they are written, and the local journal, which is brought up to date when somebody asks, and while
somebody waits. Not here: the record itself (`mockllm/journal/`) and who asks (`way.py`).
"""

import asyncio
import contextlib
from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from redis.exceptions import RedisError

from mockllm.control.wire import pack_value, packed, unpack_value, unpacked
from mockllm.exchange import Deliveries, Delivery, Ending, Exchange, GateVisit, Outcome
from mockllm.journal import Journal
from mockllm.net.shared.common import Common, Event
from mockllm.net.shared.link import StateGoneError
from mockllm.portable import from_json, to_json

_AT_ONCE = 500
_BLOCK_MS = 400


def opened(exchange: Exchange) -> Event:
    """The event of an exchange that arrived."""
    return Event("open", exchange.number, exchange.namespace, to_json(packed(exchange)))


def visited(exchange: Exchange, visit: GateVisit) -> Event:
    """The event of an exchange that came to a gate or went on."""
    return Event("visit", exchange.number, exchange.namespace, to_json(pack_value(visit)))


def ended(number: int, namespace: str, deliveries: Sequence[Delivery], outcome: Outcome) -> Event:
    """The event of an exchange that is over."""
    told = {"outcome": pack_value(outcome), "done_us": [delivery.done_us for delivery in deliveries]}
    return Event("end", number, namespace, to_json(told))


def cleared(namespace: str | None) -> Event:
    """The event of a record that is forgotten, of one namespace or of all."""
    return Event("clear", 0, namespace or "", all=namespace is None)


class Ledger:
    """The journal of this worker, as a copy of the common one."""

    def __init__(self, common: Common, journal: Journal) -> None:
        self._common = common
        self._journal = journal
        self._last = b"0"
        self._turn = asyncio.Lock()
        self._followers = 0
        self._following: asyncio.Task[None] | None = None
        common.on_epoch.append(self.begin)

    async def sync(self) -> None:
        """Learn all that has happened. Raises StateGoneError."""
        async with self._turn:
            while entries := await self._read(0):
                self._take(entries)

    @contextlib.asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Inside, what happens is learned as it does."""
        self._followers += 1
        if self._following is None:
            self._following = asyncio.get_running_loop().create_task(self._follow())
        try:
            yield
        finally:
            self._followers -= 1
            if not self._followers and self._following is not None:
                self._following.cancel()
                self._following = None

    async def _follow(self) -> None:
        while True:
            try:
                async with self._turn:
                    self._take(await self._read(_BLOCK_MS))
            except StateGoneError:
                await asyncio.sleep(_BLOCK_MS / 1_000)
            await asyncio.sleep(0)

    async def _read(self, block_ms: int) -> list[Any]:
        link = self._common.link
        if link.gone is not None:
            raise StateGoneError(link.gone)
        key = f"{link.place.prefix}journal"
        try:
            found: Any = await link.client.xread({key: self._last}, count=_AT_ONCE, block=block_ms or None)
        except (RedisError, OSError, TimeoutError) as error:
            link.fail(str(error) or type(error).__name__)
            raise StateGoneError(str(link.gone)) from error
        return list(found[0][1]) if found else []

    def _take(self, entries: Sequence[tuple[bytes, Mapping[bytes, bytes]]]) -> None:
        for entry, fields in entries:
            self._last = entry
            self._apply(fields[b"kind"].decode(), int(fields[b"n"]), fields[b"of"].decode(), fields[b"d"])

    def _apply(self, kind: str, number: int, namespace: str, data: bytes) -> None:
        """Learn of an event, which may be one of this worker's own and known."""
        known = self._journal.get(number)
        is_open = known is not None and known.outcome.ending is Ending.OPEN
        if kind == "clear":
            self._clear(namespace or None, int(data))
        elif kind == "open" and known is None:
            self._journal.open(unpacked(from_json(data)))
        elif kind == "visit" and is_open:
            self._journal.visit(number, unpack_value(from_json(data)))
        elif kind == "end" and known is not None and is_open:
            self._end(known, from_json(data))

    def _end(self, known: Exchange, told: Mapping[str, Any]) -> None:
        deliveries = Deliveries(known.plan)
        for done_us in array("q", told["done_us"]):
            deliveries.add(1, done_us)
        self._journal.end(known.number, deliveries, unpack_value(told["outcome"]))

    def _clear(self, namespace: str | None, last: int) -> None:
        """Forget what had arrived when the record was forgotten, which may have been some time ago."""
        later = [it for it in self._journal.now() if it.number > last and namespace in {None, it.namespace}]
        self._journal.clear(namespace=namespace)
        for exchange in later:
            self._journal.open(exchange)

    def begin(self) -> None:
        """Learn everything anew."""
        self._last = b"0"
        self._journal.clear()
