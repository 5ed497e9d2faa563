"""Faults of the head: another status, other headers, a length that is wrong, another version, a slow one, or interim
responses before it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from mockllm import http1
from mockllm.plan import Head, HeadRest, Plan, Step, Wait
from mockllm.plan import Interim as InterimStep
from mockllm.scenario.base import Integer
from mockllm.scenario.faults.http.base import (
    HeaderName,
    HeaderValue,
    HeadFault,
    HttpFault,
    body_size,
    head_index,
    with_header,
)
from mockllm.seeds import Seed
from mockllm.units import Duration, refusal

_LENGTH = "content-length"
_SWITCHING = 101


class Status(HttpFault):
    """Another status code on an otherwise unchanged answer, such as a body under 500 that a client must not read as
    success.
    """

    kind: ClassVar[str] = "status"
    shorthand: ClassVar[str | None] = "code"

    code: Annotated[Integer, Field(ge=200, le=999)]

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the other status, or None if it has no head."""
        if head_index(plan) is None:
            return None
        return tuple(self.caused(replace(step, status=self.code)) if isinstance(step, Head) else step for step in plan)


class Headers(HeadFault):
    """Headers have other values, come on top, or are missing. One that HTTP's framing needs by itself is not here to
    remove: see `content_length` and `http_1_0`.
    """

    kind: ClassVar[str] = "headers"

    set: Mapping[HeaderName, HeaderValue] = Field(default_factory=dict, description="values, by header")
    remove: tuple[HeaderName, ...] = Field(default=(), description="headers to leave out")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.set and not self.remove:
            raise refusal("nothing is set and nothing is removed: write set: {NAME: VALUE} or remove: [NAME]")
        return self

    def _changed(self, head: Head, plan: Plan) -> Head:
        del plan
        headers = head.headers
        for name in self.remove:
            headers = with_header(headers, name, None)
        for name, value in self.set.items():
            headers = with_header(headers, name, value)
        return replace(head, headers=headers)


class ContentType(HeadFault):
    """Another content type on an unchanged body; null leaves it out."""

    kind: ClassVar[str] = "content_type"
    shorthand: ClassVar[str | None] = "value"

    value: HeaderValue | None = Field(description="the content type that is told, or null")

    def _changed(self, head: Head, plan: Plan) -> Head:
        del plan
        return replace(head, headers=with_header(head.headers, "content-type", self.value))


class ContentLength(HeadFault):
    """The head tells a wrong length of the body: the client waits for bytes that never come and sees the connection
    close, or stops reading too soon. A stream gets a length in place of its chunks.
    """

    kind: ClassVar[str] = "content_length"

    by: Integer | None = Field(default=None, description="how many bytes more, or with a minus fewer, than there are")
    is_: Annotated[Integer, Field(ge=0)] | None = Field(default=None, alias="is", description="the length that is told")

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if (self.by is None) == (self.is_ is None):
            raise refusal("write either by: -10, a difference to the true length, or is: 0, the length itself")
        return self

    def _changed(self, head: Head, plan: Plan) -> Head:
        told = max(0, body_size(plan) + self.by) if self.by is not None else self.is_
        return replace(head, headers=with_header(head.headers, _LENGTH, str(told)), body="length")


class Http10(HeadFault):
    """The answer is one of HTTP/1.0: no length and no chunks, the connection's end is the body's end."""

    kind: ClassVar[str] = "http_1_0"

    def _changed(self, head: Head, plan: Plan) -> Head:
        del plan
        return replace(head, headers=with_header(head.headers, _LENGTH, None), body="close", version="1.0")


def _interim(status: int) -> int:
    if status == _SWITCHING:
        raise refusal("101 ends HTTP on the connection, so no answer can follow it: write 100, 102, 103 or another 1xx")
    return status


class Interim(HttpFault):
    """Interim responses (1xx) come before the head, which a client must pass over until the final one. The connection
    stays as it was; a client of HTTP/1.0 gets none.
    """

    kind: ClassVar[str] = "interim"
    shorthand: ClassVar[str | None] = "status"

    status: Annotated[Integer, Field(ge=100, le=199), AfterValidator(_interim)] = Field(
        description="100 (continue), 102 (processing), 103 (early hints), or another 1xx"
    )
    headers: Mapping[HeaderName, HeaderValue] = Field(default_factory=dict, description="headers of each, by name")
    times: Annotated[Integer, Field(ge=1, le=10_000)] = Field(default=1, description="how many")
    every: Duration = Field(default=0, description="the wait after each, by which all that follows is later")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with them right before its head, or None if it has no head."""
        if (index := head_index(plan)) is None:
            return None
        step: tuple[Step, ...] = (InterimStep(self.status, tuple(self.headers.items()), f"fault: {self.kind}"),)
        if self.every:
            step = (*step, Wait(self.every))
        return (*plan[:index], *step * self.times, *plan[index:])


class SlowHeaders(HttpFault):
    """The head itself comes in small pieces, and all that follows it is as much later."""

    kind: ClassVar[str] = "slow_headers"

    every: Duration = Field(default=100_000, gt=0, description="time from one piece to the next")
    bytes: Annotated[Integer, Field(ge=1)] = Field(default=1, description="the size of a piece")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with its head in pieces, or None if it has no head or the head is in pieces already."""
        if (index := head_index(plan)) is None or not isinstance(head := plan[index], Head) or head.first is not None:
            return None
        first = self.caused(replace(head, first=self.bytes))
        more = (len(http1.head_bytes(head)) - 1) // self.bytes
        piece: tuple[Step, ...] = (Wait(self.every), HeadRest(self.bytes))
        last: tuple[Step, ...] = (Wait(self.every), HeadRest()) if more else ()
        return (*plan[:index], first, *piece * (more - 1), *last, *plan[index + 1 :])
