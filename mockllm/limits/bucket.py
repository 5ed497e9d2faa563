"""A limit that refills continuously, as the real service's do.

Strategy: the level is kept multiplied by the window's microseconds. In that scale a microsecond refills exactly
`capacity`, so no refill is ever rounded, however often the bucket is looked at; only the waits that are told are
rounded, up to a whole microsecond. The rule is capacity = limit, refill = limit / window, reset = (limit - level) /
rate, retry-after = (cost - level) / rate. Not here: limits that start again at once (`window.py`).
"""

from dataclasses import dataclass, replace

from mockllm.limits.decision import Decision, ceil_div
from mockllm.limits.rate import Rate


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket with `capacity` units that fills from empty in `window_us`.

    `level` is the content at the time `at_us`, times `window_us`.
    """

    capacity: int
    window_us: int
    level: int
    at_us: int = 0

    @classmethod
    def full(cls, rate: Rate) -> "Bucket":
        """A full bucket of this rate."""
        return cls(rate.amount, rate.window_us, rate.amount * rate.window_us)

    def take(self, now_us: int, cost: int) -> tuple["Bucket", Decision]:
        """The bucket without the cost, if there is enough in it; otherwise nothing is taken."""
        now = self._at(now_us)
        decision = Decision(now.retry_after_us(now_us, cost))
        return (now.drain(now_us, cost) if decision.admitted else now), decision

    def drain(self, now_us: int, cost: int) -> "Bucket":
        """The bucket without the cost, or empty if there was less in it."""
        now = self._at(now_us)
        return replace(now, level=max(now.level - cost * self.window_us, 0))

    def limit(self, now_us: int) -> int:
        """The most that can be taken at once."""
        del now_us
        return self.capacity

    def remaining(self, now_us: int) -> int:
        """The whole units that can be taken now."""
        return self._at(now_us).level // self.window_us

    def reset_us(self, now_us: int) -> int:
        """Microseconds until the bucket is full."""
        return self._until(self.capacity, now_us)

    def retry_after_us(self, now_us: int, cost: int) -> int | None:
        """Microseconds until there is enough for the cost; None if there never is."""
        if cost > self.capacity:
            return None
        return self._until(cost, now_us)

    def _until(self, amount: int, now_us: int) -> int:
        """Microseconds until there is this much."""
        now = self._at(now_us)
        missing = amount * self.window_us - now.level
        return ceil_div(missing, self.capacity) + now.at_us - now_us if missing > 0 else 0

    def _at(self, now_us: int) -> "Bucket":
        """The bucket at this time. Time never goes back: an earlier time is the time of the level."""
        if now_us <= self.at_us:
            return self
        refilled = self.level + (now_us - self.at_us) * self.capacity
        return replace(self, level=min(refilled, self.capacity * self.window_us), at_us=now_us)
