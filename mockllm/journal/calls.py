"""Which exchanges are attempts of one call.

A client that retries makes several exchanges of what is one call to the code above it. Here: the grouping, a pure
function of the record. Not here: the attempts that a script counts, which follow from the request alone
(`namespace.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeAlias

from mockllm.exchange import Ending, Exchange
from mockllm.plan import Microseconds

RETRY_HEADER = "x-stainless-retry-count"
"""The header with which OpenAI's client libraries tell the number of a retry, 0 for the first attempt."""

HANG_UP_US: Microseconds = 5_000
"""How late a hang-up may be seen: a client that has left and comes again at once may be heard before it is missed."""

_FIRST_ERROR = 400

_Client: TypeAlias = tuple[str, str, str, str]
_Attempts: TypeAlias = list[Exchange]
_Key: TypeAlias = tuple[_Client, int | None, bytes | None, bool]
"""Whose call it is, the count and the body of its last attempt (None for any body), and whether that failed."""
_Entry: TypeAlias = tuple[Microseconds, int, _Attempts]
"""When the last attempt of a call was over, its number, and the call."""


@dataclass(frozen=True, slots=True)
class CallGroup:
    """One call of a client: its attempts, in order, never empty."""

    attempts: tuple[Exchange, ...]

    @property
    def gaps_us(self) -> tuple[Microseconds, ...]:
        """From the end of each attempt to the start of the next; one fewer than there are attempts."""
        pairs = zip(self.attempts, self.attempts[1:], strict=False)
        return tuple(max(later.call.at_us - _end_us(earlier), 0) for earlier, later in pairs)

    @property
    def abandoned(self) -> int:
        """How many attempts the client gave up before they were over."""
        return sum(attempt.outcome.ending is Ending.LEFT for attempt in self.attempts)

    @property
    def succeeded(self) -> bool:
        """Whether the last attempt was answered whole and without an error."""
        return not _failed(self.attempts[-1])


def calls(exchanges: Iterable[Exchange]) -> tuple[CallGroup, ...]:
    """The exchanges by call, in the order in which the calls began.

    An exchange is a further attempt of a call of the same client (namespace, key, method, path) whose last attempt was
    over when it came. Where the client counts its retries (`RETRY_HEADER`), the count must be one more, and a first
    attempt is always a new call; the body may have changed if no call with this body fits. Where it does not, the body
    must be the same and the last attempt must have failed, so that a question that is asked twice is two calls. Of
    several calls that fit, the one that has waited for longest is meant.
    """
    groups: list[_Attempts] = []
    index = _Index()
    for exchange in sorted(exchanges, key=lambda it: (it.call.at_us, it.number)):
        group = index.take(exchange)
        if group is None:
            group = []
            groups.append(group)
        group.append(exchange)
        index.put(group)
    return tuple(CallGroup(tuple(group)) for group in groups)


def retries(exchange: Exchange) -> int | None:
    """What the client says of how often it has tried before; None if it says nothing."""
    told = exchange.call.headers.get(RETRY_HEADER)
    return int(told) if told is not None and told.isascii() and told.isdigit() else None


class _Index:
    """The calls that may get a further attempt, by what their last attempt was; the one that was over first leads."""

    def __init__(self) -> None:
        self._queues: dict[_Key, list[_Entry]] = {}

    def put(self, group: _Attempts) -> None:
        """A call has a new last attempt."""
        last = group[-1]
        if last.outcome.ending is Ending.OPEN:
            return
        client, count, body = _client(last), retries(last), last.call.body
        failed = _failed(last)
        entry = (_over_us(last), last.number, group)
        # A client that does not count its retries repeats only what has failed.
        if failed or count is not None:
            heappush(self._queues.setdefault((client, count, body, failed), []), entry)
        if failed and count is not None:
            heappush(self._queues.setdefault((client, count, None, True), []), entry)

    def take(self, exchange: Exchange) -> _Attempts | None:
        """The call of which the exchange is a further attempt, or None if it begins one."""
        count, body = retries(exchange), exchange.call.body
        if count == 0:
            return None
        client, before = _client(exchange), None if count is None else count - 1
        # Best first: the same body after a failure, the same body, another body after a failure.
        keys: list[_Key] = [(client, before, body, True), (client, before, body, False), (client, before, None, True)]
        for key in keys:
            queue = self._queues.get(key, [])
            # An attempt that is not the last of its call any more was found by another key.
            while queue and queue[0][2][-1].number != queue[0][1]:
                heappop(queue)
            if queue and queue[0][0] <= exchange.call.at_us:
                return heappop(queue)[2]
        return None


def _client(exchange: Exchange) -> _Client:
    return exchange.namespace, exchange.call.key(), exchange.call.method, exchange.call.path


def _over_us(attempt: Exchange) -> Microseconds:
    """From when on another attempt may follow this one."""
    return _end_us(attempt) - (HANG_UP_US if attempt.outcome.ending is Ending.LEFT else 0)


def _end_us(attempt: Exchange) -> Microseconds:
    return attempt.call.at_us + attempt.outcome.at_us


def _failed(attempt: Exchange) -> bool:
    return attempt.status >= _FIRST_ERROR or attempt.outcome.ending is not Ending.COMPLETE
