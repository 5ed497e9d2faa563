"""Whether to send again, and when."""

import pytest

from tests.robust.outcome import Problem
from tests.robust.retry import Patience, delay_us, may_resend

S = 1_000_000
NOW_S = 1_792_567_620  # 2026-10-21T07:27:00Z
PATIENCE = Patience(longest_hint_us=300 * S, backoff_us=500_000)
LIMITED = Problem("rate_limited", transient=True)


@pytest.mark.parametrize(
    ("headers", "wait_us"),
    [
        ({"retry-after": "61"}, 61 * S),
        ({"retry-after": "1.5"}, 1_500_000),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60 * S),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1_500_000),
        ({"x-ms-retry-after-ms": "1500", "retry-after": "2"}, 1_500_000),
        ({"retry-after-ms": "-1", "retry-after": "2"}, 2 * S),
    ],
)
def test_a_sensible_hint_is_followed(headers, wait_us):
    assert delay_us(LIMITED, headers, NOW_S, 1, PATIENCE) == wait_us


@pytest.mark.parametrize(
    "hint", ["-1", "0", "soon", "NaN", "inf", "86400", "", "Wed, 21 Oct 2020 07:28:00 GMT", "Wed, 99 Oct 9999"]
)
def test_a_hint_that_makes_no_sense_leaves_a_wait_that_grows(hint):
    waits = [delay_us(LIMITED, {"retry-after": hint}, NOW_S, sent, PATIENCE) for sent in (1, 2, 3)]
    assert waits == [500_000, 1_000_000, 2_000_000]


def test_a_hint_in_the_body_counts_where_the_headers_have_none():
    told = Problem("rate_limited", transient=True, delay_us=45 * S)
    assert delay_us(told, {}, NOW_S, 1, PATIENCE) == 45 * S
    assert delay_us(told, {"retry-after": "2"}, NOW_S, 1, PATIENCE) == 2 * S


def test_nothing_is_sent_again_after_something_was_given():
    assert may_resend(LIMITED, {}, given=False)
    assert not may_resend(LIMITED, {"x-should-retry": "true"}, given=True)


def test_the_server_may_ask_for_it_or_against_it_but_not_where_it_is_no_use():
    refused = Problem("refused")
    assert not may_resend(refused, {}, given=False)
    assert may_resend(refused, {"x-should-retry": "true"}, given=False)
    assert not may_resend(LIMITED, {"x-should-retry": "false"}, given=False)
    assert not may_resend(Problem("quota", transient=True), {"x-should-retry": "true"}, given=False)


@pytest.mark.parametrize(
    ("headers", "wait_us"),
    [
        ({"x-ratelimit-reset-requests": "20ms", "x-ratelimit-reset-tokens": "1m2s"}, 62 * S),
        ({"x-ratelimit-reset-tokens": "12"}, 12 * S),
        ({"x-ratelimit-reset": str(NOW_S + 30)}, 30 * S),
        ({"anthropic-ratelimit-requests-reset": "2026-10-21T07:27:45Z"}, 45 * S),
        (
            {
                "x-ratelimit-reset-requests": "4m0s",
                "x-ratelimit-remaining-requests": "7",
                "x-ratelimit-reset-tokens": "6s",
                "x-ratelimit-remaining-tokens": "0",
            },
            6 * S,
        ),
        ({"x-ratelimit-reset-tokens": "0", "x-ratelimit-remaining-tokens": "-1"}, 500_000),
        ({"x-ratelimit-reset": "1577836800"}, 500_000),
        ({"x-ratelimit-reset": "soon"}, 500_000),
        ({"x-ratelimit-reset": ""}, 500_000),
        ({"x-ratelimit-reset": "5s", "retry-after": "2"}, 2 * S),
    ],
)
def test_the_reset_of_a_limit_is_a_hint_where_there_is_no_better_one(headers, wait_us):
    assert delay_us(LIMITED, headers, NOW_S, 1, PATIENCE) == wait_us
