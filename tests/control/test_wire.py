"""An exchange comes over the wire as it is."""

import json
import sys
from dataclasses import is_dataclass
from typing import get_args, get_type_hints

import orjson
import pytest

from mockllm.control import wire
from mockllm.control.wire import packed, unpacked
from mockllm.exchange import Deliveries, Delivery, Ending, Exchange, GateVisit, Outcome, Trouble
from mockllm.net.mock import MockLLM
from mockllm.plan import Admit, Close, End, Frame, Framing, Gate, Head, HeadRest, Interim, Raw, Reset, Send, Wait
from mockllm.report import overview
from mockllm.request import Call, Headers, Message, Request, Tool, ToolUse

FRAME = Frame({"@": "map", "deep": {"@": 1, "list": [1, [2]]}}, "token", 2, framing=Framing(held=True))
PLAN = (
    Wait(5, "fault: stall"),
    Gate("g"),
    Interim(103, (("link", "a"),)),
    Head(200, (("content-type", "text/event-stream"),), first=3),
    HeadRest(),
    Send(b"\xff\x00", FRAME, alone=True),
    Send(b"b", FRAME, 2),
    Send(b"c", Frame("x")),
    Raw(b"\r\n"),
    End(),
    Close("fault: close"),
    Reset(),
    Admit("accept: stall"),
)
CALL = Call("POST", "/v1/chat/completions", "a=1", Headers((("Host", "x"),)), b"\xfe{}", 7, 8, 9, reused=True)
REQUEST = Request(
    "chat",
    CALL,
    json={"tools": [{"@": "Call"}], "n": None},
    model="m",
    messages=(Message("assistant", "hi", (ToolUse("1", "f", "{}"),)),),
    tools=(Tool("f", parameters={"type": "object", "required": ["a"]}),),
    schema={"anyOf": [{"type": "string"}]},
    stop=("a", "b"),
)


def delivered(count):
    deliveries = Deliveries(PLAN)
    for step in range(count):
        deliveries.add(1, step * 10)
    return deliveries


EXCHANGE = Exchange(
    number=3,
    namespace="default@run",
    call=CALL,
    request=REQUEST,
    status=200,
    plan=PLAN,
    rule="rules[0]",
    why="matched",
    attempt=2,
    trouble=Trouble.EXHAUSTED,
    unfired=("reset",),
    deliveries=delivered(6),
    outcome=Outcome(Ending.LEFT, 6, 99),
    gates=(GateVisit("g", 1, 5, 6), GateVisit("h", 2, 7)),
)


def there_and_back(exchange):
    return unpacked(json.loads(orjson.dumps(packed(exchange))))


def plain(exchange):
    return [getattr(exchange, name) for name in Exchange.__slots__ if name != "deliveries"], list(exchange.deliveries)


@pytest.mark.parametrize(
    "exchange",
    [EXCHANGE, Exchange(1, "", Call("GET", "/"), None, 404, ())],
    ids=["full", "least"],
)
def test_nothing_is_lost(exchange):
    again = there_and_back(exchange)
    assert plain(again) == plain(exchange)
    assert again.outcome.at_us == exchange.outcome.at_us


def test_steps_that_share_a_frame_share_it_again():
    first, second, other = (step.frame for step in there_and_back(EXCHANGE).plan if isinstance(step, Send))
    assert first is second
    assert first is not other


def test_a_real_exchange_reads_the_same_on_the_other_side():
    with MockLLM() as mock:
        mock.load("rules: [{replies: [{text: a b c, faults: [{split: {bytes: 3}}, {reset: {at: {token: 2}}}]}]}]")
        engine = mock._engine
        for stream in (True, False):
            body = orjson.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hi"}]})
            engine.handle(Call("POST", "/v1/chat/completions", body=body))
        exchanges = mock.journal.all()
        assert overview(map(there_and_back, exchanges)) == overview(exchanges)
        assert [plain(there_and_back(it)) for it in exchanges] == [plain(it) for it in exchanges]


@pytest.mark.parametrize("value", [{}, {"exchange": {"@": "os"}, "frames": [], "done_us": []}])
def test_what_is_no_exchange_is_refused(value):
    with pytest.raises(KeyError):
        unpacked(value)


def values(hint):
    """The classes that a type hint speaks of."""
    if isinstance(hint, type) and not get_args(hint):
        return {hint}
    return {it for part in get_args(hint) for it in values(part)}


def test_every_class_that_an_exchange_is_made_of_can_be_told():
    found, left = set(), [Exchange]
    while left:
        cls = left.pop()
        if cls in found or not is_dataclass(cls) or cls is Delivery:
            continue
        found.add(cls)
        names = {**vars(sys.modules[cls.__module__]), "JSON": object}
        left += [it for hint in get_type_hints(cls, names).values() for it in values(hint)]
    assert found - set(wire._CLASSES.values()) == set()
