"""Answers that go out whole: one write, one record, and the same outcome as a play."""

import asyncio

import pytest

from mockllm.exchange import Deliveries, Delivery, Ending, Outcome
from mockllm.net import whole
from mockllm.net.whole import Wholes, send_whole
from mockllm.plan import End, Frame, Head, Send, Wait

HEAD = Head(200, (), "chunked")
START_US = 1_000_000
NOW_US = 1_000_250


def plan_of(*texts):
    return (HEAD, *(Send(text, Frame("x")) for text in texts), End())


class Clock:
    def now_us(self):
        return NOW_US


class Connection:
    """A connection that notes what is done to it."""

    def __init__(self, *, full=False, left=False, leaves=False):
        self.full = full
        self.left = left
        self.leaves = leaves
        self.events = []

    def write(self, data):
        self.events.append(data)

    async def drain(self):
        self.events.append("drain")
        self.full = False
        self.left = self.leaves


def sent(plan, connection):
    deliveries = Deliveries(plan)
    outcome = asyncio.run(send_whole(b"all of it", connection, Clock(), START_US, deliveries))
    return list(deliveries), outcome


def test_a_whole_answer_is_one_write_and_every_step_is_delivered_then():
    connection = Connection()
    deliveries, outcome = sent(plan_of(b"abc"), connection)
    assert connection.events == [b"all of it"]
    assert deliveries == [Delivery(0, 0, 250, 0), Delivery(1, 0, 250, 3), Delivery(2, 0, 250, 0)]
    assert outcome == Outcome(Ending.COMPLETE, 2)


def test_a_full_connection_is_drained_before_the_write():
    connection = Connection(full=True)
    _, outcome = sent(plan_of(b"abc"), connection)
    assert connection.events == ["drain", b"all of it"]
    assert outcome.ending is Ending.COMPLETE


@pytest.mark.parametrize(
    ("before", "events"), [(Connection(left=True), []), (Connection(full=True, leaves=True), ["drain"])]
)
def test_a_client_that_has_left_gets_nothing(before, events):
    deliveries, outcome = sent(plan_of(b"abc"), before)
    assert before.events == events
    assert deliveries == []
    assert outcome == Outcome(Ending.LEFT, 0)


def test_the_bytes_of_a_plan_are_made_once():
    wholes = Wholes()
    plan = plan_of(b"abc")
    assert wholes.get(plan) is wholes.get(plan)


def test_an_equal_plan_has_its_own_bytes():
    wholes = Wholes()
    first, second = wholes.get(plan_of(b"abc")), wholes.get(plan_of(b"abc"))
    assert first == second
    assert first is not second


def test_a_plan_with_a_wait_does_not_go_out_whole_however_often_it_is_asked_for():
    wholes = Wholes()
    plan = (HEAD, Wait(1), End())
    assert [wholes.get(plan), wholes.get(plan)] == [None, None]


def test_an_answer_above_the_limit_does_not_go_out_whole(monkeypatch):
    monkeypatch.setattr(whole, "MOST_BYTES", 100)
    wholes = Wholes()
    head = len(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
    fits = 100 - head - len(b"2d\r\n\r\n")
    assert len(wholes.get(plan_of(b"x" * fits))) == 100
    assert wholes.get(plan_of(b"x" * (fits + 1))) is None


def test_of_too_many_plans_the_oldest_is_forgotten_and_made_anew(monkeypatch):
    monkeypatch.setattr(whole, "MOST_PLANS", 2)
    wholes = Wholes()
    plans = [plan_of(text) for text in (b"a", b"b", b"c")]
    first, second, _ = [wholes.get(plan) for plan in plans]
    assert wholes.get(plans[1]) is second
    assert wholes.get(plans[0]) is not first
    assert wholes.get(plans[0]) == first
