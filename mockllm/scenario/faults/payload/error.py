"""An answer that began under status 200 turns out to be an error.

Here: the error inside a stream, and the error in place of the answer. Not here: errors under their own status, which
are replies (`../../error.py`).
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from mockllm.catalogue import KNOWN_ERRORS
from mockllm.plan import Frame, Frames
from mockllm.request import JSON
from mockllm.scenario.base import Flag, JSONValue, Shaped, nearest
from mockllm.scenario.faults.base import FrameFault, Layer
from mockllm.scenario.faults.payload.choice import Between, gap, is_plain, written
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
    """An error comes in the middle of a stream, as an event of its own, and nothing after it."""

    kind: ClassVar[str] = "error_event"
    layer: ClassVar[Layer] = Layer.PAYLOAD

    at: Between = Field(description="before which frame")
    error: ErrorObject = Field(description="a known code, or the error object")
    event: str | None = Field(default=None, description="the name of the event; none if left out")
    finish: Flag = Field(default=False, description="whether the answer goes on after it")

    def apply(self, frames: Frames, seed: Seed) -> Frames | None:
        """The frames up to the error, or None if the position is not there or the answer is no stream."""
        index = gap(frames, self.at)
        if index is None or is_plain(frames):
            return None
        data = _error_json(self.error, frames, seed)
        error = Frame(data, "error", label=_label(self.error), event=self.event, cause=f"fault: {self.kind}")
        return (*frames[:index], error, *(frames[index:] if self.finish else ()))


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
    if isinstance(error, Mapping):
        return {"error": dict(error)}
    known = KNOWN_ERRORS[error]
    words = {
        "model": next((str(f.data["model"]) for f in frames if isinstance(f.data, Mapping) and "model" in f.data), ""),
        "request_id": f"req_{seed.child('request').hex(_REQUEST_DIGITS)}",
        "key": "sk-...mock",
        "tokens": "128001",
        "wait": "1s",
    }
    message = known.message.format(**words)
    return {"error": {"message": message, "type": known.type, "param": known.param, "code": known.code}}


def _label(error: str | Mapping[str, JSONValue]) -> str:
    code = error.get("code") or error.get("type") or "object" if isinstance(error, Mapping) else error
    return f"error {code}"
