"""Calls that were decided before, and what all further calls of the same bytes come to.

Where the rule that answers has one reply, without attempts, faults, chaos and limits, nothing of a decision depends on
what happened before but the number of the attempt (design law 1). Here: a bounded memory of what such calls came to,
by the very objects that they are made of. Not here: deciding, and when a decision is settled (`decision.py`); what is
still done for each call (`hearing.py`); calls that differ in something (`readings.py`, `recall.py`).
"""

from dataclasses import dataclass
from typing import TypeAlias

from mockllm.address import Address
from mockllm.bounded import Bounded
from mockllm.exchange import Exchange
from mockllm.request import Call
from mockllm.score import Score

MOST_BYTES = 16 * 1024 * 1024
"""How many bytes of requests and plans are remembered, about."""

_BYTES_PER_STEP = 1_024

_Key: TypeAlias = tuple[bytes, str, str, str, int]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a call came to: its address, the place of the rule that answered, and the exchange when it was opened."""

    address: Address
    number: int
    exchange: Exchange


class Repeats:
    """What calls came to. Headers are told apart by identity, as a server gives equal ones the same value: to compare
    them would take longer than most of what is saved.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._kept: Bounded[_Key, Settled] = Bounded(most_bytes)

    def get(self, call: Call) -> Settled | None:
        """What a call came to that was made of the same values."""
        return self._kept.get((call.body, call.path, call.query, call.method, id(call.headers)))

    def put(self, call: Call, settled: Settled) -> None:
        """Remember what the call came to; its exchange must be of this call."""
        # The exchange holds the headers, so that they keep their identity to themselves.
        key = call.body, call.path, call.query, call.method, id(call.headers)
        plan = settled.exchange.plan
        steps = plan.most_steps if isinstance(plan, Score) else len(plan)
        self._kept.put(key, settled, len(call.body) + _BYTES_PER_STEP * (1 + steps))

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
