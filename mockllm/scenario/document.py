"""A scenario: the top of the author's language.

Here: `Scenario` and `Rule`. Not here: reading files and telling what is wrong with them (`load.py`), and the words
inside (`match.py`, `reply.py`, `pace.py`, `faults/`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from mockllm.request import JSON
from mockllm.scenario.base import Authored, Flag, Integer, JSONValue, Shaped, found
from mockllm.scenario.expect import Expectation
from mockllm.scenario.limits import Limits
from mockllm.scenario.match import Names, When
from mockllm.scenario.pace import Pace
from mockllm.scenario.reply import AnyReply, Envelope
from mockllm.units import refusal

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_TAKEN = "v1"
_CREATED = 1_767_225_600
"""The default `created`: 2026-01-01T00:00:00Z. A fixed time, so that the same request gives the same bytes."""


def _usable(name: str) -> str:
    if re.fullmatch(_NAME, name) is None:
        told = f"{found(name)} cannot be a name, which is part of URLs"
        raise refusal(f"{told}: use letters, digits, '.', '_' and '-', and begin with a letter or a digit")
    if name == _TAKEN:
        raise refusal(f"'{_TAKEN}' cannot be a name: URLs have it where the API begins")
    return name


Name = Annotated[str, AfterValidator(_usable), Field(json_schema_extra={"pattern": f"^{_NAME}$"})]
"""A name that can stand in a URL."""

Created = Annotated[
    Annotated[Integer, Field(ge=0)] | Literal["now"], Shaped("a whole number of seconds since 1970", "now")
]


_PLAIN_BODIES: Mapping[str, Mapping[str, JSON]] = {
    "chat": {"messages": [{"role": "user", "content": "Hello"}], "stream": True},
    "responses": {"input": "Hello", "stream": True},
    "completions": {"prompt": "Hello", "stream": True},
    "embeddings": {"model": "text-embedding-3-small", "input": "Hello"},
}
"""A request of each API that a body of `example` is laid over."""


class Models(Authored):
    """The models that are listed. With `only: true` a request for another one is refused as unknown."""

    shorthand: ClassVar[str | None] = "ids"

    ids: Names
    only: Flag = False


class Auth(Authored):
    """Who may call. Without `auth` any key will do, or none."""

    keys: Names = Field(description="the keys that are accepted, as bearer token or api-key header")


class Rule(Authored):
    """Requests that match `when` get the replies, in order, one for each request.

    A single reply is repeated for ever. A longer script that is used up is an error, unless `then` says to repeat the
    last reply or to start again.
    """

    name: str | None = Field(default=None, description="what logs and reports call this rule")
    when: When = Field(default=When(), description="which requests; all of them if left out")
    replies: Annotated[tuple[AnyReply, ...], Field(min_length=1, description="the answers, in order")]
    then: Literal["repeat", "loop"] | None = Field(
        default=None, description="what follows when a longer script is used up"
    )

    def title(self, index: int) -> str:
        """The rule's name, or its place in the file."""
        return self.name or f"rules[{index}]"


class Scenario(Authored):
    """How a server answers: an ordered list of rules and what holds for all of them."""

    name: Name = Field(default="scenario", description="the name in URLs; for a file, its stem")
    about: str = Field(default="", description="what it imitates and what a good client does")
    source: Names = Field(default=(), description="where this was seen")
    seed: Integer = Field(default=0, description="the root of all chance")
    created: Created = Field(default=_CREATED, description="the time in answers, in seconds since 1970, or now")
    tokens: Literal["approximate", "exact"] = Field(
        default="approximate",
        description="exact counts as the model's own vocabulary does, and needs the extra [tokens]",
    )
    models: Models | None = Field(default=None, description="what GET /models lists; `only: true` refuses all others")
    auth: Auth | None = Field(default=None, description="accepted keys; any or none if left out")
    limits: Limits | None = Field(
        default=None, description="how much a client may ask for; the first of several that fits a request counts"
    )
    pace: Pace = Field(default=Pace(), description="the times of every answer that has no pace of its own")
    defaults: Envelope = Field(
        default=Envelope(), description="what surrounds every answer that does not say otherwise"
    )
    strict: Flag = Field(default=False, description="refuse unknown request fields, as the real service does")
    rules: tuple[Rule, ...] = ()
    otherwise: AnyReply | None = Field(
        default=None, description="the answer when no rule matches; by default a 400 that says which rule came nearest"
    )
    example: tuple[Mapping[str, JSONValue], ...] = Field(
        default=(),
        description="requests that this scenario is made for: bodies over a plain one, for chat unless `api` says else",
    )
    expect: tuple[Expectation, ...] = Field(
        default=(), description="what a robust client ends up with, one for each request of example"
    )

    @field_validator(
        "example", mode="before", json_schema_input_type=Mapping[str, JSONValue] | tuple[Mapping[str, JSONValue], ...]
    )
    @classmethod
    def _one_example(cls, value: Any) -> Any:
        return (value,) if isinstance(value, Mapping) else value

    @field_validator("expect", mode="before", json_schema_input_type=Expectation | tuple[Expectation, ...])
    @classmethod
    def _one_expectation(cls, value: Any) -> Any:
        return value if isinstance(value, (list, tuple)) else (value,)

    @model_validator(mode="after")
    def _expects_of_each(self) -> Self:
        asked = len(self.example) or 1
        if self.expect and len(self.expect) != asked:
            raise refusal(
                f"expect has {len(self.expect)} entries for {asked} requests of example: give one for each, in order"
            )
        return self

    def requests(self) -> Iterator[dict[str, JSON]]:
        """The request bodies this scenario is made for; a streamed greeting if it names none.

        The key `api` of a body names its API, which is chat if there is none.
        """
        model = next((name for name in (self.models.ids if self.models else ())), "gpt-5.1")
        for body in self.example or ({},):
            plain = _PLAIN_BODIES.get(body.get("api", "chat"), {})
            yield {"model": model, **plain, **body}
