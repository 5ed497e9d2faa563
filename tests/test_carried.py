import orjson
import pytest

from mockllm.answer import Answer, error_answer, json_answer
from mockllm.carried import NotOverWebSocketError, carried
from mockllm.dialects.base import Layout
from mockllm.errors import ApiError
from mockllm.plan import Frame
from mockllm.request import Call

ERROR = ApiError(404, "No.", code="model_not_found", param="model", headers=(("retry-after", "2"),))
TOLD = (("x-ratelimit-limit-requests", "60"), ("x-ratelimit-remaining-requests", "59"))
STREAM = Answer(200, (("content-type", "text/event-stream"),), (Frame({"type": "response.created"}, "opening"),))


def call(body, path="/v1/responses", method="WEBSOCKET"):
    return Call(method, path, body=body if isinstance(body, bytes) else orjson.dumps(body))


def event(answer, came):
    (frame,) = carried(answer, came).frames
    return frame.data


def test_over_http_nothing_changes():
    answer = error_answer(ERROR)
    assert carried(answer, call({}, method="POST")) is answer


def test_an_error_is_an_event_with_its_status_its_headers_and_its_lane():
    assert event(error_answer(ERROR), call({"stream_id": "a"})) == {
        "type": "error",
        "error": {
            "message": "No.",
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
            "headers": {"retry-after": "2"},
        },
        "status": 404,
        "stream_id": "a",
    }


@pytest.mark.parametrize("body", [b"{", b"[]", {"stream_id": 7}, {}])
def test_what_was_no_event_has_no_lane(body):
    assert "stream_id" not in event(error_answer(ERROR), call(body))


@pytest.mark.parametrize(
    ("body", "message"), [("<html>", "<html>"), ({"detail": "x"}, None), ({"error": "text"}, "text")]
)
def test_errors_of_other_shapes_are_events_too(body, message):
    told = event(json_answer(body, Layout(), label="error"), call({}))
    assert told["type"] == "error"
    assert told["error"]["message"] == message


def test_the_realtime_api_has_words_of_its_own():
    told = event(error_answer(ERROR), call({"event_id": "mine"}, "/v1/realtime"))
    assert told["error"]["event_id"] == "mine"
    assert "status" not in told


def test_a_stream_is_messages_and_tells_limits_where_the_api_has_an_event_for_them():
    answer = carried(STREAM, call({}))
    assert (answer.messages, answer.frames) == (True, STREAM.frames)
    created = Frame({"type": "response.created"}, "opening", event="response.created")
    streamed = Answer(200, (), (created,), told=TOLD)
    names = [frame.event for frame in carried(streamed, call({}, "/v1/realtime")).frames]
    assert names == ["response.created", "rate_limits.updated"]
    assert carried(streamed, call({})).frames == (created,)


def test_limits_go_with_an_error():
    answer = Answer(429, (), (Frame({"error": {"message": "No."}}, "body"),), told=TOLD)
    assert event(answer, call({}))["error"]["headers"] == dict(TOLD)


def test_the_label_says_which_error_it_is():
    (frame,) = carried(error_answer(ERROR), call({})).frames
    assert frame.label == "error model_not_found"


def test_verbatim_http_has_no_place_there():
    answer = Answer(200, (), (Frame("x", "body"),), layer="verbatim")
    with pytest.raises(NotOverWebSocketError, match="reply with events"):
        carried(answer, call({}))
