"""The shape of an API.

Here: the two kinds of endpoint. A `Dialect` is an API that is answered by a turn: it reads a request and writes a
turn as a stream of frames or as one body. A `Resource` is answered from what the server holds: lists, stored objects.
Not here: any API; those are the sibling files, one each, and none knows another. The table of all of them is in
`__init__.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from typing_extensions import TypeIs

from mockllm.plan import Frame, Frames
from mockllm.request import JSON, Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored
from mockllm.turn import Turn

_NO_CHANCE = Seed.of("resource")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a plain JSON body is written: spaces of indentation (0 for compact) and a final newline.

    The real service's habits differ by endpoint (wire-contract §3.2).
    """

    indent: int = 2
    newline: bool = True


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a request that an endpoint made itself: status, id, and body, None if it was no whole JSON; of a
    stream that came to its end, the JSON of its events.
    """

    status: int
    request_id: str
    body: JSON
    events: tuple[JSON, ...] = ()


def _run_nothing(path: str, body: JSON) -> Ran:
    return Ran(404, "", {"error": {"message": f"Invalid URL (POST /v1{path})", "body": body}})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a resource may look at: the models that are listed, the time in answers, the namespace's stored objects, the
    counting of a request's tokens, and the chance of this request in its namespace. With `run` it asks another
    endpoint, by its path under the base and a JSON body, as the client of this request could, but at once.
    """

    models: tuple[str, ...]
    created: int
    store: Store
    count_tokens: Callable[[Request], int]
    seed: Seed = _NO_CHANCE
    run: Callable[[str, JSON], Ran] = _run_nothing


@dataclass(frozen=True, slots=True)
class Media:
    """A body that is no JSON: the bytes of a file, a sound or a text, in one piece or, chunked, in several."""

    pieces: tuple[bytes, ...]
    content_type: str


@dataclass(frozen=True, slots=True)
class Written:
    """A JSON body that is known in the bytes of its endpoint's layout: `write` makes these, and `value` what they say,
    for who looks at that. Most bodies are sent and never looked at.
    """

    write: Callable[[], bytes]
    value: Callable[[], Mapping[str, JSON]]


@dataclass(frozen=True, slots=True)
class Events:
    """An event stream, not yet stamped."""

    frames: Frames


@dataclass(frozen=True, slots=True)
class Switch:
    """The connection becomes a WebSocket (RFC 6455): the headers that say so, and what is said on it first."""

    headers: tuple[tuple[str, str], ...]
    frames: Frames = ()


Result: TypeAlias = "JSON | Media | Written | Events | Switch"
"""What a resource answers with."""


class Dialect(Protocol):
    """An API that is answered by a turn."""

    api: str
    layout: Layout

    def read(self, call: Call, json: JSON, *, strict: bool, store: Store) -> Request:
        """What the call asks for, with what it refers to in the store; `json` is the body, or what a form has. Raises
        ApiError exactly where the real service refuses.
        """
        ...

    def stream(self, turn: Turn, request: Request, seed: Seed) -> Iterable[Frame]:
        """The turn as frames in wire order, not yet stamped."""
        ...

    def body(self, turn: Turn, request: Request) -> Result:
        """The turn as one body. The stream folds to it."""
        ...

    def stored(self, turn: Turn, request: Request, request_id: str) -> tuple[Stored, ...]:
        """What the server keeps of this turn for later calls; nothing unless the request asks for it."""
        ...


class Resource(Protocol):
    """An API that is answered from what the server holds."""

    api: str
    layout: Layout

    def answer(self, request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
        """What is answered; `parameters` are those of the path. Raises ApiError where the real service refuses."""
        ...


def is_dialect(endpoint: Dialect | Resource) -> TypeIs[Dialect]:
    """Whether the endpoint is answered by a turn."""
    return hasattr(endpoint, "stream")
