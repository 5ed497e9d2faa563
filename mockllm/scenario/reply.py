"""What the author wants answered: a reply, in each of its forms.

Here: one class per form and the choice between them, which is by the key that only that form has. Not here: how a
reply becomes a turn (`fill/`) or bytes (`dialects/`). Times and faults are fields of every form (`pace.py`,
`faults/`).
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from mockllm.catalogue import KNOWN_ERRORS
from mockllm.request import Request
from mockllm.scenario.base import Authored, Flag, Integer, JSONValue, nearest
from mockllm.scenario.content import Content, Count
from mockllm.scenario.faults import FAULTS, AnyFault, Fault
from mockllm.scenario.pace import Pace
from mockllm.units import Duration, parse_duration


class UsageSpec(Authored):
    """Token counts to report in place of the counted ones."""

    input: Count | None = None
    output: Count | None = None
    reasoning: Count | None = None
    cached: Count | None = None


class Envelope(Authored):
    """What surrounds an answer. As `defaults` of a scenario these hold for every reply that does not say otherwise."""

    headers: Mapping[str, str] = Field(default_factory=dict, description="response headers to add or replace")
    model: str | None = Field(default=None, description="the model id in the answer; the requested one if left out")
    service_tier: str | None = Field(default=None, description="the tier in the answer")
    system_fingerprint: str | None = Field(default=None, description="the backend's fingerprint")
    usage: UsageSpec | None = Field(default=None, description="token counts, in place of the counted ones")
    template: Flag | None = Field(default=None, description="whether {{ ... }} in texts is filled in; true if left out")


class ReplyBase(Envelope):
    """What every form of reply has."""

    about: str | None = Field(default=None, description="a note for readers")
    pace: Pace | None = Field(default=None, description="the times of this answer, in place of the scenario's")
    faults: tuple[AnyFault, ...] = Field(default=(), description="what goes wrong with this answer")
    attempts: tuple["Attempt", ...] = Field(
        default=(), description="what the first tries of the very same request get instead: faults or other replies"
    )


class ContentReply(ReplyBase, Content):
    """An answer in the author's words, for one choice or for several."""

    shorthand: ClassVar[str | None] = "text"

    choices: tuple[Content, ...] = Field(
        default=(), description="one content for each choice, in place of the keys above"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        has_content = bool(self.ordered())
        if self.choices and has_content:
            raise ValueError(
                "choices gives the content of every choice: move the other content into it, or drop choices"
            )
        return self


class Generate(Authored):
    """Seeded prose of an exact length."""

    shorthand: ClassVar[str | None] = "tokens"

    tokens: Annotated[Integer, Field(ge=1, le=1_000_000)]
    reasoning_tokens: Annotated[Integer, Field(ge=0, le=1_000_000)] = 0


class GenerateReply(ReplyBase):
    """An answer of seeded prose, for tests that need length and not meaning."""

    generate: Generate


class AutoReply(ReplyBase):
    """An answer made from the request itself: it calls an offered tool or fills the asked-for schema with valid,
    seeded data.
    """

    auto: Literal[True]


class RetryAfter(Authored):
    """When to try again, in one of the forms that real servers use."""

    ms: Count | None = Field(default=None, description="the retry-after-ms header")
    date: Duration | None = Field(default=None, description="an HTTP date this long after the request")
    raw: str | None = Field(default=None, description="the retry-after header as it is, sense or nonsense")
    after: Duration | None = Field(default=None, description="seconds, rounded up")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """`1.5s` and a number of seconds both mean `after`; `none` sends no header."""
        if isinstance(value, str):
            if value == "none":
                return {}
            parse_duration(value)
            return {"after": value}
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return {"after": f"{value}s"}
        return value


class ErrorSpec(Authored):
    """A refusal. A known code fills in what is left out, exactly as the real service does."""

    shorthand: ClassVar[str | None] = "code"

    code: str | None = None
    status: Annotated[Integer, Field(ge=300, le=999)] | None = None
    type: str | None = None
    param: str | None = None
    message: str | None = None
    retry_after: RetryAfter | None = Field(
        default=None, description="1s, a number of seconds, none, {ms:}, {date:}, {raw:}"
    )
    headers: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("code")
    @classmethod
    def _is_word(cls, value: str | None) -> str | None:
        if value == "":
            raise ValueError("the code is empty: leave it out for a null code")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.status is None and self.code not in KNOWN_ERRORS:
            known = ", ".join(KNOWN_ERRORS)
            if self.code is None:
                raise ValueError(f"an error needs a status or a known code; the known codes are {known}")
            hint = nearest(self.code, list(KNOWN_ERRORS))
            raise ValueError(f"unknown error code '{self.code}': {hint}give its status too, or use one of {known}")
        return self


class ErrorReply(ReplyBase):
    """The endpoint refuses."""

    error: ErrorSpec


class RawBody(Authored):
    """An HTTP answer as it is. `body` is sent as text, or as JSON if it is a mapping or a list."""

    status: Annotated[Integer, Field(ge=200, le=999)] = 200
    headers: Mapping[str, str] = Field(default_factory=dict)
    body: JSONValue = ""


class RawReply(ReplyBase):
    """A verbatim HTTP answer."""

    raw: RawBody


class EventSpec(Authored):
    """One SSE event as it is. `data` is sent as text, or as JSON if it is not a string."""

    shorthand: ClassVar[str | None] = "data"

    data: JSONValue = None
    event: str | None = None
    id: str | None = None
    retry: Count | None = None
    comment: str | None = None
    tokens: Count = Field(default=1, description="how many tokens of time it takes")


class EventsReply(ReplyBase):
    """A verbatim event stream under status 200."""

    events: tuple[EventSpec, ...]


class CallReply(ReplyBase):
    """A reply computed by a Python callable from the request, not for YAML. It returns a text, a reply, or a mapping
    in the form of one. Not for YAML.
    """

    call: Callable[[Request], Any]


Reply: TypeAlias = ContentReply | GenerateReply | AutoReply | ErrorReply | RawReply | EventsReply | CallReply

_FORMS: Mapping[str, type[Authored]] = {
    "generate": GenerateReply,
    "auto": AutoReply,
    "error": ErrorReply,
    "raw": RawReply,
    "events": EventsReply,
    "call": CallReply,
}
_FAULT_KINDS = frozenset(fault.kind for fault in FAULTS)


def _form(value: Any) -> str:
    """The form of a reply: by its own key, or content."""
    if isinstance(value, Authored):
        return next((key for key, form in _FORMS.items() if isinstance(value, form)), "content")
    if isinstance(value, Mapping):
        return next((key for key in _FORMS if key in value), "content")
    return "call" if callable(value) else "content"


def _attempt_form(value: Any) -> str:
    if isinstance(value, Fault) or (
        isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _FAULT_KINDS
    ):
        return "fault"
    return _form(value)


AnyReply = Annotated[
    Annotated[ContentReply, Tag("content")]
    | Annotated[GenerateReply, Tag("generate")]
    | Annotated[AutoReply, Tag("auto")]
    | Annotated[ErrorReply, Tag("error")]
    | Annotated[RawReply, Tag("raw")]
    | Annotated[EventsReply, Tag("events")]
    | Annotated[CallReply, Tag("call")],
    Discriminator(_form),
]
"""One reply, in the form that its keys tell; a plain string is its text."""

Attempt = Annotated[
    Annotated[ContentReply, Tag("content")]
    | Annotated[GenerateReply, Tag("generate")]
    | Annotated[AutoReply, Tag("auto")]
    | Annotated[ErrorReply, Tag("error")]
    | Annotated[RawReply, Tag("raw")]
    | Annotated[EventsReply, Tag("events")]
    | Annotated[CallReply, Tag("call")]
    | Annotated[AnyFault, Tag("fault")],
    Discriminator(_attempt_form),
]
"""What one try gets: another reply, or the same reply with a fault."""
