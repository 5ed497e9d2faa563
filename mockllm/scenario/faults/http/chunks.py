"""Faults of the chunks: a body in chunks that has no need of them, or whose chunks have nothing to do with its events.

All of it is HTTP as RFC 9112 §7.1 allows it, which a client must read all the same. Not here: chunks that are none
(`body.py`).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from mockllm.plan import Head, Plan, Send, Step
from mockllm.scenario.base import Flag, Integer
from mockllm.scenario.faults.http.base import HttpFault, head_index, with_header
from mockllm.seeds import Seed
from mockllm.units import refusal


class Chunked(HttpFault):
    """The body comes in chunks, a plain one in place of its length. With `bytes` no chunk is larger, whatever it cuts;
    with `flush: false` none is smaller but the last, so that what does not fill one waits for more, as behind a proxy
    that buffers.
    """

    kind: ClassVar[str] = "chunked"
    shorthand: ClassVar[str | None] = "bytes"

    bytes: Annotated[Integer, Field(ge=1)] | None = Field(
        default=None, description="the size of a chunk; a frame for each if left out"
    )
    flush: Flag = Field(default=True, description="whether each frame goes out when it is due")

    @model_validator(mode="after")
    def _sized(self) -> Self:
        if self.bytes is None and not self.flush:
            raise refusal("flush: false waits until a chunk is full, but nothing says how large one is: give bytes")
        return self

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the other chunks; None if it has no head, or is in such chunks already, or the end of its body
        is the connection's end.
        """
        if (index := head_index(plan)) is None or not isinstance(head := plan[index], Head) or head.body == "close":
            return None
        if head.body == "chunked" and self.bytes is None:
            return None
        headers = with_header(head.headers, "content-length", None)
        changed = self.caused(replace(head, headers=headers, body="chunked"))
        return (*plan[:index], changed, *self._chunks(plan[index + 1 :]))

    def _chunks(self, plan: Plan) -> Iterator[Step]:
        left = sum(isinstance(step, Send) for step in plan)
        held = b""
        for step in plan:
            if not isinstance(step, Send):
                yield step
                continue
            left -= 1
            data = held + step.data
            size = self.bytes or len(data)
            sent = len(data) if self.flush or not left else len(data) - len(data) % size
            held = data[sent:]
            if not sent:
                yield replace(step, data=b"", cause=f"{self.origin}: {self.kind} holds it back")
            for start in range(0, sent, size):
                yield replace(step, data=data[start : min(start + size, sent)], offset=step.offset + start)
