"""The official Python client, with the retries it really makes, against limits: it gets through exactly when the
arithmetic says, on a clock that only the client's own pauses move.
"""

import threading
import time
from types import SimpleNamespace

import openai
import pytest
from openai import OpenAI, _base_client

from mockllm.exchange import Ending
from mockllm.net.mock import MockLLM
from tests.raw_http import connect, read_to_end, request
from tests.waking import Waking

MESSAGES = [{"role": "user", "content": "Hi"}]
PATIENCE_S = 20


class Clock(Waking):
    """Time that passes only while a client pauses."""

    def __init__(self):
        self.at_us = 0
        self.pauses = []

    def now_us(self):
        return self.at_us

    def wall_s(self):
        return self.at_us // 1_000_000

    async def sleep_until(self, due_us):
        self.at_us = max(self.at_us, due_us)

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.at_us += round(seconds * 1_000_000)


@pytest.fixture
def clock(monkeypatch):
    """A clock that the client's pauses move in place of real time."""
    clock = Clock()
    monkeypatch.setattr(_base_client, "time", SimpleNamespace(**{**vars(time), "sleep": clock.sleep}))
    return clock


def asking(mock, count=1, **body):
    with OpenAI(base_url=mock.base_url, api_key="sk-test", max_retries=2) as client:
        for _ in range(count):
            client.chat.completions.create(model="gpt-4o", messages=MESSAGES, **body)


def statuses(mock):
    return [exchange.status for exchange in mock.journal]


def test_of_two_requests_a_minute_the_third_passes_half_a_minute_later(clock):
    with MockLLM("{limits: {requests: 2/min}, rules: [{replies: [a]}]}", clock=clock) as mock:
        asking(mock, 4)
        assert statuses(mock) == [200, 200, 429, 200, 429, 200]
        assert clock.pauses == [30.0, 30.0]


@pytest.mark.parametrize(
    ("limits", "body", "found", "pauses"),
    [
        # 1,000 a minute, 600 each: 200 are missing, at 1,000 / 60 s.
        ("tokens: 1000/min", {"max_completion_tokens": 600}, [200, 429, 200], [12.0]),
        # Requests are left, so the tokens alone decide.
        ("requests: 3/min, tokens: 1000/min", {"max_completion_tokens": 600}, [200, 429, 200], [12.0]),
        ("mode: fixed_window, requests: 1/min", {}, [200, 429, 200], [60.0]),
        # One of six slices has a place for each of six; whole seconds are told.
        ("mode: slices, requests: 6/min", {}, [200, 429, 200], [10.0]),
        # Input and output together are 281 of 500 a minute, so 62 are missing: 7.44 s, told in whole seconds alone.
        ("mode: per_day, tokens: 500/min", {"max_completion_tokens": 280}, [200, 429, 200], [8.0]),
    ],
)
def test_what_a_mode_tells_is_when_the_next_request_passes(clock, limits, body, found, pauses):
    with MockLLM(f"{{limits: {{{limits}}}, rules: [{{replies: [a]}}]}}", clock=clock) as mock:
        asking(mock, 2, **body)
        assert (statuses(mock), clock.pauses) == (found, pauses)


def test_a_client_that_comes_a_microsecond_too_early_waits_all_over_again(clock):
    with MockLLM("{limits: {requests: 1/min}, rules: [{replies: [a]}]}", clock=clock) as mock:
        asking(mock)
        clock.at_us = 59_999_999
        asking(mock)
        # The refusal took the part of a request that there was.
        assert (statuses(mock), clock.pauses) == ([200, 429, 200], [60.0])


def test_the_client_does_not_wait_for_a_day(clock):
    with MockLLM("{limits: {requests_per_day: 1}, rules: [{replies: [a]}]}", clock=clock) as mock:
        asking(mock)
        with pytest.raises(openai.RateLimitError) as caught:
            asking(mock)
        assert (caught.value.code, caught.value.response.headers["retry-after"]) == ("rate_limit_exceeded", "86400")
        assert (statuses(mock), clock.pauses) == ([200, 429], [])


CROWDED = """
limits: {concurrent: 1, queue: 1}
rules:
  - when: {user: {contains: slow}}
    replies: [{text: slow, faults: [{gate: hold}]}]
  - replies: [first come, first served]
"""


def test_a_queue_is_first_come_first_served_and_above_it_a_request_is_refused():
    answers = []

    def ask(mock, said):
        with OpenAI(base_url=mock.base_url, api_key="sk-test", max_retries=0, timeout=PATIENCE_S) as client:
            answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": said}])
            answers.append(answer.choices[0].message.content)

    with MockLLM(CROWDED) as mock:
        slow, queued = (threading.Thread(target=ask, args=(mock, said)) for said in ("slow", "Hi"))
        for count, thread in enumerate((slow, queued), start=1):
            thread.start()
            mock.wait_for("arrived", count=count)
        with pytest.raises(openai.RateLimitError) as caught:
            ask(mock, "Ho")
        assert "on concurrent requests: Limit 1, Used 1, Queued 1, Requested 1." in caught.value.message
        assert "retry-after" not in caught.value.response.headers
        assert answers == []
        mock.open("hold")
        for thread in (slow, queued):
            thread.join(PATIENCE_S)
        assert sorted(answers) == ["first come", "slow"]
        mock.journal.assert_outcomes(*[Ending.COMPLETE] * 3)
        first, second, _ = mock.journal
        assert first.call.at_us + first.outcome.at_us <= second.call.at_us + second.gates[0].passed_us


def test_who_hangs_up_in_the_queue_or_in_front_of_it_makes_room():
    script = "{limits: {concurrent: 1, queue: 2}, rules: [{replies: [{text: a, faults: [{gate: hold}]}, b, c]}]}"
    with MockLLM(script) as mock, connect(mock) as first, connect(mock) as second, connect(mock) as third:
        for count, client in enumerate((first, second, third), start=1):
            client.sendall(request(stream=False))
            mock.wait_for("arrived", count=count)
        for count, client in enumerate((second, first), start=1):
            client.close()
            mock.wait_for("left", count=count)
        assert b'"content": "c"' in read_to_end(third)
        mock.wait_idle()
        assert [exchange.outcome.ending for exchange in mock.journal] == [Ending.LEFT, Ending.LEFT, Ending.COMPLETE]
