"""HTTP/1.1 bytes as tables; the expected values are RFC 9112 and RFC 9110 by hand."""

import pytest

from mockllm import http1
from mockllm.dialects.chat import CHAT
from mockllm.plan import Close, End, Frame, Head, HeadRest, Interim, Raw, Send, Wait
from mockllm.score import Score
from mockllm.turn import Text
from tests.turns import SEED, asked, pieces, said, turn


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (Head(200), b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
        (Head(204, (), "length"), b"HTTP/1.1 204 No Content\r\n\r\n"),
        (
            Head(200, (("Content-Type", "text/event-stream"), ("x-b", "2"), ("x-a", "1"))),
            (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-b: 2\r\nx-a: 1\r\n"
                b"transfer-encoding: chunked\r\n\r\n"
            ),
        ),
        (
            Head(429, (("content-length", "0"),), "length"),
            b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n",
        ),
        (Head(503, (), "close"), b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n"),
        (Head(200, (("x-a", "1"),), "close", version="1.0"), b"HTTP/1.0 200 OK\r\nx-a: 1\r\n\r\n"),
        (Head(599, (), "length"), b"HTTP/1.1 599 \r\n\r\n"),
        (
            Head(200, (("Transfer-Encoding", "gzip, chunked"),)),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        ),
        (Head(200, (("Connection", "keep-alive"),), "close"), b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n"),
        (Head(200, (("x-city", "Zürich"),), "length"), "HTTP/1.1 200 OK\r\nx-city: Zürich\r\n\r\n".encode()),
    ],
)
def test_a_head_is_the_status_line_the_headers_in_order_and_what_the_framing_needs(head, expected):
    assert http1.head_bytes(head) == expected


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (200, "OK"),
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (416, "Range Not Satisfiable"),
        (422, "Unprocessable Content"),
        (500, "Internal Server Error"),
        (529, ""),
    ],
)
def test_reason_phrases_are_those_of_rfc_9110_on_every_python(status, phrase):
    assert http1.reason(status) == phrase


@pytest.mark.parametrize("pair", [("x-a", "1\r\nx-b: 2"), ("x-a", "1\n"), ("x-a", "\r"), ("x\r\n", "1"), ("x-a", "\0")])
def test_a_header_that_would_forge_another_is_refused_by_name(pair):
    with pytest.raises(ValueError, match="cannot be sent") as refusal:
        http1.head_bytes(Head(200, (("x-good", "1"), pair)))
    assert repr(pair[0]) in str(refusal.value)
    assert repr(pair[1]) in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "framing", "expected"),
    [
        (b"hello", "chunked", b"5\r\nhello\r\n"),
        (b"x" * 255, "chunked", b"ff\r\n" + b"x" * 255 + b"\r\n"),
        (b"", "chunked", b""),
        (b"hello", "length", b"hello"),
        (b"hello", "close", b"hello"),
    ],
)
def test_body_bytes_are_framed_and_no_chunk_is_empty(data, framing, expected):
    assert http1.chunk_bytes(data, framing) == expected


@pytest.mark.parametrize(("framing", "expected"), [("chunked", b"0\r\n\r\n"), ("length", b""), ("close", b"")])
def test_only_a_chunked_body_has_bytes_at_its_end(framing, expected):
    assert http1.end_bytes(framing) == expected


@pytest.mark.parametrize(
    ("head", "sent", "expected"),
    [
        (Head(200), 7, True),
        (Head(200, (), "close"), 7, False),
        (Head(200, (("Content-Length", "7"),), "length"), 7, True),
        (Head(200, (("content-length", "7"),), "length"), 6, False),
        (Head(200, (("content-length", "7"),), "length"), 8, False),
        (Head(200, (("content-length", "soon"),), "length"), 7, False),
        (Head(200, (), "length"), 0, False),
        (Head(204, (), "length"), 0, True),
        (Head(304, (), "length"), 0, True),
        (Head(103, (), "length"), 0, True),
        (Head(204, (), "length"), 1, False),
    ],
)
def test_the_end_of_a_body_shows_if_its_framing_tells_it_and_told_the_truth(head, sent, expected):
    assert http1.tells_end(head, sent) is expected


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ((), False),
        ((Wait(1), Head(200), End()), False),
        ((Wait(1), Head(200, (("Connection", "keep-alive, Close"),)), End()), True),
        ((Head(200, (("connection", "keep-alive"),)), End()), False),
        ((Head(200, (("connection", "closed"),)), End()), False),
    ],
)
def test_a_head_announces_that_the_connection_closes_by_the_close_option_only(plan, expected):
    assert http1.announces_close(plan) is expected


def test_for_http_1_0_only_chunked_heads_change_to_the_end_of_the_connection():
    send = Send(b"x", Frame("x"))
    plan = (Wait(5), Head(200, (("a", "b"),)), send, End(), Head(200, (), "length"), Close())
    expected = (Wait(5), Head(200, (("a", "b"),), "close"), send, End(), Head(200, (), "length"), Close())
    assert http1.for_http_1_0(plan) == expected


def test_a_head_request_gets_the_head_alone():
    head = Head(200, (("content-length", "2"),), "length")
    plan = (Wait(5), head, Send(b"ok", Frame("ok", "body")), End())
    assert http1.for_head_request(plan) == (Wait(5), head)


WHOLE_HEAD = Head(200, (), "chunked")
WHOLE_LENGTH = Head(200, (("content-length", "3"),), "length")


def body(data, **fields):
    return Send(data, Frame("x"), **fields)


@pytest.mark.parametrize(
    ("plan", "data"),
    [
        (
            (WHOLE_HEAD, body(b"abc"), body(b""), body(b"d"), End()),
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
        ),
        ((WHOLE_LENGTH, body(b"abc"), End()), b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc"),
        ((Head(204, (), "length"), End()), b"HTTP/1.1 204 No Content\r\n\r\n"),
    ],
    ids=["chunked", "length", "no body"],
)
def test_a_whole_plan_is_its_head_its_body_and_its_end(plan, data):
    assert http1.whole(plan, len(data)) == data
    assert http1.whole(plan, len(data) - 1) is None


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param((), id="empty"),
        pytest.param((WHOLE_HEAD,), id="no end"),
        pytest.param((body(b"abc"), End()), id="no head"),
        pytest.param((WHOLE_HEAD, body(b"abc"), Close()), id="cut"),
        pytest.param((WHOLE_HEAD, body(b"abc"), End("truncate")), id="truncated"),
        pytest.param((WHOLE_HEAD, Wait(1), body(b"abc"), End()), id="waits"),
        pytest.param((WHOLE_HEAD, body(b"abc", alone=True), End()), id="apart"),
        pytest.param((WHOLE_HEAD, Raw(b"abc"), End()), id="raw"),
        pytest.param((Head(200, (), first=4), HeadRest(), End()), id="head in pieces"),
        pytest.param((Head(200, (), "close"), body(b"abc"), End()), id="framed by close"),
        pytest.param((WHOLE_LENGTH, body(b"abcd"), End()), id="longer than promised"),
    ],
)
def test_a_plan_with_anything_else_in_it_is_not_whole(plan):
    assert http1.whole(plan, 65_536) is None


def test_an_interim_response_ends_after_its_headers_and_tells_no_length():
    """RFC 9110 §15.2 and RFC 9112 §6.3."""
    assert http1.interim_bytes(Interim(103, (("link", "</a>"),))) == b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    assert http1.interim_bytes(Interim(100)) == b"HTTP/1.1 100 Continue\r\n\r\n"
    with pytest.raises(ValueError, match="has a line break or a NUL"):
        http1.interim_bytes(Interim(103, (("link", "a\r\nb: c"),)))


def test_a_client_of_http_1_0_gets_no_interim_response():
    assert http1.for_http_1_0((Interim(103), Head(200), End())) == (Head(200, (), "close"), End())


def test_a_body_in_chunks_may_have_a_trailer():
    """RFC 9112 §7.1.2: fields between the last chunk and the empty line. Other bodies have no place for them."""
    trailers = http1.lateness(1_340_500, 1_340_000)
    assert trailers == (("server-timing", "actual;dur=1340.500, late;dur=0.500"),)
    expected = b"0\r\nserver-timing: actual;dur=1340.500, late;dur=0.500\r\n\r\n"
    assert http1.end_bytes("chunked", trailers) == expected
    assert http1.end_bytes("length", trailers) == http1.end_bytes("close", trailers) == b""


def test_a_plan_that_tells_when_it_ended_is_not_whole():
    assert http1.whole((WHOLE_HEAD, body(b"abc"), End(tells=True)), 65_536) is None


def test_a_plan_with_an_interim_response_is_not_whole():
    assert http1.whole((Interim(103), WHOLE_HEAD, body(b"abc"), End()), 65_536) is None


def chat_score(*dues):
    """The plan of a stream of the chat dialect."""
    events = CHAT.stream(turn(said(Text(pieces("Hel", "lo")))), asked(), SEED)
    return Score(Head(200, (("content-type", "text/event-stream"),)), events, dues)


def test_a_score_goes_out_as_its_steps_would():
    score = chat_score()
    data = http1.whole(tuple(score), 65_536)
    assert data is not None
    assert http1.whole(score, len(data)) == data
    assert http1.whole(score, len(data) - 1) is None
    assert http1.whole(score, 10) is None


def test_a_score_with_times_is_not_whole():
    assert http1.whole(chat_score(0, 0, 5, 5, 5), 65_536) is None


def test_what_closes_the_connection_is_not_whole():
    head = Head(200, (("content-length", "2"), ("Connection", "close")), "length")
    assert http1.whole((head, Send(b"ok", Frame("x")), End()), 65_536) is None
