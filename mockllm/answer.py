"""A reply becomes an answer: status, headers and frames, before time.

Here: one function per form of reply, in one table. Everything that is ever sent passes here, errors and verbatim
bytes included, so that all of it meets the same pace, faults, player and journal. Not here: choosing the reply
(`engine.py`) and the timed plan (`compile.py`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Literal, overload

from mockllm.catalogue import INVALID, known_error
from mockllm.dialects import plain
from mockllm.dialects.base import Dialect, Events, Layout, Media, Resource, Result, Switch, Written
from mockllm.dialects.headers import EDGE_TYPE, JSON_TYPE, STREAM_TYPE, HeaderPairs, merged
from mockllm.dialects.sse import payload
from mockllm.errors import ApiError
from mockllm.limits import go_duration
from mockllm.plan import Frame, Frames
from mockllm.request import JSON, Request
from mockllm.scenario.faults import Fault, TurnFault
from mockllm.scenario.reply import ErrorSpec, EventSpec, EventsReply, RawReply, RetryAfter
from mockllm.score import Printed, held, outline
from mockllm.seeds import Seed
from mockllm.turn import Turn

_SECOND_US = 1_000_000
_STREAM_HEADERS: HeaderPairs = (("content-type", STREAM_TYPE),)
_JSON_HEADERS: HeaderPairs = (("content-type", JSON_TYPE),)


@dataclass(frozen=True, slots=True)
class Style:
    """What a profile makes of an answer: the faults that act before the author's own and are never reported as without
    a place, and the headers, where None takes one away. A `bare` one has no headers of the imitated API.
    """

    faults: tuple[Fault, ...] = ()
    headers: tuple[tuple[str, str | None], ...] = ()
    bare: bool = False


# What most answers say themselves, and what is never among our own headers.
_TYPE_ALONE = ["content-type"]

USUAL_STYLE = Style()
"""The style of the API itself."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out, before time.

    `layer` tells whose headers it carries, and `overrides` are the author's, which win. `paced` are the frames of the
    stream that a plain body stands for, by which its time is counted, and `told` are headers that tell rate limits.
    `input_tokens` are those that are read before the first token comes, which are not the cached ones. `messages` says
    that the frames are messages of a WebSocket, which under status 101 opens with this answer.
    """

    status: int
    headers: HeaderPairs
    frames: Frames
    layout: Layout = plain.ERROR
    layer: Literal["api", "edge", "verbatim"] = "api"
    paced: Frames = ()
    overrides: HeaderPairs = ()
    told: HeaderPairs = ()
    style: Style = USUAL_STYLE
    input_tokens: int = 0
    messages: bool = False

    @property
    def streams(self) -> bool:
        """Whether the frames are events of a stream; otherwise there is one, the plain body."""
        if isinstance(self.frames, (Printed, Body)):
            return isinstance(self.frames, Printed)
        return not any(frame.kind == "body" for frame in self.frames)


def turn_answer(turn: Turn, request: Request, dialect: Dialect, seed: Seed, *, counted: bool) -> Answer:
    """The turn in the words of its API. With `counted` a plain body also carries the frames of the stream that it
    stands for; in the background it stands for the first of them alone.
    """
    new = max(turn.usage.input_tokens - turn.usage.cached_tokens, 0)
    if request.stream:
        return Answer(200, _STREAM_HEADERS, held(dialect.stream(turn, request, seed)), input_tokens=new)
    answer = resource_answer(dialect.body(turn, request), dialect)
    if not counted:
        return answer
    stream = outline(held(dialect.stream(turn, request, seed)))
    return replace(answer, paced=stream[:1] if request.background else stream, input_tokens=new)


def headers(answer: Answer, own: HeaderPairs) -> HeaderPairs:
    """The headers of the answer with our own after them, none of them twice, and the author's in their place."""
    if [name for name, _ in answer.headers] != _TYPE_ALONE:
        said = {name.lower() for name, _ in answer.headers}
        own = tuple(pair for pair in own if pair[0] not in said)
    return merged(_styled((*answer.headers, *own), answer.style), answer.overrides)


def _styled(headers: HeaderPairs, style: Style) -> HeaderPairs:
    """The headers with what the profile adds, replaces and takes away."""
    if not style.headers:
        return headers
    gone = {name.lower() for name, value in style.headers if value is None}
    kept = tuple(pair for pair in headers if pair[0].lower() not in gone)
    return merged(kept, tuple((name, value) for name, value in style.headers if value is not None))


def apply_to_turn(turn: Turn, faults: tuple[Fault, ...], seed: Seed) -> tuple[Turn, tuple[int, ...]]:
    """The turn after the faults of what is said, and the places of those that found nothing to act on."""
    missed: list[int] = []
    for index, fault in enumerate(faults):
        if isinstance(fault, TurnFault):
            changed = fault.apply(turn, seed.child("fault", index))
            if changed is None:
                missed.append(index)
            turn = changed or turn
    return turn, tuple(missed)


class Body(Sequence[Frame]):
    """The one frame of a plain body that is already written: it has JSON when somebody looks, and else its bytes."""

    __slots__ = ("_label", "_written")

    def __init__(self, written: Written, label: str) -> None:
        self._written = written
        self._label = label

    def unread(self) -> Frame:
        """The frame, stamped, with bytes for its data."""
        return Frame(self._written.write(), "body", 0, self._label, ordinal=0)

    def __len__(self) -> int:
        return 1

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> Frames: ...
    def __getitem__(self, index: int | slice) -> Frame | Frames:
        return (Frame(self._written.value(), "body", label=self._label),)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as that of frames that hold JSON


def json_answer(data: JSON, layout: Layout, *, label: str, paced: Frames = ()) -> Answer:
    """A plain body under 200."""
    return Answer(200, _JSON_HEADERS, (Frame(data, "body", label=label),), layout, paced=paced)


def resource_answer(result: Result, endpoint: Resource | Dialect) -> Answer:
    """What an endpoint answers with, under 200; of a body in pieces each is a chunk."""
    match result:
        case Media(pieces=pieces, content_type=kind):
            headers = (("content-type", kind),)
            if len(pieces) == 1:
                return Answer(200, headers, (Frame(pieces[0], "body", label=f"body {endpoint.api}"),))
            frames = (Frame(piece, "raw", 1, f"{len(piece)} bytes") for piece in pieces)
            return Answer(200, headers, tuple(frames))
        case Written():
            return Answer(200, _JSON_HEADERS, Body(result, f"body {endpoint.api}"), endpoint.layout)
        case Events(frames=events):
            return Answer(200, (("content-type", STREAM_TYPE),), events)
        case Switch(headers=upgrade, frames=events):
            return Answer(101, upgrade, events, messages=True)
        case _:
            return json_answer(result, endpoint.layout, label=f"body {endpoint.api}")


def error_answer(error: ApiError) -> Answer:
    """A refusal: the error object, as the API layer or the edge writes it."""
    code = error.code if error.code is not None else error.type
    frame = Frame(plain.error_json(error), "body", label=f"error {code}")
    if error.edge:
        headers = merged((("content-type", EDGE_TYPE),), error.headers)
        return Answer(error.status, headers, (frame,), plain.EDGE_ERROR, "edge")
    return Answer(error.status, merged((("content-type", JSON_TYPE),), error.headers), (frame,), plain.ERROR)


def scripted_error(spec: ErrorSpec, request: Request, request_id: str) -> ApiError:
    """The refusal that the author asks for; a known code fills in what is left out."""
    known = known_error(spec.code or "", request.api)
    status = spec.status or (known.status if known else 400)
    message = spec.message
    if message is None:
        words = {"model": request.model, "request_id": request_id, "key": "sk-...mock", "tokens": "128001"}
        words["wait"] = go_duration(_wait_us(spec.retry_after))
        message = known.message.format(**words) if known else f"The endpoint refuses this request with status {status}."
    headers = (*_retry_headers(spec.retry_after, request.call.wall_s), *spec.headers.items())
    return ApiError(
        status,
        message,
        type_=spec.type or (known.type if known else _type_of(status)),
        code=known.code if known else spec.code,
        param=spec.param or (known.param if known else None),
        headers=headers,
        edge=known.edge if known else False,
    )


def _type_of(status: int) -> str:
    return "server_error" if status >= 500 else INVALID  # noqa: PLR2004 # the class of server errors, RFC 9110 §15.6


def _wait_us(retry: RetryAfter | None) -> int:
    """The time that the hint tells, in microseconds; a second if it tells none."""
    if retry is None:
        return _SECOND_US
    told = (retry.after, retry.date, retry.ms and 1_000 * retry.ms)
    return next((us for us in told if us), _SECOND_US)


def _retry_headers(retry: RetryAfter | None, wall_s: int) -> Iterator[tuple[str, str]]:
    """The hint in the form that was asked for. Seconds are rounded up, as the header has no fractions (RFC 9110
    §10.2.3).
    """
    if retry is None:
        return
    if retry.after is not None:
        yield "retry-after", str(math.ceil(retry.after / _SECOND_US))
    if retry.date is not None:
        yield "retry-after", formatdate(wall_s + math.ceil(retry.date / _SECOND_US), usegmt=True)
    if retry.raw is not None:
        yield "retry-after", retry.raw
    if retry.ms is not None:
        yield "retry-after-ms", str(retry.ms)


def raw_answer(reply: RawReply) -> Answer:
    """Verbatim HTTP."""
    body = reply.raw.body
    kind = "text/plain; charset=utf-8" if isinstance(body, str) else JSON_TYPE
    headers = merged((("content-type", kind),), tuple(reply.raw.headers.items()))
    return Answer(reply.raw.status, headers, (Frame(body, "body", label="raw body"),), plain.ERROR, "verbatim")


def events_answer(reply: EventsReply) -> Answer:
    """A verbatim event stream."""
    return Answer(200, (("content-type", STREAM_TYPE),), tuple(map(_event, reply.events)))


def _event(spec: EventSpec) -> Frame:
    fields = (("", spec.comment), ("id", spec.id), ("retry", spec.retry))
    kept = tuple((name, str(value)) for name, value in fields if value is not None)
    if spec.data == "[DONE]":
        return Frame(spec.data, "done", label="[DONE]", event=spec.event, fields=kept)
    label = spec.event or (payload(spec.data)[:40] if spec.data is not None else "event")
    return Frame(spec.data, "event", spec.tokens, label, spec.event, kept)
