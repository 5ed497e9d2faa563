"""The plan of a stream in little room: its steps are worked out when somebody looks.

Most plans are never looked at: they are played, and forgotten with the journal. Here: events whose bytes come from a
mould that many answers share (`Printed`), a plan over them (`Score`), and one to which faults of time or of the
connection did something (`Edited`). Not here: moulds (the dialects), what becomes of events that faults changed (tuples
of steps, `compile.py`), and playing.
"""

import sys
from abc import abstractmethod
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, takewhile
from operator import ne
from typing import Protocol, overload

from mockllm.plan import End, Frame, Frames, Head, Microseconds, Plan, Send, Step, Wait

_SCORE_BYTES = 400
_BYTES_PER_DUE = 8
_STEP_BYTES = 400
_LOOKED_AT = 256
_STEPS_AROUND = 3
_FEW = 1_024

EVERY = sys.maxsize
"""More than the events of any stream."""


class Mould(Protocol):
    """What is the same in all answers that say the same."""

    @property
    def outline(self) -> Frames:
        """The frames of the stream, stamped, without their data."""

    @property
    def offsets(self) -> Sequence[int]:
        """The bytes of the body before each frame, and at the end."""

    @property
    def weight(self) -> int:
        """The bytes that it takes in memory, about."""


class Printed(Sequence[Frame]):
    """The events of a stream, as a mould and what this answer fills into it; each is a frame when somebody looks."""

    __slots__ = ("mould",)

    def __init__(self, mould: Mould) -> None:
        self.mould = mould

    @abstractmethod
    def data(self, index: int) -> bytes:
        """The bytes of one event."""

    @abstractmethod
    def frame(self, index: int) -> Frame:
        """One event with its data."""

    @abstractmethod
    def chunked(self, first: int = 0, last: int = EVERY) -> bytes:
        """Events, each as a chunk of HTTP (RFC 9112 §7.1), without the last; all of them unless it is said which."""

    @property
    def most(self) -> int:
        """As many events as there can be, or more: what can be told without making any."""
        return len(self)

    def reach(self, count: int) -> int:
        """So many events, or as many as there are if those are fewer. No more of them are made than it takes."""
        return min(count, len(self))

    def __len__(self) -> int:
        return len(self.mould.outline)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> Frames: ...
    def __getitem__(self, index: int | slice) -> Frame | Frames:
        places = range(len(self))[index]
        return self.frame(places) if isinstance(places, int) else tuple(map(self.frame, places))

    def __iter__(self) -> Iterator[Frame]:
        return map(self.frame, takewhile(lambda index: self.reach(index + 1) > index, count()))


def held(frames: Iterable[Frame]) -> Frames:
    """The frames in a form in which they can be looked at more than once."""
    return frames if isinstance(frames, Printed) else tuple(frames)


def outline(frames: Frames) -> Frames:
    """The frames, without their data where that takes work to make."""
    return frames.mould.outline if isinstance(frames, Printed) else frames


class Compact(Sequence[Step]):
    """A plan over printed events, whose steps are made when somebody looks."""

    __slots__ = ("events",)

    def __init__(self, events: Printed) -> None:
        self.events = events

    @property
    @abstractmethod
    def weight(self) -> int:
        """The bytes that it takes in memory beside the mould, about."""

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | Sequence[Step]:
        return tuple(self)[index]

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as that of a plan that holds JSON


class Score(Compact):
    """The plan of a stream: head, events and end, each event when it is due. Without times all go out at once.

    `dues` are the times of the events, which never go back, counted from the start of the plan; an array of them, which
    several scores may have, is kept as it is. `head_us` is the time of the head. The frames of its steps are those of
    the outline.
    """

    __slots__ = ("_dues", "_length", "head", "head_us")

    def __init__(
        self, head: Head, events: Printed, dues: Iterable[Microseconds] = (), head_us: Microseconds = 0
    ) -> None:
        super().__init__(events)
        self.head = head
        self.head_us = head_us
        self._dues = dues if isinstance(dues, array) else array("q", dues)
        self._length: int | None = None

    @property
    def dues(self) -> Sequence[Microseconds]:
        """When each event is due; empty if all are at once."""
        return self._dues

    @property
    def at_once(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.duration_us == 0

    @property
    def duration_us(self) -> Microseconds:
        """When the last event is due."""
        return self._dues[-1] if self._dues else self.head_us

    @property
    def size(self) -> int:
        """The bytes of the body."""
        return self.events.mould.offsets[-1]

    @property
    def weight(self) -> int:
        """The bytes that it takes in memory beside the mould, about."""
        return _SCORE_BYTES + _BYTES_PER_DUE * len(self._dues)

    def fits(self, most: int) -> bool:
        """Whether the body has at most so many bytes. No more of it is made than it takes to tell."""
        events, offsets = self.events, self.events.mould.offsets
        looked = _LOOKED_AT
        while (reached := events.reach(looked)) == looked and offsets[reached] <= most:
            looked *= 2
        return offsets[reached] <= most

    def sent(self, steps: int) -> int:
        """The bytes of the body in the first so many steps. No more of it is made than it takes to tell."""
        left, now, sends = steps - 1 - (self.head_us > 0), self.head_us, 0
        for due in self._dues:
            left -= 1 + (due > now)
            if left < 0:
                break
            now, sends = due, sends + 1
        sends = sends if self._dues else max(left, 0)
        return self.events.mould.offsets[self.events.reach(sends)]

    @property
    def most_steps(self) -> int:
        """As many steps as there are, or of a long stream, which is not made for that, as there can be."""
        most = self.events.most
        return len(self) if most <= _FEW else 2 * most + _STEPS_AROUND

    def __len__(self) -> int:
        if self._length is None:
            dues = self._dues
            waits = sum(map(ne, dues, (self.head_us, *dues[:-1]))) if dues else 0
            self._length = len(self.events) + waits + (self.head_us > 0) + 2
        return self._length

    def __iter__(self) -> Iterator[Step]:
        now = self.head_us
        if now:
            yield Wait(now)
        yield self.head
        events, dues = self.events, self._dues
        for index, (frame, offset) in enumerate(zip(events.mould.outline, events.mould.offsets, strict=False)):
            if dues and dues[index] > now:
                yield Wait(dues[index] - now)
                now = dues[index]
            yield Send(events.data(index), frame, offset)
        yield End()


class Edited(Compact):
    """A score to which faults did something: the events that they left as they were are kept as their numbers."""

    __slots__ = ("_steps",)

    def __init__(self, score: Sequence[Step], events: Printed, edited: Sequence[Step]) -> None:
        """`score` are the steps that the faults were given, and `edited` what they made of them."""
        super().__init__(events)
        sends = {id(step): number for number, step in enumerate(it for it in score if isinstance(it, Send))}
        self._steps: tuple[int | Step, ...] = tuple(sends.get(id(step), step) for step in edited)

    @property
    def weight(self) -> int:
        """The bytes that it takes in memory beside the mould, about."""
        return _SCORE_BYTES + sum(_BYTES_PER_DUE if isinstance(step, int) else _STEP_BYTES for step in self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[Step]:
        mould = self.events.mould
        for step in self._steps:
            if isinstance(step, int):
                yield Send(self.events.data(step), mould.outline[step], mould.offsets[step])
            else:
                yield step


def step_after(plan: Plan, done: int) -> int:
    """The number of the step that comes after so many, or of the last. No more of a score is made than it takes."""
    if isinstance(plan, Score) and plan.events.reach(done + 1) > done:
        return done
    return min(done, len(plan) - 1)
