"""Faults of the body: another body under the same status, a redirect in its place, or chunks that are none.

Not here: the same body in other bytes (`encoding.py`).
"""

from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from mockllm import http1
from mockllm.plan import End, Frame, Head, HeadRest, Plan, Raw, Send
from mockllm.scenario.faults.http.base import HeaderValue, HttpFault, head_index, with_header
from mockllm.scenario.position import At
from mockllm.seeds import Seed
from mockllm.units import refusal

_PAGE = """<!DOCTYPE html>
<html>
<head><title>{title}</title></head>
<body><h1>{title}</h1></body>
</html>
"""
_NO_SIZE = b"xyz\r\n"


class _Replaced(HttpFault):
    """A fault that gives the answer another body, which goes out with the head."""

    def _with_body(self, plan: Plan, text: str, change: dict[str, str | None]) -> Plan | None:
        """The plan up to its head, with these headers changed, and then this body; None if it has no head."""
        if head_index(plan) is None:
            return None
        data = text.encode(errors="surrogatepass")
        sent = max(index for index, step in enumerate(plan) if isinstance(step, (Head, HeadRest)))
        kept = tuple(self._headed(step, change, data) if isinstance(step, Head) else step for step in plan[: sent + 1])
        frame = Frame(text, "body", label=f"body {self.kind}", ordinal=0)
        return (*kept, *((Send(data, frame),) if data else ()), End())

    def _headed(self, head: Head, change: dict[str, str | None], data: bytes) -> Head:
        headers = head.headers
        for name, value in {**change, "content-length": str(len(data))}.items():
            headers = with_header(headers, name, value)
        return self.caused(replace(head, headers=headers, body="length"))


class Body(_Replaced):
    """Another body under the status that the answer has: a page in HTML, a text, or nothing."""

    kind: ClassVar[str] = "body"

    html: Literal[True] | None = Field(default=None, description="a page with the status as its title")
    text: str | None = Field(default=None, description="the body itself")
    empty: Literal[True] | None = Field(default=None, description="no byte at all")
    content_type: HeaderValue | None = Field(
        default=None, description="what the head tells; it fits if left out, and stays as it is with empty"
    )

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if [self.html, self.text, self.empty].count(None) != 2:  # noqa: PLR2004 - all but one
            raise refusal("write one of html: true, text: ... and empty: true")
        return self

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the other body, or None if it has no head."""
        own = None if self.empty else "text/html; charset=utf-8" if self.html else "text/plain; charset=utf-8"
        told = self.content_type or own
        return self._with_body(plan, self._text(plan), {"content-type": told} if told else {})

    def _text(self, plan: Plan) -> str:
        if not self.html:
            return self.text or ""
        status = next((step.status for step in plan if isinstance(step, Head)), 0)
        return _PAGE.format(title=f"{status} {http1.reason(status)}".rstrip())


class Redirect(_Replaced):
    """A redirect in place of the answer. To a path of this server it leads to another scenario, such as
    `/hello/v1/chat/completions`.
    """

    kind: ClassVar[str] = "redirect"
    shorthand: ClassVar[str | None] = "to"

    to: HeaderValue = Field(description="the location: a URL, or a path of this server", min_length=1)
    status: Literal[301, 302, 303, 307, 308] = Field(default=307, description="307 and 308 keep method and body")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The redirect, at the time of the answer's head, or None if it has no head."""
        changed = self._with_body(plan, "", {"content-type": None, "location": self.to})
        if changed is None:
            return None
        return tuple(replace(step, status=self.status) if isinstance(step, Head) else step for step in changed)


class BadChunkSize(HttpFault):
    """In a chunked body, a chunk's header is no number; all that follows it is lost to a client."""

    kind: ClassVar[str] = "bad_chunk_size"

    at: At = Field(description="where the bad chunk is")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the bad header, or None if the position is not in it or no chunked body is under way there."""
        if (place := self.at.find(plan)) is None:
            return None
        plan, index = place
        if not any(isinstance(step, Head) and step.body == "chunked" for step in plan[:index]):
            return None
        return (*plan[:index], Raw(_NO_SIZE, f"fault: {self.kind}"), *plan[index:])
