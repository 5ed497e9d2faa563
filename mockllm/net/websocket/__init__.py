"""WebSockets: what becomes of a connection after status 101.

Here: which dialogue an answer has opened, and handing the connection over. Look next at `conversation.py`, and at
`inbox.py` (what comes) and `line.py` (what goes). Not here: the handshake (`dialects/upgrade.py`). Most servers never
have one, so none of that is imported before the first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mockllm.dialects.dialogue import Dialogue, Event
from mockllm.dialects.upgrade import is_upgrade
from mockllm.exchange import Exchange
from mockllm.net.clock import AlarmClock
from mockllm.net.engine import Engine
from mockllm.net.protocol import HttpProtocol
from mockllm.net.stage import Stage
from mockllm.plan import Head, Messages

__all__ = ["Host", "converse"]

_SWITCHED = 101


@dataclass(frozen=True, slots=True)
class Host:
    """Where conversations take place: who decides, who plays, by which clock, and how long a message may be."""

    engine: Engine
    stage: Stage
    clock: AlarmClock
    most_bytes: int


def _responses(_said: Sequence[Event]) -> Dialogue:
    from mockllm.dialects.responses.dialogue import ResponsesDialogue  # noqa: PLC0415 - see the module's docstring

    return ResponsesDialogue()


def _realtime(said: Sequence[Event]) -> Dialogue:
    from mockllm.dialects.realtime.dialogue import RealtimeDialogue  # noqa: PLC0415 - see the module's docstring

    return RealtimeDialogue.opened(said)


_DIALOGUES: Mapping[str, Callable[[Sequence[Event]], Dialogue]] = {
    "responses": _responses,
    "realtime": _realtime,
}
"""The dialogue of each endpoint that opens a WebSocket, by the last part of its path."""


async def converse(exchange: Exchange, protocol: HttpProtocol, host: Host) -> None:
    """Hold the conversation that this exchange has opened, to its end, if it has opened one. A connection that asked
    for one in vain ends.
    """
    plan = exchange.plan
    opens = any(isinstance(step, Head) and step.status == _SWITCHED for step in plan)
    connection = protocol.connection
    if not opens or not any(isinstance(step, Messages) for step in plan) or connection.dead:
        if is_upgrade(exchange.call) and not connection.dead:
            # aiohttp reads no further request after one that asked for an upgrade.
            await connection.flush()
            connection.close()
        return
    from mockllm.net.websocket.conversation import Conversation, events  # noqa: PLC0415 - see the module's docstring

    dialogue = _DIALOGUES[exchange.call.path.rsplit("/", 1)[-1]](events(plan))
    conversation = Conversation(exchange.call, dialogue, connection, host)
    protocol.set_parser(conversation)  # type: ignore[arg-type] # of aiohttp's parser only the feeding is used
    await conversation.run()
