"""Attempts as calls. Times are in microseconds; an exchange is written as when it came and when it ended."""

import json
import socket
from urllib.parse import urlsplit

import httpx
import openai
import pytest

from mockllm import MockLLM
from mockllm.exchange import Ending, Exchange, Outcome
from mockllm.journal.calls import HANG_UP_US, CallGroup, calls, retries
from mockllm.plan import End, Head
from mockllm.request import Call, Headers

PATH = "/v1/chat/completions"
S = 1_000_000


def attempt(
    number,
    start_us,
    end_us,
    *,
    retry=None,
    status=500,
    ending=Ending.COMPLETE,
    body=b"question",
    key="k",
    namespace="n",
    path=PATH,
):
    headers = [("authorization", f"Bearer {key}")]
    if retry is not None:
        headers.append(("X-Stainless-Retry-Count", str(retry)))
    call = Call("POST", path, headers=Headers(tuple(headers)), body=body, at_us=start_us)
    outcome = Outcome(ending, 1, end_us - start_us)
    return Exchange(number, namespace, call, None, status, (Head(status), End()), outcome=outcome)


def numbers(*exchanges):
    return [[it.number for it in group.attempts] for group in calls(exchanges)]


def test_nothing_came_of_nothing():
    assert calls(()) == ()


@pytest.mark.parametrize("retry", [None, 0])
def test_one_exchange_is_one_call(retry):
    assert numbers(attempt(1, 0, 10, retry=retry)) == [[1]]


def test_what_a_client_counts_as_retries_is_one_call_with_its_gaps():
    [group] = calls(
        [
            attempt(1, 0, 1 * S, retry=0),
            attempt(2, 2 * S, 3 * S, retry=1),
            attempt(3, 7 * S, 8 * S, retry=2, status=200),
        ]
    )
    assert [it.number for it in group.attempts] == [1, 2, 3]
    assert group.gaps_us == (1 * S, 4 * S)
    assert group.succeeded
    assert group.abandoned == 0


def test_two_concurrent_equal_calls_with_well_behaved_retries_are_two_calls():
    # Both begin before either has failed, and both try again.
    exchanges = [
        attempt(1, 0, 50, retry=0),
        attempt(2, 10, 60, retry=0),
        attempt(3, 550, 600, retry=1, status=200),
        attempt(4, 560, 610, retry=1, status=200),
    ]
    assert numbers(*exchanges) == [[1, 3], [2, 4]]


def test_of_two_concurrent_calls_the_one_that_failed_is_tried_again():
    exchanges = [
        attempt(1, 0, 50, retry=0, status=200),
        attempt(2, 10, 60, retry=0),
        attempt(3, 550, 600, retry=1),
    ]
    assert numbers(*exchanges) == [[1], [2, 3]]


def test_two_concurrent_equal_calls_of_a_client_that_counts_nothing_are_two_calls():
    assert numbers(attempt(1, 0, 50), attempt(2, 10, 60)) == [[1], [2]]
    # What comes when both are over belongs to the one that has waited for longer.
    assert numbers(attempt(1, 0, 50), attempt(2, 10, 60), attempt(3, 100, 150), attempt(4, 110, 160)) == [
        [1, 3],
        [2, 4],
    ]


def test_without_a_count_the_same_request_after_a_failure_is_a_retry():
    assert numbers(attempt(1, 0, 50), attempt(2, 60, 90, status=200)) == [[1, 2]]
    assert numbers(attempt(1, 0, 50, status=200, ending=Ending.CUT), attempt(2, 60, 90)) == [[1, 2]]


def test_a_question_that_was_answered_and_is_asked_again_is_a_new_call():
    assert numbers(attempt(1, 0, 50, status=200), attempt(2, 60, 90)) == [[1], [2]]


def test_a_count_of_0_is_always_a_new_call():
    assert numbers(attempt(1, 0, 50, retry=0), attempt(2, 60, 90, retry=0)) == [[1], [2]]


def test_a_client_that_tries_again_after_a_success_that_it_did_not_like_says_so_by_its_count():
    assert numbers(attempt(1, 0, 50, retry=0, status=200), attempt(2, 60, 90, retry=1)) == [[1, 2]]


def test_a_retry_that_changes_its_body_is_one_where_the_count_says_so():
    exchanges = [attempt(1, 0, 50, retry=0), attempt(2, 60, 90, retry=1, body=b"another question")]
    assert numbers(*exchanges) == [[1, 2]]
    assert numbers(attempt(1, 0, 50), attempt(2, 60, 90, body=b"another question")) == [[1], [2]]


def test_the_same_body_is_preferred_to_a_changed_one():
    exchanges = [
        attempt(1, 0, 50, retry=0, body=b"other"),
        attempt(2, 10, 60, retry=0),
        attempt(3, 100, 150, retry=1),
        attempt(4, 110, 160, retry=1, body=b"changed"),
    ]
    assert numbers(*exchanges) == [[1, 4], [2, 3]]


def test_a_call_that_was_tried_again_already_is_not_tried_again_with_a_changed_body():
    exchanges = [
        attempt(1, 0, 50, retry=0),
        attempt(2, 100, 150, retry=1),
        attempt(3, 200, 250, retry=1, body=b"another question"),
    ]
    assert numbers(*exchanges) == [[1, 2], [3]]


def test_ten_thousand_attempts_are_put_together_in_no_time():
    first = [attempt(number, number, 1 * S, retry=0) for number in range(5_000)]
    second = [attempt(number + 5_000, 2 * S + number, 3 * S, retry=1) for number in range(5_000)]
    groups = calls([*first, *second])
    assert [[it.number for it in group.attempts] for group in groups] == [[it, it + 5_000] for it in range(5_000)]


def test_a_changed_body_after_a_success_is_no_retry():
    assert numbers(attempt(1, 0, 50, retry=0, status=200), attempt(2, 60, 90, retry=1, body=b"other")) == [[1], [2]]


def test_a_count_that_goes_on_from_nothing_that_is_known_begins_a_call():
    # The journal keeps only so many exchanges, so the first attempts may be gone.
    assert numbers(attempt(5, 0, 50, retry=2), attempt(6, 60, 90, retry=3)) == [[5, 6]]
    assert numbers(attempt(1, 0, 50, retry=0), attempt(2, 60, 90, retry=2)) == [[1], [2]]


@pytest.mark.parametrize("other", [{"key": "other"}, {"namespace": "n@1"}, {"path": "/v1/responses"}])
def test_clients_namespaces_and_endpoints_are_kept_apart(other):
    assert numbers(attempt(1, 0, 50), attempt(2, 60, 90, **other)) == [[1], [2]]
    assert numbers(attempt(1, 0, 50, retry=0), attempt(2, 60, 90, retry=1, **other)) == [[1], [2]]


def test_an_attempt_that_is_still_open_has_no_successor():
    assert numbers(attempt(1, 0, 0, ending=Ending.OPEN), attempt(2, 60, 90)) == [[1], [2]]


def test_a_hang_up_that_is_seen_a_little_late_is_no_overlap():
    late = attempt(1, 0, 100 + HANG_UP_US, ending=Ending.LEFT, status=200)
    assert numbers(late, attempt(2, 100, 150)) == [[1, 2]]
    [group] = calls([late, attempt(2, 100, 150)])
    assert group.gaps_us == (0,)
    later = attempt(1, 0, 101 + HANG_UP_US, ending=Ending.LEFT, status=200)
    assert numbers(later, attempt(2, 100, 150)) == [[1], [2]]


def test_attempts_that_the_client_gave_up_are_counted():
    group = CallGroup(
        (attempt(1, 0, 50, ending=Ending.LEFT), attempt(2, 60, 90, ending=Ending.LEFT), attempt(3, 100, 120))
    )
    assert group.abandoned == 2
    assert not group.succeeded


def test_exchanges_are_taken_in_the_order_of_time():
    assert numbers(attempt(2, 60, 90), attempt(1, 0, 50)) == [[1, 2]]


@pytest.mark.parametrize(
    ("told", "count"), [("0", 0), ("12", 12), ("-1", None), ("two", None), ("", None), ("²", None)]
)
def test_a_count_that_is_no_number_is_none(told, count):
    assert retries(attempt(1, 0, 1, retry=told)) == count


SLOW = "name: slow\nrules:\n  - replies: [{text: at last, pace: {ttft: 1h}}]\n"


def test_a_client_that_hangs_up_15_times_during_a_delay_shows_as_15_abandoned_attempts():
    question = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(question)}\r\n\r\n"
    )
    with MockLLM(SLOW) as mock:
        address = urlsplit(mock.url)
        for count in range(1, 16):
            with socket.create_connection((address.hostname, address.port)) as client:
                client.sendall(head.encode() + question)
                mock.wait_for("arrived", count=count, timeout_s=20)
        mock.wait_for("left", count=15, timeout_s=20)
        [group] = mock.journal.calls()
    assert group.abandoned == len(group.attempts) == 15
    assert not group.succeeded
    assert {it.outcome.ending for it in group.attempts} == {Ending.LEFT}


def test_the_retries_of_the_official_client_are_one_call(monkeypatch):
    script = "name: s\nrules:\n  - replies: [{text: fine, attempts: [{error: {status: 503, retry_after: {ms: 1}}}]}]\n"
    ask = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    with MockLLM(script) as mock, openai.OpenAI(base_url=mock.base_url, api_key="k") as client:
        client.chat.completions.create(**ask)
        client.chat.completions.create(**ask)
        [first, second] = mock.journal.calls(namespace="s")
        assert mock.journal.calls(namespace="t") == ()
    assert [len(group.attempts) for group in (first, second)] == [2, 1]
    assert first.succeeded
    assert second.succeeded


def test_a_plain_client_that_asks_again_after_an_error_is_one_call():
    with MockLLM("name: s\nrules:\n  - replies: [{error: server_error}, fine]\n") as mock:
        for _ in range(2):
            httpx.post(
                f"{mock.base_url}/chat/completions",
                json={"model": "m", "messages": [{"role": "user", "content": "hi"}]},
                trust_env=False,
            )
        [group] = mock.journal.calls()
    assert [it.status for it in group.attempts] == [500, 200]
