"""A limit that counts, and starts again when its window is over.

Here: fixed windows, and windows divided in slices that each admit their share. A window begins with the first request
after the last one ended, so the same calls meet the same limits whenever they begin. Not here: limits that refill
little by little (`bucket.py`).
"""

from dataclasses import dataclass, replace

from mockllm.limits.decision import Decision, ceil_div


@dataclass(frozen=True, slots=True)
class Window:
    """At most `capacity` units in `window_us`, and in each of its `slices` no more than that slice's share.

    `used` counts in the slice `current` of the window that began at `began_us`; None is a window that has not begun.
    """

    capacity: int
    window_us: int
    slices: int = 1
    began_us: int | None = None
    current: int = 0
    used: int = 0

    def take(self, now_us: int, cost: int) -> tuple["Window", Decision]:
        """The window with the cost counted, if the slice has room for it; otherwise nothing is counted."""
        now = self._at(now_us)
        decision = Decision(now.retry_after_us(now_us, cost))
        return (now.drain(now_us, cost) if decision.admitted else now), decision

    def drain(self, now_us: int, cost: int) -> "Window":
        """The window with the cost counted, or with the slice used up if it has less room. It begins the window."""
        now = self._at(now_us)
        began_us = now_us if now.began_us is None else now.began_us
        return replace(now, began_us=began_us, used=min(now.used + cost, self._share(now.current)))

    def limit(self, now_us: int) -> int:
        """The share of the slice."""
        return self._share(self._at(now_us).current)

    def remaining(self, now_us: int) -> int:
        """The units that the slice still admits."""
        now = self._at(now_us)
        return self._share(now.current) - now.used

    def reset_us(self, now_us: int) -> int:
        """Microseconds until the next slice, or 0 if nothing was used in this one."""
        now = self._at(now_us)
        return self._until(now.current + 1, now_us) if now.used else 0

    def retry_after_us(self, now_us: int, cost: int) -> int | None:
        """Microseconds until a slice has room for the cost; None if no slice ever has."""
        if cost > self._share(0):
            return None
        now = self._at(now_us)
        if now.used + cost <= self._share(now.current):
            return 0
        later = range(now.current + 1, self.slices)
        # After the last slice comes the first of a new window, which has the largest share.
        return self._until(next((number for number in later if cost <= self._share(number)), self.slices), now_us)

    def _share(self, number: int) -> int:
        """What a slice admits. The shares add up to the capacity exactly, and earlier slices get what is left over."""
        return ceil_div((number + 1) * self.capacity, self.slices) - ceil_div(number * self.capacity, self.slices)

    def _until(self, number: int, now_us: int) -> int:
        """Microseconds until a slice of the window that has begun starts."""
        assert self.began_us is not None
        return self.began_us + ceil_div(number * self.window_us, self.slices) - now_us

    def _at(self, now_us: int) -> "Window":
        """The window at this time. Time never goes back: an earlier time is still in the same slice."""
        if self.began_us is None:
            return self
        elapsed_us = now_us - self.began_us
        if elapsed_us >= self.window_us:
            return replace(self, began_us=None, current=0, used=0)
        number = elapsed_us * self.slices // self.window_us
        return replace(self, current=number, used=0) if number > self.current else self
