"""The bucket that refills continuously, against a model that follows every event with exact fractions."""

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.limits.bucket import Bucket
from mockllm.limits.rate import DAY_US, MINUTE_US, Rate


class Model:
    """A level that is refilled with fractions from one event to the next."""

    def __init__(self, capacity, window_us):
        self.capacity, self.rate = capacity, Fraction(capacity, window_us)
        self.level, self.at_us = Fraction(capacity), 0

    def refill(self, now_us):
        self.level = min(Fraction(self.capacity), self.level + (now_us - self.at_us) * self.rate)
        self.at_us = now_us

    def wait_us(self, cost):
        return None if cost > self.capacity else max(ceil((cost - self.level) / self.rate), 0)


WINDOWS = st.one_of(st.integers(1, 50), st.sampled_from([1_000_000, MINUTE_US, DAY_US]), st.integers(1, 10**12))
CAPACITIES = st.one_of(st.integers(1, 20), st.integers(1, 10**7))


@st.composite
def schedules(draw):
    capacity, window_us = draw(CAPACITIES), draw(WINDOWS)
    gap = st.one_of(st.integers(0, 3), st.integers(0, window_us // capacity + 2), st.integers(0, window_us * 2))
    cost = st.one_of(st.integers(0, 3), st.integers(0, capacity + 1))
    return capacity, window_us, draw(st.lists(st.tuples(gap, cost, st.booleans()), max_size=40))


def bucket_of(capacity, window_us):
    return Bucket.full(Rate(capacity, window_us))


@given(schedules())
def test_every_admission_level_and_wait_is_that_of_the_exact_model(schedule):
    capacity, window_us, events = schedule
    bucket, model, now_us = bucket_of(capacity, window_us), Model(capacity, window_us), 0
    for gap_us, cost, drains in events:
        now_us += gap_us
        model.refill(now_us)
        wait_us = model.wait_us(cost)
        assert bucket.retry_after_us(now_us, cost) == wait_us
        if drains:
            bucket = bucket.drain(now_us, cost)
            model.level = max(model.level - cost, Fraction(0))
        else:
            bucket, decision = bucket.take(now_us, cost)
            assert decision.retry_after_us == wait_us
            assert decision.admitted == (cost <= model.level)
            model.level -= cost if decision.admitted else 0
        assert Fraction(bucket.level, window_us) == model.level
        assert bucket.remaining(now_us) == floor(model.level)
        assert bucket.reset_us(now_us) == ceil((capacity - model.level) / model.rate)
        assert bucket.limit(now_us) == capacity


@given(schedules(), st.data())
def test_waiting_as_long_as_told_admits_and_a_microsecond_less_does_not(schedule, data):
    capacity, window_us, events = schedule
    bucket, now_us = bucket_of(capacity, window_us), 0
    for gap_us, cost, _ in events:
        now_us += gap_us
        bucket, _ = bucket.take(now_us, cost)
    cost = data.draw(st.integers(1, capacity))
    wait_us = bucket.retry_after_us(now_us, cost)
    assert bucket.take(now_us + wait_us, cost)[1].admitted
    if wait_us:
        assert bucket.take(now_us + wait_us - 1, cost)[1].retry_after_us == 1


@given(schedules())
def test_looking_at_a_bucket_changes_nothing(schedule):
    capacity, window_us, events = schedule
    looked = seldom = bucket_of(capacity, window_us).drain(0, capacity)
    now_us = 0
    for gap_us, _, _ in events:
        now_us += gap_us
        looked = looked.drain(now_us, 0)
    assert looked.remaining(now_us) == seldom.remaining(now_us)
    assert looked.reset_us(now_us) == seldom.reset_us(now_us)


@given(CAPACITIES, WINDOWS, st.data())
def test_a_bucket_is_full_after_its_reset_and_not_before(capacity, window_us, data):
    bucket = bucket_of(capacity, window_us).drain(0, data.draw(st.integers(1, capacity)))
    reset_us = bucket.reset_us(0)
    assert bucket.remaining(reset_us) == capacity
    assert bucket.remaining(reset_us - 1) < capacity


@pytest.mark.parametrize(
    ("amount", "window_us", "used", "reset_us"),
    [
        (5_000, MINUTE_US, 1, 12_000),
        (160_000, MINUTE_US, 24, 9_000),
        (500, MINUTE_US, 1, 120_000),
        (60_000, MINUTE_US, 3_000, 3_000_000),
        (10_000, DAY_US, 1, 8_640_000),
        (1_500_000, DAY_US, 4_379, 252_230_400),
    ],
)
def test_public_samples_of_resets_follow_from_the_rate(amount, window_us, used, reset_us):
    bucket, decision = bucket_of(amount, window_us).take(0, used)
    assert decision.admitted
    assert bucket.reset_us(0) == reset_us
    assert bucket.remaining(0) == amount - used


def test_a_cost_above_the_capacity_is_never_admitted_and_takes_nothing():
    bucket, decision = bucket_of(10, MINUTE_US).take(0, 11)
    assert decision.retry_after_us is None
    assert bucket == bucket_of(10, MINUTE_US)


def test_the_whole_capacity_can_be_taken_at_once_and_then_nothing():
    bucket, decision = bucket_of(10, MINUTE_US).take(5, 10)
    assert decision.admitted
    assert bucket.take(5, 1)[1].retry_after_us == 6_000_000


def test_an_earlier_time_is_the_time_of_the_level():
    bucket = bucket_of(60, MINUTE_US).drain(10_000_000, 60)
    assert bucket.remaining(9_000_000) == 0
    # The level was 0 at 10 s, so the unit is there at 11 s, which is 2 s after 9 s.
    assert bucket.retry_after_us(9_000_000, 1) == 2_000_000
    assert bucket.reset_us(9_000_000) == 61_000_000
    assert bucket.drain(9_000_000, 0) == bucket
