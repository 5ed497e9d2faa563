"""An exchange in a row, and what counts as a fault."""

from mockllm.control import events
from mockllm.control.events import AskEvents, Row, faults, row
from mockllm.exchange import Deliveries, Ending, GateVisit, Outcome
from mockllm.plan import Close, End, Head, Wait
from mockllm.score import Score
from tests.calls import chat, engine

CUT = "{name: s, rules: [{replies: [{text: one two, faults: [{reset: {at: {token: 1}}}]}]}]}"


def test_an_open_exchange_has_no_end():
    server = engine(CUT)
    exchange = server.handle(chat(stream=True))
    assert row(exchange) == Row(
        number=1,
        at_us=0,
        wall_s=0,
        namespace="s",
        method="POST",
        path="/v1/chat/completions",
        api="chat",
        model="gpt-4o",
        stream=True,
        rule="rules[0]",
        status=200,
        attempt=1,
        trouble=None,
        faults=("reset at frame 2",),
        unfired=(),
        gate=None,
        ending="open",
        steps=4,
        done=0,
        bytes=0,
        end_us=None,
    )


def test_one_that_has_ended_tells_what_was_done():
    server = engine(CUT)
    exchange = server.handle(chat(stream=True))
    done = Deliveries(exchange.plan)
    done.add_rest(7)
    server.finish(exchange, done, Outcome(Ending.CUT, 3, 9))
    told = row(server.journal.last)
    assert (told.ending, told.done, told.end_us) == ("cut as scripted", 4, 9)
    assert told.bytes == exchange.bytes_planned


def test_a_call_that_was_not_read_has_no_model():
    told = row(engine(CUT).handle(chat("/nowhere/v1")))
    assert (told.api, told.model, told.stream, told.rule, told.trouble) == ("", "", False, None, "unmatched")


def test_it_tells_where_it_waits():
    server = engine("{name: s, rules: [{replies: [{text: a b, faults: [{gate: {name: g, at: start}}]}]}]}")
    exchange = server.handle(chat(stream=True))
    server.at_gate(exchange, GateVisit("g", 1, 0))
    assert row(server.journal.last).gate == "g"


def test_what_a_profile_does_is_no_fault_and_each_fault_is_told_once():
    plan = (
        Head(200, cause="profile: vllm: shape"),
        Wait(5, "fault: stall"),
        Wait(5, "fault: stall"),
        Close("chaos[0]: close"),
        End(),
    )
    assert faults(plan, ("chaos[0]: close",)) == ("chaos[0]: close", "stall")
    assert len(faults(tuple(Wait(1, f"fault: {number}") for number in range(100)))) == 8


def test_a_stream_to_which_nothing_was_done_has_no_faults_to_look_for():
    exchange = engine("{name: s, rules: [{replies: [one two]}]}").handle(chat(stream=True))
    assert isinstance(exchange.plan, Score)
    assert faults(exchange.plan) == ()


def test_the_feed_is_asked_for_as_it_is_sent(arrived):
    asked = AskEvents(last_event_id="a-1")
    assert arrived(events.WATCH, asked) == asked
    assert arrived(events.WATCH, AskEvents()) == AskEvents()
