"""Windows that start again, against a model that assigns every unit to its slice and tries every slice in turn."""

from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from mockllm.limits.rate import DAY_US, MINUTE_US
from mockllm.limits.window import Window


class Model:
    """The events since the window began, each with its time and cost."""

    def __init__(self, capacity, window_us, slices):
        self.capacity, self.window_us, self.slices = capacity, window_us, slices
        self.began_us, self.events = None, []

    def share(self, number):
        """Unit i of the capacity belongs to the slice in which i / capacity of the window has passed."""
        return sum(unit * self.slices // self.capacity == number for unit in range(self.capacity))

    def number(self, now_us):
        """The slice of a time, or 0 if the window is over or has not begun."""
        if self.began_us is None or now_us >= self.began_us + self.window_us:
            return 0
        starts = [Fraction(index * self.window_us, self.slices) for index in range(self.slices)]
        return max(index for index, start in enumerate(starts) if self.began_us + start <= now_us)

    def used(self, now_us):
        if self.began_us is None or now_us >= self.began_us + self.window_us:
            return 0
        return sum(cost for at_us, cost in self.events if self.number(at_us) == self.number(now_us))

    def admits(self, now_us, cost):
        return self.used(now_us) + cost <= self.share(self.number(now_us))

    def wait_us(self, now_us, cost):
        if cost > self.share(0):
            return None
        starts = (
            []
            if self.began_us is None
            else [
                self.began_us + ceil(Fraction(index * self.window_us, self.slices)) for index in range(self.slices + 1)
            ]
        )
        return next(at_us for at_us in [now_us, *starts] if at_us >= now_us and self.admits(at_us, cost)) - now_us

    def count(self, now_us, cost):
        if self.began_us is None or now_us >= self.began_us + self.window_us:
            self.began_us, self.events = now_us, []
        self.events.append((now_us, cost))


@st.composite
def schedules(draw):
    capacity, slices = draw(st.integers(1, 30)), draw(st.integers(1, 12))
    window_us = draw(st.one_of(st.integers(slices, 60), st.sampled_from([MINUTE_US, DAY_US])))
    gap = st.one_of(st.integers(0, 3), st.integers(0, window_us // slices), st.integers(0, window_us * 2))
    events = draw(st.lists(st.tuples(gap, st.integers(0, capacity + 1), st.booleans()), max_size=30))
    return capacity, window_us, slices, events


@given(schedules())
def test_every_admission_and_wait_is_that_of_the_exact_model(schedule):
    capacity, window_us, slices, events = schedule
    window, model, now_us = Window(capacity, window_us, slices), Model(capacity, window_us, slices), 0
    for gap_us, cost, drains in events:
        now_us += gap_us
        wait_us = model.wait_us(now_us, cost)
        assert window.retry_after_us(now_us, cost) == wait_us
        number = model.number(now_us)
        assert window.limit(now_us) == model.share(number)
        if drains:
            room = model.share(number) - model.used(now_us)
            window = window.drain(now_us, cost)
            model.count(now_us, min(cost, room))
        else:
            window, decision = window.take(now_us, cost)
            assert decision.retry_after_us == wait_us
            if decision.admitted:
                model.count(now_us, cost)
        assert window.remaining(now_us) == model.share(number) - model.used(now_us)
        if model.used(now_us):
            end_us = model.began_us + ceil(Fraction((number + 1) * window_us, slices))
            assert window.reset_us(now_us) == end_us - now_us
        else:
            assert window.reset_us(now_us) == 0


@given(schedules(), st.data())
def test_waiting_as_long_as_told_admits_and_a_microsecond_less_does_not(schedule, data):
    capacity, window_us, slices, events = schedule
    window, now_us = Window(capacity, window_us, slices), 0
    for gap_us, cost, _ in events:
        now_us += gap_us
        window, _ = window.take(now_us, cost)
    cost = data.draw(st.integers(1, ceil(Fraction(capacity, slices))))
    wait_us = window.retry_after_us(now_us, cost)
    assert window.take(now_us + wait_us, cost)[1].admitted
    if wait_us:
        assert not window.take(now_us + wait_us - 1, cost)[1].admitted


@given(st.integers(1, 1_000), st.integers(1, 60))
def test_the_shares_of_all_slices_are_the_capacity_and_the_first_is_the_largest(capacity, slices):
    begun = Window(capacity, slices, slices).drain(0, 0)
    shares = [begun.limit(number) for number in range(slices)]
    assert sum(shares) == capacity
    assert max(shares) == shares[0]
    assert max(shares) - min(shares) <= 1


def test_six_hundred_a_minute_are_ten_in_each_second():
    window = Window(600, MINUTE_US, 60)
    for _ in range(10):
        window, decision = window.take(250_000, 1)
        assert decision.admitted
    # The minute began with the first request, so its first second ends at 1.25 s.
    assert window.take(250_000, 1)[1].retry_after_us == 1_000_000
    assert window.limit(250_000) == 10


def test_a_window_begins_with_the_first_request_after_the_last_one_ended():
    window, _ = Window(2, MINUTE_US).take(7_000_000, 2)
    assert window.retry_after_us(8_000_000, 1) == 59_000_000
    window, decision = window.take(100_000_000, 1)
    assert decision.admitted
    assert window.began_us == 100_000_000


def test_a_count_that_starts_again_lets_twice_the_limit_pass_around_its_end():
    window, _ = Window(10, MINUTE_US).take(0, 1)
    window, late = window.take(59_999_999, 9)
    window, next_one = window.take(60_000_000, 10)
    assert late.admitted
    assert next_one.admitted


def test_a_cost_above_the_largest_share_is_never_admitted():
    window, decision = Window(12, MINUTE_US, 6).take(0, 3)
    assert decision.retry_after_us is None
    assert window == Window(12, MINUTE_US, 6)


def test_an_earlier_time_is_still_in_the_same_slice():
    window = Window(6, MINUTE_US, 6).drain(5_000_000, 1).drain(15_000_000, 1)
    assert window.remaining(14_999_999) == 0
    assert window.remaining(4_000_000) == 0
    assert window.retry_after_us(14_000_000, 1) == 11_000_000
