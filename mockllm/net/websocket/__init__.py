"""WebSockets: what becomes of a connection after status 101.

Here: which dialogue an answer has opened, and handing the connection over. Look next at `conversation.py`, and at
`inbox.py` (what comes) and `line.py` (what goes). Not here: the handshake (`dialects/upgrade.py`).
"""

from collections.abc import Callable, Mapping, Sequence

from mockllm.dialects.dialogue import Dialogue, Event
from mockllm.dialects.realtime.dialogue import RealtimeDialogue
from mockllm.dialects.responses.dialogue import ResponsesDialogue
from mockllm.dialects.upgrade import is_upgrade
from mockllm.exchange import Exchange
from mockllm.net.protocol import HttpProtocol
from mockllm.net.websocket.conversation import Conversation, Host, events
from mockllm.plan import Head, Messages

__all__ = ["Host", "converse"]

_SWITCHED = 101


def _responses(_said: Sequence[Event]) -> Dialogue:
    return ResponsesDialogue()


_DIALOGUES: Mapping[str, Callable[[Sequence[Event]], Dialogue]] = {
    "responses": _responses,
    "realtime": RealtimeDialogue.opened,
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
    dialogue = _DIALOGUES[exchange.call.path.rsplit("/", 1)[-1]](events(plan))
    conversation = Conversation(exchange.call, dialogue, connection, host)
    protocol.set_parser(conversation)  # type: ignore[arg-type] # of aiohttp's parser only the feeding is used
    await conversation.run()
