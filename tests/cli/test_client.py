"""The client tells what arrives, down to the last event before a cut."""

import json
import socket
import threading

import pytest

from mockllm.cli.client import Arrival, BadURLError, connection_to, stream

BODY = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}).encode()
PATIENCE_S = 20


def told(url, timeout_s=PATIENCE_S):
    """What arrives, without its times."""
    arrivals = list(stream(url, "/v1/chat/completions", {"content-type": "application/json"}, BODY, timeout_s))
    assert [arrival.at_us for arrival in arrivals] == sorted(arrival.at_us for arrival in arrivals)
    return [(arrival.kind, arrival.text) for arrival in arrivals], arrivals[-1].ok


def events(*faults):
    return f"rules: [{{replies: [{{events: [one, two, '[DONE]'], faults: [{', '.join(faults)}]}}]}}]"


HEAD = ("head", "200 text/event-stream")
ONE, TWO, DONE = ("event", "data: one"), ("event", "data: two"), ("event", "data: [DONE]")


def test_a_stream_is_told_event_by_event(serve_text):
    assert told(serve_text(events())) == ([HEAD, ONE, TWO, DONE, ("end", "complete")], True)


def test_events_are_whole_however_their_bytes_arrive(serve_text):
    assert told(serve_text(events("split: {bytes: 1}"))) == ([HEAD, ONE, TWO, DONE, ("end", "complete")], True)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("reset", "the connection was reset"),
        ("close", "the connection was closed in the middle of the answer"),
    ],
)
def test_what_came_before_a_cut_is_told(serve_text, fault, reason):
    assert told(serve_text(events(f"{fault}: {{at: {{frame: 2}}}}"))) == ([HEAD, ONE, TWO, ("end", reason)], False)


def test_the_part_of_an_event_that_came_before_a_cut_is_told(serve_text):
    found, ok = told(serve_text(events("reset: {at: {byte: 14}}")))
    assert (found, ok) == ([HEAD, ONE, ("event", "dat"), ("end", "the connection was reset")], False)


def test_an_unfinished_last_event_is_told(serve_text):
    found, ok = told(serve_text(events("truncate: {at: {byte: 14}}")))
    assert (found, ok) == ([HEAD, ONE, ("event", "dat"), ("end", "complete")], True)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("reset", "the connection was reset"), ("close", "the connection was closed before the answer")],
)
def test_an_end_before_the_head_is_told(serve_text, fault, reason):
    assert told(serve_text(events(f"{fault}: {{at: start}}"))) == ([("end", reason)], False)


def test_a_silence_that_is_too_long_is_told(serve_text):
    found, ok = told(serve_text(events("stall: {at: {frame: 1}}")), timeout_s=0.25)
    assert (found, ok) == ([HEAD, ONE, ("end", "nothing came for 0.25 s")], False)


def test_a_plain_body_is_told_in_one_piece(serve_text):
    url = serve_text("rules: [{replies: [{raw: {status: 502, body: Bad gateway}}]}]")
    assert told(url) == ([("head", "502 text/plain"), ("body", "Bad gateway"), ("end", "complete")], True)


def test_an_empty_body_is_none(serve_text):
    assert told(serve_text("rules: [{replies: [{raw: {body: ''}}]}]")) == (
        [("head", "200 text/plain"), ("end", "complete")],
        True,
    )


def test_a_body_that_is_shorter_than_promised_is_told(serve_text):
    url = serve_text("rules: [{replies: [{raw: {body: abcdef}, faults: [{close: {at: {byte: 4}}}]}]}]")
    found, ok = told(url)
    assert (found[1:], ok) == ([("body", "abcd"), ("end", "the body ended 2 bytes early")], False)


def test_a_body_that_is_reset_is_told_as_far_as_it_came(serve_text):
    url = serve_text("rules: [{replies: [{raw: {body: abcdef}, faults: [{reset: {at: {byte: 4}}}]}]}]")
    found, ok = told(url)
    assert (found[1:], ok) == ([("body", "abcd"), ("end", "the connection was reset")], False)


def test_bytes_that_are_no_text_are_told_by_their_numbers(serve_text):
    url = serve_text("rules: [{replies: [{events: ['é'], faults: [{reset: {at: {byte: 7}}}]}]}]")
    assert told(url)[0][1] == ("event", "data: \\xc3")


def test_a_server_that_is_not_there_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        arrivals = told(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert arrivals == ([("end", "nobody listens there")], False)


def test_an_answer_that_is_no_http_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answers = stream(f"http://127.0.0.1:{listener.getsockname()[1]}", "/", {}, b"", PATIENCE_S)
        first = reply_with(listener, answers, b"SMTP ready\r\n\r\n")
    assert first == Arrival(first.at_us, "end", "BadStatusLine: SMTP ready\r\n", ok=False)


def reply_with(listener, answers, data):
    """The first arrival when the listener answers with these bytes."""

    def answer():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(data)

    thread = threading.Thread(target=answer)
    thread.start()
    first = next(answers)
    thread.join()
    answers.close()
    return first


def test_a_url_may_have_a_path_and_be_https():
    connection, base = connection_to("https://example.test:8443/below/", 1)
    assert (type(connection).__name__, connection.host, connection.port, base) == (
        "HTTPSConnection",
        "example.test",
        8443,
        "/below",
    )


@pytest.mark.parametrize("url", ["hello", "ftp://x/", "http://", "http://x:port", "http://[::1"])
def test_what_is_no_url_of_a_server_is_refused(url):
    with pytest.raises(BadURLError, match="is no URL"):
        connection_to(url, 1)
