"""One exchange, and a rehearsal.

Here: the operations of `mockllm/control/exchanges.py`.
"""

import base64
import binascii
from dataclasses import replace
from typing import Literal, cast

from mockllm.control.base import ControlError
from mockllm.control.detail import MOST_WIRE, detail
from mockllm.control.exchanges import AskExchange, AskExplain, Detail, Explained
from mockllm.exchange import Ending
from mockllm.journal.export import text_of
from mockllm.net.control.desk import Desk
from mockllm.net.control.namespaces import scenario_of_namespace
from mockllm.plan import Head, Send, duration, render
from mockllm.rehearsal import Rehearsal, misses, rehearse
from mockllm.request import Call, Headers


async def show(desk: Desk, asked: AskExchange) -> Detail:
    """One exchange; of one that is open, as far as it has come."""
    await desk.settle()
    exchange = desk.engine.journal.get(asked.number)
    if exchange is None:
        detail_ = f"the journal has no exchange {asked.number}: it never came, or it was dropped or cleared"
        raise ControlError(404, "no_such_exchange", detail_)
    if exchange.outcome.ending is Ending.OPEN:
        played = (deliveries for open_, deliveries in desk.server.playing if open_.number == exchange.number)
        exchange = replace(exchange, deliveries=next(played, ()))
    return detail(exchange, misses(scenario_of_namespace(desk, exchange.namespace), exchange.request))


def explain(desk: Desk, asked: AskExplain) -> Explained:
    """What the request would be answered at this moment."""
    clock = desk.server.clock
    call = Call(
        method=asked.method,
        path=asked.path,
        query=asked.query,
        headers=Headers(asked.headers),
        body=_body(asked),
        at_us=clock.now_us(),
        wall_s=clock.wall_s(),
    )
    rehearsal = rehearse(desk.engine, call)
    return _explained(rehearsal)


def _explained(rehearsal: Rehearsal) -> Explained:
    decision = rehearsal.decision
    plan = decision.compiled.plan
    head = next((step for step in plan if isinstance(step, Head)), None)
    body, encoding = text_of(b"".join(step.data for step in plan if isinstance(step, Send))[:MOST_WIRE])
    return Explained(
        namespace=rehearsal.namespace,
        rule=decision.rule,
        why=decision.why,
        attempt=decision.attempt,
        status=decision.answer.status if head is None else head.status,
        trouble=decision.trouble,
        struck=decision.struck,
        unfired=decision.compiled.unfired,
        misses=rehearsal.misses,
        timeline=render(plan),
        duration_us=duration(plan),
        headers=() if head is None else head.headers,
        body=body,
        encoding=cast("Literal['utf-8', 'base64']", encoding),
    )


def _body(asked: AskExplain) -> bytes:
    if asked.encoding == "utf-8":
        return asked.body.encode(errors="replace")
    try:
        return base64.b64decode(asked.body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ControlError(400, "wrong_fields", f"the body is no base64: {error}") from None
