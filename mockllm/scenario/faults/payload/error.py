"""An answer that began under status 200 turns out to be an error.

Here: the error inside a stream, and the error in place of the answer. Not here: what the Responses API makes of them
(`failure.py`), and errors under their own status, which are replies (`../../error.py`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from mockllm.catalogue import KNOWN_ERRORS, known_error
from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.scenario.base import Flag, JSONValue, Shaped, nearest
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import Between, gap, is_plain, written
from mockllm.scenario.faults.payload.failure import (
    Shape,
    error_frame,
    failed_body,
    failed_frames,
    response_of,
)
from mockllm.seeds import Seed
from mockllm.units import refusal

_REQUEST_DIGITS = 32


def _known(code: str) -> str:
    if code not in KNOWN_ERRORS:
        known = ", ".join(KNOWN_ERRORS)
        hint = nearest(code, list(KNOWN_ERRORS))
        raise refusal(f"unknown error code '{code}': {hint}write the error as a mapping, or use one of {known}")
    return code


_Code = Annotated[str, AfterValidator(_known), WithJsonSchema({"enum": list(KNOWN_ERRORS)})]

ErrorObject: TypeAlias = Annotated[_Code | Mapping[str, JSONValue], Shaped("a known code", "a mapping")]
"""What stands under `error`: a known code, for all that the real service says with it, or a mapping that is sent as it
is.
"""


class ErrorEvent(FrameFault):
    """An error comes in the middle of a stream, as an event of its own, and nothing after it but what the API ends a
    failed answer with. A plain answer of the Responses API fails as a whole, wherever its stream would have.
    """

    kind: ClassVar[str] = "error_event"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    lasting: ClassVar[bool] = True

    at: Between = Field(description="before which frame")
    error: ErrorObject = Field(description="a known code, or the error object")
    event: str | None = Field(default=None, description="the name of the event; the API's own if left out")
    finish: Flag = Field(default=False, description="whether the answer goes on after it")
    shape: Shape = Field(
        default="nested",
        description="in a Responses stream: the error inside the event, flat in it, or alone and without a failed "
        "response, as chat has it",
    )

    def apply(self, frames: Frames, seed: Seed) -> Frames | None:
        """The frames up to the error and what follows from it, or None if the position is not there or the answer has
        no form in which it could fail.
        """
        response = response_of(frames)
        if is_plain(frames):
            return None if response is None else self._failed_body(frames, response, seed)
        index = gap(frames, self.at)
        if index is None:
            return None
        before = frames[:index]
        if response is None:
            error = Frame(_error_json(self.error, frames, seed), "error", event=self.event)
            ending: Frames = ()
        else:
            told = _error_object(self.error, "responses", frames, seed)
            error = error_frame(before, told, self.shape, self.event)
            ending = tuple(failed_frames((*before, error), response, told)) if self.shape != "chat" else ()
        cause = f"fault: {self.kind}"
        after = frames[index:] if self.finish else tuple(replace(frame, cause=cause) for frame in ending)
        return (*before, replace(error, label=_label(self.error), cause=cause), *after)

    def _failed_body(self, frames: Frames, response: Mapping[str, JSON], seed: Seed) -> Frames | None:
        """The plain body after its failure; None where only the stream is to be faulty."""
        if self.finish or self.shape == "chat":
            return None
        body = failed_body(response, _error_object(self.error, "responses", frames, seed))
        if body is response:
            return frames
        return (replace(frames[0], data=body, label=_label(self.error), cause=f"fault: {self.kind}"),)


class ErrorIn200(FrameFault):
    """An error object comes in place of the whole answer, under the head of that answer: status 200 and its content
    type, which for a stream is not that of JSON.
    """

    kind: ClassVar[str] = "error_in_200"
    layer: ClassVar[Layer] = Layer.PAYLOAD
    shorthand: ClassVar[str | None] = "error"

    error: ErrorObject = Field(description="a known code, or the error object")

    def apply(self, frames: Frames, seed: Seed) -> Frames | None:
        """The error alone, at the time of the first frame, or None if the answer has no frame."""
        if not frames:
            return None
        data = _error_json(self.error, frames, seed)
        label, cause = _label(self.error), f"fault: {self.kind}"
        if is_plain(frames):
            return (Frame(data, "body", label=label, ordinal=0, cause=cause),)
        return (Frame(written(data), "raw", label=label, ordinal=0, cause=cause),)


def _error_json(error: str | Mapping[str, JSONValue], frames: Frames, seed: Seed) -> JSON:
    """The body of an error (wire-contract §4.1)."""
    return {"error": _error_object(error, "chat", frames, seed)}


def _error_object(error: str | Mapping[str, JSONValue], api: str, frames: Frames, seed: Seed) -> Mapping[str, JSON]:
    """The object of an error in the words of an API."""
    if isinstance(error, Mapping):
        return dict(error)
    known = known_error(error, api)
    assert known is not None
    told = response_of(frames)
    sources = [told] if told is not None else [frame.data for frame in frames]
    words = {
        "model": next((str(data["model"]) for data in sources if isinstance(data, Mapping) and "model" in data), ""),
        "request_id": f"req_{seed.child('request').hex(_REQUEST_DIGITS)}",
        "key": "sk-...mock",
        "tokens": "128001",
        "wait": "1s",
    }
    message = known.message.format(**words)
    return {"message": message, "type": known.type, "param": known.param, "code": known.code}


def _label(error: str | Mapping[str, JSONValue]) -> str:
    code = error.get("code") or error.get("type") or "object" if isinstance(error, Mapping) else error
    return f"error {code}"
