"""Faults of the head."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.net.mock import MockLLM
from mockllm.plan import Close, End, Head, HeadRest, Wait, render
from mockllm.plan import Interim as InterimStep
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.http.head import ContentLength, ContentType, Headers, Http10, Interim, SlowHeaders, Status
from mockllm.scenario.load import load_text
from mockllm.seeds import Seed
from tests.plans import body, stream
from tests.raw_http import connect, receive, reply, request

SEED = Seed.of("fault")
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)


@settings(deadline=None)
@given(st.sampled_from([stream(), body()]), st.integers(200, 999))
def test_only_the_status_changes(plan, code):
    before = tuple(plan)
    changed = Status(code=code).apply(plan, SEED)
    assert plan == before, "the plan that was given stays as it is"
    assert Status(code=code).apply(plan, SEED) == changed
    for old, new in zip(plan, changed, strict=True):
        if isinstance(old, Head):
            assert new == Head(code, old.headers, old.body, "fault: status")
        else:
            assert new is old


def test_the_timeline_names_the_fault():
    assert render(Status(code=500).apply(stream(), SEED)).startswith(
        "  0.000  head   500 text/event-stream    (fault: status)\n"
    )


@pytest.mark.parametrize("plan", [(), (Wait(5), Close())])
def test_an_answer_without_a_head_is_reported(plan):
    assert Status(code=500).apply(plan, SEED) is None


def test_the_number_alone_is_enough():
    assert (
        FAULT.validate_python({"status": 500}) == FAULT.validate_python({"status": {"code": 500}}) == Status(code=500)
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (199, "expected a value of at least 200, found 199"),
        (1000, "expected a value of at most 999, found 1000"),
        ("500", "expected a whole number, found '500': remove the quotes"),
    ],
)
def test_what_is_no_status_is_refused(written, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python({"status": written})
    [details] = error.value.errors()
    assert (details["loc"], details["msg"]) == (("status",), message)


STREAMED = (Head(200, (("content-type", "text/event-stream"),)), *stream()[1:])


class TestHeaders:
    def test_values_are_set_in_their_place_or_at_the_end_and_others_are_left_out(self):
        plan = (Head(200, (("X-A", "1"), ("x-b", "2"), ("x-c", "3"), ("x-a", "4"))), End())
        changed = Headers(set={"x-a": "new", "x-d": ""}, remove=["X-B"]).apply(plan, SEED)
        assert changed == (Head(200, (("x-a", "new"), ("x-c", "3"), ("x-d", "")), cause="fault: headers"), End())

    def test_the_bytes(self):
        received = receive(reply("{headers: {set: {x-request-id: other, x-new: é}, remove: [openai-version]}}"))
        assert received.header("x-request-id") == "other"
        assert received.header("x-new") == "é"
        assert received.header("openai-version") is None
        assert received.header("openai-organization") is not None

    @pytest.mark.parametrize("plan", [(), (Wait(5), Close()), (Head(200, (("x-a", "1"),)), End())])
    def test_where_nothing_changes_it_is_reported(self, plan):
        assert Headers(set={"x-a": "1"}, remove=["x-b"]).apply(plan, SEED) is None

    def test_two_faults_on_one_head_are_both_named(self):
        changed = Headers(remove=["content-type"]).apply(Status(code=500).apply(stream(), SEED), SEED)
        assert changed[0] == Head(500, (), cause="fault: status, headers")


class TestContentType:
    def test_the_value_alone_is_enough_and_the_body_is_the_same(self):
        fault = FAULT.validate_python({"content_type": "text/html"})
        assert fault == ContentType(value="text/html")
        assert fault.apply(STREAMED, SEED) == (
            Head(200, (("content-type", "text/html"),), cause="fault: content_type"),
            *STREAMED[1:],
        )

    def test_null_leaves_it_out(self):
        received = receive(reply("{content_type: null}"))
        assert received.header("content-type") is None
        assert received.body == receive(reply("")).body

    def test_one_that_is_not_there_cannot_be_left_out(self):
        assert ContentType(value=None).apply(body(), SEED) is None


class TestContentLength:
    @pytest.mark.parametrize(
        ("fields", "told"), [({"by": 10}, "20"), ({"by": -4}, "6"), ({"by": -99}, "0"), ({"is": 3}, "3")]
    )
    def test_the_length_is_wrong_and_the_body_is_not(self, fields, told):
        changed = ContentLength.model_validate(fields).apply(body(), SEED)
        head = Head(200, (("content-length", told),), "length", "fault: content_length")
        assert changed == (*body()[:1], head, *body()[2:])

    def test_a_stream_gets_a_length_in_place_of_its_chunks(self):
        changed = ContentLength(by=0).apply(STREAMED, SEED)
        assert changed[0] == Head(
            200, (("content-type", "text/event-stream"), ("content-length", "60")), "length", "fault: content_length"
        )

    def test_the_length_that_is_there_already_is_no_fault(self):
        assert ContentLength(by=0).apply((Head(200, (("content-length", "0"),), "length"), End()), SEED) is None

    @pytest.mark.parametrize("by", [10, -10])
    @pytest.mark.parametrize("stream_", [True, False])
    def test_the_bytes_after_which_the_connection_closes_though_nothing_announced_it(self, by, stream_):
        whole = receive(reply(""), stream=stream_)
        data = whole.data if stream_ else whole.body
        received = receive(reply(f"{{content_length: {{by: {by}}}}}"), stream=stream_, connection="keep-alive")
        assert received.header("content-length") == str(len(data) + by)
        assert received.header("transfer-encoding") is None
        assert received.body == data


class TestHttp10:
    def test_there_is_no_length_and_no_chunk(self):
        assert Http10().apply(body(), SEED)[1] == Head(200, (), "close", "fault: http_1_0", "1.0")

    @pytest.mark.parametrize("stream_", [True, False])
    def test_the_bytes(self, stream_):
        whole = receive(reply(""), stream=stream_)
        received = receive(reply("{http_1_0: {}}"), stream=stream_, connection="keep-alive")
        gone = {"content-length", "transfer-encoding"}
        lines = [line for line in whole.head.split("\r\n") if line.partition(":")[0] not in gone]
        assert received.head.split("\r\n") == ["HTTP/1.0 200 OK", *lines[1:]]
        assert received.body == (whole.data if stream_ else whole.body)


class TestSlowHeaders:
    PLAN = (Wait(7), Head(204, (), "length"), End())  # 27 bytes: HTTP/1.1 204 No Content and two line ends

    @pytest.mark.parametrize(("size", "pieces"), [(1, 27), (5, 6), (9, 3), (13, 3), (26, 2)])
    def test_the_head_comes_in_pieces(self, size, pieces):
        changed = SlowHeaders(bytes=size, every="2ms").apply(self.PLAN, SEED)
        first = Head(204, (), "length", "fault: slow_headers", first=size)
        middle = (Wait(2_000), HeadRest(size)) * (pieces - 2)
        assert changed == (Wait(7), first, *middle, Wait(2_000), HeadRest(), End())

    @pytest.mark.parametrize("size", [27, 28])
    def test_a_piece_that_holds_it_all_leaves_nothing_for_later(self, size):
        assert len(SlowHeaders(bytes=size).apply(self.PLAN, SEED)) == 3

    @pytest.mark.parametrize("plan", [(), (Wait(5), Close()), (Head(200, first=3), HeadRest(), End())])
    def test_without_a_head_that_could_be_slow_it_is_reported(self, plan):
        assert SlowHeaders().apply(plan, SEED) is None

    def test_the_bytes_are_those_of_a_head_at_once_and_the_connection_lives_on(self):
        scenario = reply("{slow_headers: {every: 1us, bytes: 50}}")
        whole = receive(reply(""), stream=False)
        with MockLLM(scenario) as mock, connect(mock) as client:
            for _ in range(2):
                client.sendall(request(stream=False, connection="keep-alive"))
                received = bytearray()
                while not received.endswith(whole.body[-20:]):
                    received += client.recv(65_536)
                head, _, data = bytes(received).partition(b"\r\n\r\n")
                assert head.decode().split("\r\n")[:4] == whole.head.split("\r\n")[:4]
                assert json.loads(data)["choices"] == json.loads(whole.body)["choices"]
            mock.wait_idle()
            assert [exchange.call.connection for exchange in mock.journal] == [1, 1]

    def test_a_cut_after_the_head_comes_after_its_last_piece(self):
        received = receive(reply("{slow_headers: {every: 1us, bytes: 50}}, {close: {at: headers}}"))
        assert received.head == receive(reply("")).head
        assert received.body == b""


@pytest.mark.parametrize(
    "fault",
    ["{headers: {remove: [x-none]}}", "{headers: {set: {openai-version: '2020-10-01'}}}"],
)
def test_a_fault_with_no_place_says_so_and_does_nothing(fault):
    received = receive(reply(fault))
    assert received.exchange.unfired == ("headers",)
    assert received.head == receive(reply("")).head


BREAK = "a header cannot have a line break or a NUL: remove it"


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        (
            {"headers": {}},
            ("headers",),
            "nothing is set and nothing is removed: write set: {NAME: VALUE} or remove: [NAME]",
        ),
        ({"headers": {"set": {"x-a": "1\r\nx-b: 2"}}}, ("headers", "set", "x-a"), BREAK),
        ({"headers": {"set": {"x\n": "1"}}}, ("headers", "set", "x\n"), BREAK),
        ({"headers": {"set": {"x-a": 1}}}, ("headers", "set", "x-a"), "expected a text, found 1: put it in quotes"),
        ({"headers": {"remove": [""]}}, ("headers", "remove", 0), "a header needs a name, found an empty text"),
        ({"content_type": "a\0"}, ("content_type",), BREAK),
        ({"content_type": 5}, ("content_type",), "expected a text, found 5: put it in quotes"),
        (
            {"content_length": {}},
            ("content_length",),
            "write either by: -10, a difference to the true length, or is: 0, the length itself",
        ),
        (
            {"content_length": {"by": 1, "is": 1}},
            ("content_length",),
            "write either by: -10, a difference to the true length, or is: 0, the length itself",
        ),
        ({"content_length": {"is": -1}}, ("content_length", "is"), "expected a value of at least 0, found -1"),
        ({"slow_headers": {"bytes": 0}}, ("slow_headers", "bytes"), "expected a value of at least 1, found 0"),
        ({"slow_headers": {"every": 0}}, ("slow_headers", "every"), "expected a value above 0, found 0"),
        ({"http_1_0": {"a": 1}}, ("http_1_0", "a"), None),
    ],
)
def test_what_makes_no_sense_is_refused(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python(written)
    [details] = error.value.errors()
    assert details["loc"] == place
    assert message in (None, details["msg"])


def test_as_a_try_headers_are_a_fault_unless_a_reply_stands_beside_them():
    text = """
        rules:
          - replies:
              - attempts: [{headers: {remove: [x-a]}}, {text: No., headers: {x-a: "1"}}]
                text: Yes.
    """
    fault, other = load_text(text).rules[0].replies[0].attempts
    assert fault == Headers(remove=["x-a"])
    assert other.headers == {"x-a": "1"}


class TestInterim:
    def test_they_come_right_before_the_head(self):
        fault = FAULT.validate_python({"interim": {"status": 103, "headers": {"link": "</a>"}, "times": 2}})
        step = InterimStep(103, (("link", "</a>"),), "fault: interim")
        assert fault.apply(body(), SEED) == (body()[0], step, step, *body()[1:])

    def test_each_may_be_followed_by_a_wait(self):
        fault = FAULT.validate_python({"interim": {"status": 102, "times": 2, "every": "1s"}})
        pair = (InterimStep(102, (), "fault: interim"), Wait(1_000_000))
        assert fault.apply(stream(), SEED) == (*pair, *pair, *stream())

    def test_without_a_head_it_is_reported(self):
        assert Interim(status=100).apply((Wait(5), Close()), SEED) is None

    @pytest.mark.parametrize(
        ("status", "message"),
        [
            (101, "101 ends HTTP on the connection, so no answer can follow it: write 100, 102, 103 or another 1xx"),
            (200, "expected a value of at most 199, found 200"),
            (99, "expected a value of at least 100, found 99"),
        ],
    )
    def test_only_what_an_answer_can_follow(self, status, message):
        with pytest.raises(ValidationError) as error:
            FAULT.validate_python({"interim": status})
        assert [details["msg"] for details in error.value.errors()] == [message]

    def test_the_connection_answers_the_next_request(self):
        with MockLLM(reply("{interim: 103}")) as mock, connect(mock) as client:
            for _ in range(2):
                client.sendall(request(stream=True, connection="keep-alive"))
                answer = b""
                while not answer.endswith(b"\r\n0\r\n\r\n"):
                    answer += client.recv(65_536)
                assert answer.startswith(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n")
