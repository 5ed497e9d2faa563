"""Names that people know from WireMock (https://wiremock.org/docs/simulating-faults) and from Toxiproxy
(https://github.com/Shopify/toxiproxy#toxics), for the faults that do the same here.

Here: one class for each name, whose fields are those of that tool, and the fault that each becomes as it is loaded, so
that nothing else knows of aliases. Numbers are as they are there: milliseconds unless said otherwise. Not here: the
faults themselves, and the reading of an entry (`entry.py`).
"""

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from mockllm.scenario.base import Authored, Integer
from mockllm.units import refusal

_LONGEST_MS = 24 * 3600 * 1000

Milliseconds = Annotated[Integer, Field(ge=0, le=_LONGEST_MS)]


class Alias(Authored):
    """A name of another tool: its `kind`, which is that name, the tool that it is `known_from`, and the form that it
    has `here`, for readers.
    """

    kind: ClassVar[str]
    here: ClassVar[str]
    known_from: ClassVar[str]

    def written(self) -> dict[str, Any]:
        """The fault that it stands for, as YAML has it."""
        raise NotImplementedError


class _WireMock(Alias):
    known_from: ClassVar[str] = "WireMock"


class _Toxic(Alias):
    known_from: ClassVar[str] = "Toxiproxy"


class EmptyResponse(_WireMock):
    """The connection closes and not one byte has come."""

    kind: ClassVar[str] = "EMPTY_RESPONSE"
    here: ClassVar[str] = "close: {at: start}"

    def written(self) -> dict[str, Any]:
        """A FIN in place of the answer."""
        return {"close": {"at": "start"}}


class ConnectionResetByPeer(_WireMock):
    """The connection is reset and not one byte has come."""

    kind: ClassVar[str] = "CONNECTION_RESET_BY_PEER"
    here: ClassVar[str] = "reset: {at: start}"

    def written(self) -> dict[str, Any]:
        """An RST in place of the answer."""
        return {"reset": {"at": "start"}}


class RandomDataThenClose(_WireMock):
    """Bytes that are no HTTP come, and then the connection closes."""

    kind: ClassVar[str] = "RANDOM_DATA_THEN_CLOSE"
    here: ClassVar[str] = "garbage: {at: start}"

    def written(self) -> dict[str, Any]:
        """Garbage in place of the answer."""
        return {"garbage": {"at": "start"}}


class MalformedResponseChunk(_WireMock):
    """The head comes, then bytes that are no chunk, and then the connection closes."""

    kind: ClassVar[str] = "MALFORMED_RESPONSE_CHUNK"
    here: ClassVar[str] = "garbage: {at: headers}"

    def written(self) -> dict[str, Any]:
        """Garbage in place of the body."""
        return {"garbage": {"at": "headers"}}


class FixedDelayMilliseconds(_WireMock):
    """The whole answer is later by so many milliseconds."""

    kind: ClassVar[str] = "fixedDelayMilliseconds"
    here: ClassVar[str] = "stall: {at: start, for: ...}"
    shorthand: ClassVar[str | None] = "milliseconds"

    milliseconds: Milliseconds = Field(description="how much later")

    def written(self) -> dict[str, Any]:
        """A silence before the head."""
        return {"stall": {"at": "start", "for": f"{self.milliseconds}ms"}}


class ChunkedDribbleDelay(_WireMock):
    """The body comes in so many pieces over so long a time."""

    kind: ClassVar[str] = "chunkedDribbleDelay"
    here: ClassVar[str] = "drip: {pieces: ..., over: ...}"

    numberOfChunks: Annotated[Integer, Field(ge=1)] = Field(description="how many pieces")  # noqa: N815 - its name there
    totalDuration: Annotated[Integer, Field(ge=1, le=_LONGEST_MS)] = Field(  # noqa: N815 - its name there
        description="how long all of them take, in milliseconds"
    )

    def written(self) -> dict[str, Any]:
        """A drip of counted pieces."""
        return {"drip": {"pieces": self.numberOfChunks, "over": f"{self.totalDuration}ms"}}


class LatencyToxic(_Toxic):
    """Everything is later by the latency, more or less the jitter; the pauses in between stay as they are."""

    kind: ClassVar[str] = "latency"
    here: ClassVar[str] = "stall: {at: start, for: ..., jitter: ...}"
    shorthand: ClassVar[str | None] = "latency"

    latency: Milliseconds = Field(description="how much later, in milliseconds")
    jitter: Milliseconds = Field(default=0, description="how much that varies, in milliseconds")

    @model_validator(mode="after")
    def _not_early(self) -> Self:
        if self.jitter > self.latency:
            raise refusal("the jitter is larger than the latency, and nothing can come early: make it smaller")
        return self

    def written(self) -> dict[str, Any]:
        """A silence before the head."""
        return {"stall": {"at": "start", "for": f"{self.latency}ms", "jitter": f"{self.jitter}ms"}}


class Bandwidth(_Toxic):
    """The body comes at so many kilobytes (1000 bytes) a second at most, in a piece every 100 ms."""

    kind: ClassVar[str] = "bandwidth"
    here: ClassVar[str] = "drip: {bytes: ..., every: 100ms}"
    shorthand: ClassVar[str | None] = "rate"

    rate: Annotated[Integer, Field(ge=1)] = Field(description="kilobytes a second")

    def written(self) -> dict[str, Any]:
        """A drip of what the rate allows in each tenth of a second."""
        return {"drip": {"bytes": 100 * self.rate, "every": "100ms"}}


class SlowClose(_Toxic):
    """The answer is whole, but the connection closes only after a delay, and answers nothing meanwhile."""

    kind: ClassVar[str] = "slow_close"
    here: ClassVar[str] = "keep_open: {what: connection, for: ...}"
    shorthand: ClassVar[str | None] = "delay"

    delay: Milliseconds = Field(description="how long, in milliseconds")

    def written(self) -> dict[str, Any]:
        """A connection that is kept open after the end."""
        return {"keep_open": {"what": "connection", "for": f"{self.delay}ms"}}


class Timeout(_Toxic):
    """Nothing comes, and after the timeout the connection closes; with 0 it never does."""

    kind: ClassVar[str] = "timeout"
    here: ClassVar[str] = "hang: {for: ...}"
    shorthand: ClassVar[str | None] = "timeout"

    timeout: Milliseconds = Field(description="how long, in milliseconds; 0 for ever")

    def written(self) -> dict[str, Any]:
        """A silence in place of the answer."""
        return {"hang": {"for": f"{self.timeout}ms"} if self.timeout else {}}


class ResetPeer(_Toxic):
    """Nothing comes, and the connection is reset: at once, or after the timeout."""

    kind: ClassVar[str] = "reset_peer"
    here: ClassVar[str] = "hang: {for: ..., then: reset}"
    shorthand: ClassVar[str | None] = "timeout"

    timeout: Milliseconds = Field(default=0, description="how long before the reset, in milliseconds")

    def written(self) -> dict[str, Any]:
        """An RST, at the start or after a silence."""
        if not self.timeout:
            return {"reset": {"at": "start"}}
        return {"hang": {"for": f"{self.timeout}ms", "then": "reset"}}


class Slicer(_Toxic):
    """The body is cut into slices, each in a segment of its own. All have the same size here."""

    kind: ClassVar[str] = "slicer"
    here: ClassVar[str] = "split: {bytes: ..., every: ...}"

    average_size: Annotated[Integer, Field(ge=1)] = Field(description="bytes of a slice")
    size_variation: Annotated[Integer, Field(ge=0)] = Field(default=0, description="only 0: slices do not vary here")
    delay: Annotated[Integer, Field(ge=0, le=1000 * _LONGEST_MS)] = Field(
        default=0, description="from one slice to the next, in microseconds"
    )

    @model_validator(mode="after")
    def _even(self) -> Self:
        if self.size_variation:
            raise refusal("all slices have the same size here: drop size_variation, or write 0")
        return self

    def written(self) -> dict[str, Any]:
        """A split of every frame."""
        return {"split": {"bytes": self.average_size, "every": f"{self.delay}us"}}


class LimitData(_Toxic):
    """The connection closes when so many bytes of the body have come; the head does not count here. With 0 nothing
    comes.
    """

    kind: ClassVar[str] = "limit_data"
    here: ClassVar[str] = "close: {at: {byte: ...}}"
    shorthand: ClassVar[str | None] = "bytes"

    bytes: Annotated[Integer, Field(ge=0)] = Field(description="how many bytes still come")

    def written(self) -> dict[str, Any]:
        """A FIN after so many bytes."""
        return {"close": {"at": {"byte": self.bytes} if self.bytes else "start"}}
