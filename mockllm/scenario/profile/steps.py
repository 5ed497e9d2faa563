"""How the answer of a vendor falls into chunks.

Here: the steps that join chunks of Chat Completions: whole tool calls (`WholeCalls`), and a role, a finish reason or a
usage that rides with other chunks (`Fold`); and errors in a stream (`InStream`). Not here: the keys of a chunk
(`shape.py`), and chunks that come in between, which are the fault `insert`.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr

from mockllm.catalogue import KNOWN_ERRORS
from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.scenario.base import Authored, Flag
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.profile.shape import Template
from mockllm.scenario.profile.value import Context, evaluate
from mockllm.seeds import Seed


class WholeCalls(FrameFault):
    """Each tool call of a stream comes whole, in the chunk of its last piece."""

    kind: ClassVar[str] = "whole_calls"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    shorthand: ClassVar[str | None] = "apart"

    apart: Flag = Field(default=True, description="whether the role stays in a chunk of its own before the call")

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames with each call in one, or None if there is no call in pieces."""
        last = {key: place for place, frame in enumerate(frames) if (key := _call_of(frame)) is not None}
        if not last:
            return None
        whole: dict[tuple[int, int], dict[str, Any]] = {}
        sent: list[Frame] = []
        for place, frame in enumerate(frames):
            if (key := _call_of(frame)) is None:
                sent.append(frame)
                continue
            call, role = _parts(frame)
            if role is not None:
                sent.append(role)
            _add(whole.setdefault(key, {}), call)
            if last[key] == place:
                called = _with_call(frame, whole[key])
                sent.append(replace(called, kind="token", label=_label(whole[key]), cause=f"fault: {self.kind}"))
        return tuple(sent) if self.apart else tuple(_rejoined(sent))


class Fold(FrameFault):
    """A chunk comes no more, and what it tells is in a neighbour: the usage in the chunk with the finish reason, the
    finish reason in the chunk before it (with `calls` only if that is a tool call), or the role in the chunk after it,
    if it is alone in its own.
    """

    kind: ClassVar[str] = "fold"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    shorthand: ClassVar[str | None] = "frame"

    frame: Literal["usage", "finish", "calls", "role"] = Field(
        description="usage, into the finish; finish or calls, into what is before it; role, into what is after it"
    )

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames without that one, or None if it is not there or there is nothing to put it into."""
        sent = list(frames)
        kind = "finish" if self.frame == "calls" else self.frame
        for folded in [frame for frame in frames if frame.kind == kind]:
            place = next(index for index, frame in enumerate(sent) if frame is folded)
            if (into := self._target(sent, place)) is not None:
                sent[into] = replace(_fold(sent[into], folded), cause=f"fault: {self.kind}")
                del sent[place]
        return tuple(sent) if len(sent) < len(frames) else None

    def _target(self, frames: list[Frame], place: int) -> int | None:
        """Where the neighbour is."""
        choice = frames[place].choice
        if self.frame == "role" and _calls(frames[place]):
            return None
        around = range(place + 1, len(frames)) if self.frame == "role" else range(place - 1, -1, -1)
        near = (index for index in around if isinstance(frames[index].data, Mapping) and frames[index].ordinal >= 0)
        if self.frame == "usage":
            return next((index for index in near if frames[index].kind == "finish"), None)
        beside = next((index for index in near if frames[index].choice == choice), None)
        return None if self.frame == "calls" and (beside is None or not _calls(frames[beside])) else beside


def _fold(frame: Frame, folded: Frame) -> Frame:
    """The frame with what another one told; a role comes before all else."""
    if folded.kind == "role":
        return replace(frame, data=_joined(folded.data, frame.data))
    return replace(frame, data=_joined(frame.data, folded.data), kind="finish", tokens=frame.tokens + folded.tokens)


class ErrorWords(Authored):
    """The event that tells an error in the middle of a stream. Templates know `error`, and `chunk`, the first one."""

    shorthand: ClassVar[str | None] = "data"

    data: Template = Field(description="the JSON of the event")
    event: str | None = Field(default=None, description="its name, if it has one")
    done: Flag = Field(default=False, description="whether the end marker follows it")


class InStream(FrameFault):
    """A known error in the middle of a stream, in the words of the vendor. One that the author wrote himself stays."""

    kind: ClassVar[str] = "in_stream"
    # After the author's faults of payload, which bring the error.
    layer: ClassVar[Layer] = Layer.FRAMING

    words: ErrorWords

    _context: Context = PrivateAttr(default=Context())

    def within(self, context: Context) -> Self:
        """The same for the answer with this context."""
        copy = self.model_copy()
        copy._context = context  # noqa: SLF001 # it is of this very class
        return copy

    def apply(self, frames: Frames, _seed: Seed) -> Frames | None:
        """The frames with the other error, or None if there is none."""
        changed: list[Frame] = []
        for frame in frames:
            if (error := _known_error(frame)) is None:
                changed.append(frame)
                continue
            chunks = (it.data for it in frames if isinstance(it.data, Mapping) and it.kind in _CHUNKS)
            words = {**self._context.words(), "error": error, "chunk": next(chunks, {})}
            changed.append(replace(frame, data=evaluate(self.words.data, words), event=self.words.event))
            if self.words.done and frame is frames[-1]:
                changed.append(Frame("[DONE]", "done", label="[DONE]", cause=frame.cause))
        return None if changed == list(frames) else tuple(changed)


_CHUNKS = frozenset({"role", "token", "finish"})


def _known_error(frame: Frame) -> Mapping[str, JSON] | None:
    """The error that a frame tells, if it is what the imitated API says, rather than what an author wrote."""
    error = frame.data.get("error") if frame.kind == "error" and isinstance(frame.data, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    told = (error.get("code"), error.get("type"))
    return error if any((known.code, known.type) == told for known in KNOWN_ERRORS.values()) else None


def _calls(frame: Frame) -> list[dict[str, Any]] | None:
    """The tool calls in the delta of a chunk; None if it has none."""
    match frame.data:
        case {"choices": [{"delta": {"tool_calls": [*calls]}}]}:
            return [call for call in calls if isinstance(call, dict)]
    return None


def _call_of(frame: Frame) -> tuple[int, int] | None:
    """The choice and the number of the call that a chunk has a piece of."""
    calls = _calls(frame)
    return (frame.choice, int(calls[0].get("index", 0))) if calls else None


def _parts(frame: Frame) -> tuple[Mapping[str, Any], Frame | None]:
    """The piece of a call, and the chunk without it if it has the role."""
    data: Any = deepcopy(frame.data)
    delta = data["choices"][0]["delta"]
    call = delta.pop("tool_calls")[0]
    role = replace(frame, data=data, tokens=0, kind="role", label="role") if "role" in delta else None
    return call, role


def _add(whole: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece of a call to what came of it: texts of its function or tool grow, all else comes once."""
    for key, value in piece.items():
        if not isinstance(value, Mapping):
            whole.setdefault(key, value)
            continue
        inner = whole.setdefault(key, {})
        for name, text in value.items():
            inner[name] = inner[name] + text if name in inner and name != "name" else text


def _label(call: Mapping[str, Any]) -> str:
    """What timelines say of a whole call."""
    told = next((value for value in call.values() if isinstance(value, Mapping)), {})
    return " ".join(["call", str(call.get("index", 0)), *map(str, told.values())])


def _with_call(frame: Frame, call: Mapping[str, Any]) -> Frame:
    data: Any = deepcopy(frame.data)
    data["choices"][0]["delta"] = {"tool_calls": [call]}
    return replace(frame, data=data)


def _rejoined(frames: list[Frame]) -> list[Frame]:
    """The frames in which a role whose call follows at once is in the chunk of that call."""
    kept: list[Frame] = []
    for frame in frames:
        before = kept[-1] if kept else None
        if before is not None and before.kind == "role" and _calls(frame) and before.choice == frame.choice:
            kept[-1] = replace(frame, data=_joined(before.data, frame.data))
        else:
            kept.append(frame)
    return kept


def _joined(data: "JSON | bytes", added: "JSON | bytes") -> JSON:
    """One chunk that tells what two told; what is null or an empty text in the later one tells nothing."""
    if not isinstance(data, Mapping) or not isinstance(added, Mapping):
        return data
    joined: dict[str, Any] = dict(data)
    for key, value in added.items():
        old = joined.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            joined[key] = _joined(old, value)
        elif isinstance(old, list) and isinstance(value, list) and old and value and key == "choices":
            joined[key] = [_joined(old[0], value[0]), *old[1:]]
        elif key not in joined or (value not in (None, "", []) and key != "obfuscation"):
            joined[key] = value
    return joined
