"""When the frames of an answer are due, before any fault has a say in it.

Here: the times of an answer by the pace that it has. What leaves nothing to chance is worked out once for all answers
that have the same frames. Not here: paces (`scenario/pace/`), and what becomes of these times (`compile.py`).
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mockllm.answer import Answer
from mockllm.bounded import Same
from mockllm.dialects.headers import HeaderPairs
from mockllm.plan import Frames, Microseconds, stamp
from mockllm.scenario.pace import Pace, Work
from mockllm.score import Printed, outline
from mockllm.seeds import Seed

AT_ONCE = Pace()
"""The pace of what goes out as soon as it can."""

_MOST_PACES = 256
_MOST_SCHEDULES = 32
_MOST_FRAMES = 20_000


@dataclass(frozen=True, slots=True)
class Times:
    """When things are due, counted from the moment the request was read. `frames` is by ordinal, and no frame is due
    before the one in front of it; `told` are the headers that tell these times. `dues` are those of the frames as an
    array, which a score shares with all that have the same.
    """

    head: Microseconds
    frames: Mapping[int, Microseconds]
    told: HeaderPairs = ()
    dues: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def first(self) -> Microseconds:
        """When the first frame is due."""
        return next(iter(self.frames.values()), self.head)


_NO_TIMES = Times(0, {})


@lru_cache(_MOST_PACES)
def is_at_once(pace: Same[Pace]) -> bool:
    """Whether a pace is no pace at all: it may still say how much a delta carries."""
    return pace.value.model_copy(update={"chunk_tokens": AT_ONCE.chunk_tokens}) == AT_ONCE


def planned(answer: Answer, pace: Pace, seed: Seed, slowness: float) -> Times:
    """A stream's head goes out at once and its frames by the pace; a plain body has its head with it unless the pace
    says otherwise. `slowness` is what load makes of all times.
    """
    same = Same(pace)
    if is_at_once(same):
        return _NO_TIMES
    work = Work(0 if pace.prefill is None else answer.input_tokens, slowness)
    seed = seed.child("pace")
    if not answer.streams:
        body = pace.body_us(answer.paced[:], seed, work)
        head = pace.head_us(seed) if pace.head is not None else body
        return Times(head, {0: max(head, body)}, _told(pace, max(head, body), max(head, body)))
    if not isinstance(answer.frames, Printed):
        return _of_stream(pace, stamp(answer.frames), seed, work)
    frames = outline(answer.frames)
    if answer.frames.most <= _MOST_FRAMES and _is_certain(same):
        return _of_any_stream(same, Same(frames), work)
    return _of_stream(pace, frames[:], seed, work)


@lru_cache(_MOST_PACES)
def _is_certain(pace: Same[Pace]) -> bool:
    return pace.value.is_certain


@lru_cache(_MOST_SCHEDULES)
def _of_any_stream(pace: Same[Pace], frames: Same[Frames], work: Work) -> Times:
    """The times of all streams that have these frames, by a pace that leaves nothing to chance."""
    return _of_stream(pace.value, frames.value[:], Seed.of(), work)


def _of_stream(pace: Pace, frames: Frames, seed: Seed, work: Work) -> Times:
    due = dict(enumerate(pace.schedule(frames, seed, work)))
    first = next((due[frame.ordinal] for frame in frames if frame.tokens), due.get(0, 0))
    told = _told(pace, first, due.get(len(due) - 1, 0))
    return Times(pace.head_us(seed), due, told, array("q", due.values()))


def _told(pace: Pace, first: Microseconds, last: Microseconds) -> HeaderPairs:
    """The header that tells the planned times to a client (W3C Server Timing §3), in milliseconds."""
    if not pace.tell:
        return ()
    ttft, total = (f"{us // 1_000}.{us % 1_000:03}" for us in (first, last))
    return (("server-timing", f"ttft;dur={ttft}, total;dur={total}"),)
