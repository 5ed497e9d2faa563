"""Several limits at once: all or none, the first time at which all admit, and what a refusal counts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.limits.bucket import Bucket
from mockllm.limits.decision import Decision
from mockllm.limits.meter import Admission, Meter, admit, new_meter
from mockllm.limits.rate import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Rate
from mockllm.limits.window import Window

RATES = st.builds(Rate, st.integers(1, 40), st.sampled_from([SECOND_US, MINUTE_US, HOUR_US, DAY_US]))
UNITS = st.sampled_from(["requests", "tokens", "project-tokens"])
MODES = st.sampled_from(["openai", "slices", "per_day", "fixed_window"])
SLICES = st.sampled_from([SECOND_US, 10 * SECOND_US])
METERS = st.lists(st.builds(new_meter, UNITS, RATES, MODES, SLICES), min_size=1, max_size=5).map(tuple)
CALLS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 3), st.integers(0, 20 * SECOND_US), st.integers(0, 3 * MINUTE_US)), st.integers(0, 45)
    ),
    max_size=25,
)


def admits(meters, tokens, now_us):
    """Whether each limit, asked alone, has room."""
    return all(meter.state.take(now_us, meter.cost(tokens))[1].admitted for meter in meters)


def boundaries(meters, tokens, now_us):
    """Every time at which a limit alone may begin to admit: its own wait, and the starts of its slices."""
    for meter in meters:
        wait_us = meter.state.retry_after_us(now_us, meter.cost(tokens))
        if wait_us is not None:
            yield now_us + wait_us
        if isinstance(meter.state, Window) and meter.state.began_us is not None:
            for number in range(meter.state.slices + 1):
                yield meter.state.began_us - (-number * meter.state.window_us // meter.state.slices)


@given(METERS, CALLS)
def test_a_request_takes_from_all_limits_or_is_counted_as_a_refused_one(meters, calls):
    now_us = 0
    for gap_us, tokens in calls:
        now_us += gap_us
        admission = admit(meters, tokens, now_us)
        assert admission.decision.admitted == admits(meters, tokens, now_us)
        for before, after in zip(meters, admission.meters, strict=True):
            counted = 1 if before.unit == "requests" else tokens if admission.decision.admitted else 0
            left = max(before.state.remaining(now_us) - counted, 0)
            assert after.state.remaining(now_us) == left
            assert after.unit == before.unit
        meters = admission.meters


@given(METERS, CALLS)
def test_the_wait_is_the_first_time_at_which_all_limits_admit(meters, calls):
    now_us = 0
    for gap_us, tokens in calls:
        now_us += gap_us
        admission = admit(meters, tokens, now_us)
        meters, wait_us = admission.meters, admission.decision.retry_after_us
        if wait_us is None:
            assert any(meter.state.retry_after_us(now_us, meter.cost(tokens)) is None for meter in meters)
            assert admission.refused_by.state.retry_after_us(now_us, admission.refused_by.cost(tokens)) is None
        elif wait_us:
            assert admission.refused_by in meters
            assert admits(meters, tokens, now_us + wait_us)
            assert not admits(meters, tokens, now_us + wait_us - 1)
            earlier = [at for at in boundaries(meters, tokens, now_us) if now_us <= at < now_us + wait_us]
            assert not any(admits(meters, tokens, at_us) for at_us in earlier)


@pytest.mark.parametrize(
    ("mode", "unit", "rate", "state"),
    [
        ("openai", "requests", Rate(60, MINUTE_US), Bucket(60, MINUTE_US, 60 * MINUTE_US)),
        ("per_day", "tokens", Rate(8_000, MINUTE_US), Bucket(8_000, MINUTE_US, 8_000 * MINUTE_US)),
        ("fixed_window", "requests", Rate(60, MINUTE_US), Window(60, MINUTE_US)),
        ("slices", "requests", Rate(60, MINUTE_US), Window(60, MINUTE_US, 6)),
        ("slices", "requests", Rate(60, DAY_US), Window(60, DAY_US)),
        ("slices", "tokens", Rate(60, MINUTE_US), Window(60, MINUTE_US)),
    ],
)
def test_a_mode_decides_how_a_limit_counts(mode, unit, rate, state):
    assert new_meter(unit, rate, mode) == Meter(unit, state)


def test_slices_may_be_a_second_long():
    assert new_meter("requests", Rate(600, MINUTE_US), "slices", SECOND_US).state == Window(600, MINUTE_US, 60)


def bucket(unit, amount, window_us=MINUTE_US):
    return new_meter(unit, Rate(amount, window_us), "openai")


def test_requests_and_tokens_of_a_minute_and_a_day_are_taken_together():
    meters = (
        bucket("requests", 60),
        bucket("requests", 1_000, DAY_US),
        bucket("tokens", 90_000),
        bucket("tokens", 1_500_000, DAY_US),
    )
    left = [meter.state.remaining(0) for meter in admit(meters, 500, 0).meters]
    assert left == [59, 999, 89_500, 1_499_500]


def test_a_refusal_by_one_limit_takes_no_tokens_from_the_others():
    tokens = bucket("tokens", 100)
    poor = bucket("project-tokens", 10)
    admission = admit((tokens, poor), 20, 0)
    assert admission == Admission((tokens, poor), Decision(None), poor)


def test_a_refused_request_counts_as_a_request():
    spent = replace(bucket("tokens", 60), state=bucket("tokens", 60).state.drain(0, 60))
    admission = admit((bucket("requests", 3), spent), 1, 0)
    assert admission.decision == Decision(1_000_000)
    assert [meter.state.remaining(0) for meter in admission.meters] == [2, 0]


def test_a_refused_request_empties_what_there_is_of_a_request():
    meters = (bucket("requests", 3),)
    for _ in range(3):
        meters = admit(meters, 0, 0).meters
    # A third of the 20 s for the next request has passed; the refusal takes it, and the whole wait begins again.
    admission = admit(meters, 0, 7_000_000)
    assert admission.decision == Decision(20_000_000)
    assert admit(admission.meters, 0, 27_000_000).decision.admitted
    assert not admit(admission.meters, 0, 26_999_999).decision.admitted


def test_sending_the_same_request_over_and_over_does_not_help():
    meters = (bucket("requests", 3),)
    admitted = 0
    for second in range(600):
        admission = admit(meters, 0, second * 1_000_000)
        meters, admitted = admission.meters, admitted + admission.decision.admitted
    assert admitted == 3


def test_waiting_as_told_gets_every_request_through():
    meters, now_us = (bucket("requests", 3), bucket("tokens", 40)), 0
    for _ in range(20):
        admission = admit(meters, 9, now_us)
        if not admission.decision.admitted:
            now_us += admission.decision.retry_after_us
            admission = admit(admission.meters, 9, now_us)
        assert admission.decision.admitted
        meters = admission.meters


def test_a_slice_without_a_share_is_not_where_a_request_is_sent_to():
    # Three in a minute are one in the slices that begin at 0 s, 20 s and 40 s. The token is there at 30 s, in a slice
    # without a share, so the request passes at 40 s.
    sliced = Meter("requests", Window(3, MINUTE_US, 6))
    tokens = Meter("tokens", Bucket(2, MINUTE_US, 0))
    begun = replace(sliced, state=sliced.state.drain(0, 1))
    admission = admit((begun, tokens), 1, 0)
    assert admission.decision == Decision(40_000_000)
    assert admission.refused_by.unit == "requests"


def test_of_several_refusing_limits_the_one_with_the_longest_wait_is_named():
    empty = (Meter("requests", Bucket(60, MINUTE_US, 0)), Meter("tokens", Bucket(60, DAY_US, 0)))
    admission = admit(empty, 1, 0)
    assert admission.decision == Decision(DAY_US // 60)
    assert admission.refused_by == empty[1]


def test_without_limits_everything_is_admitted():
    assert admit((), 10**9, 0) == Admission((), Decision(0))
