from dataclasses import replace

import orjson
import pytest
from openai import BaseModel

from mockllm.answer import (
    Answer,
    Body,
    Style,
    apply_to_turn,
    error_answer,
    events_answer,
    headers,
    json_answer,
    raw_answer,
    resource_answer,
    scripted_error,
    turn_answer,
)
from mockllm.dialects.base import Events, Layout, Media, Switch, Written
from mockllm.dialects.chat import CHAT
from mockllm.dialects.plain import body_bytes
from mockllm.dialects.sse import event_bytes
from mockllm.errors import ApiError
from mockllm.plan import Frame
from mockllm.scenario.error import ErrorSpec
from mockllm.scenario.faults.content import CutArguments
from mockllm.scenario.faults.http.head import Status
from mockllm.scenario.reply import EventsReply, RawReply
from mockllm.score import outline
from mockllm.turn import Text, ToolCall
from tests.openapi_schema import violations
from tests.strict import problems
from tests.turns import SEED, asked, pieces, said, turn

HELLO = turn(said(Text(pieces("Hel", "lo"))))
STREAMED = asked()
PLAIN = asked(stream=False)

# A turn.


def test_a_streamed_turn_is_the_frames_of_its_dialect():
    answer = turn_answer(HELLO, STREAMED, CHAT, SEED, counted=True)
    assert (answer.status, answer.headers, answer.streams) == (
        200,
        (("content-type", "text/event-stream; charset=utf-8"),),
        True,
    )
    assert tuple(answer.frames) == tuple(CHAT.stream(HELLO, STREAMED, SEED))
    assert answer.paced == ()


def test_a_plain_turn_is_one_body_in_the_layout_of_its_dialect():
    answer = turn_answer(HELLO, PLAIN, CHAT, SEED, counted=False)
    assert answer.headers == (("content-type", "application/json"),)
    assert [(frame.kind, frame.label) for frame in answer.frames] == [("body", "body chat")]
    assert (answer.frames[0].data, answer.layout) == (CHAT.body(HELLO, PLAIN).value(), CHAT.layout)
    assert not answer.streams


def test_a_plain_turn_carries_the_stream_it_stands_for_only_where_that_counts():
    assert turn_answer(HELLO, PLAIN, CHAT, SEED, counted=False).paced == ()
    paced = turn_answer(HELLO, PLAIN, CHAT, SEED, counted=True).paced
    assert paced == outline(CHAT.stream(HELLO, PLAIN, SEED))


CALL = turn(said(ToolCall("call_1", "f", pieces("{", "}")), stop="tool_calls"))


def test_content_faults_change_the_turn_and_others_do_not():
    changed, missed = apply_to_turn(CALL, (Status(code=500), CutArguments(after=1)), SEED)
    assert (changed.choices[0].stop, missed) == ("length", ())
    assert apply_to_turn(CALL, (Status(code=500),), SEED) == (CALL, ())


def test_a_content_fault_that_finds_nothing_is_told():
    assert apply_to_turn(HELLO, (CutArguments(), CutArguments(call=3)), SEED) == (
        HELLO,
        (0, 1),
    )


def test_a_json_answer_is_a_body_under_200():
    assert json_answer({"a": 1}, Layout(indent=0), label="x") == Answer(
        200, (("content-type", "application/json"),), (Frame({"a": 1}, "body", label="x"),), Layout(indent=0)
    )


# Refusals.


class ErrorObject(BaseModel):
    """The shape of every error, as wire-contract §4.1 has it; the SDK has no model of it."""

    message: str
    type: str
    param: str | None
    code: str | None


class Envelope(BaseModel):
    error: ErrorObject


def test_a_refusal_of_the_api_is_indented_by_two_without_a_newline():
    answer = error_answer(ApiError(400, "No.", code="bad", param="n", headers=(("retry-after", "1"),)))
    assert (answer.status, answer.layer) == (400, "api")
    assert answer.headers == (("content-type", "application/json"), ("retry-after", "1"))
    assert body_bytes(answer.frames[0].data, answer.layout).decode() == (
        '{\n  "error": {\n    "message": "No.",\n    "type": "invalid_request_error",\n    "param": "n",\n'
        '    "code": "bad"\n  }\n}'
    )


def test_a_refusal_of_the_edge_is_indented_by_four_with_a_newline():
    answer = error_answer(ApiError(404, "No.", edge=True, headers=(("a", "b"),)))
    assert answer.layer == "edge"
    assert answer.headers == (("content-type", "application/json; charset=utf-8"), ("a", "b"))
    assert body_bytes(answer.frames[0].data, answer.layout).decode().startswith('{\n    "error": {\n        "message"')
    assert body_bytes(answer.frames[0].data, answer.layout).endswith(b"\n}\n")


@pytest.mark.parametrize("edge", [False, True])
def test_a_refusal_can_have_another_content_type_but_not_two(edge):
    answer = error_answer(ApiError(502, "No.", edge=edge, headers=(("Content-Type", "text/html"),)))
    assert answer.headers == (("Content-Type", "text/html"),)


def test_the_timeline_shows_the_code_or_else_the_type():
    assert error_answer(ApiError(400, "", code="bad")).frames[0].label == "error bad"
    assert error_answer(ApiError(500, "", type_="server_error")).frames[0].label == "error server_error"


def scripted(request=STREAMED, **spec):
    return scripted_error(ErrorSpec(**spec), request, "req_1")


@pytest.mark.parametrize(
    ("code", "status", "type_", "told", "param"),
    [
        ("rate_limit_exceeded", 429, "requests", "rate_limit_exceeded", None),
        ("tokens_rate_limit_exceeded", 429, "tokens", "rate_limit_exceeded", None),
        ("insufficient_quota", 429, "insufficient_quota", "insufficient_quota", None),
        ("slow_down", 429, "rate_limit_error", "slow_down", None),
        ("server_error", 500, "server_error", None, None),
        ("server_is_overloaded", 503, "service_unavailable_error", "server_is_overloaded", None),
        ("invalid_api_key", 401, "invalid_request_error", "invalid_api_key", None),
        ("context_length_exceeded", 400, "invalid_request_error", "context_length_exceeded", "messages"),
        ("model_not_found", 404, "invalid_request_error", "model_not_found", None),
    ],
)
def test_a_known_code_fills_in_the_rest_as_the_service_does(code, status, type_, told, param):
    error = scripted(code=code)
    assert (error.status, error.type, error.code, error.param) == (status, type_, told, param)
    data = error_answer(error).frames[0].data
    assert problems(data, Envelope) == []
    assert violations("ErrorResponse", data) == []
    assert "{" not in error.message


def test_only_an_unknown_model_is_refused_at_the_edge():
    assert scripted(code="model_not_found").edge
    assert not scripted(code="rate_limit_exceeded").edge


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("model_not_found", "The model `gpt-4o` does not exist"),
        ("server_error", "request ID req_1"),
        ("context_length_exceeded", "resulted in 128001 tokens"),
        ("rate_limit_exceeded", "Please try again in 1s."),
    ],
)
def test_a_known_message_names_what_it_is_about(code, words):
    assert words in scripted(code=code).message


@pytest.mark.parametrize(
    ("retry_after", "told"),
    [
        ("1.5s", "1.5s"),
        ({"ms": 250}, "250ms"),
        ({"date": "30s"}, "30s"),
        ("none", "1s"),
        (0, "1s"),
        ({"raw": "soon"}, "1s"),
    ],
)
def test_the_message_of_a_rate_limit_tells_the_time_that_the_header_tells(retry_after, told):
    error = scripted(code="rate_limit_exceeded", retry_after=retry_after)
    assert f"Please try again in {told}." in error.message


def test_what_the_author_says_wins_over_what_is_known():
    error = scripted(code="rate_limit_exceeded", status=420, type="odd", param="n", message="Calm down.")
    assert (error.status, error.type, error.code, error.param) == (420, "odd", "rate_limit_exceeded", "n")
    assert error.message == "Calm down."


@pytest.mark.parametrize(
    ("status", "type_"),
    [(400, "invalid_request_error"), (418, "invalid_request_error"), (500, "server_error"), (529, "server_error")],
)
def test_a_bare_status_has_the_type_of_its_class(status, type_):
    error = scripted(status=status)
    assert (error.status, error.type, error.code) == (status, type_, None)
    assert error.message == f"The endpoint refuses this request with status {status}."


def test_an_unknown_code_is_told_as_it_is():
    assert scripted(status=400, code="odd").code == "odd"


@pytest.mark.parametrize(
    ("retry_after", "headers"),
    [
        ("1s", (("retry-after", "1"),)),
        ("1.2s", (("retry-after", "2"),)),
        ("250ms", (("retry-after", "1"),)),
        ("2m", (("retry-after", "120"),)),
        (3, (("retry-after", "3"),)),
        (0, (("retry-after", "0"),)),
        ("none", ()),
        ({"ms": 1500}, (("retry-after-ms", "1500"),)),
        ({"raw": "soon"}, (("retry-after", "soon"),)),
        # 2023-11-14T22:13:20Z and half a minute.
        ({"date": "30s"}, (("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"),)),
        ({"date": "29.5s"}, (("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"),)),
        ({"after": "2s", "ms": 2000}, (("retry-after", "2"), ("retry-after-ms", "2000"))),
    ],
)
def test_a_hint_when_to_try_again_takes_the_form_that_was_asked_for(retry_after, headers):
    request = replace(STREAMED, call=replace(STREAMED.call, wall_s=1_700_000_000))
    assert scripted(request, code="rate_limit_exceeded", retry_after=retry_after).headers == headers


def test_headers_of_the_author_come_after_the_hint():
    error = scripted(status=503, retry_after="1s", headers={"x-should-retry": "false"})
    assert error.headers == (("retry-after", "1"), ("x-should-retry", "false"))


# Verbatim answers.


def raw(**spec):
    return raw_answer(RawReply(raw=spec))


def test_a_raw_text_is_sent_as_it_is():
    answer = raw(status=502, body="<html>")
    assert (answer.status, answer.layer) == (502, "verbatim")
    assert answer.headers == (("content-type", "text/plain; charset=utf-8"),)
    assert body_bytes(answer.frames[0].data, answer.layout) == b"<html>"
    assert not answer.streams


def test_raw_json_is_printed_as_json():
    answer = raw(body={"detail": []})
    assert answer.headers == (("content-type", "application/json"),)
    assert orjson.loads(body_bytes(answer.frames[0].data, answer.layout)) == {"detail": []}


def test_raw_headers_replace_ours():
    answer = raw(headers={"Content-Type": "text/html", "x-a": "b"}, body="<html>")
    assert answer.headers == (("Content-Type", "text/html"), ("x-a", "b"))


def events(*given):
    return events_answer(EventsReply(events=given))


def test_events_are_frames_of_a_stream():
    answer = events({"data": {"a": 1}}, "text", {"data": "[DONE]"})
    assert answer.headers == (("content-type", "text/event-stream; charset=utf-8"),)
    assert b"".join(map(event_bytes, answer.frames)) == b'data: {"a":1}\n\ndata: text\n\ndata: [DONE]\n\n'
    assert [(frame.kind, frame.tokens) for frame in answer.frames] == [("event", 1), ("event", 1), ("done", 0)]
    assert answer.streams


def test_events_have_names_ids_times_and_comments():
    (frame,) = events({"data": "x", "event": "ping", "id": "7", "retry": 3000, "comment": "hm", "tokens": 0}).frames
    assert event_bytes(frame) == b"event: ping\n: hm\nid: 7\nretry: 3000\ndata: x\n\n"
    assert frame.tokens == 0


def test_an_end_marker_keeps_what_it_has_beside_its_data():
    (frame,) = events({"data": "[DONE]", "event": "end", "id": "9"}).frames
    assert event_bytes(frame) == b"event: end\nid: 9\ndata: [DONE]\n\n"
    assert frame.kind == "done"


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        ({"data": "x", "event": "ping"}, "ping"),
        ({"data": {"long": "x" * 50}}, '{"long":"' + "x" * 31),
        ({"data": "x"}, "x"),
        ({"comment": "hm"}, "event"),
        ({"data": "[DONE]"}, "[DONE]"),
    ],
)
def test_the_timeline_shows_an_event_by_name_or_by_its_beginning(spec, label):
    assert events(spec).frames[0].label == label


def test_no_events_are_an_empty_stream():
    assert events().streams


class _Endpoint:
    api = "audio.speech"
    layout = Layout()


def test_a_resource_answers_with_json_a_file_a_sound_in_pieces_or_events():
    told = resource_answer({"a": 1}, _Endpoint())
    assert (told.headers, told.frames[0].data, told.streams) == (
        (("content-type", "application/json"),),
        {"a": 1},
        False,
    )
    whole = resource_answer(Media((b"\xff\x00",), "audio/wav"), _Endpoint())
    assert (whole.headers, whole.frames[0].data, whole.streams) == (
        (("content-type", "audio/wav"),),
        b"\xff\x00",
        False,
    )
    pieces = resource_answer(Media((b"a", b"bc"), "audio/wav"), _Endpoint())
    assert [(it.data, it.kind, it.tokens, it.label) for it in pieces.frames] == [
        (b"a", "raw", 1, "1 bytes"),
        (b"bc", "raw", 1, "2 bytes"),
    ]
    assert pieces.streams
    events = resource_answer(Events((Frame("[DONE]", "done"),)), _Endpoint())
    assert events.headers[0][1].startswith("text/event-stream")


def test_a_switch_opens_a_websocket_with_what_is_said_first():
    frame = Frame({"type": "hello"}, "opening")
    switch = resource_answer(Switch((("upgrade", "websocket"),), (frame,)), _Endpoint())
    assert (switch.status, switch.headers, switch.frames, switch.messages) == (
        101,
        (("upgrade", "websocket"),),
        (frame,),
        True,
    )


def test_a_body_that_is_written_is_one_frame_that_is_not_read_before_somebody_looks():
    read = []
    body = Body(Written(lambda: b"{}\n", lambda: read.append(1) or {"a": 1}), "body x")
    assert (len(body), body.unread()) == (1, Frame(b"{}\n", "body", label="body x", ordinal=0))
    assert read == []
    assert body[0] == body[-1] == Frame({"a": 1}, "body", label="body x")
    assert body[:] == (body[0],)
    assert body == (body[0],)
    assert body != (Frame({"a": 2}, "body", label="body x"),)


def test_our_own_headers_come_after_those_of_the_answer_and_never_twice():
    own = (("x-request-id", "req_1"), ("retry-after", "1"))
    told = (("Content-Type", "a"), ("Retry-After", "9"))
    assert headers(Answer(200, told, ()), own) == (*told, own[0])
    alone = (("content-type", "a"),)
    assert headers(Answer(200, alone, (), overrides=(("RETRY-AFTER", "2"),)), own) == (
        *alone,
        own[0],
        ("RETRY-AFTER", "2"),
    )
    assert headers(Answer(200, alone, (), style=Style(headers=(("X-Request-Id", None), ("b", "c")))), own) == (
        *alone,
        own[1],
        ("b", "c"),
    )
