"""What a limit says to a cost.

Here: `Decision`, and the division that rounds up, which every wait needs. Not here: how each limit decides
(`bucket.py`, `window.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """Microseconds until the cost is admitted if nothing else comes in between: 0 is now, None is never."""

    retry_after_us: int | None

    @property
    def admitted(self) -> bool:
        """Whether the cost is admitted at once."""
        return self.retry_after_us == 0


def ceil_div(amount: int, by: int) -> int:
    """The quotient, rounded up."""
    return -(-amount // by)
