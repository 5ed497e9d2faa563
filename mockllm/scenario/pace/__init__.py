"""When each part of an answer goes out: `pace`.

Here: the schedule that a pace gives to frames, as absolute times in integer microseconds counted from the moment the
request was read. Look next at `draws.py` (distributions), `rhythm.py` (the gaps between tokens), `presets.py` (paces
with a name), `load.py` (busy engines). Not here: waiting (`net/player.py`) and delays that are faults
(`faults/time.py`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from mockllm.plan import Frame, Frames, Microseconds
from mockllm.scenario.base import Authored, Flag, Integer
from mockllm.scenario.pace.draws import (
    NOTHING,
    Distribution,
    Fixed,
    Latency,
    Lognormal,
    Normal,
    Percentiles,
    Uniform,
    one,
)
from mockllm.scenario.pace.presets import PRESETS, PresetName, preset
from mockllm.scenario.pace.rhythm import (
    Burst,
    Prefill,
    Rate,
    ReasoningPace,
    Trace,
    even,
    jittered,
    judge_speeds,
    scaled,
)
from mockllm.seeds import Seed
from mockllm.units import Share, refusal

__all__ = [
    "IDLE",
    "PRESETS",
    "Distribution",
    "Fixed",
    "Latency",
    "Lognormal",
    "Normal",
    "Pace",
    "Percentiles",
    "Uniform",
    "Work",
]

_SPEEDS = ("itl", "tokens_per_second", "burst", "trace")


@dataclass(frozen=True, slots=True)
class Work:
    """What an answer means for an engine: the input tokens that it must read first, and how many times longer
    everything takes than when it is idle.
    """

    input_tokens: int = 0
    slowness: float = 1.0


IDLE = Work()
"""Nothing to read, and nobody else to serve."""


@dataclass(frozen=True, slots=True)
class _Lanes:
    """The absolute times of the tokens of each choice; those of the first also where there are none."""

    first: Microseconds
    times: Mapping[int, tuple[Microseconds, ...]]

    def of(self, choice: int) -> tuple[Microseconds, ...]:
        return self.times.get(choice) or (self.first,)

    def latest(self, seen: Mapping[int, int]) -> Microseconds:
        """The time of the last token of all those that were seen of each choice."""
        return max((self.of(choice)[max(count - 1, 0)] for choice, count in seen.items()), default=self.first)


class Pace(Authored):
    """The times of one answer. Frames that carry no token ride with their neighbour unless a time of their own is
    given; those that only say that an answer is under way go out with the head, or when `role` says. Choices are
    paced side by side: token k of each goes out at the same time.
    """

    shorthand: ClassVar[str | None] = "preset"

    preset: PresetName | None = Field(
        default=None, description="a pace with a name, of which the other keys change what they name"
    )
    head: Latency | None = Field(
        default=None, description="request read to response head; a stream's head goes out at once"
    )
    ttft: Latency = Field(default=NOTHING, description="request read to first token")
    prefill: Prefill | None = Field(
        default=None,
        description="added to ttft for each input token that was not cached: 0.2ms, or {tokens_per_second: 5000}",
    )
    itl: Latency | None = Field(default=None, description="from one token to the next")
    tokens_per_second: Rate | None = Field(default=None, description="in place of itl")
    burst: Burst | None = Field(default=None, description="in place of itl: {tokens: 8, every: 200ms}, eight at once")
    trace: Trace | None = Field(
        default=None,
        description="in place of ttft and itl: recorded times as a list or a file, [300ms, 20ms, 25ms], of which the "
        "first is ttft; the gaps come again when they are used up, or with `then: last` only the last",
    )
    jitter: Share = Field(default=0.0, description="each time between tokens varies by up to this share, both ways")
    reasoning: ReasoningPace | None = Field(
        default=None, description="what is different for reasoning: itl, tokens_per_second, jitter, and the pause after"
    )
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
    chunk_tokens: Annotated[Integer, Field(ge=1, le=10_000)] = Field(
        default=1, description="how many tokens a delta carries; it goes out with the last of them"
    )
    tell: Flag = Field(
        default=False,
        description="whether a server-timing header tells the planned times, in milliseconds: ttft, and total for the "
        "last frame; faults that change times are not in it. A trailer of that name tells when a stream really ended "
        "(`actual`) and how `late` that was",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, value: Any) -> Any:
        """The keys of the preset beneath those that are given, less what these replace."""
        given: Any = {"preset": value} if isinstance(value, str) else value
        found = preset(given.get("preset")) if isinstance(given, Mapping) else None
        if found is None:
            return value
        replaced = {name for name in _SPEEDS if any(speed in given for speed in _SPEEDS)}
        replaced |= {"ttft"} if "trace" in given else set()
        return {**{key: entry for key, entry in found.pace.items() if key not in replaced}, **given}

    @model_validator(mode="after")
    def _one_speed(self) -> Self:
        judge_speeds({name: getattr(self, name) for name in _SPEEDS}, self.jitter)
        if self.trace is not None and self.ttft != NOTHING:
            raise refusal("the first time of a trace is the ttft: drop ttft, or take that time out of the trace")
        return self

    @property
    def is_certain(self) -> bool:
        """Whether it leaves nothing to chance: the times do not depend on a seed."""
        latencies = [self.head, self.ttft, self.itl, self.role, self.finish, self.done, self.body]
        latencies += [] if self.burst is None else [self.burst.every]
        latencies += [] if self.reasoning is None else [self.reasoning.itl, self.reasoning.pause]
        is_jittered = self.jitter or (self.reasoning is not None and self.reasoning.jitter)
        return not is_jittered and all(isinstance(latency, Fixed | None) for latency in latencies)

    def schedule(self, frames: Frames, seed: Seed, work: Work = IDLE) -> tuple[Microseconds, ...]:
        """When each frame is due; the frames are stamped. Token k of a choice goes out at ttft + k * itl, a frame of
        several tokens with its last, and no frame before the one in front of it.
        """
        lanes = self._lanes(frames, seed, work)
        seen: Counter[int] = Counter()
        due: list[Microseconds] = []
        now = self.head_us(seed)
        for frame in frames:
            now = max(now, self._due(frame, lanes, seen, seed))
            seen[frame.choice] += frame.tokens
            due.append(now)
        return tuple(due)

    def head_us(self, seed: Seed) -> Microseconds:
        """When the head of a stream is due."""
        return one(self.head, seed.child("head"))

    def body_us(self, frames: Frames, seed: Seed, work: Work = IDLE) -> Microseconds:
        """When a plain body is due: the end of the stream it stands for, unless `body` says otherwise."""
        if self.body is not None:
            return one(self.body, seed.child("body"))
        return max(self.schedule(frames, seed, work), default=self._first_us(seed, work))

    def _due(self, frame: Frame, lanes: _Lanes, seen: Mapping[int, int], seed: Seed) -> Microseconds:
        """When the frame is due by itself; `seen` are the tokens of each choice before it."""
        times, before = lanes.of(frame.choice), seen.get(frame.choice, 0)
        if frame.tokens:
            return times[before + frame.tokens - 1]
        match frame.kind:
            case "role" | "opening" if self.role is not None:
                return one(self.role, seed.child("role", frame.choice))
            case "opening":
                return 0
            case "finish":
                return times[max(before - 1, 0)] + one(self.finish, seed.child("finish", frame.choice))
            case "done" if self.done is not None:
                return lanes.latest(seen) + one(self.done, seed.child("done"))
            case _:
                return times[min(before, len(times) - 1)]

    def _lanes(self, frames: Frames, seed: Seed, work: Work) -> _Lanes:
        """The times of all tokens: each choice has the same series of gaps, as an engine makes them in one batch."""
        first = self._first_us(seed, work)
        thoughts: dict[int, list[bool]] = {}
        for frame in frames:
            if frame.tokens:
                thoughts.setdefault(frame.choice, []).extend([frame.thought] * frame.tokens)
        times = {choice: self._times(first, kinds, seed, work) for choice, kinds in thoughts.items()}
        return _Lanes(first, times)

    def _first_us(self, seed: Seed, work: Work) -> Microseconds:
        """When the first token is due."""
        first = one(self.ttft, seed.child("ttft")) if self.trace is None else self.trace.first
        return first if self.prefill is None else first + round(self.prefill.us(work.input_tokens) * work.slowness)

    def _times(self, first: Microseconds, thoughts: Sequence[bool], seed: Seed, work: Work) -> tuple[Microseconds, ...]:
        """The absolute time of each token of a choice, of which those of reasoning are marked."""
        gaps = jittered(self._plain_gaps(seed), self.jitter, seed.child("jitter"))
        if self.reasoning is not None:
            gaps = self.reasoning.among(thoughts, gaps, seed.child("reasoning"))
        return tuple(accumulate(islice(scaled(gaps, work.slowness), len(thoughts) - 1), initial=first))

    def _plain_gaps(self, seed: Seed) -> Iterator[Microseconds]:
        """The gaps between tokens of the answer, without jitter."""
        if self.tokens_per_second is not None:
            return even(self.tokens_per_second)
        if self.trace is not None:
            return self.trace.gaps()
        if self.burst is not None:
            return self.burst.gaps(seed.child("burst"))
        return (self.itl or NOTHING).draws(seed.child("itl"))
