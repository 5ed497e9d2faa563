"""Rate limits as a client meets them: through the engine, at times that are given."""

from dataclasses import replace
from fractions import Fraction
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm.exchange import Ending, Outcome
from mockllm.limits import go_duration
from mockllm.plan import Gate
from tests.calls import call, chat, engine, error, header

MINUTE_US = 60_000_000
MINUTE = """
name: limited
limits: {requests: 3/min, tokens: 90K/min}
rules: [{replies: [{text: Hello}]}]
"""


def at(seconds, request=None):
    return replace(request or chat(), at_us=round(seconds * 1_000_000))


def test_every_answer_tells_what_remains():
    served = engine(MINUTE)
    first = served.handle(at(0))
    assert first.status == 200
    names = ["limit-requests", "remaining-requests", "reset-requests", "limit-tokens"]
    assert [header(first, f"x-ratelimit-{name}") for name in names] == ["3", "2", "20s", "90000"]


def test_the_request_above_the_limit_is_refused_and_admitted_when_it_was_told():
    served = engine(MINUTE)
    assert [served.handle(at(0)).status for _ in range(4)] == [200, 200, 200, 429]
    refused = served.handle(at(0))
    assert error(refused)["code"] == "rate_limit_exceeded"
    assert header(refused, "retry-after") == "20"
    assert served.handle(at(19.999999)).status == 429
    assert served.handle(at(39.999999)).status == 200


def test_a_refusal_takes_no_step_of_a_script():
    served = engine(MINUTE.replace("[{text: Hello}]", "[a, b, c, d, e]"))
    for _ in range(5):
        served.handle(at(0))
    assert served.handle(at(60)).status == 200


def test_namespaces_and_models_have_limits_of_their_own():
    served = engine(MINUTE)
    for _ in range(3):
        served.handle(at(0))
    assert served.handle(at(0, chat(model="other"))).status == 200
    assert served.handle(at(0, chat("/limited@run/v1"))).status == 200
    assert served.handle(at(0)).status == 429


def test_lists_are_not_limited():
    served = engine(MINUTE)
    assert [served.handle(at(0, call("GET", "/v1/models"))).status for _ in range(5)] == [200] * 5


def test_the_public_sample_of_five_thousand_requests():
    served = engine("{name: many, limits: {requests: 5000/min}, rules: [{replies: [x]}]}")
    assert header(served.handle(at(0)), "x-ratelimit-reset-requests") == "12ms" == go_duration(12_000)


class Model:
    """Rate and places the long way: a bucket in exact fractions, and a list of who is there in order of arrival."""

    def __init__(self, rate, running, queue):
        self.rate, self.running, self.queue = rate, running, queue
        self.level, self.at_us, self.present = Fraction(rate), 0, []

    def arrives(self, number, now_us):
        self.level = min(self.level + Fraction((now_us - self.at_us) * self.rate, MINUTE_US), Fraction(self.rate))
        self.at_us = now_us
        if self.level < 1:
            self.level = Fraction(0)
            return "rate", ceil(1 / Fraction(self.rate, 60))
        self.level -= 1
        if len(self.present) == self.running + self.queue:
            return "crowded", None
        self.present.append(number)
        return ("runs", None) if len(self.present) <= self.running else ("waits", None)

    def ends(self, number):
        """Who may go on for it."""
        before = set(self.present[: self.running])
        self.present.remove(number)
        return set(self.present[: self.running]) - before


def seen(served, exchange):
    """What became of a request, in the model's words."""
    if exchange.status == 200:
        gate = exchange.plan[0]
        closed = isinstance(gate, Gate) and not served.gates.is_open(exchange.namespace, gate.name)
        return "waits" if closed else "runs", None
    wait = header(exchange, "retry-after")
    return ("crowded", None) if wait is None else ("rate", int(wait))


@given(
    st.integers(1, 40),
    st.integers(1, 3),
    st.integers(0, 3),
    st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.integers(0, 4_000_000)), max_size=40),
)
@settings(max_examples=200, deadline=None)
def test_rates_and_places_together_are_what_counting_the_long_way_gives(rate, running, queue, events):
    limits = f"{{requests: {rate}/min, concurrent: {running}, queue: {queue}}}"
    served, model = engine(f"{{name: m, limits: {limits}, rules: [{{replies: [x]}}]}}"), Model(rate, running, queue)
    there, now_us = {}, 0
    for arrives, which, gap_us in events:
        now_us += gap_us
        if arrives:
            exchange = served.handle(at(now_us / 1_000_000))
            assert seen(served, exchange) == model.arrives(exchange.number, now_us)
            if exchange.status == 200:
                there[exchange.number] = exchange
            else:
                served.finish(exchange, (), Outcome(Ending.COMPLETE))
        elif there:
            number = sorted(there)[which % len(there)]
            before = {other for other, exchange in there.items() if seen(served, exchange)[0] == "runs"}
            follows = model.ends(number)
            served.finish(there.pop(number), (), Outcome(Ending.COMPLETE))
            after = {other for other, exchange in there.items() if seen(served, exchange)[0] == "runs"}
            assert after - before == follows
        assert list(there) == model.present
