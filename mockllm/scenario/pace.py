"""When each part of an answer goes out: `pace`.

Here: latencies and the schedule they give to frames, as absolute times in integer microseconds counted from the
moment the request was read. Not here: waiting (`net/player.py`) and delays that are faults (`faults/time.py`).
"""

from collections.abc import Iterator
from itertools import accumulate, repeat
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import Field, TypeAdapter, model_validator
from pydantic.json_schema import JsonSchemaValue

from mockllm.plan import FOREVER_US, Frame, Frames, Microseconds
from mockllm.scenario.base import Authored, Keyed, Number, found
from mockllm.seeds import Seed
from mockllm.units import Duration, Share, refusal

_SECOND_US = 1_000_000
_SLOWEST = 0.001
"""Tokens per second."""


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
    """The normal distribution; draws below zero count as zero, and those above the longest wait as that."""

    kind: ClassVar[str] = "normal"

    mean: Duration
    sd: Duration

    def draws(self, seed: Seed) -> Iterator[Microseconds]:
        """Times drawn one after the other."""
        generator = seed.random()
        while True:
            yield min(max(0, round(generator.gauss(self.mean, self.sd))), FOREVER_US)


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


Distribution: TypeAlias = Fixed | Uniform | Normal | Lognormal


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


Latency = Annotated[Distribution, _Latency("latency", Fixed, Uniform, Normal, Lognormal)]
"""A time: `300ms`, or drawn for each use: `{lognormal: {median: 300ms, sigma: 0.4}}`."""

_NOTHING = Fixed(value=0)


class Pace(Authored):
    """The times of one answer. Frames that carry no token ride with their neighbour unless a time of their own is
    given; those that only say that an answer is under way go out with the head, or when `role` says.
    """

    head: Latency | None = Field(
        default=None, description="request read to response head; a stream's head goes out at once"
    )
    ttft: Latency = Field(default=_NOTHING, description="request read to first token")
    itl: Latency | None = Field(default=None, description="from one token to the next")
    tokens_per_second: Annotated[Number, Field(ge=_SLOWEST)] | None = Field(default=None, description="in place of itl")
    jitter: Share = Field(default=0.0, description="each time between tokens varies by up to this share, both ways")
    role: Latency | None = Field(
        default=None,
        description="request read to the role frame, which else rides with the first token, or to the opening of a "
        "Responses stream, which else goes out with the head",
    )
    finish: Latency | None = Field(default=None, description="last token to the finish frame")
    done: Latency | None = Field(
        default=None, description="last token to the end marker, which never precedes the frames before it"
    )
    body: Latency | None = Field(
        default=None, description="request read to a plain body; else when its stream would have ended"
    )

    @model_validator(mode="after")
    def _one_speed(self) -> Self:
        if self.itl is not None and self.tokens_per_second is not None:
            raise refusal("itl and tokens_per_second both set the time between tokens: keep one")
        if self.jitter and self.itl is None and self.tokens_per_second is None:
            raise refusal("jitter varies the time between tokens, and there is none: add itl or tokens_per_second")
        return self

    def schedule(self, frames: Frames, seed: Seed) -> tuple[Microseconds, ...]:
        """When each frame is due; the frames are stamped. Token k of the turn goes out at ttft + k * itl, a frame of
        several tokens with its last, and no frame before the one in front of it.
        """
        tokens = self._token_times(sum(frame.tokens for frame in frames), seed)
        due: list[Microseconds] = []
        now = self.head_us(seed)
        for frame in frames:
            now = max(now, self._due(frame, tokens, seed))
            due.append(now)
        return tuple(due)

    def head_us(self, seed: Seed) -> Microseconds:
        """When the head of a stream is due."""
        return _one(self.head, seed.child("head"))

    def body_us(self, frames: Frames, seed: Seed) -> Microseconds:
        """When a plain body is due: the end of the stream it stands for, unless `body` says otherwise."""
        if self.body is not None:
            return _one(self.body, seed.child("body"))
        return max(self.schedule(frames, seed), default=_one(self.ttft, seed.child("ttft")))

    def _due(self, frame: Frame, tokens: tuple[Microseconds, ...], seed: Seed) -> Microseconds:
        """When the frame is due by itself. `tokens` are the times of all tokens, or that of the first if there are
        none.
        """
        if frame.tokens:
            return tokens[frame.tokens_before + frame.tokens - 1]
        before, after = max(frame.tokens_before - 1, 0), min(frame.tokens_before, len(tokens) - 1)
        match frame.kind:
            case "role" | "opening" if self.role is not None:
                return _one(self.role, seed.child("role", frame.choice))
            case "opening":
                return 0
            case "finish":
                return tokens[before] + _one(self.finish, seed.child("finish", frame.choice))
            case "done" if self.done is not None:
                return tokens[before] + _one(self.done, seed.child("done"))
            case _:
                return tokens[after]

    def _token_times(self, total: int, seed: Seed) -> tuple[Microseconds, ...]:
        """The absolute time of each token; that of the first also if there are none."""
        first = _one(self.ttft, seed.child("ttft"))
        rest = range(1, total)
        if self.tokens_per_second is not None and not self.jitter:
            return (first, *(first + round(index * _SECOND_US / self.tokens_per_second) for index in rest))
        gaps = self._gaps(seed)
        return tuple(accumulate((next(gaps) for _ in rest), initial=first))

    def _gaps(self, seed: Seed) -> Iterator[Microseconds]:
        if self.tokens_per_second is not None:
            plain: Iterator[Microseconds] = repeat(round(_SECOND_US / self.tokens_per_second))
        else:
            plain = (self.itl or _NOTHING).draws(seed.child("itl"))
        if not self.jitter:
            return plain
        generator = seed.child("jitter").random()
        return (round(gap * (1 + self.jitter * generator.uniform(-1, 1))) for gap in plain)


def _one(latency: Distribution | None, seed: Seed) -> Microseconds:
    return 0 if latency is None else next(latency.draws(seed))
