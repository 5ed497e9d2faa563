"""Answers that go out whole: those with nothing to wait for and nothing to cut.

Here: the bytes of such a plan, made once for all exchanges that have it, and handing them over. Not here: all other
plans (`player.py`), and HTTP's bytes (`http1.py`).
"""

from mockllm import http1
from mockllm.bounded import Bounded
from mockllm.exchange import Deliveries, Ending, Outcome
from mockllm.net.clock import Clock
from mockllm.net.connection import Connection
from mockllm.plan import Microseconds, Plan

MOST_BYTES = 65_536
"""The largest answer that goes out whole."""

MOST_PLANS = 64
"""How many plans are remembered; the oldest are forgotten first."""


class Wholes:
    """The bytes of plans, for the engine gives the same plan to equal requests. Plans are told apart by identity: to
    compare them would take longer than to write them.
    """

    def __init__(self) -> None:
        self._known: Bounded[int, tuple[Plan, bytes | None]] = Bounded(MOST_PLANS)

    def get(self, plan: Plan) -> bytes | None:
        """The bytes of the answer, or None if it cannot go out whole.

        Raises ValueError for a head that cannot be sent (`http1.head_bytes`).
        """
        known = self._known.get(id(plan))
        if known is not None:
            return known[1]
        whole = http1.whole(plan, MOST_BYTES)
        self._known.put(id(plan), (plan, whole))  # a plan that is held keeps its identity to itself
        return whole


async def send_whole(
    whole: bytes, connection: Connection, clock: Clock, start_us: Microseconds, deliveries: Deliveries
) -> Outcome:
    """What `player.play` does, for a plan that is these bytes."""
    if connection.full:
        await connection.drain()
    if connection.left:
        return Outcome(Ending.LEFT, 0)
    connection.write(whole)
    deliveries.add_rest(clock.now_us() - start_us)
    return Outcome(Ending.COMPLETE, len(deliveries) - 1)
