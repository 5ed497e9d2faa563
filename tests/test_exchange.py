import pytest

from mockllm.exchange import Deliveries, Delivery, Ending, Exchange, Outcome
from mockllm.plan import End, Frame, Head, Raw, Send, Wait
from mockllm.request import Call


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome(Ending.OPEN), "open"),
        (Outcome(Ending.COMPLETE, 5), "complete"),
        (Outcome(Ending.CUT, 3), "cut as scripted"),
        (Outcome(Ending.LEFT, 3), "client left at step 3"),
        (Outcome(Ending.STOPPED, 3), "server stopped"),
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
