"""What happens, as it happens.

Here: the operation of `mockllm/control/events.py`. A watcher is told in rounds: what has changed since the last one,
all at once. Between them an exchange costs one entry in a dictionary for each watcher, and without a watcher nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping

from mockllm.control.base import Answer, ControlError, Stream
from mockllm.control.events import MOST_WATCHERS, AskEvents, Row, row
from mockllm.control.feed import BEAT, MOST_PENDING, Feed, event, key_of, mark_of, pages
from mockllm.exchange import Exchange
from mockllm.journal.query import Query
from mockllm.net.clock import SteeredClock
from mockllm.net.control.desk import Desk
from mockllm.net.control.status import installed

ROUND_S = 0.1
"""From one round to the next."""

BEAT_S = 15.0
"""How long a watcher may be told nothing."""

PAGE = 50
"""How many exchanges are told at once, so that what is served meanwhile is hardly late."""

_ROUNDS_PER_LOOK = 5


class Hello(Answer):
    """Who speaks. `resumed` says that only what came after the given id follows."""

    epoch: str
    version: str
    base_url: str
    exchanges: int
    dropped: int
    resumed: bool


class Rows(Answer):
    """Exchanges that are new or have changed."""

    rows: tuple[Row, ...]


class Ready(Answer):
    """All that the journal has was told."""

    last: int


class Progress(Answer):
    """Numbers of open exchanges, each with how many of its steps are done."""

    progress: tuple[tuple[int, int], ...]


class Changed(Answer):
    """What is to be read again."""

    what: tuple[str, ...]


class Missed(Answer):
    """How many changes were left out."""

    missed: int


def watch(desk: Desk, asked: AskEvents) -> Stream:
    """The feed, from the exchange on that the last id tells, or from the first."""
    if desk.watchers >= MOST_WATCHERS:
        raise ControlError(503, "too_many_watchers", f"{MOST_WATCHERS} watch already: let some of them go")
    return Stream(parts=_watched(desk, mark_of(asked.last_event_id, desk.epoch), Feed(most=MOST_PENDING)))


async def _watched(desk: Desk, mark: int | None, feed: Feed) -> AsyncGenerator[bytes]:
    desk.watchers += 1
    try:
        with desk.engine.journal.watched(feed.note):
            looked = _look(desk)
            async for part in _backlog(desk, mark, feed):
                yield part
            async for part in _rounds(desk, feed, looked):
                yield part
    finally:
        desk.watchers -= 1


async def _backlog(desk: Desk, mark: int | None, feed: Feed) -> AsyncIterator[bytes]:
    """What the journal has after the mark, the newest first. Ids come when all of it is told."""
    journal = desk.engine.journal
    known = journal.query(Query(since=mark))
    yield event(
        "hello",
        Hello(
            epoch=desk.epoch,
            version=installed(),
            base_url=desk.server.url,
            exchanges=len(known),
            dropped=journal.dropped,
            resumed=mark is not None,
        ),
    )
    for page in pages(known, PAGE):
        yield event("rows", _rows(page))
        await asyncio.sleep(0)  # the server serves between two pages
    feed.told(known)
    last = known[-1].number if known else mark or 0
    yield event("ready", Ready(last=last), key_of(desk.epoch, feed.mark))


async def _rounds(desk: Desk, feed: Feed, looked: Mapping[str, object]) -> AsyncIterator[bytes]:
    """What changes from now on, until the watcher is too slow."""
    seen = _Seen(looked)
    silent_s = 0.0
    while True:
        silent_s += ROUND_S
        async for part in _taken(desk, feed):
            silent_s = 0.0
            yield part
        if feed.missed:
            yield event("missed", Missed(missed=feed.missed))
            return
        for part in seen.news(desk, feed):
            silent_s = 0.0
            yield part
        if silent_s >= BEAT_S:
            silent_s = 0.0
            yield BEAT
        await asyncio.sleep(ROUND_S)


async def _taken(desk: Desk, feed: Feed) -> AsyncIterator[bytes]:
    """The exchanges that have changed. The id comes with the last of them."""
    taken = feed.take()
    for start in range(0, len(taken), PAGE):
        is_last = start + PAGE >= len(taken)
        yield event("rows", _rows(taken[start : start + PAGE]), key_of(desk.epoch, feed.mark) if is_last else "")
        await asyncio.sleep(0)


class _Seen:
    """How far open exchanges had come, and how all else was, when a watcher was told last."""

    def __init__(self, looked: Mapping[str, object]) -> None:
        self._looked = looked
        self._done: Mapping[int, int] = {}
        self._rounds = 0

    def news(self, desk: Desk, feed: Feed) -> Iterator[bytes]:
        """What has moved on, and now and then what else has changed."""
        before, self._done = self._done, {it.number: len(done) for it, done in desk.server.playing}
        if moved := tuple(it for it in self._done.items() if it[1] != before.get(it[0], 0)):
            yield event("progress", Progress(progress=moved))
        self._rounds += 1
        if self._rounds % _ROUNDS_PER_LOOK:
            return
        earlier, self._looked = self._looked, _look(desk)
        if what := tuple(name for name, value in self._looked.items() if value != earlier[name]):
            if "journal" in what:
                feed.forget()
            yield event("changed", Changed(what=what))


def _rows(exchanges: tuple[Exchange, ...]) -> Rows:
    return Rows(rows=tuple(map(row, exchanges)))


def _look(desk: Desk) -> Mapping[str, object]:
    """All that can change beside exchanges, each as a value that is another one when it has."""
    engine, clock = desk.engine, desk.server.clock
    return {
        "journal": engine.journal.clears,
        "scenarios": (engine.library.revision, engine.library.wrong()),
        "namespaces": (
            tuple((name, state.used_us) for name, state in engine.namespaces().items()),
            tuple(engine.bindings()),
        ),
        "gates": (frozenset(engine.gates.opened()), tuple(engine.gates.waiting().items())),
        "faults": tuple((name, len(added)) for name, added in desk.faults.items()),
        "clock": (clock.scale, clock.paused) if isinstance(clock, SteeredClock) else None,
    }
