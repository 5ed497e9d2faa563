"""Times that are the same for each use, or drawn anew: `300ms`, `{lognormal: {median: 300ms, sigma: 0.4}}`.

Here: one class for each distribution, all of them endless series of microseconds from a seed. Not here: what the times
are used for (`__init__.py`, `rhythm.py`).
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise, repeat
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import Field, TypeAdapter, model_validator
from pydantic.json_schema import JsonSchemaValue

from mockllm.plan import FOREVER_US, Microseconds
from mockllm.scenario.base import Authored, Number, found
from mockllm.scenario.keyed import Keyed, by_kind
from mockllm.seeds import Seed
from mockllm.units import Duration, refusal


class Fixed(Authored):
    """Always the same time."""

    kind: ClassVar[str] = "fixed"
    shorthand: ClassVar[str | None] = "value"

    value: Duration

    def draws(self, _seed: Seed) -> Iterator[Microseconds]:
        """The same time for ever."""
        return repeat(self.value)


class Uniform(Authored):
    """Any time between two bounds, all equally likely."""

    kind: ClassVar[str] = "uniform"

    min: Duration
    max: Duration

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise refusal("min is above max: swap them")
        return self

    def draws(self, seed: Seed) -> Iterator[Microseconds]:
        """Times drawn one after the other."""
        generator = seed.random()
        while True:
            yield generator.randint(self.min, self.max)


class Normal(Authored):
    """The normal distribution; draws below zero count as zero, and those above `max`, if there is one, are drawn anew.
    Without it those above the longest wait count as that.
    """

    kind: ClassVar[str] = "normal"

    mean: Duration
    sd: Duration
    max: Duration | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.max is not None and self.max < self.mean:
            raise refusal("max is below mean: raise it, or lower the mean")
        return self

    def draws(self, seed: Seed) -> Iterator[Microseconds]:
        """Times drawn one after the other."""
        generator = seed.random()
        while True:
            drawn = max(0, round(generator.gauss(self.mean, self.sd)))
            if self.max is None or drawn <= self.max:
                yield min(drawn, FOREVER_US)


class Lognormal(Authored):
    """The lognormal distribution, the usual shape of service times: half of all draws are below `median`; draws above
    `max`, by default the longest wait, are drawn anew.
    """

    kind: ClassVar[str] = "lognormal"

    median: Duration
    sigma: Annotated[Number, Field(ge=0, le=5)]
    max: Duration | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.max is not None and self.max < self.median:
            raise refusal("max is below median: raise it, or lower the median")
        return self

    def draws(self, seed: Seed) -> Iterator[Microseconds]:
        """Times drawn one after the other."""
        generator = seed.random()
        most = FOREVER_US if self.max is None else self.max
        while True:
            drawn = round(self.median * generator.lognormvariate(0.0, self.sigma))
            if drawn <= most:
                yield drawn


_SHARES = {
    "min": 0.0, "p1": 0.01, "p5": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75,
    "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99_9": 0.999, "max": 1.0,
}  # fmt: skip
"""The share of draws that is at or below each of the times of `Percentiles`."""


class Percentiles(Authored):
    """A distribution by its percentiles, as dashboards tell them: between two of them in a straight line. Below the
    lowest the line begins at `min`, which is 0 if left out; above the highest all draws are the highest, unless `max`
    says how far the line goes on.
    """

    kind: ClassVar[str] = "percentiles"

    min: Duration | None = Field(default=None, description="no draw is below; 0 if left out")
    p1: Duration | None = None
    p5: Duration | None = None
    p10: Duration | None = None
    p25: Duration | None = None
    p50: Duration | None = None
    p75: Duration | None = None
    p90: Duration | None = None
    p95: Duration | None = None
    p99: Duration | None = None
    p99_9: Duration | None = Field(default=None, alias="p99.9")
    max: Duration | None = Field(default=None, description="no draw is above; the highest percentile if left out")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        told = [(name, time) for name in _SHARES if (time := getattr(self, name)) is not None]
        if not any(name.startswith("p") for name, _ in told):
            raise refusal("no percentile is given: write at least one, such as p50: 200ms")
        for (lower, low), (upper, high) in pairwise(told):
            if low > high:
                raise refusal(f"{lower.replace('_', '.')} is above {upper}: percentiles rise, so swap them")
        return self

    def draws(self, seed: Seed) -> Iterator[Microseconds]:
        """Times drawn one after the other, one number of chance for each."""
        generator = seed.random()
        curve = self._curve()
        shares = [share for share, _ in curve]
        while True:
            share = generator.random()
            place = max(bisect_left(shares, share), 1)
            (left, low), (right, high) = curve[place - 1], curve[place]
            yield round(low + (high - low) * (share - left) / (right - left))

    def _curve(self) -> tuple[tuple[float, Microseconds], ...]:
        """Share of draws and time at each corner of the inverse of the distribution function, from 0 to 1."""
        told = [(share, time) for name, share in _SHARES.items() if (time := getattr(self, name)) is not None]
        lowest = () if self.min is not None else ((0.0, 0),)
        highest = () if self.max is not None else ((1.0, told[-1][1]),)
        return (*lowest, *told, *highest)


Distribution: TypeAlias = Fixed | Uniform | Normal | Lognormal | Percentiles


class _Latency(Keyed):
    """A distribution, or a plain duration for a fixed time."""

    def _wrap(self, value: object) -> object:
        if isinstance(value, str) or (value == 0 and not isinstance(value, bool)):
            return {"fixed": value}
        if isinstance(value, (int, float)):
            raise refusal(f"{found(value)} is not a duration: write it as a number with its unit, such as 250ms")
        return super()._wrap(value)

    def _form(self, _value: object) -> str:
        return "a duration such as 250ms, or a distribution such as {lognormal: {median: 300ms, sigma: 0.4}}"

    def _plain(self) -> tuple[JsonSchemaValue, ...]:
        return (TypeAdapter(Duration).json_schema(),)


Latency = Annotated[Distribution, _Latency("latency", by_kind(Fixed, Uniform, Normal, Lognormal, Percentiles))]
"""A time: `300ms`, or drawn for each use: `{lognormal: {median: 300ms, sigma: 0.4}}`."""

NOTHING = Fixed(value=0)
"""No time at all."""


def one(latency: Distribution | None, seed: Seed) -> Microseconds:
    """A single draw; 0 of nothing."""
    return 0 if latency is None else next(latency.draws(seed))
