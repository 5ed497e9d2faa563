"""What one watcher has still to be told of exchanges, and events as bytes.

Here: `Feed`, a bounded memory without any waiting, the ids by which a watcher resumes, and the writing of an event. Not
here: the events (`events.py`) and sending them (`net/control/events.py`).
"""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from mockllm.exchange import Ending, Exchange

MOST_PENDING = 5_000
"""How many exchanges may wait to be told to one watcher."""

BEAT = b": still here\n\n"
"""A comment, which keeps a silent connection open."""


class Feed:
    """What one watcher was told and has still to be told; an exchange that changes twice before it is told, once.

    `most` exchanges may wait. When there are more, `missed` counts what was left out, and nothing that is told from
    then on is the whole truth: the watcher has to come again.
    """

    def __init__(self, *, most: int = MOST_PENDING) -> None:
        self._most = most
        self._pending: dict[int, Exchange] = {}
        self._open: set[int] = set()
        self._last = 0
        self.missed = 0

    def note(self, exchange: Exchange) -> None:
        """An exchange has changed. This is all that a watcher costs while an exchange is served."""
        if exchange.number in self._pending or len(self._pending) < self._most:
            self._pending[exchange.number] = exchange
        else:
            self.missed += 1

    def take(self) -> tuple[Exchange, ...]:
        """What is to be told now, oldest first; it counts as told."""
        taken, self._pending = self._pending, {}
        self.told(taken.values())
        return tuple(taken[number] for number in sorted(taken))

    def told(self, exchanges: Iterable[Exchange]) -> None:
        """These were told."""
        for exchange in exchanges:
            self._last = max(self._last, exchange.number)
            if exchange.outcome.ending is Ending.OPEN:
                self._open.add(exchange.number)
            else:
                self._open.discard(exchange.number)

    def forget(self) -> None:
        """The journal was cleared, so some that are open may never be told to end."""
        self._open.clear()

    @property
    def mark(self) -> int:
        """The number up to which every exchange was told to its end."""
        return min(self._open) - 1 if self._open else self._last


def pages(exchanges: tuple[Exchange, ...], size: int) -> Iterator[tuple[Exchange, ...]]:
    """The exchanges in pages of so many, the newest page first."""
    for end in range(len(exchanges), 0, -size):
        yield exchanges[max(end - size, 0) : end]


def event(name: str, data: BaseModel, key: str = "") -> bytes:
    """One event: its name, JSON on one line, and its id if it has one (HTML, Server-sent events)."""
    said = f"event: {name}\ndata: {data.model_dump_json()}\n"
    return f"{said}id: {key}\n\n".encode() if key else f"{said}\n".encode()


def key_of(epoch: str, mark: int) -> str:
    """The id of an event of the server of this epoch."""
    return f"{epoch}-{mark}"


def mark_of(key: str | None, epoch: str) -> int | None:
    """The number that an id tells, or None if it is of another server or no id at all."""
    before, _, number = (key or "").rpartition("-")
    return int(number) if before == epoch and number.isascii() and number.isdigit() else None
