"""How a Responses answer fails, through the fault that says so and by its parts."""

import orjson
import pytest
from openai.types.responses import Response, ResponseErrorEvent, ResponseFailedEvent

from mockllm.plan import Frame
from mockllm.scenario.faults.payload.failure import error_frame, failed, failed_body, failed_frames, response_of
from tests import calls
from tests.strict import problems
from tests.wire_exceptions import BEYOND_EVENT, BEYOND_RESPONSE

QUOTA = "insufficient_quota"
OTHERS = "§7.2, the wire uses more codes than the types"
ERROR = {"message": "No.", "type": "t", "param": None, "code": "c"}
RESPONSE = {"object": "response", "id": "resp_1", "status": "in_progress", "output": [], "usage": None}


def served(fault, **asked):
    engine = calls.engine(f"rules: [{{replies: [{{text: [a, b, c], faults: [{{error_event: {{{fault}}}}}]}}]}}]")
    return engine, engine.handle(calls.call("POST", "/v1/responses", {"model": "gpt-4.1", "input": "Hi", **asked}))


def events(exchange):
    blocks = calls.sent(exchange).decode().removesuffix("\n\n").split("\n\n")
    names, payloads = zip(*(block.split("\ndata: ") for block in blocks), strict=True)
    return [name.removeprefix("event: ") for name in names], [orjson.loads(payload) for payload in payloads]


def test_a_stream_ends_with_an_error_and_the_failed_response():
    _, exchange = served(f"at: {{token: 2}}, error: {QUOTA}", stream=True)
    names, found = events(exchange)
    assert names[-4:] == ["response.output_text.delta", "response.output_text.delta", "error", "response.failed"]
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    error, last = found[-2:]
    assert list(error["error"]) == ["type", "code", "message", "param"]
    assert (error["type"], error["error"]["code"]) == ("error", QUOTA)
    assert last["response"]["error"] == {"code": QUOTA, "message": error["error"]["message"]}
    assert (last["response"]["status"], last["response"]["output"], last["response"]["usage"]) == ("failed", [], None)
    assert problems(last, ResponseFailedEvent, {**BEYOND_EVENT, "response.error.code": OTHERS}) == []
    assert exchange.unfired == ()


def test_the_flat_shape_is_that_of_the_reference():
    _, exchange = served(f"at: {{token: 1}}, error: {QUOTA}, shape: flat", stream=True)
    names, found = events(exchange)
    assert names[-2:] == ["error", "response.failed"]
    assert problems(found[-2], ResponseErrorEvent) == []
    assert (found[-2]["code"], found[-2]["param"]) == (QUOTA, None)


def test_an_error_may_come_as_in_chat_and_nothing_after_it():
    _, exchange = served("at: {token: 1}, error: {message: No.}, shape: chat", stream=True)
    assert calls.sent(exchange).endswith(b'\n\ndata: {"error":{"message":"No."}}\n\n')


def test_the_words_are_those_of_this_api():
    _, exchange = served("at: {token: 1}, error: context_length_exceeded", stream=True)
    assert events(exchange)[1][-2]["error"]["param"] == "input"
    _, exchange = served("at: {token: 1}, error: model_not_found", stream=True)
    assert "'gpt-4.1'" in events(exchange)[1][-2]["error"]["message"]


def test_the_answer_may_go_on():
    _, exchange = served(f"at: {{token: 1}}, error: {QUOTA}, finish: true", stream=True)
    names, _ = events(exchange)
    assert (names.count("error"), names[-1]) == (1, "response.completed")
    _, plain = served(f"at: {{token: 1}}, error: {QUOTA}, finish: true")
    assert (calls.body(plain)["status"], plain.unfired) == ("completed", ("error_event",))


def test_a_plain_answer_fails_as_a_whole_and_is_kept_so():
    engine, exchange = served(f"at: {{token: 2}}, error: {QUOTA}")
    body = calls.body(exchange)
    assert (exchange.status, body["status"], body["error"]["code"]) == (200, "failed", QUOTA)
    assert (body["output"], body["usage"], body["completed_at"]) == ([], None, None)
    assert problems(body, Response, {**BEYOND_RESPONSE, "error.code": OTHERS}) == []
    assert calls.body(engine.handle(calls.call("GET", f"/v1/responses/{body['id']}"))) == body


def test_a_stream_is_kept_as_it_failed_and_only_if_it_did():
    engine, exchange = served(f"at: {{token: 2}}, error: {QUOTA}", stream=True)
    key = events(exchange)[1][0]["response"]["id"]
    assert calls.body(engine.handle(calls.call("GET", f"/v1/responses/{key}")))["status"] == "failed"
    engine, exchange = served(f"at: {{token: 9}}, error: {QUOTA}", stream=True)
    key = events(exchange)[1][0]["response"]["id"]
    assert exchange.unfired == ("error_event",)
    assert calls.body(engine.handle(calls.call("GET", f"/v1/responses/{key}")))["status"] == "completed"


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_of_the_background_fails_when_it_is_made(stream):
    engine, exchange = served(f"at: {{token: 2}}, error: {QUOTA}", background=True, stream=stream)
    first = events(exchange)[1][0]["response"] if stream else calls.body(exchange)
    assert (first["status"], exchange.unfired) == ("queued", ())
    path = f"/v1/responses/{first['id']}"
    assert calls.body(engine.handle(calls.call("GET", path)))["status"] == "failed"
    if stream:
        again = calls.sent(engine.handle(calls.call("GET", f"{path}?stream=true&starting_after=1")))
        assert calls.sent(exchange).endswith(again)
        assert again.count(b"event: response.failed") == 1


def test_an_error_at_a_place_that_the_background_does_not_reach():
    engine, exchange = served(f"at: {{token: 9}}, error: {QUOTA}", background=True)
    path = f"/v1/responses/{calls.body(exchange)['id']}"
    assert calls.body(engine.handle(calls.call("GET", path)))["status"] == "completed"


# The parts.


def test_frames_of_this_api_are_known_by_their_response():
    event = Frame({"type": "response.created", "response": RESPONSE})
    assert response_of((Frame("comment"), event)) == RESPONSE
    assert response_of((Frame(RESPONSE, "body"),)) == RESPONSE
    assert response_of((Frame({"object": "chat.completion.chunk"}),)) is None
    assert response_of((Frame({"object": "chat.completion"}, "body"), Frame([1], "body"))) is None


@pytest.mark.parametrize(
    ("error", "code"), [({"code": 5}, "5"), ({"code": None, "type": "t"}, "t"), ({}, "server_error")]
)
def test_a_failed_response_has_a_code_whatever_the_error_says(error, code):
    assert failed(RESPONSE, error)["error"] == {"code": code, "message": ""}


def test_what_is_not_made_yet_has_not_failed():
    assert failed_body(RESPONSE, ERROR) is RESPONSE
    assert failed_body({**RESPONSE, "status": "completed"}, ERROR)["status"] == "failed"


def test_numbers_go_on_from_those_before():
    before = (Frame({"sequence_number": 4}), Frame("comment"))
    frame = error_frame(before, ERROR, "nested", None)
    assert (frame.event, frame.data["sequence_number"]) == ("error", 5)
    assert error_frame((), ERROR, "flat", "oops").event == "oops"
    (last,) = failed_frames((*before, frame), RESPONSE, ERROR)
    assert (last.event, last.data["sequence_number"]) == ("response.failed", 6)
