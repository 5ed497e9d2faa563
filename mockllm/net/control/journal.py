"""What happened.

Here: the operations of `mockllm/control/journal.py`. Before each reading the server finishes what it has in hand, so
that an answer which a client has read to its end is found complete.
"""

import asyncio
from collections.abc import Callable

import orjson

from mockllm.control.base import ControlError, Text
from mockllm.control.journal import (
    Archive,
    AskClear,
    AskEvent,
    AskIdle,
    AskJournal,
    Cleared,
    Happened,
    Idle,
    Journal,
    Records,
)
from mockllm.control.wire import packed
from mockllm.errors import MockLLMError
from mockllm.exchange import Exchange
from mockllm.journal.export import json_lines
from mockllm.journal.har import har
from mockllm.journal.query import Awaited, Query, awaited
from mockllm.net.control.desk import Desk
from mockllm.net.control.status import installed
from mockllm.report import title


async def show(desk: Desk, asked: AskJournal) -> Journal:
    """As JSON."""
    exchanges = await _chosen(desk, asked)
    return Journal(exchanges=tuple(map(orjson.loads, json_lines(exchanges))), dropped=desk.engine.journal.dropped)


async def lines(desk: Desk, asked: AskJournal) -> Text:
    """As JSON lines."""
    return Text(text="".join(f"{line}\n" for line in json_lines(await _chosen(desk, asked))))


async def archive(desk: Desk, asked: AskJournal) -> Archive:
    """As HAR."""
    return Archive.model_validate(har(await _chosen(desk, asked), version=installed()))


async def records(desk: Desk, asked: AskJournal) -> Records:
    """As a client of the same version reads it."""
    return Records(records=tuple(packed(exchange) for exchange in await _chosen(desk, asked)))


def clear(desk: Desk, asked: AskClear) -> Cleared:
    """Forget it."""
    desk.engine.journal.clear(namespace=_namespace(desk, asked.namespace))
    return Cleared(exchanges=len(desk.engine.journal.now()))


async def wait_idle(desk: Desk, asked: AskIdle) -> Idle:
    """Wait until all that has come has ended."""
    name = _namespace(desk, asked.namespace)

    def still() -> tuple[Exchange, ...]:
        return tuple(it for it in desk.engine.journal.open_exchanges() if name in {None, it.namespace})

    await desk.settle()
    await _until(desk, lambda: not still(), asked.timeout_s)
    left = still()
    return Idle(idle=not left, open=tuple(map(title, left)))


async def wait_for(desk: Desk, asked: AskEvent) -> Happened:
    """Wait until it has happened."""
    sought = _sought(desk, asked)

    def found() -> tuple[Exchange, ...]:
        return sought.met(desk.engine.journal.now())

    await _until(desk, lambda: len(found()) >= sought.count, asked.timeout_s)
    exchanges = found()
    happened = len(exchanges) >= sought.count
    instead = None if happened else sought.missed(_of(desk, sought.query.namespace), asked.timeout_s)
    return Happened(happened=happened, exchanges=tuple(it.number for it in exchanges), instead=instead)


async def _until(desk: Desk, is_met: Callable[[], bool], timeout_s: float) -> None:
    """Return when the condition is met or the time is up; each change of the journal asks again."""
    enough = asyncio.Event()
    with desk.engine.journal.watched(lambda _: enough.set() if is_met() else None):
        if not is_met():
            async with desk.waiting(timeout_s):
                await enough.wait()


async def _chosen(desk: Desk, asked: AskJournal) -> tuple[Exchange, ...]:
    await desk.settle()
    try:
        query = Query(_namespace(desk, asked.namespace), asked.rule, asked.outcome, asked.since)
    except ValueError as error:
        raise ControlError(400, "wrong_fields", str(error)) from None
    return desk.engine.journal.query(query)


def _sought(desk: Desk, asked: AskEvent) -> Awaited:
    given = {name: getattr(asked, name) for name in ("rule", "outcome", "since", "since_us", "when")}
    only = {name: value for name, value in given.items() if value is not None}
    namespace = _namespace(desk, asked.namespace)
    try:
        return awaited(asked.event, count=asked.count, gate=asked.gate, namespace=namespace, only=only)  # type: ignore[arg-type] # these are its keys
    except (ValueError, MockLLMError) as error:
        raise ControlError(400, "wrong_fields", str(error)) from None


def _namespace(desk: Desk, name: str | None) -> str | None:
    return None if name is None else desk.namespace(name)


def _of(desk: Desk, namespace: str | None) -> tuple[Exchange, ...]:
    return tuple(it for it in desk.engine.journal.now() if namespace in {None, it.namespace})
