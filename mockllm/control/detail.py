"""An exchange as the control API tells it in full.

Here: the plan step by step with its bytes on the wire. Not here: the forms (`exchanges.py`) and the record that does
not change its shape (`journal/export.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, cast

from mockllm import http1
from mockllm.control.events import row
from mockllm.control.exchanges import Detail, PlanStep
from mockllm.exchange import Deliveries, Exchange
from mockllm.journal.export import record, text_of, verb
from mockllm.plan import BodyFraming, End, Gate, Head, HeadRest, Interim, Messages, Plan, Raw, Send, Step, Wait, render

MOST_WIRE = 2 * 1024 * 1024
"""How many bytes of an answer are told."""

_Encoding = Literal["utf-8", "base64"]


class _Line:
    """What of a head is still to be sent, and how its body is framed."""

    def __init__(self) -> None:
        self.framing: BodyFraming = "close"
        self.rest = b""

    def head(self, step: Head) -> bytes:
        self.framing, self.rest = step.body, http1.head_bytes(step)
        return self.more(step.first)

    def messages(self) -> bytes:
        """What follows are messages of a WebSocket, whose frames are part of what is sent."""
        self.framing = "close"
        return b""

    def more(self, size: int | None) -> bytes:
        size = len(self.rest) if size is None else size
        sent, self.rest = self.rest[:size], self.rest[size:]
        return sent


_BYTES: Mapping[type, Callable[[_Line, Any], bytes]] = {
    Interim: lambda _, step: http1.interim_bytes(step),
    Head: lambda line, step: line.head(step),
    HeadRest: lambda line, step: line.more(step.size),
    Send: lambda line, step: http1.chunk_bytes(step.data, line.framing),
    Raw: lambda _, step: step.data,
    End: lambda line, _: http1.end_bytes(line.framing),
    Messages: lambda line, _: line.messages(),
}


def detail(exchange: Exchange, misses: tuple[str, ...] = ()) -> Detail:
    """The exchange in full."""
    deliveries = exchange.deliveries
    # An answer to HEAD, or by HTTP/1.0, has another plan than the one that was decided.
    plan = deliveries.plan if isinstance(deliveries, Deliveries) else exchange.plan
    steps = tuple(_steps(plan, exchange))
    told = record(exchange, {})
    del told["call"]
    return Detail(
        row=row(exchange),
        record=told,
        plan=steps,
        timeline=render(plan),
        misses=misses,
        wire_complete=sum(map(len, wire(plan))) <= MOST_WIRE,
    )


def wire(plan: Plan) -> Iterator[bytes]:
    """For each step the bytes that it puts on the wire."""
    line = _Line()
    for step in plan:
        write = _BYTES.get(type(step))
        yield b"" if write is None else write(line, step)


def _steps(plan: Plan, exchange: Exchange) -> Iterator[PlanStep]:
    """Steps that were not done are due as if every gate before them had opened at once."""
    done = tuple(exchange.deliveries)
    due_us, room = 0, MOST_WIRE
    for index, (step, data) in enumerate(zip(plan, wire(plan), strict=True)):
        due_us = done[index].due_us if index < len(done) else due_us + (step.us if isinstance(step, Wait) else 0)
        shown, room = data[:room], max(room - len(data), 0)
        text, encoding = text_of(shown)
        frame = step.frame if isinstance(step, Send) else None
        yield PlanStep(
            step=index,
            verb=verb(step),
            what=_what(step),
            cause=step.cause,
            due_us=due_us,
            done_us=done[index].done_us if index < len(done) else None,
            bytes=len(step.data) if isinstance(step, (Send, Raw)) else 0,
            frame=None if frame is None or frame.ordinal < 0 else frame.ordinal,
            choice=0 if frame is None else frame.choice,
            wire=text,
            encoding=cast("_Encoding", encoding),
        )


def _what(step: Step) -> str:
    """What a timeline says of a step after its verb, without its cause."""
    if isinstance(step, Gate):
        return step.name
    if isinstance(step, Send):
        return step.frame.label or f"{len(step.data)} bytes"
    line = render((step,)).strip().partition(" ")[2].strip()
    _, _, what = line.partition(" ")
    return what.strip().removesuffix(f"({step.cause})").rstrip() if step.cause else what.strip()
