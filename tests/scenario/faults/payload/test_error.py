"""Errors under status 200."""

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import render
from mockllm.scenario.faults import AnyFault
from tests.calls import chat, engine, header, sent

FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
OVERLOADED = {
    "error": {
        "message": "Our servers are currently overloaded. Please try again later.",
        "type": "service_unavailable_error",
        "param": None,
        "code": "server_is_overloaded",
    }
}


def served(fault="", reply="text: [a, b, c]", *, stream=True):
    return engine(f"rules: [{{replies: [{{{reply}, faults: [{fault}]}}]}}]").handle(chat(stream=stream))


EVENTS = [event + b"\n\n" for event in sent(served()).removesuffix(b"\n\n").split(b"\n\n")]


def erring(fields):
    return served(f"{{error_event: {{{fields}}}}}")


def event(data):
    return b"data: " + orjson.dumps(data) + b"\n\n"


class TestErrorEvent:
    @pytest.mark.parametrize(("at", "index"), [("start", 0), ("{token: 2}", 3), ("{frame: 1}", 1), ("done", 5)])
    def test_an_error_comes_and_nothing_after_it(self, at, index):
        exchange = erring(f"at: {at}, error: server_is_overloaded")
        assert sent(exchange) == b"".join(EVENTS[:index]) + event(OVERLOADED)
        assert (exchange.status, exchange.unfired) == (200, ())

    def test_the_answer_may_go_on(self):
        exchange = erring("at: {frame: 2}, error: server_is_overloaded, finish: true")
        assert sent(exchange) == b"".join([*EVENTS[:2], event(OVERLOADED), *EVENTS[2:]])

    def test_an_object_is_sent_as_it_is_and_an_event_may_have_a_name(self):
        exchange = erring("at: {frame: 1}, error: {message: No., code: 502}, event: error")
        assert sent(exchange) == EVENTS[0] + b'event: error\ndata: {"error":{"message":"No.","code":502}}\n\n'

    def test_the_words_of_a_code_are_filled_in(self):
        [payload] = sent(erring("at: start, error: model_not_found")).split(b"\n\n")[:-1]
        error = orjson.loads(payload.removeprefix(b"data: "))["error"]
        assert error["message"] == "The model `gpt-4o` does not exist or you do not have access to it."
        [payload] = sent(erring("at: start, error: server_error")).split(b"\n\n")[:-1]
        assert b"{" not in orjson.loads(payload.removeprefix(b"data: "))["error"]["message"].encode()

    @pytest.mark.parametrize("code", ["rate_limit_exceeded", "context_length_exceeded", "invalid_api_key"])
    def test_every_form_of_words_can_be_filled_in(self, code):
        exchange = served(f"{{error_event: {{at: start, error: {code}}}}}", "events: [x]")
        assert b"{wait}" not in sent(exchange)
        assert exchange.unfired == ()

    def test_later_positions_are_no_more(self):
        exchange = served("{error_event: {at: {frame: 2}, error: {}}}, {reset: {at: done}}")
        assert exchange.unfired == ("reset",)

    def test_a_position_that_is_not_there_is_reported(self):
        exchange = erring("at: {frame: 7}, error: {}")
        assert (sent(exchange), exchange.unfired) == (b"".join(EVENTS), ("error_event",))

    def test_a_plain_body_has_no_events(self):
        exchange = served("{error_event: {at: start, error: {}}}", stream=False)
        assert exchange.unfired == ("error_event",)
        assert sent(exchange) == sent(served(stream=False))

    @pytest.mark.parametrize(
        ("error", "label"),
        [
            ("server_error", "error server_error"),
            ("{code: 502}", "error 502"),
            ("{type: t}", "error t"),
            ("{}", "error object"),
        ],
    )
    def test_the_timeline_shows_the_error(self, error, label):
        assert f"send   +   {label}    (fault: error_event)" in render(erring(f"at: start, error: {error}").plan)


class TestErrorIn200:
    def test_a_plain_body_is_an_error(self):
        exchange = served("{error_in_200: server_is_overloaded}", stream=False)
        assert orjson.loads(sent(exchange)) == OVERLOADED
        assert (exchange.status, exchange.unfired) == (200, ())
        assert header(exchange, "content-length") == str(len(sent(exchange)))
        assert header(exchange, "content-type") == "application/json"

    def test_a_stream_is_an_error_that_is_no_event(self):
        exchange = served("{error_in_200: {error: {message: No.}}}")
        assert sent(exchange) == b'{"error":{"message":"No."}}'
        assert header(exchange, "content-type") == "text/event-stream; charset=utf-8"
        assert "#0  error object    (fault: error_in_200)" in render(exchange.plan)

    def test_an_answer_without_frames_is_reported(self):
        assert served("{error_in_200: server_error}", "events: []").unfired == ("error_in_200",)


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"error_event": {"error": {}}}, ("at",), "the key 'at' is missing: before which frame"),
        ({"error_event": {"at": "end"}}, ("error",), "the key 'error' is missing: a known code, or the error object"),
        (
            {"error_event": {"at": "end", "error": "server_eror"}},
            ("error",),
            "unknown error code 'server_eror': did you mean 'server_error'? write the error as a mapping",
        ),
        ({"error_event": {"at": "end", "error": 500}}, ("error",), "expected a known code or a mapping, found 500"),
        ({"error_event": {"at": {"byte": 1}, "error": {}}}, ("at",), "{byte: 1} may be inside a frame"),
        (
            {"error_event": {"at": "end", "error": {}, "finish": "no"}},
            ("finish",),
            "expected true or false, found 'no'",
        ),
        ({"error_in_200": "teapot"}, (), "unknown error code 'teapot': write the error as a mapping"),
        ({"error_in_200": {"message": "x"}}, ("message",), "unknown key 'message': "),
    ],
)
def test_what_makes_no_sense_is_refused(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python(written)
    details = {tuple(found["loc"]): found["msg"] for found in error.value.errors()}
    assert details[(next(iter(written)), *place)].startswith(message)
