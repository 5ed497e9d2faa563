"""Waiting until something has happened to an exchange.

Here: the same wait for code that blocks and for code on an event loop. Neither polls: the journal shows each exchange
that changes, and only that is looked at. Not here: what is waited for (`journal/query.py`).
"""

import asyncio
import contextlib
import threading

from mockllm.exchange import Exchange
from mockllm.journal import Journal
from mockllm.journal.query import Awaited


def wait_for(journal: Journal, awaited: Awaited, timeout_s: float) -> tuple[Exchange, ...]:
    """The exchanges to which it happened, as soon as there are enough. Raises TimeoutError with what happened instead.

    It blocks its thread, so it must not be the one that the server runs on.
    """
    enough = threading.Event()
    found = _Found(awaited)
    with journal.watched(lambda exchange: enough.set() if found.see(exchange) else None):
        if not found.see_all(journal):
            enough.wait(timeout_s)
    return found.result(journal, timeout_s)


async def wait_for_async(journal: Journal, awaited: Awaited, timeout_s: float) -> tuple[Exchange, ...]:
    """What `wait_for` does, on any event loop, which goes on meanwhile."""
    loop = asyncio.get_running_loop()
    enough = asyncio.Event()
    found = _Found(awaited)

    def look(exchange: Exchange) -> None:
        if found.see(exchange):
            with contextlib.suppress(RuntimeError):  # the loop of a test that has given up may be closed
                loop.call_soon_threadsafe(enough.set)

    with journal.watched(look):
        if not found.see_all(journal):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await enough.wait()
    return found.result(journal, timeout_s)


class _Found:
    """The exchanges to which it has happened so far, by number. Two threads may show it exchanges."""

    def __init__(self, awaited: Awaited) -> None:
        self._awaited = awaited
        self._lock = threading.Lock()
        self._exchanges: dict[int, Exchange] = {}

    def see(self, changed: Exchange) -> bool:
        """Look at an exchange that has changed; whether there are enough now."""
        with self._lock:
            if self._awaited.met((changed,)):
                self._exchanges[changed.number] = changed
            return len(self._exchanges) >= self._awaited.count

    def see_all(self, journal: Journal) -> bool:
        """Look at what there was before; whether there are enough."""
        earlier = self._awaited.met(journal.now())
        with self._lock:
            # What was shown meanwhile is newer.
            self._exchanges = {exchange.number: exchange for exchange in earlier} | self._exchanges
            return len(self._exchanges) >= self._awaited.count

    def result(self, journal: Journal, timeout_s: float) -> tuple[Exchange, ...]:
        """Those that were found, in the order in which they came. Raises TimeoutError if there are not enough."""
        with self._lock:
            found = tuple(exchange for _, exchange in sorted(self._exchanges.items()))
        if len(found) < self._awaited.count:
            raise TimeoutError(self._awaited.missed(journal.now(), timeout_s))
        return found
