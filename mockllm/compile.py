"""The pipeline from an answer to a plan, on one screen.

frames -> (payload and framing faults) -> bytes -> (pace) -> timed steps -> (time, HTTP and connection faults) -> plan

Here: the order of things, and nothing that knows an API or a socket. Not here: the faults (`scenario/faults/`), the
times (`scenario/pace.py`), the bytes of an event (`dialects/sse.py`), playing (`net/player.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, islice
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

# Statuses whose answers have no body, and no word about its length (RFC 9110 §8.6).
_WITHOUT_LENGTH = frozenset({204, 304})

_AT_ONCE = Pace()

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
    plan = _bounded(_steps(answer, frames, times, request_id))
    for index, fault in in_order:
        if isinstance(fault, PlanFault):
            replanned = fault.apply(plan, seed.child("fault", index))
            plan = _or_missed(replanned, plan, fault, unfired)
    return Compiled(_bounded(plan), tuple(unfired))


def _bounded(steps: Iterable[Step]) -> Plan:
    """The steps as a plan, or PlanTooLongError as soon as there are too many."""
    plan = tuple(islice(steps, MOST_STEPS + 1))
    if len(plan) > MOST_STEPS:
        raise PlanTooLongError(f"the plan has more than {MOST_STEPS} steps: shorten the reply or its faults")
    return plan


def _or_missed(changed: _Value | None, value: _Value, fault: Fault, unfired: list[str]) -> _Value:
    if changed is None:
        unfired.append(fault.kind)
        return value
    return changed


def _times(answer: Answer, frames: Frames, pace: Pace, seed: Seed) -> _Times:
    """A stream's head goes out at once and its frames by the pace; a plain body has its head with it unless the pace
    says otherwise.
    """
    if pace == _AT_ONCE:
        return _Times(0, {})
    if answer.streams:
        due = pace.schedule(frames, seed)
        return _Times(pace.head_us(seed), {frame.ordinal: time for frame, time in zip(frames, due, strict=True)})
    body = pace.body_us(stamp(answer.paced), seed)
    head = pace.head_us(seed) if pace.head is not None else body
    return _Times(head, {0: max(head, body)})


def _steps(answer: Answer, frames: Frames, times: _Times, request_id: str) -> Iterator[Step]:
    """The plan without the faults of time, HTTP and connection."""
    streams = answer.streams
    bodies = [event_bytes(frame) if streams else _body_bytes(frame, answer) for frame in frames]
    bare = streams or answer.status in _WITHOUT_LENGTH
    length: HeaderPairs = () if bare else (("content-length", str(sum(map(len, bodies)))),)
    own = (*length, *_layer_headers(answer, times, request_id))
    if times.head:
        yield Wait(times.head)
    yield Head(answer.status, _headers(answer, own), "chunked" if streams else "length")
    now = times.head
    offset = 0
    for frame, data, due in zip(frames, bodies, _dues(frames, times), strict=True):
        if due > now:
            yield Wait(due - now)
            now = due
        if frame.framing.delay_us:
            yield Wait(frame.framing.delay_us, frame.cause)
        if frame.framing.split_bytes is None:
            yield Send(data, frame, offset, cause=frame.cause)
        else:
            yield from _pieces(frame, data, offset, frame.framing.split_bytes)
        if frame.ordinal >= 0:
            offset += len(data)
    yield End()


def _body_bytes(frame: Frame, answer: Answer) -> bytes:
    return frame.framing.prefix.encode() + body_bytes(frame.data, answer.layout)


def _dues(frames: Frames, times: _Times) -> list[Microseconds]:
    """When each frame goes out: no frame before the one in front of it, and a held one together with the next."""
    dues = list(accumulate((times.frames.get(frame.ordinal, 0) for frame in frames), max))
    for index in range(len(frames) - 2, -1, -1):
        if frames[index].framing.held:
            dues[index] = dues[index + 1]
    return dues


def _headers(answer: Answer, own: HeaderPairs) -> HeaderPairs:
    """The headers of the answer with our own after them, none of them twice, and the author's in their place."""
    said = {name.lower() for name, _ in answer.headers}
    return merged((*answer.headers, *(pair for pair in own if pair[0] not in said)), answer.overrides)


def _layer_headers(answer: Answer, times: _Times, request_id: str) -> HeaderPairs:
    match answer.layer:
        case "api":
            return (*api_headers(request_id, times.first // 1_000), *answer.told)
        case "edge":
            return edge_headers(request_id)
        case "verbatim":
            return ()
        case _:
            assert_never(answer.layer)


def _pieces(frame: Frame, data: bytes, offset: int, size: int) -> Iterator[Step]:
    """One frame's bytes in pieces, each in a write of its own."""
    for start in range(0, len(data), size):
        if start and frame.framing.split_every_us:
            yield Wait(frame.framing.split_every_us)
        yield Send(data[start : start + size], frame, offset + start, alone=True, cause=frame.cause or "fault: split")
