"""The shape of an API.

Here: the two kinds of endpoint. A `Dialect` is an API that is answered by a turn: it reads a request and writes a
turn as a stream of frames or as one body. A `Resource` is answered from what the server holds: lists, stored objects.
Not here: any API; those are the sibling files, one each, and none knows another. The table of all of them is in
`__init__.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from typing_extensions import TypeIs

from mockllm.plan import Frame
from mockllm.request import JSON, Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored
from mockllm.turn import Turn


@dataclass(frozen=True, slots=True)
class Layout:
    """How a plain JSON body is written: spaces of indentation (0 for compact) and a final newline.

    The real service's habits differ by endpoint (wire-contract §3.2).
    """

    indent: int = 2
    newline: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a resource may look at: the models that are listed, the time in answers, the namespace's stored objects,
    and the counting of a request's tokens.
    """

    models: tuple[str, ...]
    created: int
    store: Store
    count_tokens: Callable[[Request], int]


class Dialect(Protocol):
    """An API that is answered by a turn."""

    api: str
    layout: Layout

    def read(self, call: Call, json: JSON, *, strict: bool, store: Store) -> Request:
        """What the call asks for, with what it refers to in the store. Raises ApiError exactly where the real service
        refuses.
        """
        ...

    def stream(self, turn: Turn, request: Request, seed: Seed) -> Iterator[Frame]:
        """The turn as frames in wire order, not yet stamped."""
        ...

    def body(self, turn: Turn, request: Request) -> JSON:
        """The turn as one JSON body. The stream folds to it."""
        ...

    def stored(self, turn: Turn, request: Request, request_id: str) -> tuple[Stored, ...]:
        """What the server keeps of this turn for later calls; nothing unless the request asks for it."""
        ...


class Resource(Protocol):
    """An API that is answered from what the server holds."""

    api: str
    layout: Layout

    def answer(self, request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
        """The body of the answer; `parameters` are those of the path. Raises ApiError where the
        real service refuses.
        """
        ...


def is_dialect(endpoint: Dialect | Resource) -> TypeIs[Dialect]:
    """Whether the endpoint is answered by a turn."""
    return hasattr(endpoint, "read")


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path under the base, such as `/chat/completions/{id}`; `{model...}` takes the rest of the path,
    slashes and all.
    """

    method: str
    pattern: str
    endpoint: Dialect | Resource = field(repr=False)
