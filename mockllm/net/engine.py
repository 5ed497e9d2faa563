"""What a server needs of an engine.

Here: the protocol, which `mockllm.engine.Engine` fits. Not here: who decides (that engine) and who plays what it
decides (`server.py`).
"""

from collections.abc import Awaitable, Sequence
from inspect import isawaitable
from typing import Protocol, TypeAlias, TypeVar

from mockllm.errors import ApiError
from mockllm.exchange import Delivery, Exchange, GateVisit, Outcome
from mockllm.gates import Visitor, Wake
from mockllm.plan import Microseconds
from mockllm.request import Call

_T = TypeVar("_T")

Decided: TypeAlias = _T | Awaitable[_T]
"""What an engine has decided, or what it will have decided after a wait."""


class Gates(Protocol):
    """What an exchange meets at a gate; see `mockllm.gates.Gates`."""

    def arrive(self, namespace: str, name: str, wake: Wake) -> "Decided[Visitor | None]":
        """Come to a gate."""
        ...

    def leave(self, visitor: Visitor) -> None:
        """Wait no longer."""
        ...

    def give_back(self, visitor: Visitor) -> None:
        """Leave a pass to the next one."""
        ...


class Engine(Protocol):
    """What decides. Everything that its methods touch lives in the server's loop. Those of the usual one never wait;
    one whose state is elsewhere gives an awaitable in place of what it has decided.
    """

    @property
    def gates(self) -> "Gates":
        """At which exchanges wait."""
        ...

    def connect(self, connection: int, at_us: Microseconds, wall_s: int) -> "Decided[Exchange | None]":
        """What a new connection meets before anything is read from it; None if it is served at once."""
        ...

    def leave(self, call: Call) -> "Decided[Exchange | bool]":
        """Whether a client that asks for leave to send its body gets it, or the final answer that it gets instead;
        `call` comes without the body.
        """
        ...

    def handle(self, call: Call) -> "Decided[Exchange]":
        """The answer to a call; the exchange is open from now on."""
        ...

    def too_large(self, call: Call, limit: int) -> "Decided[Exchange]":
        """The answer to a call whose body is over `limit` bytes and was not read."""
        ...

    def refuse(self, call: Call, error: ApiError) -> "Decided[Exchange]":
        """The refusal of a call that cannot be handled, such as a message that is no event."""
        ...

    def at_gate(self, exchange: Exchange, visit: GateVisit) -> None:
        """The exchange has come to a gate; and once more when it goes on."""
        ...

    def finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        """The exchange is over. Called once for each, with no wait after its last byte was written."""
        ...


async def told(decided: Decided[_T]) -> _T:
    """What an engine has decided, at once or after a wait."""
    return await decided if isawaitable(decided) else decided
