"""What clients are told about limits. Limits, remains and times were seen on the real service or follow by hand."""

import re
from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.limits.meter import admit, new_meter
from mockllm.limits.rate import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Rate
from mockllm.limits.slots import Slots
from mockllm.limits.telling import crowded, rate_headers, refusal

ORGANIZATION = "org-mockllm"
LEARN = "Visit https://platform.openai.com/account/rate-limits to learn more."
UNITS_US = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "µs": 1}
PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s|µs)")


def used(unit, rate, count, mode="openai", now_us=0):
    """A limit of which this much is used."""
    meter = new_meter(unit, rate, mode)
    return replace(meter, state=meter.state.drain(now_us, count))


def told(meters, mode="openai", now_us=0):
    return dict(rate_headers(meters, mode, now_us))


def refused(meters, tokens=0, mode="openai", now_us=0):
    admission = admit(meters, tokens, now_us)
    return refusal(admission, model="gpt-4o", tokens=tokens, mode=mode, now_us=now_us)


# Of answers that tell two limits, both pairs fit one time between the charge and the answer.
RECORDED = [
    ("requests", Rate(5_000, MINUTE_US), 1, 0, ("4999", "12ms")),
    ("requests", Rate(500, MINUTE_US), 1, 0, ("499", "120ms")),
    ("requests", Rate(10_000, DAY_US), 1, 0, ("9999", "8.64s")),
    ("requests", Rate(50_000, MINUTE_US), 1, 0, ("49999", "1ms")),
    ("tokens", Rate(160_000, MINUTE_US), 24, 0, ("159976", "9ms")),
    ("tokens", Rate(30_000, MINUTE_US), 4, 0, ("29996", "8ms")),
    ("tokens", Rate(5_000_000, MINUTE_US), 1, 0, ("4999999", "0s")),
    ("project-tokens", Rate(60_000, MINUTE_US), 3_000, 0, ("57000", "3s")),
    ("tokens", Rate(1_500_000, DAY_US), 4_379, 57_500, ("1495621", "4m12.172s")),
    ("tokens", Rate(1_500_000, DAY_US), 17_250, 37_100, ("1482750", "16m33.562s")),
    ("tokens", Rate(1_500_000, DAY_US), 9_227, 37_100, ("1490773", "8m51.438s")),
    ("tokens", Rate(1_500_000, DAY_US), 21_658, 42_500, ("1478342", "20m47.458s")),
    ("tokens", Rate(1_500_000, DAY_US), 13_635, 42_500, ("1486365", "13m5.333s")),
    ("tokens", Rate(1_500_000, DAY_US), 1_456_756, 900, ("43244", "23h18m29.144s")),
    ("tokens", Rate(1_500_000, DAY_US), 287_990, 900, ("1212010", "4h36m28.223s")),
]


@pytest.mark.parametrize(("unit", "rate", "count", "later_us", "pair"), RECORDED)
def test_recorded_headers_are_told(unit, rate, count, later_us, pair):
    assert rate_headers((used(unit, rate, count),), "openai", later_us) == (
        (f"x-ratelimit-limit-{unit}", str(rate.amount)),
        (f"x-ratelimit-remaining-{unit}", pair[0]),
        (f"x-ratelimit-reset-{unit}", pair[1]),
    )


@pytest.mark.parametrize(
    ("unit", "rate", "count", "remaining", "reset"),
    [
        ("requests", Rate(1_000, DAY_US), 2, "998", "2m52.8s"),
        ("tokens", Rate(8_000, MINUTE_US), 73, "7927", "547ms"),
        ("tokens", Rate(8_000, MINUTE_US), 75, "7925", "562ms"),
    ],
)
def test_recorded_headers_of_daily_requests_are_told(unit, rate, count, remaining, reset):
    headers = told((used(unit, rate, count, "per_day"),), "per_day")
    assert headers[f"x-ratelimit-remaining-{unit}"] == remaining
    assert headers[f"x-ratelimit-reset-{unit}"] == reset


def test_headers_come_in_the_order_of_their_names():
    meters = tuple(used(unit, Rate(60, MINUTE_US), 0) for unit in ("requests", "tokens", "project-tokens"))
    names = [name for name, _ in rate_headers(meters, "openai", 0)]
    assert len(names) == 9
    assert names == sorted(names)


def test_a_full_limit_is_reset_at_once():
    assert told((used("tokens", Rate(60, MINUTE_US), 0),)) == {
        "x-ratelimit-limit-tokens": "60",
        "x-ratelimit-remaining-tokens": "60",
        "x-ratelimit-reset-tokens": "0s",
    }


def test_without_limits_nothing_is_told():
    assert rate_headers((), "openai", 0) == ()


@pytest.mark.parametrize(
    ("mode", "requests", "tokens"),
    [
        ("openai", "1000", "1500000"),
        ("fixed_window", "1000", "1500000"),
        ("per_day", "1000", "8000"),
        ("slices", "10", "8000"),
    ],
)
def test_of_a_minute_and_a_day_headers_tell_one(mode, requests, tokens):
    meters = (
        new_meter("requests", Rate(60, MINUTE_US), mode),
        new_meter("requests", Rate(1_000, DAY_US), mode),
        new_meter("tokens", Rate(1_500_000, DAY_US), mode),
        new_meter("tokens", Rate(8_000, MINUTE_US), mode),
    )
    headers = told(meters, mode)
    assert headers["x-ratelimit-limit-requests"] == requests
    assert headers["x-ratelimit-limit-tokens"] == tokens
    assert len(headers) == 6


@given(st.integers(1, 10**7), st.sampled_from([SECOND_US, MINUTE_US, HOUR_US, DAY_US]), st.data())
def test_a_reset_can_be_read_back_to_the_millisecond(amount, window_us, data):
    count, later_us = data.draw(st.integers(0, amount)), data.draw(st.integers(0, window_us))
    text = told((used("tokens", Rate(amount, window_us), count),), now_us=later_us)["x-ratelimit-reset-tokens"]
    assert "".join(f"{number}{unit}" for number, unit in PART.findall(text)) == text
    read_us = sum(Fraction(number) * UNITS_US[unit] for number, unit in PART.findall(text))
    exact_us = max(Fraction(count * window_us, amount) - later_us, Fraction(0))
    # The reset is rounded up to a microsecond and then down to a millisecond.
    assert read_us in {floor(exact_us / 1_000) * 1_000, floor((exact_us + 1) / 1_000) * 1_000}


@pytest.mark.parametrize(
    ("rate", "short", "count", "requested", "wait"),
    [
        (Rate(10_000, MINUTE_US), "min (TPM)", 8_554, 3_082, "9.816s"),
        (Rate(10_000, MINUTE_US), "min (TPM)", 3_403, 9_031, "14.604s"),
        (Rate(30_000, MINUTE_US), "min (TPM)", 29_937, 385, "644ms"),
        (Rate(40_000, MINUTE_US), "min (TPM)", 39_415, 646, "91ms"),
        (Rate(40_000, MINUTE_US), "min (TPM)", 26_728, 15_233, "2.941s"),
        (Rate(80_000, MINUTE_US), "min (TPM)", 80_000, 102, "76ms"),
        (Rate(90_000, MINUTE_US), "min (TPM)", 89_919, 1_144, "708ms"),
        (Rate(200_000, DAY_US), "day (TPD)", 199_857, 967, "5m55.968s"),
    ],
)
def test_a_refusal_for_tokens_says_what_the_service_said(rate, short, count, requested, wait):
    error = refused((used("tokens", rate, count),), requested)
    assert (error.status, error.type, error.code, error.param) == (429, "tokens", "rate_limit_exceeded", None)
    assert error.message == (
        f"Rate limit reached for gpt-4o in organization {ORGANIZATION} on tokens per {short}: Limit {rate.amount}, "
        f"Used {count}, Requested {requested}. Please try again in {wait}. {LEARN}"
    )


@pytest.mark.parametrize(
    ("amount", "window_us", "short", "wait"),
    [
        (3, MINUTE_US, "min (RPM)", "20s"),
        (500, MINUTE_US, "min (RPM)", "120ms"),
        (3_500, MINUTE_US, "min (RPM)", "17ms"),
        (200, DAY_US, "day (RPD)", "7m12s"),
        (10_000, DAY_US, "day (RPD)", "8.64s"),
        (60, HOUR_US, "hour (RPH)", "1m0s"),
        (10, SECOND_US, "sec (RPS)", "100ms"),
    ],
)
def test_a_refusal_for_requests_says_what_the_service_said(amount, window_us, short, wait):
    error = refused((used("requests", Rate(amount, window_us), amount),), 50)
    assert (error.status, error.type, error.code) == (429, "requests", "rate_limit_exceeded")
    assert error.message == (
        f"Rate limit reached for gpt-4o in organization {ORGANIZATION} on requests per {short}: Limit {amount}, "
        f"Used {amount}, Requested 1. Please try again in {wait}. {LEARN}"
    )


def test_a_refusal_has_the_headers_of_every_answer_and_its_hints_rounded_up():
    # 61 tokens of 40 000 a minute are 91.5 ms; one request of 500 is counted.
    meters = (used("requests", Rate(500, MINUTE_US), 0), used("tokens", Rate(40_000, MINUTE_US), 39_415))
    assert refused(meters, 646).headers == (
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-limit-tokens", "40000"),
        ("x-ratelimit-remaining-requests", "499"),
        ("x-ratelimit-remaining-tokens", "585"),
        ("x-ratelimit-reset-requests", "120ms"),
        ("x-ratelimit-reset-tokens", "59.122s"),
        ("retry-after", "1"),
        ("retry-after-ms", "92"),
    )


def test_project_tokens_are_named_in_the_refusal():
    error = refused((used("project-tokens", Rate(60_000, MINUTE_US), 60_000),), 3_000)
    assert "on project tokens per min (TPM): Limit 60000, Used 60000, Requested 3000." in error.message
    assert error.type == "tokens"


def test_a_request_that_can_never_pass_is_told_so_without_a_time():
    error = refused((used("tokens", Rate(30_000, MINUTE_US), 0),), 31_538)
    assert (error.status, error.type, error.code) == (429, "tokens", "rate_limit_exceeded")
    assert error.message == (
        f"Request too large for gpt-4o in organization {ORGANIZATION} on tokens per min (TPM): Limit 30000, Requested "
        f"31538. The input or output tokens must be reduced in order to run successfully. {LEARN}"
    )
    assert not [name for name, _ in error.headers if name.startswith("retry-after")]


def test_per_day_tells_the_wait_to_the_microsecond_and_no_milliseconds_header():
    error = refused((used("tokens", Rate(8_000, MINUTE_US), 6_577, "per_day"),), 2_112, "per_day")
    assert error.message == (
        f"Rate limit reached for model `gpt-4o` in organization `{ORGANIZATION}` service tier `on_demand` on tokens "
        "per minute (TPM): Limit 8000, Used 6577, Requested 2112. Please try again in 5.1675s."
    )
    assert dict(error.headers)["retry-after"] == "6"
    assert "retry-after-ms" not in dict(error.headers)


def test_per_day_refuses_a_request_that_can_never_pass_as_too_large():
    error = refused((used("tokens", Rate(6_000, MINUTE_US), 0, "per_day"),), 9_852, "per_day")
    assert (error.status, error.type, error.code) == (413, "tokens", "rate_limit_exceeded")
    assert error.message == (
        f"Request too large for model `gpt-4o` in organization `{ORGANIZATION}` service tier `on_demand` on tokens per "
        "minute (TPM): Limit 6000, Requested 9852, please reduce your message size and try again."
    )
    assert "retry-after" not in dict(error.headers)


def test_slices_tell_whole_seconds_and_the_share_of_a_slice():
    meters = (used("requests", Rate(120, MINUTE_US), 20, "slices"), used("tokens", Rate(1_000, MINUTE_US), 7, "slices"))
    error = refused(meters, 3, "slices", 1_500_001)
    assert error.headers == (
        ("x-ratelimit-limit-requests", "20"),
        ("x-ratelimit-limit-tokens", "1000"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-remaining-tokens", "993"),
        ("x-ratelimit-reset-requests", "9"),
        ("x-ratelimit-reset-tokens", "59"),
        ("retry-after", "9"),
        ("retry-after-ms", "8500"),
    )
    assert (error.status, error.code) == (429, "429")
    assert error.message == (
        "Requests to this deployment have exceeded call rate limit of your current pricing tier. "
        "Please retry after 9 seconds."
    )


def test_slices_send_a_request_that_can_never_pass_away_for_a_day():
    error = refused((used("tokens", Rate(1_000, MINUTE_US), 0, "slices"),), 1_001, "slices")
    assert error.status == 429
    assert error.message.endswith(
        "exceeded token rate limit of your current pricing tier. Please retry after 86400 seconds."
    )
    assert error.headers[-2:] == (("retry-after", "86400"), ("retry-after-ms", "86400000"))


def test_a_limit_that_starts_again_tells_when():
    meters = (used("requests", Rate(60, MINUTE_US), 60, "fixed_window"),)
    error = refused(meters, 0, "fixed_window", 40_250_000)
    assert dict(error.headers)["x-ratelimit-reset-requests"] == "19.75s"
    assert "Please try again in 19.75s." in error.message


TOLD = (("x-ratelimit-limit-requests", "60"),)


def test_without_a_place_one_client_is_told_how_many_requests_it_has():
    error = crowded(Slots(2, 1, (1, 2), (3,)), model="gpt-5.1", shared_by_all=False, told=TOLD)
    assert (error.status, error.type, error.code, error.headers) == (429, "requests", "rate_limit_exceeded", TOLD)
    assert error.message.startswith(
        "Rate limit reached for gpt-5.1 in organization org-mockllm on concurrent requests: Limit 2, Used 2, Queued 1, "
        "Requested 1. Please try again when one of them has ended."
    )


def test_where_all_share_the_places_the_server_is_overloaded():
    error = crowded(Slots(2, 0, (1, 2)), model="gpt-5.1", shared_by_all=True, told=TOLD)
    assert (error.status, error.type, error.code) == (503, "service_unavailable_error", "server_is_overloaded")
    assert error.headers == TOLD
