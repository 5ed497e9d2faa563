import pytest

from mockllm.dialects.chat import CHAT
from mockllm.exchange import Deliveries, Delivery, Ending, Exchange, GateVisit, Outcome, Trouble
from mockllm.plan import End, Frame, Gate, Head, Raw, Send, Wait
from mockllm.request import Call, Request
from mockllm.score import Score
from mockllm.turn import Text
from tests.turns import SEED, asked, pieces, said, turn


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome(Ending.OPEN), "open"),
        (Outcome(Ending.COMPLETE, 5), "complete"),
        (Outcome(Ending.CUT, 3), "cut as scripted"),
        (Outcome(Ending.LEFT, 3), "client left at step 3"),
        (Outcome(Ending.STOPPED, 3), "server stopped"),
        (Outcome(Ending.SHUT, 3), "gate never opened"),
        (Outcome(Ending.LOST), "worker lost"),
    ],
)
def test_an_outcome_reads_as_words_with_the_step_where_it_matters(outcome, text):
    assert str(outcome) == text


def test_an_exchange_begins_open_and_unanswered():
    exchange = Exchange(1, "", Call("GET", "/"), None, 404, ())
    assert exchange.outcome == Outcome(Ending.OPEN)
    assert (exchange.rule, exchange.trouble, exchange.attempt, exchange.unfired) == (None, None, 1, ())


def test_the_bytes_sent_are_those_of_all_deliveries():
    deliveries = (Delivery(0, 0, 5, 0), Delivery(1, 0, 9, 12), Delivery(3, 20, 21, 30))
    assert Exchange(1, "", Call("GET", "/"), None, 200, (), deliveries=deliveries).bytes_sent == 42
    assert Exchange(1, "", Call("GET", "/"), None, 200, ()).bytes_sent == 0


PLAYED = (Head(200), Wait(100), Send(b"abc", Frame("x")), Wait(50), Raw(b"de"), End())


def played():
    deliveries = Deliveries(PLAYED)
    deliveries.add(1, 7)
    deliveries.add(2, 110)
    deliveries.add(2, 160)
    return deliveries


def test_the_rest_of_the_steps_can_be_done_at_once():
    deliveries = played()
    deliveries.add_rest(170)
    assert list(deliveries) == [*played(), Delivery(5, 150, 170, 0)]


def test_deliveries_work_out_due_times_and_sizes_from_the_plan():
    assert list(played()) == [
        Delivery(0, 0, 7, 0),
        Delivery(1, 100, 110, 0),
        Delivery(2, 100, 110, 3),
        Delivery(3, 150, 160, 0),
        Delivery(4, 150, 160, 2),
    ]


def test_deliveries_are_a_sequence_of_the_steps_that_are_done():
    deliveries = played()
    assert len(deliveries) == 5
    assert deliveries[-1] == Delivery(4, 150, 160, 2)
    assert deliveries[:2] == (Delivery(0, 0, 7, 0), Delivery(1, 100, 110, 0))
    assert not Deliveries(PLAYED)
    assert Exchange(1, "", Call("GET", "/"), None, 200, PLAYED, deliveries=deliveries).bytes_sent == 5


def test_after_a_gate_the_waits_count_from_when_it_was_passed():
    plan = (Wait(100), Gate("g"), Wait(50), Gate("h"), End())
    deliveries = Deliveries(plan)
    for done_us in (110, 900, 955, 955, 955):
        deliveries.add(1, done_us)
    assert [(it.due_us, it.done_us) for it in deliveries] == [
        (100, 110),
        (900, 900),
        (950, 955),
        (955, 955),
        (955, 955),
    ]


def test_the_bytes_planned_are_those_of_the_whole_plan():
    assert Exchange(1, "", Call("GET", "/"), None, 200, PLAYED).bytes_planned == 5


def test_what_was_played_of_one_plan_can_be_told_of_another_with_the_same_steps():
    deliveries = played()
    other = tuple(PLAYED)
    assert deliveries.plan is PLAYED
    assert tuple(deliveries.of(other)) == tuple(deliveries)
    assert deliveries.of(other).plan is other


def test_what_a_score_plans_is_what_its_steps_plan():
    events = CHAT.stream(turn(said(Text(pieces("Hel", "lo")))), asked(), SEED)
    score = Score(Head(200), events, (0, 10, 30, 30, 30))
    one, other = (Exchange(1, "", Call("POST", "/"), None, 200, plan) for plan in (score, tuple(score)))
    assert (one.bytes_planned, one.planned_us) == (other.bytes_planned, other.planned_us)
    assert other.planned_us == 30


def at(*visits, ending=Ending.OPEN):
    return Exchange(1, "", Call("GET", "/"), None, 200, (), outcome=Outcome(ending), gates=visits)


def test_an_exchange_stands_at_the_gate_that_it_has_not_passed():
    assert at().gate is None
    assert at(GateVisit("g", 0, 5)).gate == "g"
    assert at(GateVisit("g", 0, 5, 6)).gate is None
    assert at(GateVisit("g", 0, 5, 6), GateVisit("h", 2, 7)).gate == "h"
    assert at(GateVisit("g", 0, 5), ending=Ending.LEFT).gate is None


def test_two_outcomes_are_the_same_whenever_they_were():
    assert Outcome(Ending.CUT, 1, at_us=5) == Outcome(Ending.CUT, 1, at_us=6)


def test_what_is_done_at_once_can_be_told_as_what_is_done_in_turn():
    at_once, in_turn = Deliveries(PLAYED), Deliveries(PLAYED)
    at_once.add_rest(170)
    in_turn.add(len(PLAYED), 170)
    assert tuple(at_once) == tuple(in_turn)
    assert (len(at_once), at_once[-1].done_us) == (len(PLAYED), 170)
    assert tuple(at_once.of(PLAYED)) == tuple(in_turn)


def test_what_is_added_after_all_at_once_counts_too():
    deliveries = Deliveries(PLAYED[:0])
    deliveries.add_rest(5)
    deliveries.add(1, 7)
    assert len(deliveries) == 1


def test_an_exchange_again_is_open_and_has_a_call_of_its_own():
    call, later = Call("POST", "/"), Call("POST", "/", at_us=7)
    request = Request("chat", call, fingerprint="f")
    done = Exchange(
        1, "n", call, request, 201, PLAYED, "rule", "why", 1, Trouble.FAILED, ("fault",), outcome=Outcome(Ending.CUT)
    )
    expected = Exchange(
        2, "n", later, request.in_call(later), 201, PLAYED, "rule", "why", 5, Trouble.FAILED, ("fault",)
    )
    assert done.again(2, later, request.in_call(later), attempt=5) == expected
