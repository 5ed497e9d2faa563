"""What the author wants answered: a reply, in each of its forms.

Here: one class per form and the choice between them, which is by the key that only that form has. Look next at
`content.py` and `error.py`, what they say. Not here: how a reply becomes a turn (`fill/`) or bytes (`dialects/`). Times
and faults are fields of every form (`pace.py`, `faults/`).
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from mockllm.request import Request
from mockllm.scenario.base import Authored, Chosen, Flag, Integer, JSONValue, found, nearest
from mockllm.scenario.content import Content, Count
from mockllm.scenario.error import ErrorSpec, RetryAfter
from mockllm.scenario.faults import ALIASES, FAULT_NAMES, FAULT_WORDS, FAULTS, AnyFault, Fault, Faults
from mockllm.scenario.pace import Pace
from mockllm.scenario.profile import ProfileName
from mockllm.scenario.replay import ReplaySpec
from mockllm.units import refusal

__all__ = [
    "AnyReply",
    "Attempt",
    "AutoReply",
    "CallReply",
    "ContentReply",
    "Envelope",
    "ErrorReply",
    "ErrorSpec",
    "EventSpec",
    "EventsReply",
    "Generate",
    "GenerateReply",
    "RawBody",
    "RawReply",
    "ReplayReply",
    "Reply",
    "ReplyBase",
    "RetryAfter",
    "UsageSpec",
]


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
    profile: ProfileName | None = Field(
        default=None,
        description="the vendor in whose manner this is answered, in place of the rule's or the scenario's",
    )
    pace: Pace | None = Field(default=None, description="the times of this answer, in place of the scenario's")
    faults: Faults = Field(default=(), description="what goes wrong with this answer")
    attempts: tuple["Attempt", ...] = Field(
        default=(), description="what the first tries of the very same request get instead: faults or other replies"
    )

    @classmethod
    def hint(cls, key: str) -> str:
        """The nearest key; for a fault, where it belongs."""
        if key in FAULT_NAMES:
            return f"it is a fault, so write faults: [{{{key}: ...}}]; "
        return super().hint(key)

    @model_validator(mode="after")
    def _attempts_once(self) -> Self:
        if any(not isinstance(entry, Fault) and entry.attempts for entry in self.attempts):
            raise refusal("a reply inside attempts has attempts of its own: write all tries in one list, in order")
        return self


class ContentReply(ReplyBase, Content):
    """An answer in the author's words, for one choice or for several."""

    shorthand: ClassVar[str | None] = "text"

    choices: tuple[Content, ...] = Field(
        default=(), description="one content for each choice, in place of the keys above"
    )

    @model_validator(mode="after")
    def _choices_alone(self) -> Self:
        fields = Content.model_fields
        beside = [name for name, field in fields.items() if getattr(self, name) != field.default]
        if self.choices and beside:
            keys = " and ".join(beside)
            raise refusal(f"choices gives the content of every choice: move {keys} into it, or drop choices")
        return self

    @classmethod
    def content_keys(cls) -> frozenset[str]:
        """The keys that say what is answered, which no other form has."""
        return frozenset({*Content.allowed(), "choices"})


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

    @field_validator("auto", mode="before")
    @classmethod
    def _is_true(cls, value: Any) -> Any:
        # A literal alone would take 1, which is equal to true in Python.
        if value is not True:
            raise refusal(f"expected true, found {found(value)}")
        return value


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

    @classmethod
    def hint(cls, key: str) -> str:
        """The nearest key, or else where the JSON of an event belongs."""
        return super().hint(key) or "the JSON of an event is written {data: {...}}; "


class EventsReply(ReplyBase):
    """A verbatim event stream under status 200."""

    events: tuple[EventSpec, ...]


class ReplayReply(ReplyBase):
    """An answer as it came from an endpoint. `pace` takes the place of the times that were recorded."""

    replay: ReplaySpec


class CallReply(ReplyBase):
    """A reply computed by a Python callable from the request, which YAML cannot give. It returns a text, a reply, or a
    mapping in the form of one.
    """

    shorthand: ClassVar[str | None] = "call"

    call: Callable[[Request], Any]

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """The callable stands for the reply."""
        return {"call": value} if callable(value) else value


Reply: TypeAlias = (
    ContentReply | GenerateReply | AutoReply | ErrorReply | RawReply | EventsReply | ReplayReply | CallReply
)

_FORMS: Mapping[str, type[Authored]] = {
    "generate": GenerateReply,
    "auto": AutoReply,
    "error": ErrorReply,
    "raw": RawReply,
    "events": EventsReply,
    "replay": ReplayReply,
    "call": CallReply,
}
_REPLY_KEYS = frozenset({*ContentReply.allowed(), *(key for form in _FORMS.values() for key in form.allowed())})


def _form(value: Any) -> str:
    """The form of a reply: by its own key, or content."""
    match value:
        case Authored():
            return next((key for key, form in _FORMS.items() if isinstance(value, form)), "content")
        case Mapping():
            return _written_form(value)
        case str() | list() | tuple():
            return "content"
    if callable(value):
        return "call"
    raise refusal(f"expected a reply, found {found(value)}: write a text, or a mapping such as {{text: ...}}")


def _written_form(value: Mapping[str, Any]) -> str:
    forms = [key for key in _FORMS if key in value]
    content = [key for key in value if key in ContentReply.content_keys()] if forms else []
    if len(rivals := [*forms, *content]) > 1:
        raise refusal(f"{' and '.join(rivals)} are different kinds of answer: keep one")
    return forms[0] if forms else "content"


def _attempt_form(value: Any) -> str:
    """As `_form`; a mapping that has the key of a fault, and no other key of a reply, is a fault; so is an alias
    that stands alone.
    """
    if isinstance(value, Fault) or (isinstance(value, str) and value in FAULT_WORDS):
        return "fault"
    if isinstance(value, Mapping) and value:
        kinds = [key for key in value if key in FAULT_NAMES]
        if kinds and not any(key in _REPLY_KEYS and key not in kinds for key in value):
            return "fault"
        if not kinds and not any(key in _REPLY_KEYS for key in value):
            key = str(next(iter(value)))
            faults = [*FAULTS, *ALIASES]
            hint = nearest(key, [*faults, *sorted(_REPLY_KEYS)])
            forms = f"a reply, with keys such as text, error and raw, or one fault of {', '.join(faults)}"
            raise refusal(f"unknown key '{key}': {hint}a try is {forms}")
    return _form(value)


AnyReply = Annotated[Reply, Chosen(_form, content=ContentReply, **_FORMS), Field(title="reply")]
"""One reply, in the form that its keys tell; a plain string is its text."""

Attempt = Annotated[
    Reply | Fault, Chosen(_attempt_form, content=ContentReply, **_FORMS, fault=AnyFault), Field(title="attempt")
]
"""What one try gets: another reply, or the same reply with a fault."""
