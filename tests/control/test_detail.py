"""An exchange in full: every step with its bytes on the wire."""

from dataclasses import replace

import pytest

from mockllm.control import detail as detail_module
from mockllm.control.detail import detail, wire
from mockllm.exchange import Deliveries, Ending, Outcome
from mockllm.http1 import for_head_request
from mockllm.plan import Close, End, Frame, Gate, Head, HeadRest, Interim, Messages, Raw, Reset, Send, Wait
from tests.calls import chat, engine

FRAME = Frame("x", label='"x"', ordinal=3, choice=1)
PLAN = (
    Interim(103, (("link", "a"),)),
    Head(200, (("x-a", "b"),), first=8),
    Wait(1_000),
    HeadRest(4),
    HeadRest(),
    Gate("g", "fault: gate"),
    Send(b"data: \xc3\xa9\n\n", FRAME),
    Wait(2_000, "fault: stall"),
    Send(b"\xff", replace(FRAME, label="", ordinal=-1), cause="fault: corrupt"),
    Raw(b"zz"),
    End(),
    Reset("fault: reset"),
)


@pytest.fixture
def exchange():
    found = engine("{name: s, rules: [{name: r, replies: [hi]}]}").handle(chat())
    return replace(found, plan=PLAN)


def test_the_wire_has_the_framing_of_http():
    assert list(wire(PLAN)) == [
        b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n",
        b"HTTP/1.1",
        b"",
        b" 200",
        b" OK\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n",
        b"",
        b"a\r\ndata: \xc3\xa9\n\n\r\n",
        b"",
        b"1\r\n\xff\r\n",
        b"zz",
        b"0\r\n\r\n",
        b"",
    ]


def test_a_body_without_chunks_is_sent_as_it_is():
    plan = (Head(200, (("content-length", "2"),), "length"), Send(b"hi", FRAME), End(), Close())
    assert list(wire(plan))[1:] == [b"hi", b"", b""]


def test_the_messages_of_a_websocket_are_no_chunks():
    plan = (Head(101), Messages(), Send(b"hi", FRAME), End())
    assert list(wire(plan))[1:] == [b"", b"hi", b""]


def test_a_step_tells_when_it_was_due_and_when_it_was_done(exchange):
    deliveries = Deliveries(PLAN)
    for done_us in (1, 2, 1_000, 1_003, 1_004, 5_000):
        deliveries.add(1, done_us)
    told = detail(replace(exchange, deliveries=deliveries)).plan
    assert [(it.due_us, it.done_us) for it in told] == [
        (0, 1),
        (0, 2),
        (1_000, 1_000),
        (1_000, 1_003),
        (1_000, 1_004),
        (5_000, 5_000),
        *((5_000, None),),
        *((7_000, None),) * 5,
    ]


def test_a_step_tells_what_it_is(exchange):
    told = detail(exchange).plan
    assert [(it.verb, it.what, it.cause) for it in told] == [
        ("interim", "103 (interim)", ""),
        ("head", "200", ""),
        ("wait", "", ""),
        ("head_rest", "+   4 bytes", ""),
        ("head_rest", "+   the rest", ""),
        ("gate", "g", "fault: gate"),
        ("send", '"x"', ""),
        ("wait", "2ms", "fault: stall"),
        ("send", "1 bytes", "fault: corrupt"),
        ("raw", "2 bytes", ""),
        ("end", "", ""),
        ("reset", "", "fault: reset"),
    ]
    assert [(it.bytes, it.frame, it.choice) for it in told if it.bytes] == [(10, 3, 1), (1, None, 1), (2, None, 0)]
    assert (told[8].wire, told[8].encoding) == ("MQ0K/w0K", "base64")
    assert (told[6].wire, told[6].encoding) == ("a\r\ndata: é\n\n\r\n", "utf-8")


def test_the_rest_is_the_record_and_the_timeline(exchange):
    told = detail(exchange, ("a: because",))
    assert told.row.number == 1
    assert "call" not in told.record
    assert told.record["request"]["path"] == "/v1/chat/completions"
    assert "wait   2ms" in told.timeline
    assert told.misses == ("a: because",)
    assert told.wire_complete


def test_more_than_can_be_told_is_left_out(exchange, monkeypatch):
    monkeypatch.setattr(detail_module, "MOST_WIRE", 50)
    told = detail(exchange)
    assert not told.wire_complete
    assert sum(len(it.wire) for it in told.plan) == 50
    assert told.plan[-2].wire == ""


def test_an_answer_to_head_has_the_plan_that_was_played(exchange):
    plan = for_head_request(PLAN)
    deliveries = Deliveries(plan)
    deliveries.add_rest(9)
    told = detail(replace(exchange, deliveries=deliveries, outcome=Outcome(Ending.COMPLETE, 0, 9)))
    assert [it.verb for it in told.plan if it.verb in {"send", "end"}] == []
