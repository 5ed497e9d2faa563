"""Which requests a rule answers: `when`.

Here: the matchers. One function both decides and explains: `When.differences` lists why a request does not match, and
no difference is a match. Not here: the order of rules and what happens when none matches (`engine.py`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar, Self

import jsonpath
from pydantic import BeforeValidator, Field, field_validator, model_validator

from mockllm.request import JSON, Message, Request
from mockllm.scenario.base import Authored, Flag, Integer, JSONValue, found


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
"""One name or a list of them; `*` and `?` stand for any characters and any one character."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One reason why a request does not match: the matcher, what it wants, what the request has."""

    path: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: wanted {self.wanted}, found {self.found}"

    def under(self, prefix: str) -> "Difference":
        """The same difference, inside the matcher named by the prefix."""
        return Difference(f"{prefix}.{self.path}" if self.path else prefix, self.wanted, self.found)


class TextMatch(Authored):
    """A test of a text. All the tests given must hold; a plain string is `contains`."""

    shorthand: ClassVar[str | None] = "contains"

    equals: str | None = Field(default=None, description="the whole text")
    contains: Names | None = Field(default=None, description="a part of the text, or several that must all be there")
    regex: str | None = Field(default=None, description="a regular expression found anywhere in the text")

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"'{value}' is not a regular expression: {error}") from None
        return value

    def text_differences(self, text: str) -> Iterator[Difference]:
        """Why this text does not pass."""
        if self.equals is not None and text != self.equals:
            yield Difference("", f"exactly {found(self.equals)}", found(text))
        for part in self.contains or ():
            if part not in text:
                yield Difference("", f"a text with {found(part)}", found(text))
        if self.regex is not None and re.search(self.regex, text) is None:
            yield Difference("", f"a text that matches /{self.regex}/", found(text))


class MessageMatch(TextMatch):
    """A test of one message: its role and its text."""

    role: Names | None = Field(default=None, description="the role, such as user or tool")

    def differences(self, message: Message | None) -> Iterator[Difference]:
        """Why this message does not pass; None is a message that is not there."""
        if message is None:
            yield Difference("", "a message", "none")
            return
        if self.role is not None and message.role not in self.role:
            yield Difference("role", " or ".join(self.role), message.role)
        yield from self.text_differences(message.text)


class ToolResultMatch(TextMatch):
    """A test of the tool results that the request brings back: some result has this text and comes from this tool."""

    name: Names | None = Field(default=None, description="the tool that was called")

    def differences(self, request: Request) -> Iterator[Difference]:
        """Why none of the results since the last assistant message passes."""
        results = list(_results(request))
        if not results:
            yield Difference("", "a tool result after the last assistant message", "none")
            return
        reasons = [tuple(self._reasons(tool, text)) for tool, text in results]
        if all(reasons):
            yield from min(reasons, key=len)

    def _reasons(self, tool: str, text: str) -> Iterator[Difference]:
        if self.name is not None and not any(fnmatchcase(tool, name) for name in self.name):
            yield Difference("name", " or ".join(self.name), tool or "a result of an unknown call")
        yield from self.text_differences(text)


class HeaderMatch(TextMatch):
    """A test of a request header. A plain string is the whole value; `absent: true` wants the
    header not to be there.
    """

    shorthand: ClassVar[str | None] = "equals"

    absent: Flag = Field(default=False, description="the header must not be there")

    def differences(self, value: str | None) -> Iterator[Difference]:
        """Why this header value does not pass; None is a header that is not there."""
        if self.absent:
            if value is not None:
                yield Difference("", "no such header", found(value))
        elif value is None:
            yield Difference("", "the header", "none")
        else:
            yield from self.text_differences(value)


class TurnMatch(Authored):
    """A test of how far the conversation is: the number of assistant messages so far."""

    shorthand: ClassVar[str | None] = "equals"

    equals: Annotated[Integer, Field(ge=0)] | None = None
    min: Annotated[Integer, Field(ge=0)] | None = None
    max: Annotated[Integer, Field(ge=0)] | None = None

    def differences(self, turn: int) -> Iterator[Difference]:
        """Why this number of assistant messages does not pass."""
        if self.equals is not None and turn != self.equals:
            yield Difference("", f"{self.equals} assistant messages so far", str(turn))
        if self.min is not None and turn < self.min:
            yield Difference("", f"at least {self.min} assistant messages so far", str(turn))
        if self.max is not None and turn > self.max:
            yield Difference("", f"at most {self.max} assistant messages so far", str(turn))


class When(Authored):
    """All that a request must have for the rule to answer it. An empty `when` matches every request to a conversation
    API.
    """

    api: Names | None = Field(default=None, description="the API that is called: chat, models, ...")
    model: Names | None = Field(default=None, description="the model id, or a pattern such as gpt-5*")
    stream: Flag | None = Field(default=None, description="whether a stream is asked for")
    system: TextMatch | None = Field(default=None, description="the system or developer messages")
    user: TextMatch | None = Field(default=None, description="the last user message")
    last: MessageMatch | None = Field(default=None, description="the last message, whoever wrote it")
    message: MessageMatch | None = Field(default=None, description="some message of the conversation")
    tools: Names | None = Field(default=None, description="tools that the request must offer, all of them")
    tool_result: ToolResultMatch | None = Field(default=None, description="a tool result that came back")
    turn: TurnMatch | None = Field(default=None, description="assistant messages so far")
    header: Mapping[str, HeaderMatch] | None = Field(default=None, description="request headers by name")
    json_: Mapping[str, JSONValue] | None = Field(
        default=None, alias="json", description="JSONPath into the body, and the value or text test it must meet"
    )
    all: tuple["When", ...] | None = Field(default=None, description="every one of these must match")
    any: tuple["When", ...] | None = Field(default=None, description="at least one of these must match")
    not_: "When | None" = Field(default=None, alias="not", description="this must not match")

    @model_validator(mode="after")
    def _paths_compile(self) -> Self:
        for path in self.json_ or ():
            try:
                jsonpath.compile(path)
            except jsonpath.JSONPathError as error:
                raise ValueError(f"'{path}' is not a JSONPath: {error}") from None
        return self

    def differences(self, request: Request) -> tuple[Difference, ...]:
        """Why the request does not match; empty when it does."""
        return tuple(
            difference.under(name)
            for name, test in _TESTS.items()
            if (wanted := getattr(self, name)) is not None
            for difference in test(wanted, request)
        )


def _results(request: Request) -> Iterator[tuple[str, str]]:
    """The (tool name, text) of each tool result since the last assistant message."""
    names = {use.id: use.name for message in request.messages for use in message.tool_calls}
    since = 0
    for index, message in enumerate(request.messages):
        if message.role == "assistant":
            since = index + 1
    for message in request.messages[since:]:
        if message.role in {"tool", "function"}:
            yield names.get(message.tool_call_id or "", ""), message.text


def _name(wanted: tuple[str, ...], value: str) -> Iterator[Difference]:
    if not any(fnmatchcase(value, pattern) for pattern in wanted):
        yield Difference("", " or ".join(wanted), found(value))


def _stream(wanted: bool, request: Request) -> Iterator[Difference]:
    if request.stream is not wanted:
        yield Difference("", str(wanted).lower(), str(request.stream).lower())


def _system(wanted: TextMatch, request: Request) -> Iterator[Difference]:
    texts = [message.text for message in request.messages if message.role in {"system", "developer"}]
    if not texts:
        yield Difference("", "a system message", "none")
    else:
        yield from wanted.text_differences("\n".join(texts))


def _user(wanted: TextMatch, request: Request) -> Iterator[Difference]:
    texts = [message.text for message in request.messages if message.role == "user"]
    if not texts:
        yield Difference("", "a user message", "none")
    else:
        yield from wanted.text_differences(texts[-1])


def _last(wanted: MessageMatch, request: Request) -> Iterator[Difference]:
    yield from wanted.differences(request.messages[-1] if request.messages else None)


def _message(wanted: MessageMatch, request: Request) -> Iterator[Difference]:
    reasons = [tuple(wanted.differences(message)) for message in request.messages]
    if not reasons:
        yield from wanted.differences(None)
    elif all(reasons):
        yield from min(reasons, key=len)


def _tools(wanted: tuple[str, ...], request: Request) -> Iterator[Difference]:
    offered = [tool.name for tool in request.tools]
    for name in wanted:
        if not any(fnmatchcase(tool, name) for tool in offered):
            yield Difference("", name, ", ".join(offered) or "no tools")


def _header(wanted: Mapping[str, HeaderMatch], request: Request) -> Iterator[Difference]:
    for name, match in wanted.items():
        for difference in match.differences(request.call.headers.get(name)):
            yield difference.under(name)


def _json(wanted: Mapping[str, JSON], request: Request) -> Iterator[Difference]:
    for path, value in wanted.items():
        matches = jsonpath.findall(path, request.json)
        if isinstance(value, Mapping) and value and set(value) <= set(TextMatch.allowed()):
            test = TextMatch.model_validate(value)
            reasons = [tuple(test.text_differences(item if isinstance(item, str) else str(item))) for item in matches]
            if not reasons or all(reasons):
                yield Difference(path, "a value that passes the text test", found(matches) if matches else "nothing")
        elif value not in matches:
            yield Difference(path, found(value), found(matches) if matches else "nothing")


def _all(wanted: tuple[When, ...], request: Request) -> Iterator[Difference]:
    for index, when in enumerate(wanted):
        for difference in when.differences(request):
            yield difference.under(str(index))


def _any(wanted: tuple[When, ...], request: Request) -> Iterator[Difference]:
    reasons = [when.differences(request) for when in wanted]
    if all(reasons) and reasons:
        nearest = min(range(len(reasons)), key=lambda index: len(reasons[index]))
        for difference in reasons[nearest]:
            yield difference.under(str(nearest))


def _not(wanted: When, request: Request) -> Iterator[Difference]:
    if not wanted.differences(request):
        yield Difference("", "a request that does not match", "one that does")


_TESTS: Mapping[str, Callable[..., Iterator[Difference]]] = {
    "api": lambda wanted, request: _name(wanted, request.api),
    "model": lambda wanted, request: _name(wanted, request.model),
    "stream": _stream,
    "system": _system,
    "user": _user,
    "last": _last,
    "message": _message,
    "tools": _tools,
    "tool_result": lambda wanted, request: wanted.differences(request),
    "turn": lambda wanted, request: wanted.differences(request.turn),
    "header": _header,
    "json_": _json,
    "all": _all,
    "any": _any,
    "not_": _not,
}
