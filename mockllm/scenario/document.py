"""A scenario: the top of the author's language.

Here: `Scenario` and `Rule`. Not here: reading files and telling what is wrong with them (`load.py`), and the words
inside (`match.py`, `reply.py`, `pace/`, `faults/`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from mockllm.request import JSON, Request
from mockllm.scenario.accept import Accept, ExpectContinue
from mockllm.scenario.base import Authored, Flag, Integer, JSONValue, Shaped, found
from mockllm.scenario.chaos import Chaos
from mockllm.scenario.expect import Expectation
from mockllm.scenario.limits import Limit, Limits, limit_for
from mockllm.scenario.match import Names, When
from mockllm.scenario.pace import Pace
from mockllm.scenario.pace.load import Load
from mockllm.scenario.profile import ProfileName
from mockllm.scenario.reply import AnyReply, Envelope
from mockllm.units import refusal

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]*"
"""What a name in a URL looks like."""

_TAKEN = "v1"
_CREATED = 1_767_225_600
"""The default `created`: 2026-01-01T00:00:00Z. A fixed time, so that the same request gives the same bytes."""


def _usable(name: str) -> str:
    if re.fullmatch(NAME_PATTERN, name) is None:
        told = f"{found(name)} cannot be a name, which is part of URLs"
        raise refusal(f"{told}: use letters, digits, '.', '_' and '-', and begin with a letter or a digit")
    if name == _TAKEN:
        raise refusal(f"'{_TAKEN}' cannot be a name: URLs have it where the API begins")
    return name


Name = Annotated[str, AfterValidator(_usable), Field(json_schema_extra={"pattern": f"^{NAME_PATTERN}$"})]
"""A name that can stand in a URL."""

Created = Annotated[
    Annotated[Integer, Field(ge=0)] | Literal["now"], Shaped("a whole number of seconds since 1970", "now")
]


_PLAIN_BODIES: Mapping[str, Mapping[str, JSON]] = {
    "chat": {"messages": [{"role": "user", "content": "Hello"}], "stream": True},
    "responses": {"input": "Hello", "stream": True},
    "responses.websocket": {"input": "Hello"},
    "realtime": {
        "output_modalities": ["text"],
        "input": [
            {"id": "item_1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
        ],
        "session": {"id": "sess_1", "conversation_id": "conv_1"},
    },
    "completions": {"prompt": "Hello", "stream": True},
    "embeddings": {"model": "text-embedding-3-small", "input": "Hello"},
    "audio.speech": {"model": "gpt-4o-mini-tts", "input": "Hello", "voice": "alloy"},
    "audio.transcriptions": {"model": "gpt-4o-transcribe", "file": {"filename": "hello.wav", "text": "RIFF"}},
    "audio.translations": {"model": "whisper-1", "file": {"filename": "hello.wav", "text": "RIFF"}},
}
"""A request of each API that a body of `example` is laid over."""


class Models(Authored):
    """The models that are listed. With `only: true` a request for another one is refused as unknown."""

    shorthand: ClassVar[str | None] = "ids"

    ids: Names
    only: Flag = False


class Key(Authored):
    """A key that is accepted, and what is special about it. A plain text is a key like any other."""

    shorthand: ClassVar[str | None] = "key"

    key: str = Field(description="the key, as bearer token or api-key header")
    expired: Flag = Field(default=False, description="it was accepted once, and is refused as a wrong key is")
    project: str | None = Field(
        default=None,
        description="the project it belongs to; a call whose openai-project header names another is refused",
    )
    organization: str | None = Field(
        default=None, description="the same for its organization and the openai-organization header"
    )
    scenario: Name | None = Field(default=None, description="the scenario that calls with this key get")
    limits: Limit | None = Field(default=None, description="limits of this key, in place of those of the scenario")

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.scenario is not None and self.limits is not None:
            raise ValueError("a key that leads to another scenario has the limits of that one: drop limits")
        if self.limits is not None and self.limits.keys is not None:
            raise ValueError("these are the limits of one key: drop keys from them")
        return self


def _keys(value: Any) -> Any:
    if not isinstance(value, (str, list, tuple)):
        raise refusal(f"expected a text or a list of keys, found {found(value)}")
    return (value,) if isinstance(value, str) else value


class Auth(Authored):
    """Who may call. Without `auth` any key will do, or none."""

    keys: Annotated[tuple[Key, ...], BeforeValidator(_keys, json_schema_input_type=str | tuple[Key, ...])] = Field(
        description="the keys that are accepted"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        keys = [entry.key for entry in self.keys]
        if twice := next((key for index, key in enumerate(keys) if key in keys[:index]), None):
            raise ValueError(f"the key '{twice}' has two entries: keep one")
        return self

    def entry(self, key: str) -> tuple[int, Key] | None:
        """The entry of a key and its place in the list, None if the key is not accepted."""
        return next(((number, entry) for number, entry in enumerate(self.keys) if entry.key == key), None)

    def leads(self, key: str) -> str | None:
        """The scenario that the key leads to, if it is another one."""
        entry = self.entry(key)
        return None if entry is None else entry[1].scenario

    def good_key(self) -> str | None:
        """A key that a client can use: the first that stays in this scenario, or else the first; None if all have
        expired.
        """
        good = [entry for entry in self.keys if not entry.expired]
        staying = [entry for entry in good if entry.scenario is None]
        return next((entry.key for entry in (*staying, *good)), None)


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
    profile: ProfileName | None = Field(
        default=None, description="the vendor in whose manner these are answered, in place of the scenario's"
    )
    chaos: Chaos | None = Field(default=None, description="what goes wrong at random or at times with these answers")

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
    profile: ProfileName | None = Field(
        default=None, description="the vendor in whose manner everything is answered; openai if left out"
    )
    auth: Auth | None = Field(default=None, description="accepted keys; any or none if left out")
    limits: Limits | None = Field(
        default=None, description="how much a client may ask for; the first of several that fits a request counts"
    )
    pace: Pace = Field(default=Pace(), description="the times of every answer that has no pace of its own")
    load: Load | None = Field(
        default=None, description="what a busy engine does: so many run, others wait, and all become slower"
    )
    defaults: Envelope = Field(
        default=Envelope(), description="what surrounds every answer that does not say otherwise"
    )
    strict: Flag = Field(default=False, description="refuse unknown request fields, as the real service does")
    chaos: Chaos | None = Field(default=None, description="what goes wrong at random or at times, whoever answers")
    accept: Accept | None = Field(
        default=None,
        description="what connections meet before anything is read; only where this is the default scenario",
    )
    expect_continue: ExpectContinue | None = Field(
        default=None,
        description="for a client that asks for leave to send its body: ignore, or an error as the answer at once",
    )
    rules: tuple[Rule, ...] = ()
    otherwise: AnyReply | None = Field(
        default=None, description="the answer when no rule matches; by default a 400 that says which rule came nearest"
    )
    example: tuple[Mapping[str, JSONValue], ...] = Field(
        default=(),
        description="requests that this scenario is made for: bodies over a plain one, for chat unless `api` says "
        "else; `headers` are those of the request",
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

    @field_validator("example")
    @classmethod
    def _headers_of_text(cls, examples: tuple[Mapping[str, JSONValue], ...]) -> tuple[Mapping[str, JSONValue], ...]:
        for number, example in enumerate(examples):
            headers = example.get("headers", {})
            if not isinstance(headers, Mapping) or not all(isinstance(text, str) for text in headers.values()):
                raise refusal(f"headers of example {number} are a mapping of names to texts, found {found(headers)}")
        return examples

    @model_validator(mode="after")
    def _one_queue(self) -> Self:
        limits = self.limits if isinstance(self.limits, tuple) else (self.limits,)
        keys = () if self.auth is None else self.auth.keys
        if self.load and any(limit and limit.concurrent for limit in (*limits, *(entry.limits for entry in keys))):
            raise refusal("load and concurrent both say how many are answered at a time: keep one")
        return self

    @model_validator(mode="after")
    def _expects_of_each(self) -> Self:
        asked = len(self.example) or 1
        if self.expect and len(self.expect) != asked:
            raise refusal(
                f"expect has {len(self.expect)} entries for {asked} requests of example: give one for each, in order"
            )
        return self

    def limit_of(self, request: Request) -> tuple[int, Limit] | None:
        """The limit of a request and its number, or None if nothing limits it. Those of the scenario count from 0 up,
        those of its keys from -1 down.
        """
        entry = None if self.auth is None else self.auth.entry(request.call.key())
        if entry is not None and (own := entry[1].limits) is not None and own.fits(request):
            return -1 - entry[0], own
        return None if self.limits is None else limit_for(self.limits, request)

    def requests(self) -> Iterator[dict[str, JSON]]:
        """The request bodies this scenario is made for; a streamed greeting if it names none.

        The key `api` of a body names its API, which is chat if there is none; the key `headers` has what the request
        has in its head. Neither is sent in the body.
        """
        model = next((name for name in (self.models.ids if self.models else ())), "gpt-5.1")
        for body in self.example or ({},):
            plain = _PLAIN_BODIES.get(body.get("api", "chat"), {})
            yield {"model": model, **plain, **body}
