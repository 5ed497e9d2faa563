"""Faults of the body."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Close, End, Frame, Head, HeadRest, Raw, Send, Wait
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.http.body import BadChunkSize, Body, Redirect
from mockllm.seeds import Seed
from tests.plans import body, sent, stream
from tests.raw_http import receive, reply

SEED = Seed.of("fault")
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
WITHOUT_HEAD = [(), (Wait(5), Close())]
PAGE = (
    "<!DOCTYPE html>\n<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n"
    "</html>\n"
)


class TestBody:
    def test_a_text_stands_in_place_of_the_stream_and_comes_with_the_head(self):
        head = Head(
            200, (("content-type", "text/plain; charset=utf-8"), ("content-length", "3")), "length", "fault: body"
        )
        frame = Frame("é!", "body", label="body body", ordinal=0)
        assert Body(text="é!").apply(stream(), SEED) == (head, Send("é!".encode(), frame), End())

    def test_a_plain_body_is_replaced_at_its_time(self):
        changed = Body(text="x", content_type="application/json").apply(body(), SEED)
        headers = (("content-length", "1"), ("content-type", "application/json"))
        assert changed[:2] == (Wait(50_000), Head(200, headers, "length", "fault: body"))
        assert sent(changed) == b"x"

    def test_an_empty_body_keeps_the_content_type(self):
        assert Body(empty=True).apply(stream(), SEED) == (
            Head(200, (("content-type", "text/event-stream"), ("content-length", "0")), "length", "fault: body"),
            End(),
        )

    def test_a_slow_head_stays_slow(self):
        plan = (Head(200, first=3), Wait(5), HeadRest(), Wait(5), *stream()[1:])
        changed = Body(empty=True).apply(plan, SEED)
        assert changed[1:] == (Wait(5), HeadRest(), End())
        assert changed[0].first == 3

    @pytest.mark.parametrize("plan", WITHOUT_HEAD)
    def test_an_answer_without_a_head_is_reported(self, plan):
        assert Body(empty=True).apply(plan, SEED) is None

    def test_the_bytes_of_a_page_under_the_status_that_the_answer_has(self):
        received = receive(reply("{status: 502}, {body: {html: true}}"))
        assert received.head.startswith("HTTP/1.1 502 Bad Gateway\r\n")
        assert received.header("content-type") == "text/html; charset=utf-8"
        assert received.header("content-length") == str(len(PAGE))
        assert received.header("transfer-encoding") is None
        assert received.body.decode() == PAGE

    def test_a_status_without_a_phrase_is_the_whole_title(self):
        changed = Body(html=True).apply((Head(599), End()), SEED)
        assert b"<title>599</title>" in sent(changed)

    def test_a_later_position_counts_the_body_that_goes_out(self):
        received = receive(reply("{body: {text: '0123456789'}}, {close: {at: {byte: 4}}}"))
        assert received.body == b"0123"
        assert received.exchange.unfired == ()


class TestRedirect:
    def test_it_stands_in_place_of_the_answer(self):
        head = Head(307, (("location", "/a"), ("content-length", "0")), "length", "fault: redirect")
        assert Redirect(to="/a").apply(stream(), SEED) == (head, End())

    def test_the_location_alone_is_enough(self):
        assert FAULT.validate_python({"redirect": "/a"}) == Redirect(to="/a", status=307)

    def test_the_bytes(self):
        received = receive(reply("{redirect: {status: 308, to: 'http://example.com/v1'}}"))
        assert received.head.startswith("HTTP/1.1 308 Permanent Redirect\r\n")
        assert received.header("location") == "http://example.com/v1"
        assert received.header("content-length") == "0"
        assert received.header("content-type") is None
        assert received.body == b""

    @pytest.mark.parametrize("plan", WITHOUT_HEAD)
    def test_an_answer_without_a_head_is_reported(self, plan):
        assert Redirect(to="/a").apply(plan, SEED) is None


class TestBadChunkSize:
    def test_it_stands_before_the_frame_and_changes_nothing_else(self):
        changed = BadChunkSize(at={"frame": 2}).apply(stream(), SEED)
        assert changed == (*stream()[:6], Raw(b"xyz\r\n", "fault: bad_chunk_size"), *stream()[6:])

    @pytest.mark.parametrize(
        ("at", "plan"),
        [
            ("start", stream()),
            ({"frame": 9}, stream()),
            ("headers", body()),
            ("headers", (Head(200, (), "close"), End())),
        ],
    )
    def test_where_no_chunk_could_be_it_is_reported(self, at, plan):
        assert BadChunkSize(at=at).apply(plan, SEED) is None

    def test_the_bytes(self):
        whole = receive(reply("")).body
        received = receive(reply("{bad_chunk_size: {at: {frame: 1}}}"), connection="keep-alive")
        first = whole.index(b"\r\n", whole.index(b"\n\n")) + 2
        assert received.body == whole[:first] + b"xyz\r\n" + whole[first:]


def test_a_fault_with_no_place_says_so_and_does_nothing():
    received = receive(reply("{bad_chunk_size: {at: headers}}"), stream=False)
    assert received.exchange.unfired == ("bad_chunk_size",)
    assert received.body == receive(reply(""), stream=False).body


ONE_BODY = "write one of html: true, text: ... and empty: true"


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"body": {}}, ("body",), ONE_BODY),
        ({"body": {"html": True, "text": "x"}}, ("body",), ONE_BODY),
        ({"body": {"empty": True, "text": ""}}, ("body",), ONE_BODY),
        ({"body": {"html": False}}, ("body", "html"), "expected true, found false"),
        ({"body": {"empty": True, "content_type": "a\nb"}}, ("body", "content_type"), None),
        (
            {"redirect": {}},
            ("redirect", "to"),
            "the key 'to' is missing: the location: a URL, or a path of this server",
        ),
        (
            {"redirect": {"to": "/a", "status": 300}},
            ("redirect", "status"),
            "expected 301, 302, 303, 307 or 308, found 300",
        ),
        ({"redirect": ""}, ("redirect",), None),
        ({"bad_chunk_size": {}}, ("bad_chunk_size", "at"), "the key 'at' is missing: where the bad chunk is"),
    ],
)
def test_what_makes_no_sense_is_refused(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python(written)
    [details] = error.value.errors()
    assert details["loc"] == place
    assert message in (None, details["msg"])
