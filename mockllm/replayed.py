"""A recorded answer becomes an answer to play, so that faults, positions and the journal work on it as on any other.

Here: chunks become frames, their gaps become waits, and `AsRecorded` puts back what HTTP made of it: framing, odd
chunks, the end. Not here: the recording (`cassette/`) and what an author writes (`scenario/replay.py`).

A frame is a chunk, since that is what arrives; a chunk that is one event as this package would write it has its JSON,
so faults that look inside work on it. All others are bytes.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, assert_never

import orjson
from pydantic import PrivateAttr

from mockllm.answer import Answer, Style
from mockllm.cassette import Chunk, Recorded
from mockllm.dialects import plain
from mockllm.dialects.base import Layout
from mockllm.dialects.plain import body_bytes
from mockllm.dialects.sse import event_bytes
from mockllm.plan import Close, End, Frame, FrameKind, Framing, Head, Plan, Raw, Reset, Send, Step, Wait
from mockllm.request import JSON
from mockllm.scenario.faults.base import Layer, PlanFault
from mockllm.scenario.pace import Fixed, Pace
from mockllm.scenario.replay import ChunkSpec, ReplaySpec
from mockllm.seeds import Seed

_LAYOUTS = (Layout(), plain.ERROR, plain.EDGE_ERROR, Layout(indent=0, newline=False))
_EVENT_STREAM = "text/event-stream"
_DONE = "[DONE]"

_EVENT_KINDS: Mapping[str, FrameKind] = {
    "response.created": "opening",
    "response.in_progress": "opening",
    "response.completed": "finish",
    "response.incomplete": "finish",
    "response.failed": "finish",
    "error": "error",
}


class AsRecorded(PlanFault):
    """The HTTP of a recorded answer around its frames. It has no name in YAML, and acts before every fault that has."""

    kind: ClassVar[str] = "replay"
    layer: ClassVar[Layer] = Layer.TIME

    _recorded: Recorded = PrivateAttr()
    _end_us: int = PrivateAttr(default=0)

    @classmethod
    def of(cls, recorded: Recorded, end_us: int) -> "AsRecorded":
        """What this answer needs; it ends so long after its last chunk."""
        fault = cls()
        fault._recorded, fault._end_us = recorded, end_us
        return fault

    def apply(self, plan: Plan, _seed: Seed) -> Plan:
        """The plan with the recorded head, chunks and end."""
        size = sum(len(step.data) for step in plan if isinstance(step, Send))
        return tuple(new for step in plan for new in self._steps(step, size))

    def _steps(self, step: Step, size: int) -> Iterator[Step]:
        match step:
            case Head() if self._recorded.status:
                yield self._head(step, size)
            case Head():
                return
            case Send(frame=frame) if (wire := self._wire(frame)) is not None:
                yield Raw(wire, "recorded: framed like this")
            case End():
                yield from self._end()
            case _:
                yield step

    def _head(self, head: Head, size: int) -> Head:
        """The head with the recorded framing. The length is that of what is sent now, unless less came than it told."""
        recorded = self._recorded
        pairs = head.headers
        if recorded.framing != "length" or recorded.header("content-length") is None:
            pairs = tuple(pair for pair in pairs if pair[0].lower() != "content-length")
        elif size != len(recorded.body):
            told = str(size)
            pairs = tuple((name, told if name.lower() == "content-length" else value) for name, value in pairs)
        else:
            told = str(recorded.header("content-length"))
            pairs = tuple((name, told if name.lower() == "content-length" else value) for name, value in pairs)
        return replace(head, headers=pairs, body=recorded.framing, version=recorded.version)

    def _wire(self, frame: Frame) -> bytes | None:
        """The bytes of a chunk that HTTP framed in an unusual way; None if a fault changed it or it is a usual one."""
        if not 0 <= frame.ordinal < len(self._recorded.chunks):
            return None
        chunk = self._recorded.chunks[frame.ordinal]
        return chunk.wire if event_bytes(frame) == chunk.data else None

    def _end(self) -> Iterator[Step]:
        if self._end_us:
            yield Wait(self._end_us)
        match self._recorded.ending:
            case "end" if self._recorded.tail:
                yield Raw(self._recorded.tail, "recorded: ended like this")
                yield Close()
            case "end":
                yield End()
            case "close":
                yield Close("recorded: close")
            case "reset":
                yield Reset("recorded: reset")
            case _:
                assert_never(self._recorded.ending)


def recorded_of(spec: ReplaySpec) -> Recorded:
    """The answer that is written out, or that of the cassette."""
    if spec.recorded is not None:
        return spec.recorded
    chunks: list[Chunk] = []
    now_us = spec.head
    for entry in spec.chunks:
        now_us += entry.after
        wire = None if entry.wire is None else base64.b64decode(entry.wire)
        chunks.append(Chunk(now_us, _data(entry), wire))
    headers = tuple((name, value) for name, values in spec.headers.items() for value in values)
    tail = b"" if spec.tail is None else base64.b64decode(spec.tail)
    end_us = now_us + spec.ending_after
    return Recorded(
        spec.status, headers, spec.head, tuple(chunks), spec.framing, spec.version, spec.ending, end_us, tail
    )


def _data(entry: ChunkSpec) -> bytes:
    if entry.text is not None:
        return entry.text.encode(errors="surrogatepass")
    if entry.base64 is not None:
        return base64.b64decode(entry.base64)
    return event_bytes(Frame(entry.data, event=entry.event)) if "data" in entry.model_fields_set else b""


def replay_answer(spec: ReplaySpec, *, timed: bool) -> Answer:
    """The recorded answer. Unless it is `timed`, which the author's own pace takes away, its chunks have no gaps."""
    recorded = recorded_of(spec)
    speed = spec.speed if timed else 0
    before = recorded.head_us
    frames: list[Frame] = []
    layout = _LAYOUTS[0]
    for chunk in recorded.chunks:
        frame = frame_of(chunk.data)
        frames.append(replace(frame, framing=Framing(delay_us=_sped(chunk.at_us, speed) - _sped(before, speed))))
        before = chunk.at_us
    if len(recorded.chunks) == 1 and _EVENT_STREAM not in (recorded.header("content-type") or ""):
        data, layout = _body(recorded.body)
        frames = [replace(frames[0], data=data, kind="body", tokens=0, label="recorded body")]
    end_us = _sped(recorded.end_us, speed) - _sped(before, speed)
    style = Style((AsRecorded.of(recorded, end_us),))
    return Answer(recorded.status or 200, recorded.headers, tuple(frames), layout, "verbatim", style=style)


def replay_pace(spec: ReplaySpec) -> Pace:
    """When the head of the recorded answer goes out; the rest are gaps between its frames."""
    us = _sped(recorded_of(spec).head_us, spec.speed)
    return Pace(head=Fixed.model_validate(f"{us}us")) if us else Pace()


def _sped(at_us: int, speed: float) -> int:
    """A time at another speed. Times and not gaps are rounded, so that rounding does not add up."""
    return round(at_us / speed) if speed else 0


def _body(data: bytes) -> tuple["JSON | bytes", Layout]:
    """The body as JSON in the layout that gives the same bytes, or as it is."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return data, _LAYOUTS[0]
    if isinstance(value, str):
        return data, _LAYOUTS[0]
    return next(((value, layout) for layout in _LAYOUTS if body_bytes(value, layout) == data), (data, _LAYOUTS[0]))


def frame_of(data: bytes) -> Frame:
    """The chunk as a frame: with its JSON if it is one usual event, or else its bytes, whose events still count."""
    events = [(name, value) for name, value in _events(data)]
    if len(events) == 1:
        name, value = events[0]
        kind, tokens = _kind(name, value)
        frame = Frame(value, kind, tokens, _label(name, value), name)
        if event_bytes(frame) == data:
            return frame
    kinds = [_kind(name, value) for name, value in events]
    kind = next((kind for kind in ("done", "finish") if any(kind == it for it, _ in kinds)), "raw")
    return Frame(data, kind, sum(tokens for _, tokens in kinds), f"{len(data)} bytes")


def _events(data: bytes) -> Iterator[tuple[str | None, JSON]]:
    """The whole events of a chunk: their names and their data, as JSON if it is some."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    for event in text.split("\n\n")[:-1]:
        lines = [line.partition(": ") for line in event.split("\n")]
        name = next((value for field, _, value in lines if field == "event"), None)
        told = [value for field, _, value in lines if field == "data"]
        if len(told) == 1:
            try:
                yield name, orjson.loads(told[0])
            except orjson.JSONDecodeError:
                yield name, told[0]


def _kind(name: str | None, value: JSON) -> tuple[FrameKind, int]:
    """The kind of an event and how many tokens it carries, about: each delta with some text is one."""
    if value == _DONE:
        return "done", 0
    if not isinstance(value, Mapping):
        return "event", 0
    if "error" in value and "choices" not in value:
        return "error", 0
    if name is not None:
        return ("token", 1) if name.endswith(".delta") else (_EVENT_KINDS.get(name, "event"), 0)
    choices = value.get("choices")
    if not isinstance(choices, list):
        return "event", 0
    if not choices:
        return "usage", 0
    return _choice_kind([choice for choice in choices if isinstance(choice, Mapping)])


def _choice_kind(choices: list[Mapping[str, JSON]]) -> tuple[FrameKind, int]:
    deltas = [delta for choice in choices if isinstance(delta := choice.get("delta"), Mapping)]
    carried = sum(any(value for key, value in delta.items() if key != "role") for delta in deltas)
    carried += sum(bool(choice.get("text")) for choice in choices)
    if any(choice.get("finish_reason") for choice in choices):
        return "finish", carried
    if carried:
        return "token", carried
    return ("role" if any("role" in delta for delta in deltas) else "event"), 0


def _label(name: str | None, value: JSON) -> str:
    if isinstance(value, str):
        return value
    if name is not None:
        return name
    text = orjson.dumps(value).decode()
    return text[:60]
