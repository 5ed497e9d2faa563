"""The clock of a test that runs in real time.

Here: what `mockllm.clock` is when time is not virtual, so that the same test runs both ways. Not here: the virtual
clock (`timeline.py`).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic_ns
from typing import Protocol

EARLY_S = 0.005
"""How much earlier than expected a real time may be and still be equal: what timers round."""

LATE_S = 2.0
"""How much later it may always be, since a busy machine is late."""

LATE_SHARE = 0.1
"""How much later it may be beyond that, as a share of the time expected."""

_NS_PER_US = 1_000
_NS_PER_S = 1_000_000_000


class Stopwatch(Protocol):
    """What `mockllm.clock` is, in virtual time and in real time."""

    @property
    def now(self) -> float:
        """The time since the server was started, in seconds."""
        ...

    @property
    def now_us(self) -> int:
        """The time since the server was started, in microseconds."""
        ...

    def hold(self) -> AbstractContextManager[None]:
        """Let time stand still inside, as far as that is possible."""
        ...


class RealSeconds(float):
    """A time that was measured: it equals what was expected if it is hardly earlier and not much later."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (int, float)):
            return NotImplemented
        return -EARLY_S <= float(self) - other <= LATE_S + LATE_SHARE * abs(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = float.__hash__


class RealTimeClock:
    """The time since this was made, for a test that was written for virtual time."""

    def __init__(self) -> None:
        self._since_ns = monotonic_ns()

    @property
    def now(self) -> float:
        """The time in seconds; `clock.now == 0.15` allows for what a real machine adds (`RealSeconds`)."""
        return RealSeconds((monotonic_ns() - self._since_ns) / _NS_PER_S)

    @property
    def now_us(self) -> int:
        """The time in microseconds, as measured."""
        return (monotonic_ns() - self._since_ns) // _NS_PER_US

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Real time cannot be held; here for the same test in virtual time."""
        yield
