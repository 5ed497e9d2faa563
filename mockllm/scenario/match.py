"""Which requests a rule answers: `when`.

Here: the matchers. One function both decides and explains: `When.differences` lists why a request does not match, and
no difference is a match. A matcher that cannot be evaluated on a request raises, which is neither. Not here: the order
of rules (`script.py`) and what happens when none matches (`engine.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from mockllm.request import Message, Request
from mockllm.scenario.base import Authored, Flag, Integer, found
from mockllm.scenario.json_match import JSONTest, MatchError, json_differences
from mockllm.scenario.json_path import JSONPathText
from mockllm.scenario.text import Difference, Names, TextMatch, Wanted, fits
from mockllm.units import refusal

__all__ = [
    "Difference",
    "HeaderMatch",
    "MatchError",
    "MessageMatch",
    "Names",
    "TextMatch",
    "ToolResultMatch",
    "TurnMatch",
    "Wanted",
    "When",
]


class MessageMatch(TextMatch):
    """A test of one message: its role and its text."""

    role: Wanted | None = Field(default=None, description="the role, such as user or tool")

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

    name: Wanted | None = Field(default=None, description="the tool that was called")

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
        if self.name is not None and not any(fits(tool, name) for name in self.name):
            yield Difference("name", " or ".join(self.name), tool or "a result of an unknown call")
        yield from self.text_differences(text)


class HeaderMatch(TextMatch):
    """A test of a request header. A plain string is the whole value; `absent: true` wants the
    header not to be there.
    """

    shorthand: ClassVar[str | None] = "equals"

    absent: Flag = Field(default=False, description="the header must not be there")

    @model_validator(mode="after")
    def _one_wish(self) -> Self:
        given = [name for name in ("equals", "contains", "regex") if getattr(self, name) is not None]
        if self.absent and given:
            raise refusal(f"a header that is absent has no text to test: drop absent, or {' and '.join(given)}")
        return self

    def differences(self, value: str | None) -> Iterator[Difference]:
        """Why this header value does not pass; None is a header that is not there."""
        if self.absent:
            if value is not None:
                yield Difference("", "no such header", found(value))
        elif value is None:
            yield Difference("", "the header", "none")
        else:
            yield from self.text_differences(value)


def _turns(count: int) -> str:
    return f"{count} assistant {'message' if count == 1 else 'messages'} so far"


class TurnMatch(Authored):
    """A test of how far the conversation is: the number of assistant messages so far."""

    shorthand: ClassVar[str | None] = "equals"

    equals: Annotated[Integer, Field(ge=0)] | None = None
    min: Annotated[Integer, Field(ge=0)] | None = None
    max: Annotated[Integer, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refusal("min is above max, so nothing can match: swap them")
        return self

    def differences(self, turn: int) -> Iterator[Difference]:
        """Why this number of assistant messages does not pass."""
        if self.equals is not None and turn != self.equals:
            yield Difference("", _turns(self.equals), str(turn))
        if self.min is not None and turn < self.min:
            yield Difference("", f"at least {_turns(self.min)}", str(turn))
        if self.max is not None and turn > self.max:
            yield Difference("", f"at most {_turns(self.max)}", str(turn))


class When(Authored):
    """All that a request must have for the rule to answer it. An empty `when` matches every request to a conversation
    API.
    """

    api: Wanted | None = Field(default=None, description="the API that is called: chat, models, ...")
    model: Wanted | None = Field(default=None, description="the model id, or a pattern such as gpt-5*")
    stream: Flag | None = Field(default=None, description="whether a stream is asked for")
    system: TextMatch | None = Field(default=None, description="the system or developer messages")
    user: TextMatch | None = Field(default=None, description="the last user message")
    last: MessageMatch | None = Field(default=None, description="the last message, whoever wrote it")
    message: MessageMatch | None = Field(default=None, description="some message of the conversation")
    tools: Wanted | None = Field(default=None, description="tools that the request must offer, all of them")
    tool_result: ToolResultMatch | None = Field(default=None, description="a tool result that came back")
    turn: TurnMatch | None = Field(default=None, description="assistant messages so far")
    header: Mapping[str, HeaderMatch] | None = Field(default=None, description="request headers by name")
    json_: Mapping[JSONPathText, JSONTest] | None = Field(
        default=None, alias="json", description="JSONPath into the body, and the value or text test it must meet"
    )
    all: Annotated[tuple["When", ...], Field(min_length=1)] | None = Field(
        default=None, description="every one of these must match"
    )
    any: Annotated[tuple["When", ...], Field(min_length=1)] | None = Field(
        default=None, description="at least one of these must match"
    )
    not_: "When | None" = Field(default=None, alias="not", description="this must not match")

    def differences(self, request: Request) -> tuple[Difference, ...]:
        """Why the request does not match; empty when it does. Raises MatchError if that cannot be told."""
        return tuple(
            difference.under(name)
            for name, (field, test) in _TESTS.items()
            if (wanted := getattr(self, field)) is not None
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
    if not any(fits(value, pattern) for pattern in wanted):
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
        if not any(fits(tool, name) for tool in offered):
            yield Difference("", name, ", ".join(offered) or "no tools")


def _header(wanted: Mapping[str, HeaderMatch], request: Request) -> Iterator[Difference]:
    for name, match in wanted.items():
        for difference in match.differences(request.call.headers.get(name)):
            yield difference.under(f'["{name}"]')


def _all(wanted: tuple[When, ...], request: Request) -> Iterator[Difference]:
    for index, when in enumerate(wanted):
        for difference in when.differences(request):
            yield difference.under(f"[{index}]")


def _any(wanted: tuple[When, ...], request: Request) -> Iterator[Difference]:
    reasons = [when.differences(request) for when in wanted]
    if all(reasons):
        nearest = min(range(len(reasons)), key=lambda index: len(reasons[index]))
        for difference in reasons[nearest]:
            yield difference.under(f"[{nearest}]")


def _not(wanted: When, request: Request) -> Iterator[Difference]:
    if not wanted.differences(request):
        yield Difference("", "a request that does not match", "one that does")


_TESTS: Mapping[str, tuple[str, Callable[..., Iterator[Difference]]]] = {
    "api": ("api", lambda wanted, request: _name(wanted, request.api)),
    "model": ("model", lambda wanted, request: _name(wanted, request.model)),
    "stream": ("stream", _stream),
    "system": ("system", _system),
    "user": ("user", _user),
    "last": ("last", _last),
    "message": ("message", _message),
    "tools": ("tools", _tools),
    "tool_result": ("tool_result", lambda wanted, request: wanted.differences(request)),
    "turn": ("turn", lambda wanted, request: wanted.differences(request.turn)),
    "header": ("header", _header),
    "json": ("json_", lambda wanted, request: json_differences(wanted, request.json)),
    "all": ("all", _all),
    "any": ("any", _any),
    "not": ("not_", _not),
}
"""By the key in YAML: the field that holds what is wanted, and the test."""
