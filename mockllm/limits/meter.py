"""Several limits at once: a request passes all of them, or takes from none.

Here: what each limit counts, and `admit`. A request is charged when it is admitted and nothing is given back,
whatever becomes of it. A refused request counts as a request too, as far as there is one left, but not its tokens: the
service says that unsuccessful requests count towards the limit and that sending the same request over and over does
not help, and its refusals tell the wait for a whole request ("Limit 3, Used 3 ... try again in 20s"), as of a bucket
that the refusal itself has emptied. Not here: the two ways to count (`bucket.py`, `window.py`) and what is said about
it (`telling.py`).
"""

from dataclasses import dataclass, replace
from typing import Literal

from mockllm.limits.bucket import Bucket
from mockllm.limits.decision import Decision
from mockllm.limits.mode import REFILLED, SLICED, Mode
from mockllm.limits.rate import MINUTE_US, SECOND_US, Rate
from mockllm.limits.window import Window

Unit = Literal["requests", "tokens", "project-tokens"]

SLICE_US = 10 * SECOND_US
"""The usual length of a slice."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One limit: what it counts, and its state."""

    unit: Unit
    state: Bucket | Window

    def cost(self, tokens: int) -> int:
        """What a request with these tokens costs here."""
        return 1 if self.unit == "requests" else tokens


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a request: the limits after it, the decision, and the limit that decides how long to wait, or
    that admits it never.
    """

    meters: tuple[Meter, ...]
    decision: Decision
    refused_by: Meter | None = None


def new_meter(unit: Unit, rate: Rate, mode: Mode, slice_us: int = SLICE_US) -> Meter:
    """An unused limit of this mode. Only a minute's requests are divided in slices."""
    if mode in REFILLED:
        return Meter(unit, Bucket.full(rate))
    sliced = mode in SLICED and unit == "requests" and rate.window_us == MINUTE_US
    return Meter(unit, Window(rate.amount, rate.window_us, rate.window_us // slice_us if sliced else 1))


def admit(meters: tuple[Meter, ...], tokens: int, now_us: int) -> Admission:
    """Take one request and its tokens from all limits, or count the refused request."""
    waits = [meter.state.retry_after_us(now_us, meter.cost(tokens)) for meter in meters]
    if not any(wait is None or wait for wait in waits):
        taken = (replace(meter, state=meter.state.drain(now_us, meter.cost(tokens))) for meter in meters)
        return Admission(tuple(taken), Decision(0))
    counted = tuple(_counted(meter, now_us) for meter in meters)
    if None in waits:
        return Admission(counted, Decision(None), counted[waits.index(None)])
    return _refused(counted, tokens, now_us)


def _counted(meter: Meter, now_us: int) -> Meter:
    """The limit after a refused request."""
    return replace(meter, state=meter.state.drain(now_us, 1)) if meter.unit == "requests" else meter


def _refused(meters: tuple[Meter, ...], tokens: int, now_us: int) -> Admission:
    """The refusal with the first time at which all limits admit the request. A slice without a share may follow one
    that has some, so the limits are asked again at that time.
    """
    due_us, last = now_us, meters[0]
    while True:
        waits = ((meter.state.retry_after_us(due_us, meter.cost(tokens)) or 0, meter) for meter in meters)
        further_us, meter = max(waits, key=lambda entry: entry[0])
        if not further_us:
            return Admission(meters, Decision(due_us - now_us), last)
        due_us, last = due_us + further_us, meter
