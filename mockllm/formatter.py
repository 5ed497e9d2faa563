"""Any iterator of tokens as an OpenAI stream, for servers of your own in any web framework.

Here: `openai_stream` and the pieces that are not plain text. The chunks have the shapes of `dialects/chat`
(wire-contract §5.2 and §5.3). Not here: scenarios, times, faults and padding; those are for a mock server, and this is
only its grammar.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, overload

from mockllm.dialects.chat.write import call_header, call_text_key, usage_json
from mockllm.dialects.plain import error_json
from mockllm.dialects.sse import event_bytes
from mockllm.errors import ApiError
from mockllm.plan import Frame
from mockllm.request import JSON
from mockllm.turn import StopReason, ToolCall, Usage

CREATED = 1_767_225_600
"""The default `created`, 2026-01-01T00:00:00Z as in scenarios: fixed, so that the same tokens give the same text."""

COMPLETION_ID = "chatcmpl-" + "0" * 29
"""The default `id`, in the form of wire-contract §5.1."""


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """Some text of the thinking before the answer, in the field `reasoning_content` or `reasoning`."""

    text: str
    field: str = "reasoning_content"


@dataclass(frozen=True, slots=True)
class ToolCallStart:
    """The model begins to call a tool. Calls are numbered from 0, without gaps; `index` follows if left out."""

    name: str
    id: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class ArgumentsDelta:
    """Some text of a call's arguments; of the call begun last, if `index` is left out."""

    text: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """Why the answer ends; a `StopReason` or any other word. Only `Usage` may follow it."""

    reason: str = StopReason.STOP


Piece: TypeAlias = str | ReasoningDelta | ToolCallStart | ArgumentsDelta | Finish | Usage
"""What a stream is made of; a plain string is content."""


@overload
def openai_stream(
    tokens: Iterable[Piece],
    *,
    model: str = ...,
    id: str = ...,
    created: int = ...,
    system_fingerprint: str | None = ...,
    include_usage: bool = ...,
) -> Iterator[str]: ...
@overload
def openai_stream(
    tokens: AsyncIterable[Piece],
    *,
    model: str = ...,
    id: str = ...,
    created: int = ...,
    system_fingerprint: str | None = ...,
    include_usage: bool = ...,
) -> AsyncIterator[str]: ...
def openai_stream(
    tokens: Iterable[Piece] | AsyncIterable[Piece],
    *,
    model: str = "mockllm",
    id: str = COMPLETION_ID,  # noqa: A002 - the key of the chunk that it fills
    created: int = CREATED,
    system_fingerprint: str | None = None,
    include_usage: bool = False,
) -> Iterator[str] | AsyncIterator[str]:
    r"""The messages of a streamed chat completion: role, the pieces, finish, usage if asked for, and `[DONE]`.

    Each item is one whole server-sent event, `data: {...}\n\n`, as text: frameworks take text and encode it as UTF-8,
    and it can be read and compared in tests; where bytes are needed, `.encode()` each item. Send them as
    `text/event-stream`. An iterable gives an iterator and an async iterable an async one; both are lazy: the events of
    a piece come as soon as the piece does, and the role comes with the first piece.

    Without a `Finish` the reason is `tool_calls` if a tool was called, else `stop`. `include_usage` is the request's
    `stream_options.include_usage`: with it the usage chunk shows the `Usage` among the pieces, or else counts each
    piece of text as one output token; without it a `Usage` is not shown.

    If the source raises, the last event is an error object (wire-contract §4.3) without `[DONE]`, and then the error
    is raised: the client learns that its answer is broken, and the server's log learns why. An `ApiError` is shown to
    the client in its own words, any other error in those of a generic server error, so that nothing internal leaks. A
    piece out of place (arguments without a call, anything but usage after the finish) is a ValueError of this kind, and
    anything that is no piece a TypeError.
    """
    head: dict[str, JSON] = {
        "id": id,
        "object": "chat.completion.chunk",
        "created": created,
        "model": model,
        "system_fingerprint": system_fingerprint,
    }
    grammar = _Grammar(head, include_usage=include_usage)
    if isinstance(tokens, AsyncIterable):
        return _async_stream(tokens, grammar)
    return _stream(tokens, grammar)


def _stream(tokens: Iterable[Piece], grammar: "_Grammar") -> Iterator[str]:
    source = iter(tokens)
    try:
        for piece in source:
            yield from grammar.events(piece)
        yield from grammar.end()
    except Exception as error:
        yield _error_event(error)
        raise
    finally:
        if (close := getattr(source, "close", None)) is not None:
            close()


async def _async_stream(tokens: AsyncIterable[Piece], grammar: "_Grammar") -> AsyncIterator[str]:
    source = aiter(tokens)
    try:
        async for piece in source:
            for event in grammar.events(piece):
                yield event
        for event in grammar.end():
            yield event
    except Exception as error:
        yield _error_event(error)
        raise
    finally:
        if (close := getattr(source, "aclose", None)) is not None:
            await close()


class _Grammar:
    """Which events a piece becomes, given the pieces before it."""

    def __init__(self, head: Mapping[str, JSON], *, include_usage: bool) -> None:
        self._head = head
        self._include_usage = include_usage
        self._begun = False
        self._calls = 0
        self._finished = False
        self._texts = 0
        self._usage: Usage | None = None

    def events(self, piece: Piece) -> Iterator[str]:
        """The events of one piece, after the role if it is the first. Raises ValueError and TypeError."""
        if isinstance(piece, Usage):
            self._usage = piece
            return
        if self._finished:
            raise ValueError(f"{piece!r} comes after the finish: only Usage may follow it, so send the finish later")
        delta = self._delta(piece)
        yield from self._role()
        if isinstance(piece, Finish):
            yield self._finish(piece.reason)
        else:
            yield self._chunk(delta)

    def end(self) -> Iterator[str]:
        """The events after the last piece."""
        yield from self._role()
        if not self._finished:
            yield self._finish(StopReason.TOOL_CALLS if self._calls else StopReason.STOP)
        if self._include_usage:
            usage = usage_json(self._usage or Usage(0, self._texts))
            yield _event({**self._head, "choices": [], "usage": usage})
        yield _event("[DONE]")

    def _delta(self, piece: str | ReasoningDelta | ToolCallStart | ArgumentsDelta | Finish) -> dict[str, JSON]:
        match piece:
            case str():
                self._texts += 1
                return {"content": piece}
            case ReasoningDelta():
                self._texts += 1
                return {piece.field: piece.text}
            case ToolCallStart():
                return {"tool_calls": [self._call_start(piece)]}
            case ArgumentsDelta():
                self._texts += 1
                return {"tool_calls": [self._arguments(piece)]}
            case Finish():
                return {}
            case _:
                names = "str, ReasoningDelta, ToolCallStart, ArgumentsDelta, Finish, Usage"
                raise TypeError(f"{piece!r} is no piece of a stream: yield one of {names}")

    def _call_start(self, piece: ToolCallStart) -> JSON:
        index = self._calls if piece.index is None else piece.index
        if index != self._calls:
            raise ValueError(
                f"{piece!r} should have the index {self._calls}: calls are numbered in order, without gaps"
            )
        self._calls += 1
        call = ToolCall(piece.id, piece.name, ())
        return {"index": index, **call_header(call), call.kind: {"name": call.name, call_text_key(call): ""}}

    def _arguments(self, piece: ArgumentsDelta) -> JSON:
        index = self._calls - 1 if piece.index is None else piece.index
        if not 0 <= index < self._calls:
            raise ValueError(f"{piece!r} belongs to no call: yield its ToolCallStart first")
        return {"index": index, "function": {"arguments": piece.text}}

    def _role(self) -> Iterator[str]:
        if not self._begun:
            self._begun = True
            yield self._chunk({"role": "assistant", "content": "", "refusal": None})

    def _finish(self, reason: str) -> str:
        self._finished = True
        return self._chunk({}, str(reason))

    def _chunk(self, delta: Mapping[str, JSON], finish: str | None = None) -> str:
        usage: dict[str, JSON] = {"usage": None} if self._include_usage else {}
        choice: JSON = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**self._head, "choices": [choice], **usage})


def _error_event(error: Exception) -> str:
    if not isinstance(error, ApiError):
        error = ApiError(500, "The server had an error while processing your request.", type_="server_error")
    return _event(error_json(error))


def _event(data: JSON) -> str:
    return event_bytes(Frame(data)).decode()
