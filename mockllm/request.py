"""An incoming call, first as HTTP (`Call`), then as what it asks for (`Request`).

Here: frozen values and the fingerprint that tells one request from another. Not here: how one API's JSON is read
(`dialects/`) or who answers (`scenario/match.py`). A `Request` is neutral: the fields that rules match on and that
shape an answer in every dialect; all else stays in `json`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qsl

import orjson

from mockllm.frozen import maker

JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | float | bool | None"

# Fields that choose how an answer travels, not what it says: a request that differs only here is the same request.
_TRANSPORT_FIELDS = frozenset({"stream", "stream_options"})


# What a subprotocol begins with that is a key (the SDK's `OpenAIRealtimeWebSocket`).
_KEY_OFFER = "openai-insecure-api-key."


@dataclass(frozen=True, slots=True)
class Headers:
    """HTTP headers in order, with names as they were sent; lookup ignores case (RFC 9110 §5.1)."""

    pairs: tuple[tuple[str, str], ...] = ()
    _first: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_first", {name.lower(): value for name, value in reversed(self.pairs)})

    def get(self, name: str) -> str | None:
        """The first value of the header, or None."""
        return self._first.get(name.lower())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request, read whole.

    `path` is percent-decoded and has no query. `at_us` is the clock's reading when the last byte had arrived, in
    microseconds, and `wall_s` the time of day then, in seconds since 1970. `connection` numbers the TCP connection
    within the server, and `reused` says that it carried a request before.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = Headers()
    body: bytes = b""
    at_us: int = 0
    wall_s: int = 0
    connection: int = 0
    reused: bool = False

    def parameters(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the last counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def key(self) -> str:
        """The API key: a bearer token (RFC 6750 §2.1), the `api-key` header, or what a browser, which can set no header
        of a WebSocket, offers as a subprotocol; empty if the call brings none.
        """
        credentials = self.headers.get("authorization")
        if credentials is None:
            return self.headers.get("api-key") or self._offered_key()
        scheme, _, token = credentials.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else credentials

    def _offered_key(self) -> str:
        offered = (name.strip() for name in (self.headers.get("sec-websocket-protocol") or "").split(","))
        return next((name.removeprefix(_KEY_OFFER) for name in offered if name.startswith(_KEY_OFFER)), "")


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call that an assistant message of the history made."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation; `text` joins all of its text parts.

    `tool_call_id` says which call a tool's result answers; a legacy function's result has the function's name there.
    """

    role: str
    text: str = ""
    tool_calls: tuple[ToolUse, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the request offers. `parameters` is its JSON Schema; a custom tool takes free text and has none."""

    name: str
    kind: str = "function"
    parameters: JSON = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a call asks for, in words common to all APIs.

    `api` names the dialect (`chat`, `models`, ...). `max_tokens`, `stop` and `choices` bound the answer.
    `logprobs` asks for log probabilities, with `top_logprobs` alternatives for each token.
    `tool_choice` is `auto`, `none`, `required` or the name of a forced tool, and `allowed_tools` are the names of those
    that may be called, None for all. `schema` is the JSON Schema a structured answer must have, `{}` for any JSON
    object, None for free text. With `background` the answer is made after the call is over.
    """

    api: str
    call: Call
    json: Mapping[str, JSON] = field(default_factory=dict)
    model: str = ""
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    allowed_tools: tuple[str, ...] | None = None
    parallel_tool_calls: bool = True
    schema: JSON = None
    stream: bool = False
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    choices: int = 1
    logprobs: bool = False
    top_logprobs: int = 0
    store: bool = False
    background: bool = False
    fingerprint: str = ""

    def in_call(self, call: Call) -> "Request":
        """The same request in another call of the same bytes."""
        # Spelled out, as `replace` takes many times as long.
        return make_request(
            self.api,
            call,
            self.json,
            self.model,
            self.messages,
            self.tools,
            self.tool_choice,
            self.allowed_tools,
            self.parallel_tool_calls,
            self.schema,
            self.stream,
            self.max_tokens,
            self.stop,
            self.choices,
            self.logprobs,
            self.top_logprobs,
            self.store,
            self.background,
            self.fingerprint,
        )

    @property
    def turn(self) -> int:
        """How many assistant messages the conversation has so far."""
        return sum(message.role == "assistant" for message in self.messages)


make_call = maker(Call)
"""A call, made faster: each request makes one."""

make_request = maker(Request)
"""A request, made faster."""


def fingerprint(api: str, call: Call, json: JSON, place: str = "") -> str:
    """The identity of a request: 32 hex digits over the API, the method, the query, the JSON body in canonical form,
    and `place`, which is what the path says beyond the API, such as the id of a stored object.

    Key order, white space and headers do not count, nor do `stream` and `stream_options`, so a retry and the same
    request in the other transport are the same request. A body that is not JSON counts as it is.
    """
    if isinstance(json, Mapping):
        json = {key: value for key, value in json.items() if key not in _TRANSPORT_FIELDS}
    canonical = orjson.dumps(json, option=orjson.OPT_SORT_KEYS) if json is not None else call.body
    head = f"{api}\n{call.method}\n{place}\n{call.query}\n"
    digest = hashlib.blake2b(head.encode(errors="surrogatepass"), digest_size=16)
    digest.update(canonical)
    return digest.hexdigest()
