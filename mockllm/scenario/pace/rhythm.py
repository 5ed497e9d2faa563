"""What lies between one token and the next, and before the first: `tokens_per_second`, `burst`, `trace`, `prefill`.

Here: the words for them, and the series of gaps that each gives. Not here: the distributions (`draws.py`) and the
schedule of a whole answer (`__init__.py`).
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, count, cycle, pairwise, repeat
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from mockllm.plan import Microseconds
from mockllm.scenario.base import Authored, Integer, Number
from mockllm.scenario.pace.draws import Latency
from mockllm.seeds import Seed
from mockllm.units import Duration, Share, parse_duration, refusal

SECOND_US = 1_000_000
SLOWEST = 0.001
"""Tokens per second."""

MOST_IN_TRACE = 100_000
"""The longest trace, in times."""

FOLDER = "folder"
"""The key under which the context of a validation has the folder of the scenario's file."""

_LONGEST_FILE = 4_000_000
"""In characters."""

_PAIR = 2

Rate = Annotated[Number, Field(ge=SLOWEST)]
"""So many tokens in a second."""


def _recorded(value: Any, info: ValidationInfo) -> Any:
    """The times in a file, where one is named."""
    if not isinstance(value, str):
        return value
    folder = (info.context or {}).get(FOLDER)
    if folder is None:
        raise refusal(f"'{value}' is a file beside the scenario, which is none itself: write the times as a list")
    path = (Path(folder) / value).resolve()
    if not path.is_relative_to(Path(folder).resolve()):
        raise refusal(f"'{value}' lies outside the folder of the scenario: put the trace beside it")
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LONGEST_FILE)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise refusal(f"'{value}' cannot be read: {reason}") from None
    lines = (line.partition("#")[0].replace(",", " ").split() for line in text.splitlines())
    times = tuple(chain.from_iterable(lines))
    try:
        for time in times:
            parse_duration(time)
    except ValueError as error:
        raise refusal(f"in '{value}': {error}") from None
    return times


def _some(times: tuple[Microseconds, ...]) -> tuple[Microseconds, ...]:
    if len(times) < _PAIR:
        raise refusal("a trace has the time to the first token and at least one gap: add what follows")
    if len(times) > MOST_IN_TRACE:
        raise refusal(f"a trace of {len(times)} times: {MOST_IN_TRACE} are allowed, so cut it")
    return times


class Trace(Authored):
    """Recorded times: first that from the request to the first token, then the gap before each further one."""

    shorthand: ClassVar[str | None] = "times"

    times: Annotated[
        tuple[Duration, ...],
        AfterValidator(_some),
        BeforeValidator(_recorded, json_schema_input_type=str | tuple[Duration, ...]),
    ] = Field(description="a list of times, or a file of them beside the scenario")
    then: Literal["repeat", "last"] = Field(
        default="repeat", description="when they are used up: the gaps from the start again, or the last one for ever"
    )

    @property
    def first(self) -> Microseconds:
        """The time to the first token."""
        return self.times[0]

    def gaps(self) -> Iterator[Microseconds]:
        """The gaps, one after the other, without end."""
        gaps = self.times[1:]
        return cycle(gaps) if self.then == "repeat" else chain(gaps, repeat(gaps[-1]))


class Burst(Authored):
    """Several tokens at once, and then a pause."""

    tokens: Annotated[Integer, Field(ge=1)] = Field(description="how many tokens come at once")
    every: Latency = Field(description="from one burst to the next")

    def gaps(self, seed: Seed) -> Iterator[Microseconds]:
        """Nothing between the tokens of a burst, and a draw before each burst but the first."""
        pauses = self.every.draws(seed)
        while True:
            yield from repeat(0, self.tokens - 1)
            yield next(pauses)


class Prefill(Authored):
    """What reading the input takes, for each of its tokens that was not cached."""

    shorthand: ClassVar[str | None] = "per_token"

    per_token: Duration | None = None
    tokens_per_second: Rate | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.per_token is None) == (self.tokens_per_second is None):
            raise refusal("give the time of one token or tokens_per_second: exactly one of them")
        return self

    def us(self, tokens: int) -> float:
        """The time for so many tokens."""
        if self.tokens_per_second is not None:
            return tokens * SECOND_US / self.tokens_per_second
        assert self.per_token is not None
        return tokens * self.per_token


class ReasoningPace(Authored):
    """The pace of reasoning, where it is another than that of the answer."""

    shorthand: ClassVar[str | None] = "itl"

    itl: Latency | None = Field(default=None, description="from one token of reasoning to the next")
    tokens_per_second: Rate | None = Field(default=None, description="in place of itl")
    jitter: Share = Field(default=0.0, description="as that of the answer")
    pause: Latency | None = Field(
        default=None,
        description="last token of reasoning to the first of the answer; else as between two of the answer",
    )

    @model_validator(mode="after")
    def _one_speed(self) -> Self:
        judge_speeds({"itl": self.itl, "tokens_per_second": self.tokens_per_second}, self.jitter)
        return self

    def among(self, thoughts: Sequence[bool], said: Iterator[Microseconds], seed: Seed) -> Iterator[Microseconds]:
        """The gap before each token but the first, of which those of reasoning are marked: within reasoning, from
        reasoning to the answer, and within the answer, which has the gaps `said`.
        """
        thought = jittered(self._own(seed) or said, self.jitter, seed.child("jitter"))
        pause = said if self.pause is None else self.pause.draws(seed.child("pause"))
        for before, now in pairwise(thoughts):
            yield next(thought if now else pause if before else said)

    def _own(self, seed: Seed) -> Iterator[Microseconds] | None:
        """The gaps between tokens of reasoning, without jitter; None if they are those of the answer."""
        if self.tokens_per_second is not None:
            return even(self.tokens_per_second)
        return None if self.itl is None else self.itl.draws(seed.child("itl"))


def judge_speeds(speeds: dict[str, object], jitter: float) -> None:
    """Refuse two words for the time between tokens, and a jitter of none."""
    given = [name for name, speed in speeds.items() if speed is not None]
    if len(given) > 1:
        names = " and ".join((", ".join(given[:-1]), given[-1]))
        told = "both" if len(given) == _PAIR else "all"
        raise refusal(f"{names} {told} set the time between tokens: keep one")
    if jitter and not given:
        raise refusal("jitter varies the time between tokens, and there is none: add itl or tokens_per_second")


def even(tokens_per_second: float) -> Iterator[Microseconds]:
    """Gaps at a steady rate: the first k of them are together k seconds by the rate, rounded once."""
    dues = (round(index * SECOND_US / tokens_per_second) for index in count())
    return (due - before for before, due in pairwise(dues))


def jittered(gaps: Iterator[Microseconds], jitter: float, seed: Seed) -> Iterator[Microseconds]:
    """The gaps, each varied by up to this share of itself."""
    if not jitter:
        return gaps
    generator = seed.random()
    return (round(gap * (1 + jitter * generator.uniform(-1, 1))) for gap in gaps)


def scaled(gaps: Iterator[Microseconds], factor: float) -> Iterator[Microseconds]:
    """The gaps, all longer by a factor; what rounding adds or takes is made up for by the next."""
    if factor == 1:
        return gaps
    dues = (round(total * factor) for total in accumulate(gaps, initial=0))
    return (due - before for before, due in pairwise(dues))
