"""What a server needs of an engine.

Here: the protocol, which `mockllm.engine.Engine` fits. Not here: who decides (that engine) and who plays what it
decides (`server.py`).
"""

from collections.abc import Sequence
from typing import Protocol

from mockllm.exchange import Delivery, Exchange, GateVisit, Outcome
from mockllm.gates import Gates
from mockllm.plan import Microseconds
from mockllm.request import Call


class Engine(Protocol):
    """What decides. Its methods never wait, and everything they touch lives in the server's loop."""

    gates: Gates

    def connect(self, connection: int, at_us: Microseconds, wall_s: int) -> Exchange | None:
        """What a new connection meets before anything is read from it; None if it is served at once."""
        ...

    def leave(self, call: Call) -> Exchange | bool:
        """Whether a client that asks for leave to send its body gets it, or the final answer that it gets instead;
        `call` comes without the body.
        """
        ...

    def handle(self, call: Call) -> Exchange:
        """The answer to a call; the exchange is open from now on."""
        ...

    def too_large(self, call: Call, limit: int) -> Exchange:
        """The answer to a call whose body is over `limit` bytes and was not read."""
        ...

    def at_gate(self, exchange: Exchange, visit: GateVisit) -> None:
        """The exchange has come to a gate; and once more when it goes on."""
        ...

    def finish(self, exchange: Exchange, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
        """The exchange is over. Called once for each, with no wait after its last byte was written."""
        ...
