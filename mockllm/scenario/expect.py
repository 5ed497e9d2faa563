"""What a robust client ends up with when it meets a scenario.

Here: `Expectation`, for each request of `example` one, and the kinds of failure. Nothing of it is sent: it is what
tests of clients compare with. Not here: what is answered (`reply.py`).
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self, TypeAlias, get_args

from pydantic import Field, model_validator

from mockllm.scenario.base import Authored, Integer, JSONValue
from mockllm.units import refusal

Failure: TypeAlias = Literal[
    "refused",
    "unauthorized",
    "rate_limited",
    "quota",
    "unavailable",
    "unreadable",
    "cut",
    "stalled",
    "filtered",
    "reported",
]
"""How a request can fail, in the words of a client that reports it:

- `refused`: the server says that the request is wrong; the same request will be refused again.
- `unauthorized`: the key or its rights are wrong.
- `rate_limited`: too many requests or tokens, also after as many retries as the client makes.
- `quota`: the account has nothing left; waiting is no use.
- `unavailable`: the server or something before it is overloaded or broken, also after the retries.
- `unreadable`: an answer that is none: a page of HTML, broken JSON, an empty body.
- `cut`: the connection or the stream ended before the answer did.
- `stalled`: silence for longer than the client bears.
- `filtered`: the answer was withheld or stopped because of its content.
- `reported`: an error told inside an answer that had begun well, which fits none of the others.
"""

FAILURES: tuple[str, ...] = get_args(Failure)


class ExpectedCall(Authored):
    """A tool call that a robust client hands to its user: arguments that are valid JSON are given as the value."""

    name: str
    arguments: JSONValue = Field(default=None, description="the value of the arguments, or the text if it is no JSON")
    id: str | None = Field(default=None, description="the call id; not compared if left out")


class Expectation(Authored):
    """The answer that a robust client has in the end, or the failure that it must report.

    With a `failure` the other keys tell what the client may show of the answer that had begun. Keys that are left out
    are not compared, but an answer without `tool_calls` has none.
    """

    shorthand: ClassVar[str | None] = "text"

    text: str | None = Field(default=None, description="the text of the answer")
    reasoning: str | None = Field(default=None, description="the reasoning")
    refusal: str | None = Field(default=None, description="the refusal")
    tool_calls: tuple[ExpectedCall, ...] = Field(default=(), description="the calls to run, in order")
    finish: str | None = Field(
        default=None, description="stop, length, tool_calls, content_filter, or unknown if the server did not say"
    )
    usage: Mapping[str, Annotated[Integer, Field(ge=0)]] | None = Field(
        default=None, description="token counts by input, output, reasoning, cached; only the named ones are compared"
    )
    data: JSONValue = Field(default=None, description="what an API without a turn gives: model ids, vectors, a text")
    failure: Failure | None = Field(default=None, description="the kind of failure that is reported")
    requests: Annotated[Integer, Field(ge=1)] | None = Field(
        default=None, description="how often a robust client sends the request; not compared if left out"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise refusal("an expectation says what the client ends up with: give text, tool_calls, data or failure")
        return self
