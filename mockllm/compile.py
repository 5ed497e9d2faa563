"""The pipeline from an answer to a plan, on one screen.

frames -> (payload and framing faults) -> bytes -> (pace) -> timed steps -> (time, HTTP and connection faults) -> plan

Here: the order of things, and nothing that knows an API or a socket. Not here: the faults (`scenario/faults/`), the
times (`scenario/pace.py`), the bytes of an event (`dialects/sse.py`), playing (`net/player.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, assert_never

from mockllm.answer import Answer
from mockllm.dialects.headers import HeaderPairs, api_headers, edge_headers, merged
from mockllm.dialects.plain import body_bytes
from mockllm.dialects.sse import event_bytes
from mockllm.errors import MockLLMError
from mockllm.plan import End, Frame, Frames, Head, Microseconds, Plan, Send, Step, Wait, stamp
from mockllm.scenario.faults import Fault, FrameFault, PlanFault
from mockllm.scenario.pace import Pace
from mockllm.seeds import Seed

MOST_STEPS = 2_000_000
"""The longest plan that is played."""


_Value = TypeVar("_Value")


class PlanTooLongError(MockLLMError):
    """A reply whose plan has more steps than the limit, such as a long text split into single bytes."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A plan, with the kinds of the faults that were asked for and have no place in this answer."""

    plan: Plan
    unfired: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Times:
    """When things are due, counted from the moment the request was read. `frames` is by ordinal."""

    head: Microseconds
    frames: Mapping[int, Microseconds]

    @property
    def first(self) -> Microseconds:
        return min(self.frames.values(), default=self.head)


def compile_answer(answer: Answer, pace: Pace, faults: tuple[Fault, ...], seed: Seed, request_id: str) -> Compiled:
    """The timed steps of an answer. Raises PlanTooLongError above the limit."""
    unfired: list[str] = []
    frames = stamp(answer.frames)
    times = _times(answer, frames, pace, seed.child("pace"))
    in_order = sorted(enumerate(faults), key=lambda entry: entry[1].layer)
    for index, fault in in_order:
        if isinstance(fault, FrameFault):
            changed = fault.apply(frames, seed.child("fault", index))
            frames = _or_missed(changed, frames, fault, unfired)
    plan = tuple(_steps(answer, frames, times, request_id))
    for index, fault in in_order:
        if isinstance(fault, PlanFault):
            replanned = fault.apply(plan, seed.child("fault", index))
            plan = _or_missed(replanned, plan, fault, unfired)
    if len(plan) > MOST_STEPS:
        raise PlanTooLongError(
            f"the plan has {len(plan)} steps, more than {MOST_STEPS}: shorten the reply or its faults"
        )
    return Compiled(plan, tuple(unfired))


def _or_missed(changed: _Value | None, value: _Value, fault: Fault, unfired: list[str]) -> _Value:
    if changed is None:
        unfired.append(fault.kind)
        return value
    return changed


def _times(answer: Answer, frames: Frames, pace: Pace, seed: Seed) -> _Times:
    """A stream's head goes out at once and its frames by the pace; a plain body has its head with it unless the pace
    says otherwise.
    """
    if answer.streams:
        due = pace.schedule(frames, seed)
        return _Times(pace.head_us(seed), {frame.ordinal: time for frame, time in zip(frames, due, strict=True)})
    body = pace.body_us(stamp(answer.paced), seed)
    head = pace.head_us(seed) if pace.head is not None else body
    return _Times(min(head, body) if pace.body is not None else head, {0: max(head, body)})


def _steps(answer: Answer, frames: Frames, times: _Times, request_id: str) -> Iterator[Step]:
    """The plan without the faults of time, HTTP and connection."""
    streams = answer.streams
    bodies = [event_bytes(frame) if streams else body_bytes(frame.data, answer.layout) for frame in frames]
    length: HeaderPairs = () if streams else (("content-length", str(sum(map(len, bodies)))),)
    headers = merged((*answer.headers, *length, *_layer_headers(answer, times, request_id)), answer.overrides)
    yield from _until(times.head, 0)
    yield Head(answer.status, headers, "chunked" if streams else "length")
    now = times.head
    offset = 0
    for frame, data in zip(frames, bodies, strict=True):
        due = max(now, times.frames.get(frame.ordinal, now))
        yield from _until(due, now)
        now = due
        if frame.framing.delay_us:
            yield Wait(frame.framing.delay_us, frame.cause)
        yield from _sends(frame, data, offset)
        offset += len(data)
    yield End()


def _layer_headers(answer: Answer, times: _Times, request_id: str) -> HeaderPairs:
    match answer.layer:
        case "api":
            return api_headers(request_id, times.first // 1_000)
        case "edge":
            return edge_headers(request_id)
        case "verbatim":
            return ()
        case _:
            assert_never(answer.layer)


def _until(due: Microseconds, now: Microseconds) -> Iterator[Wait]:
    if due > now:
        yield Wait(due - now)


def _sends(frame: Frame, data: bytes, offset: int) -> Iterator[Step]:
    """One frame's bytes, in one piece or in the pieces that its framing asks for."""
    size = frame.framing.split_bytes
    if size is None:
        yield Send(data, frame, offset, cause=frame.cause)
        return
    for start in range(0, len(data), size):
        if start and frame.framing.split_every_us:
            yield Wait(frame.framing.split_every_us)
        yield Send(data[start : start + size], frame, offset + start, alone=True, cause=frame.cause or "fault: split")
