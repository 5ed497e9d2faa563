import pytest

from mockllm.exchange import Delivery, Ending, Exchange, Outcome
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
