"""An answer as it came from an endpoint: `replay`.

Here: the recorded answer, written out or as an exchange of a cassette beside the scenario file. Look next at
`cassette/`, the format of that file. Not here: what becomes of it (`replayed.py`), and recording (`net/recorder.py`).
"""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from mockllm.cassette import CassetteError, Recorded, Tape, tapes_of
from mockllm.scenario.base import Authored, Integer, JSONValue, Number, found
from mockllm.scenario.pace.rhythm import FOLDER
from mockllm.scenario.text import Wanted
from mockllm.units import Duration, refusal

MOST_CASSETTE_BYTES = 64 * 1024 * 1024
"""The largest cassette that is read."""

_TAPES = "tapes"
"""The key of the cassettes that were read, in the context of a loading."""


class Tapes:
    """The cassettes in the folder of a scenario, and below it, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[Tape, ...]] = {}

    def answer(self, name: str, number: int) -> Recorded:
        """The answer of an exchange, counted from 1. Raises CassetteError if there is no such file or exchange, or if
        it is outside the folder.
        """
        tapes = self._read.get(name)
        if tapes is None:
            tapes = self._read[name] = self._open(name)
        if number > len(tapes):
            raise CassetteError(f"{name} has {len(tapes)} exchanges, number {number} is asked for: give another")
        return tapes[number - 1].answer

    def _open(self, name: str) -> tuple[Tape, ...]:
        path = self._folder / name
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise CassetteError(f"{name} is outside the folder of the scenario: copy it into that")
        try:
            if (size := path.stat().st_size) > MOST_CASSETTE_BYTES:
                raise CassetteError(f"{name} has {size} bytes, {MOST_CASSETTE_BYTES} are allowed: split it")
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            told = getattr(error, "strerror", None) or error
            raise CassetteError(f"{name} cannot be read ({told}): it is looked for beside the scenario file") from None
        return tapes_of(data, name)


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        raise refusal(f"expected a text in base64, found {found(value)}")
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        raise refusal(f"{found(value)} is not base64: encode the bytes, or write a text as text") from None
    return value


class ChunkSpec(Authored):
    """One chunk of a body: an event with its `data`, or its bytes as `text` or `base64`."""

    after: Duration = Field(default=0, description="the time since the chunk before it, or since the head")
    data: JSONValue = Field(default=None, description="the data of an event that is written as usual")
    event: str | None = Field(default=None, description="the name of that event")
    text: str | None = Field(default=None, description="all of the chunk, as it is")
    base64: str | None = Field(default=None, description="all of the chunk, if it is no text")
    wire: str | None = Field(
        default=None, description="base64 of the chunk with its HTTP framing, if that is an unusual one"
    )

    @field_validator("base64", "wire", mode="before")
    @classmethod
    def _is_base64(cls, value: Any) -> Any:
        return None if value is None else _decoded(value)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [name for name in ("data", "text", "base64") if name in self.model_fields_set]
        if len(given) > 1:
            raise refusal(f"{' and '.join(given)} are the same chunk in different forms: keep one")
        if not given and self.wire is None:
            raise refusal("the chunk is empty: give its data, its text or its base64")
        if self.event is not None and "data" not in self.model_fields_set:
            raise refusal("an event has data: give it, or write the whole chunk as text")
        return self


class ReplaySpec(Authored):
    """A recorded answer: an exchange of a cassette, or the answer itself, chunk by chunk."""

    shorthand: ClassVar[str | None] = "file"

    file: str | None = Field(default=None, description="a cassette beside the scenario file, or below its folder")
    exchange: Annotated[Integer, Field(ge=1)] = Field(default=1, description="which of its exchanges, from 1")
    speed: Annotated[Number, Field(ge=0, le=1_000_000)] = Field(
        default=1.0, description="how many times faster than it was recorded; 0 leaves out all waits"
    )
    status: Annotated[Integer, Field(ge=0, le=999)] = Field(default=200, description="0 if no head ever came")
    version: Literal["1.1", "1.0"] = Field(default="1.1", description="of HTTP")
    headers: dict[str, Wanted] = Field(default_factory=dict, description="as they were, but for keys and cookies")
    head: Duration = Field(default=0, description="request sent to response head")
    framing: Literal["chunked", "length", "close"] = Field(
        default="chunked", description="how the end of the body is told; the end of the connection tells it for close"
    )
    chunks: tuple[ChunkSpec, ...] = Field(default=(), description="the body")
    ending: Literal["end", "close", "reset"] = Field(
        default="end", description="close and reset end it before its time, by FIN or RST"
    )
    ending_after: Duration = Field(default=0, description="the time between the last chunk and the end")
    tail: str | None = Field(default=None, description="base64 of an unusual end of a body in chunks")

    _recorded: Recorded | None = PrivateAttr(default=None)

    @property
    def recorded(self) -> Recorded | None:
        """What the cassette has; None if the answer is written out."""
        return self._recorded

    @field_validator("tail", mode="before")
    @classmethod
    def _is_base64(cls, value: Any) -> Any:
        return None if value is None else _decoded(value)

    @model_validator(mode="after")
    def _loaded(self, info: ValidationInfo) -> Self:
        written = sorted(self.model_fields_set - {"file", "exchange", "speed"})
        if self.file is None:
            if "exchange" in self.model_fields_set or not written:
                raise refusal("which answer? Name the file of a cassette, or write the answer with status and chunks")
            return self
        if written:
            raise refusal(f"the answer is in {self.file}: drop {' and '.join(written)}, or drop file")
        if not info.context:
            raise refusal("a cassette lies beside the scenario file, and this scenario is none: write it to a file")
        tapes: Tapes = info.context.setdefault(_TAPES, Tapes(info.context[FOLDER]))
        try:
            self._recorded = tapes.answer(self.file, self.exchange)
        except CassetteError as error:
            raise refusal(str(error)) from None
        return self
