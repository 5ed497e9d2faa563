"""The whole client, fed with bytes: what it has in the end, and how often it sends."""

import json

import pytest

from tests.robust.client import Client, Resend
from tests.robust.outcome import Outcome
from tests.robust.retry import Patience

S = 1_000_000
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
JSON_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
PATIENCE = Patience(first_us=600 * S, progress_us=60 * S, silence_us=30 * S, whole_us=3600 * S, drain_us=5 * S)


def chunk(text=None, finish=None):
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})


def event(value):
    return b"data: %s\n\n" % (value if isinstance(value, bytes) else json.dumps(value).encode())


DONE = event(b"[DONE]")
GOOD = chunk("Hi") + chunk(finish="stop") + DONE


def attempt_with(*pieces, end=None, request=None):
    """The attempt after these pieces, each a second after the one before."""
    client = Client(request or {"stream": True}, patience=PATIENCE)
    attempt = client.begin(0)
    for second, piece in enumerate(pieces):
        if attempt.outcome is None:
            attempt.receive(second * S, piece)
    if end is not None and attempt.outcome is None:
        attempt.end(end)
    return attempt


def outcome(*pieces, **how):
    return attempt_with(*pieces, **how).outcome


def test_a_good_stream_is_over_at_its_end_marker_and_not_at_the_end_of_the_connection():
    assert outcome(HEAD, GOOD) == Outcome(text="Hi", finish="stop")


def test_what_comes_after_the_end_marker_is_not_read():
    assert outcome(HEAD, GOOD + chunk("more") + DONE).text == "Hi"


def test_any_cut_of_the_bytes_gives_the_same():
    data = HEAD + chunk("é🌍") + GOOD
    assert outcome(*(data[i : i + 1] for i in range(len(data)))) == Outcome(text="é🌍Hi", finish="stop")


@pytest.mark.parametrize("done", [b"data: [DONE] \n\n", b"data:[DONE]\r\n\r\n", b'data: "[DONE]"\n\n', b"data: [done]"])
def test_the_end_marker_has_many_spellings(done):
    assert outcome(HEAD, chunk("Hi"), done, end="close") == Outcome(text="Hi", finish="unknown")


@pytest.mark.parametrize("end", ["close", "reset"])
def test_an_end_is_good_after_a_finish_and_a_cut_before_it(end):
    assert outcome(HEAD, chunk("Hi"), chunk(finish="stop"), end=end).failure is None
    cut = outcome(HEAD, chunk("Hi"), end=end)
    assert (cut.text, cut.failure) == ("Hi", "cut")
    assert outcome(end=end).failure == "cut"


@pytest.mark.parametrize(
    "noise",
    [
        b": ping\n\n",
        b"id: 1\n\n: ping\n\n",
        b"data: null\n\n",
        b"data: : keepalive\n\n",
        b"event: keepalive\n\n",
        b"data:\n\n",
    ],
)
def test_noise_between_events_does_no_harm(noise):
    assert outcome(HEAD, noise + chunk("H") + noise + chunk("i", "stop") + noise + DONE).text == "Hi"


def test_events_without_a_blank_line_between_them_are_two():
    run_together = (chunk("H") + chunk("i", "stop")).replace(b"\n\ndata", b"\ndata")
    assert outcome(HEAD, run_together + DONE).text == "Hi"


@pytest.mark.parametrize(
    ("pieces", "failure", "text"),
    [
        ((chunk("Hi"), b'data: {"choices":[{"del'), "cut", "Hi"),
        ((chunk("Hi"), b"data: Number of choices must be greater than 0.\n\n"), "unreadable", "Hi"),
        ((chunk("Hi"), event({"error": {"message": "Oh no"}})), "reported", "Hi"),
        ((chunk("Hi"), b'error: {"code":500,"message":"Oh no"}\n\n'), "unavailable", "Hi"),
        ((b'error: {"code":400,"message":"Oh no"}\n\n', DONE), "refused", ""),
        ((b"error: oh no\n\n",), "reported", ""),
        ((chunk("Hi"), b'{"error":{"code":"server_error"}}\n'), "unavailable", "Hi"),
        ((chunk("Hi"), b"upstream error: read ECONNRESET\n"), "cut", "Hi"),
        ((b'{"error":{"code":400}}\n',), "refused", ""),
        ((b": ping\n\n: ping\n\n",), "unreadable", ""),
        ((b"<html>Sign in</html>",), "unreadable", ""),
        ((b"Internal Server Error",), "unreadable", ""),
        ((b'{"choices":[{}]}\n{"choices":[{}]}\n',), "unreadable", ""),
        ((), "unreadable", ""),
    ],
)
def test_what_is_no_answer_says_what_it_is(pieces, failure, text):
    found = outcome(HEAD, *pieces, end="close")
    assert (found.failure, found.text, found.tool_calls) == (failure, text, ())


@pytest.mark.parametrize("head", [HEAD, JSON_HEAD, b"HTTP/1.1 200 OK\r\n\r\n"])
@pytest.mark.parametrize("stream", [True, False])
def test_the_body_says_what_it_is_and_not_its_head(head, stream):
    body = json.dumps({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}).encode()
    for data in (GOOD, body, b"\n" * 99 + body, body + b"\n\n" + DONE, b": hello\n\n" + GOOD):
        assert outcome(head, data, end="close", request={"stream": stream}) == Outcome(text="Hi", finish="stop")


def test_a_body_that_is_cut_is_no_answer():
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"
    assert outcome(head, b'{"choices":[{"message":{}}]}', end="close").failure == "cut"


def test_a_broken_frame_is_a_cut():
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: text/event-stream\r\n\r\n"
    data = chunk("Hi")
    assert outcome(chunked + b"%x\r\n%s\r\nxyz\r\n" % (len(data), data)).failure == "cut"
    data += chunk(finish="stop")
    assert outcome(chunked + b"%x\r\n%s\r\nxyz\r\n" % (len(data), data)).failure is None
    assert outcome(b"nonsense that is no HTTP\r\n\r\n").failure == "unreadable"


def test_each_silence_has_its_own_limit():
    attempt = Client({}, patience=PATIENCE).begin(0)
    assert attempt.deadline_us == 600 * S
    attempt.receive(10 * S, HEAD + b": ping\n\n")
    assert attempt.deadline_us == 600 * S  # a comment is no event
    attempt.receive(20 * S, chunk("Hi"))
    assert attempt.deadline_us == 50 * S  # nothing at all
    attempt.receive(45 * S, b": ping\n\n" + chunk("") + chunk(" \n"))
    assert attempt.deadline_us == 75 * S  # bytes came, but nothing useful
    attempt.receive(70 * S, b": ping\n\n")
    assert attempt.deadline_us == 80 * S  # a minute without progress
    attempt.expire()
    assert (attempt.outcome.failure, attempt.outcome.text) == ("stalled", "Hi \n")


def test_after_a_good_end_the_client_waits_a_moment_and_is_content():
    attempt = attempt_with(HEAD, chunk("Hi"), chunk(finish="stop"))
    assert attempt.deadline_us == 7 * S
    attempt.receive(3 * S, b": ping\n\n")
    assert attempt.deadline_us == 7 * S
    attempt.receive(4 * S, event({"choices": [], "usage": {"prompt_tokens": 3}}))
    assert attempt.deadline_us == 9 * S
    attempt.expire()
    assert attempt.outcome == Outcome(text="Hi", finish="stop", usage={"input": 3})


def test_all_of_it_has_a_limit_too():
    attempt = Client({}, patience=PATIENCE).begin(0)
    for second in range(10, 3600, 10):
        attempt.receive(second * S, HEAD + chunk("x") if second == 10 else chunk("x"))
    assert attempt.deadline_us == 3600 * S


def status(code, body=b"", **headers):
    lines = [f"HTTP/1.1 {code} X", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


def waits_and_end(*answers):
    """The waits of a client that gets these answers, and its outcome."""
    client = Client({"stream": True}, patience=PATIENCE)
    waits = []
    for answer in answers:
        attempt = client.begin(0)
        attempt.receive(0, answer)
        if attempt.outcome is None:
            attempt.end("close")
        decision = client.after(attempt, 0)
        if isinstance(decision, Outcome):
            return waits, decision
        waits.append(decision.delay_us)
    raise AssertionError("the client wants more answers")


def test_what_may_pass_is_tried_three_times_in_all():
    waits, end = waits_and_end(status(429, retry_after=2), status(503), status(529))
    assert waits == [2 * S, 1 * S]
    assert (end.failure, end.requests) == ("unavailable", 3)


def test_a_good_answer_ends_the_tries():
    waits, end = waits_and_end(status(500), HEAD + GOOD)
    assert (len(waits), end) == (1, Outcome(text="Hi", finish="stop", requests=2))


@pytest.mark.parametrize(
    "answer",
    [
        status(400),
        status(401),
        status(429, b'{"error":{"code":"insufficient_quota"}}'),
        status(500, b'{"error":"insufficient balance (1008)"}'),
        status(500, x_should_retry="false"),
        status(200, b"<html>Sign in</html>"),
        HEAD + chunk("Hi"),
        HEAD + chunk("Hi") + event({"error": {"code": "server_error"}}),
    ],
)
def test_what_will_not_pass_and_what_has_begun_is_not_tried_again(answer):
    assert waits_and_end(answer)[1].requests == 1


@pytest.mark.parametrize("answer", [HEAD, HEAD + chunk(""), HEAD + event({"error": {"code": 502}}), status(200)])
def test_what_said_nothing_is_tried_again(answer):
    assert waits_and_end(answer, HEAD + GOOD)[1] == Outcome(text="Hi", finish="stop", requests=2)


def test_a_redirect_is_followed_with_the_same_request_but_not_for_ever():
    client = Client({}, patience=PATIENCE)
    for _ in range(5):
        attempt = client.begin(0)
        attempt.receive(0, status(307, location="/elsewhere"))
        assert client.after(attempt, 0) == Resend(0, "/elsewhere")
    attempt = client.begin(0)
    attempt.receive(0, status(307, location="/elsewhere"))
    assert client.after(attempt, 0).failure == "refused"


def test_a_redirect_that_would_lose_the_body_is_not_followed():
    assert waits_and_end(status(302, location="/elsewhere"))[1].failure == "refused"


def test_an_attempt_without_an_outcome_cannot_be_judged():
    client = Client({})
    with pytest.raises(ValueError, match="goes on"):
        client.after(client.begin(0), 0)


def test_each_api_has_its_own_reading():
    body = json.dumps({"data": [{"id": "a"}], "text": "Hi", "output": []}).encode()
    made = {api: Client({}, api).begin(0) for api in ("models", "responses", "transcriptions")}
    for attempt in made.values():
        attempt.receive(0, status(200, body))
    assert made["models"].outcome.data == ["a"]
    assert made["responses"].outcome == Outcome(finish="stop")
    assert made["transcriptions"].outcome.text == "Hi"


def test_a_text_is_an_answer_where_a_text_was_asked_for():
    attempt = Client({}, "transcriptions").begin(0)
    attempt.receive(0, status(200, b"WEBVTT and so on"))
    assert attempt.outcome.text == "WEBVTT and so on"


def test_an_event_stream_after_a_line_of_json_is_read_too():
    assert outcome(HEAD, b'{"provider":"x"}\n' + GOOD, end="close") == Outcome(text="Hi", finish="stop")
    assert outcome(HEAD, b'{"provider":"x"}\n' + chunk("Hi"), end="close").failure == "cut"


def test_broken_json_after_the_finish_is_nothing_to_worry_about():
    assert outcome(HEAD, chunk("Hi", "stop"), b"data: {broken\n\n", end="close").failure is None


def test_a_short_stream_without_a_line_end_is_read_at_its_end():
    assert outcome(HEAD, b"data:", end="close").failure == "unreadable"


def test_what_ends_or_goes_on_after_the_outcome_changes_nothing():
    attempt = attempt_with(HEAD, GOOD)
    attempt.end("reset")
    assert attempt.outcome.failure is None
