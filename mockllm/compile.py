"""The pipeline from an answer to a plan, on one screen.

frames -> (payload and framing faults) -> bytes -> (pace) -> timed steps -> (time, HTTP and connection faults) -> plan

Here: the order of things, and nothing that knows an API or a socket. Not here: the faults (`scenario/faults/`), the
times (`times.py`), the bytes of an event (`dialects/sse.py`), playing (`net/player.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import TypeVar, assert_never

from mockllm.answer import Answer, Body, headers
from mockllm.dialects.headers import HeaderPairs, api_headers, edge_headers
from mockllm.dialects.plain import body_bytes
from mockllm.dialects.sse import event_bytes
from mockllm.errors import MockLLMError
from mockllm.plan import End, Frame, Frames, Head, Messages, Microseconds, Plan, Send, Step, Wait, stamp
from mockllm.scenario.faults import Fault, FrameFault, PlanFault
from mockllm.scenario.faults.base import SCRIPT, Layer
from mockllm.scenario.pace import IDLE, Pace, Work
from mockllm.score import Edited, Printed, Score
from mockllm.seeds import Seed
from mockllm.times import Times, planned
from mockllm.websocket import message_bytes

MOST_STEPS = 2_000_000
"""The longest plan that is played."""

# Statuses whose answers have no body, and no word about its length (RFC 9110 §8.6).
_WITHOUT_LENGTH = frozenset({204, 304})

# The status with which a connection becomes a WebSocket (RFC 6455 §4.2.2).
_SWITCHED = 101

_Value = TypeVar("_Value")
_Caused = TypeVar("_Caused", Frame, Step)


class PlanTooLongError(MockLLMError):
    """A reply whose plan has more steps than the limit, such as a long text split into single bytes."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A plan, with the titles of the faults that were asked for and have no place in this answer, and their places
    among all the faults.
    """

    plan: Plan
    unfired: tuple[str, ...]
    missed: tuple[int, ...] = ()


def compile_answer(
    answer: Answer, pace: Pace, faults: tuple[Fault, ...], seed: Seed, request_id: str, *, slowness: float = 1.0
) -> Compiled:
    """The timed steps of an answer; `slowness` is what load makes of its times. Raises PlanTooLongError above the
    limit.
    """
    plan: Plan
    times = planned(answer, pace, seed, slowness)
    if not faults and not answer.style.faults:
        return Compiled(_untouched(answer, times, request_id), ())
    # Those of the profile have numbers below 0, so that nothing drawn for the author's depends on them.
    of_profile = ((-1 - place, fault) for place, fault in enumerate(answer.style.faults))
    # What it does to times comes after them, so that its heartbeats are heard in the author's silences.
    in_order = sorted(
        [*of_profile, *enumerate(faults)],
        key=lambda entry: (entry[1].layer, entry[0] < 0 and isinstance(entry[1], PlanFault)),
    )
    unfit = {index for index, fault in in_order if answer.messages and not _suits_messages(fault, answer)}
    missed = sorted(index for index in unfit if index >= 0)
    on_frames = [(index, fault) for index, fault in in_order if isinstance(fault, FrameFault) and index not in unfit]
    on_plan = [(index, fault) for index, fault in in_order if isinstance(fault, PlanFault) and index not in unfit]
    events = answer.frames if isinstance(answer.frames, Printed) and not (on_frames or times.told) else None
    if not (on_frames or on_plan):
        plan = _untouched(answer, times, request_id)
    elif events is not None:
        score = tuple(_score(answer, events, times, request_id))
        plan = Edited(score, events, _bounded(_replanned(score, on_plan, seed, missed)))
    else:
        frames = _reframed(stamp(answer.frames), on_frames, seed, missed) if on_frames else _stamped(answer)
        plan = _bounded(_replanned(_bounded(_steps(answer, frames, times, request_id)), on_plan, seed, missed))
    return Compiled(plan, tuple(faults[index].title for index in missed), tuple(missed))


def _untouched(answer: Answer, times: Times, request_id: str) -> Plan:
    """The plan of an answer to which no fault does anything."""
    if isinstance(answer.frames, Printed) and not times.told:
        return _score(answer, answer.frames, times, request_id)
    return _bounded(_steps(answer, _stamped(answer), times, request_id))


def _stamped(answer: Answer) -> Frames:
    """The frames, stamped, without the JSON of a body that is already written."""
    return (answer.frames.unread(),) if isinstance(answer.frames, Body) else stamp(answer.frames)


def _reframed(frames: Frames, faults: Iterable[tuple[int, FrameFault]], seed: Seed, missed: list[int]) -> Frames:
    """The frames after the faults; the places of those that had nothing to act on are added to `missed`."""
    for index, fault in faults:
        changed = fault.apply(frames, seed.child("fault", index))
        frames = _credited(_or_missed(changed, frames, index, missed), frames, fault)
    return frames


def _replanned(plan: Plan, faults: Iterable[tuple[int, PlanFault]], seed: Seed, missed: list[int]) -> Plan:
    """The plan after the faults, as for frames."""
    for index, fault in faults:
        changed = fault.apply(plan, seed.child("fault", index))
        plan = _credited(_or_missed(changed, plan, index, missed), plan, fault)
    return plan


def event_dues(frames: Frames, kept: Frames, pace: Pace, seed: Seed, work: Work = IDLE) -> tuple[Microseconds, ...]:
    """When each of the kept frames goes out in the stream of `frames`, which are stamped; `kept` are the same with what
    faults did to them. `seed` is that of `compile_answer`.
    """
    due = pace.schedule(frames, seed.child("pace"), work)
    times = Times(0, {frame.ordinal: time for frame, time in zip(frames, due, strict=True)})
    return tuple(_dues(kept, times))


def _suits_messages(fault: Fault, answer: Answer) -> bool:
    """Whether the fault has anything to act on in messages; the answer that opens the connection is one of HTTP too."""
    return fault.over_websocket or (fault.layer is Layer.HTTP and answer.status == _SWITCHED)


def _bounded(steps: Iterable[Step]) -> Plan:
    """The steps as a plan, or PlanTooLongError as soon as there are too many."""
    return _within_limit(tuple(islice(steps, MOST_STEPS + 1)))


def _within_limit(plan: Plan) -> Plan:
    if len(plan) > MOST_STEPS:
        raise PlanTooLongError(f"the plan has more than {MOST_STEPS} steps: shorten the reply or its faults")
    return plan


def _or_missed(changed: _Value | None, value: _Value, index: int, missed: list[int]) -> _Value:
    if changed is None:
        if index >= 0:
            missed.append(index)
        return value
    return changed


def _credited(changed: Sequence[_Caused], value: Sequence[_Caused], fault: Fault) -> Sequence[_Caused]:
    """What the fault made, under the name of who asked for it, where that is not the script."""
    if fault.origin == SCRIPT or changed is value:
        return changed
    kept = set(map(id, value))
    return tuple(it if id(it) in kept else replace(it, cause=_credit(it, fault)) for it in changed)


def _credit(made: Frame | Step, fault: Fault) -> str:
    """The cause of what a fault made, which may have carried on one that it had before."""
    if made.cause.startswith(f"{SCRIPT}: {fault.kind}"):
        return f"{fault.origin}{made.cause.removeprefix(SCRIPT)}"
    return made.cause or (fault.title if isinstance(made, Frame) else "")


def _score(answer: Answer, events: Printed, times: Times, request_id: str) -> Plan:
    """The plan of a stream to which no fault does anything."""
    head = Head(answer.status, headers(answer, _layer_headers(answer, times, request_id)), "chunked")
    score = Score(head, events, times.dues, times.head)  # nothing is held, as no fault did anything
    return score if score.most_steps <= MOST_STEPS else _within_limit(score)


def _steps(answer: Answer, frames: Frames, times: Times, request_id: str) -> Iterator[Step]:
    """The plan without the faults of time, HTTP and connection."""
    streams = answer.streams and not answer.messages
    bodies = list(map(message_bytes, frames) if answer.messages else _bodies(frames, answer))
    bare = streams or answer.messages or answer.status in _WITHOUT_LENGTH
    length: HeaderPairs = () if bare else (("content-length", str(sum(map(len, bodies)))),)
    tells = streams and bool(times.told)
    told = (*times.told, ("trailer", "server-timing")) if tells else times.told
    own = (*length, *_layer_headers(answer, times, request_id), *told)
    if times.head:
        yield Wait(times.head)
    if not answer.messages or answer.status == _SWITCHED:
        yield Head(answer.status, headers(answer, own), "chunked" if streams else "length")
    if answer.messages:
        yield Messages()
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
    yield End(tells=tells)


def _bodies(frames: Frames, answer: Answer) -> Iterator[bytes]:
    return (event_bytes(frame) if answer.streams else _body_bytes(frame, answer) for frame in frames)


def _body_bytes(frame: Frame, answer: Answer) -> bytes:
    return frame.framing.prefix.encode() + body_bytes(frame.data, answer.layout)


def _dues(frames: Frames, times: Times) -> list[Microseconds]:
    """When each frame goes out: no frame before the one in front of it, and a held one together with the next."""
    dues = list(accumulate((times.frames.get(frame.ordinal, 0) for frame in frames), max))
    for index in range(len(frames) - 2, -1, -1):
        if frames[index].framing.held:
            dues[index] = dues[index + 1]
    return dues


def _layer_headers(answer: Answer, times: Times, request_id: str) -> HeaderPairs:
    match answer.layer:
        case "api" | "edge" if answer.style.bare:
            return answer.told
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
