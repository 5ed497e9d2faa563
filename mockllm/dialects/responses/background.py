"""Responses that are made in the background: polling, cancelling, and their stream once more (wire-contract §7.6).

The clock decides. The events of such a response are due at the times that the pace gives them, counted from the call
that asked for it, and a later call sees what was due when it came. So with a pace a response is `in_progress` for as
long as its stream would have taken, and without one it is completed when it is first asked for. A stream that was
delivered when its response was cancelled has gone out as it was planned.

Here: what a response is at a moment. Not here: the endpoints (`stored.py`) and who counts the times (`respond.py`).
"""

from collections.abc import Mapping
from dataclasses import replace

from mockllm.dialects.base import Events
from mockllm.errors import ApiError
from mockllm.plan import Frame, Microseconds
from mockllm.request import JSON
from mockllm.store import Stored

CANCELLED = "cancelled"


def seen(kept: Stored, now_us: Microseconds) -> Mapping[str, JSON]:
    """The response as it is at that reading of the clock: queued, in progress, or what it came to."""
    elapsed = now_us - kept.at_us
    if not kept.dues or elapsed >= kept.dues[-1]:
        return kept.value
    told = [(due, response) for frame, due in _timed(kept) if (response := _response(frame)) is not None]
    return next((response for due, response in reversed(told) if due <= elapsed), told[0][1])


def cancelled(kept: Stored, now_us: Microseconds) -> Stored:
    """The response after it was cancelled at that reading of the clock. One that is over stays what it is.

    Raises ApiError 400 for a response that was not made in the background.
    """
    if kept.value["background"] is not True:
        raise ApiError(400, "Cannot cancel a synchronous response.")
    if not kept.dues or now_us - kept.at_us >= kept.dues[-1]:
        return kept
    there = [(frame, due) for frame, due in _timed(kept) if due <= now_us - kept.at_us]
    return replace(
        kept,
        value={**seen(kept, now_us), "status": CANCELLED},
        frames=tuple(frame for frame, _ in there),
        dues=tuple(due for _, due in there),
    )


def replayed(kept: Stored, now_us: Microseconds, after: int) -> Events:
    """The events with a higher number than `after`: at once those that were due, and the others when they are.

    Raises ApiError 400 for a response that was not made in the background as a stream.
    """
    if not kept.replays:
        message = f"Response '{kept.id}' cannot be streamed: it was not created with background=true and stream=true."
        raise ApiError(400, message, param="stream")
    now = max(now_us - kept.at_us, 0)
    frames: list[Frame] = []
    for frame, due in _timed(kept):
        if _number(frame) > after:
            frames.append(replace(frame, framing=replace(frame.framing, delay_us=due - now)) if due > now else frame)
            now = max(now, due)
    return Events(tuple(frames))


def starting_after(query: Mapping[str, str]) -> int:
    """The number that the query asks to go on after, -1 for all events. Raises ApiError 400 for one that is none."""
    text = query.get("starting_after")
    if text is None:
        return -1
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        message = f"Invalid type for 'starting_after': expected an integer, but got '{text}' instead."
        raise ApiError(400, message, code="invalid_type", param="starting_after")
    return int(text)


_MOST_DIGITS = 18


def _timed(kept: Stored) -> list[tuple[Frame, Microseconds]]:
    return list(zip(kept.frames, kept.dues, strict=True))


def _response(frame: Frame) -> Mapping[str, JSON] | None:
    """The response that an event of its life carries."""
    response = frame.data.get("response") if isinstance(frame.data, Mapping) else None
    return response if isinstance(response, Mapping) else None


def _number(frame: Frame) -> float:
    """The event's number; what has none, as only faults make it, comes after all."""
    number = frame.data.get("sequence_number") if isinstance(frame.data, Mapping) else None
    return number if isinstance(number, int) else float("inf")
