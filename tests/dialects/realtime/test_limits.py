import pytest

from mockllm.dialects.realtime.event import event, frame
from mockllm.dialects.realtime.limits import inserted
from tests.realtime_wire import wrong

CREATED = frame(event("response.created", "event_1", {"response": {}}))
DONE = frame(event("response.done", "event_2", {"response": {}}))
TOLD = (
    ("x-ratelimit-limit-requests", "60"),
    ("x-ratelimit-remaining-requests", "59"),
    ("x-ratelimit-reset-requests", "1m0.5s"),
    ("X-RateLimit-Limit-Tokens", "90000"),
    ("x-ratelimit-remaining-tokens", "89000"),
    ("x-ratelimit-reset-tokens", "12ms"),
)


def test_limits_are_told_right_after_the_response_has_begun():
    first, news, last = inserted((CREATED, DONE), TOLD)
    assert (first, last) == (CREATED, DONE)
    assert news.data["rate_limits"] == [
        {"name": "requests", "limit": 60, "remaining": 59, "reset_seconds": 60.5},
        {"name": "tokens", "limit": 90_000, "remaining": 89_000, "reset_seconds": 0.012},
    ]
    assert wrong(news.data) == []


@pytest.mark.parametrize(
    ("frames", "told"), [((CREATED, DONE), ()), ((DONE,), TOLD), ((CREATED,), (("x-ratelimit-limit-requests", "no"),))]
)
def test_without_limits_or_a_response_nothing_is_told(frames, told):
    assert inserted(frames, told) == frames
