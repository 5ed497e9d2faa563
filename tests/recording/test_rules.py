import json

import pytest

from mockllm.cassette import Chunk, Recorded
from mockllm.recording.rules import answers, reply_of, request_of, time_text, when_of
from mockllm.request import Call, Headers
from mockllm.scenario.load import load_text

JSON = Headers((("content-type", "application/json"),))


def call(body, path="/v1/chat/completions", method="POST"):
    return Call(method, path, headers=JSON, body=json.dumps(body).encode())


def when(body, original=None):
    return when_of(request_of(call(body)), request_of(call(original or body)))


HI = {"role": "user", "content": "Hi"}


def test_a_request_is_told_in_the_words_of_a_scenario():
    messages = [{"role": "system", "content": "Be kind."}, HI, {"role": "assistant", "content": "Ho"}, HI]
    assert when({"model": "m", "stream": True, "messages": messages}) == {
        "api": "chat",
        "model": "m",
        "stream": True,
        "turn": 1,
        "system": {"equals": "Be kind."},
        "last": {"role": "user", "equals": "Hi"},
    }


def test_what_was_redacted_is_no_test():
    original = {
        "model": "secret",
        "messages": [{"role": "system", "content": "secret"}, {"role": "user", "content": "secret"}],
    }
    clean = json.loads(json.dumps(original).replace("secret", "redact"))
    assert when(clean, original) == {"api": "chat", "stream": False, "turn": 0, "last": {"role": "user"}}


def test_a_model_with_the_marks_of_a_pattern_and_an_empty_text_are_no_tests():
    assert when({"model": "m*", "messages": [{"role": "user", "content": ""}]})["last"] == {"role": "user"}
    assert "model" not in when({"model": "m*", "messages": [HI]})


def test_of_a_very_long_text_the_beginning_is_a_test():
    assert when({"model": "m", "messages": [{"role": "user", "content": "x" * 9_999}]})["last"] == {
        "role": "user",
        "contains": "x" * 2_000,
    }


def test_a_call_that_no_scenario_can_answer_has_no_request():
    assert request_of(call({}, "/v1/nonsense")) is None
    models = request_of(call({}, "/models", "GET"))
    assert when_of(models, models) == {"api": "models"}
    assert (
        request_of(Call("POST", "/v1/chat/completions", headers=JSON, body=b'{"model": "m", "messages": 1}')).model
        == "m"
    )


def test_a_scenario_answers_what_a_rule_of_it_matches():
    scenario = load_text("rules: [{when: {user: Hi}, replies: [x]}, {replies: [y], when: {api: embeddings}}]")
    assert answers(scenario, call({"model": "m", "messages": [HI]}))
    assert not answers(scenario, call({"model": "m", "messages": []}))
    assert not answers(scenario, call({}, "/v1/nonsense"))
    assert not answers(load_text("rules: [{replies: [x]}]"), call({}, "/v1/models", "GET"))


@pytest.mark.parametrize(("us", "text"), [(0, "0ms"), (1, "1us"), (1500, "1500us"), (2_000_000, "2000ms")])
def test_a_time_is_written_exactly(us, text):
    assert time_text(us) == text


def test_an_answer_is_written_with_what_is_not_as_usual():
    chunks = (
        Chunk(10_000, b'data: {"a":1}\n\n'),
        Chunk(10_000, b'event: x\ndata: {"a":"\\u0000"}\n\n'),
        Chunk(11_000, b'data: {"a":0.1}\n\n'),
        Chunk(12_000, b"data: [DONE]\n\n"),
        Chunk(12_000, b"caf\xc3\xa9\n"),
        Chunk(12_000, b"\xff"),
        Chunk(12_000, b"\x00"),
        Chunk(12_500, b"", b"zz"),
    )
    headers = (("a", "1"), ("b", "2"), ("a", "3"), ("a", "4"))
    answer = Recorded(500, headers, 7_000, chunks, "close", "1.0", "reset", 13_500, b"0\r\n\r\n\r\n")
    assert reply_of(answer)["replay"] == {
        "status": 500,
        "version": "1.0",
        "headers": {"a": ["1", "3", "4"], "b": "2"},
        "framing": "close",
        "head": "7ms",
        "chunks": [
            {"after": "3ms", "data": {"a": 1}},
            {"text": 'event: x\ndata: {"a":"\\u0000"}\n\n'},
            {"after": "1ms", "text": 'data: {"a":0.1}\n\n'},
            {"after": "1ms", "data": "[DONE]"},
            {"text": "café\n"},
            {"base64": "/w=="},
            {"base64": "AA=="},
            {"after": "500us", "wire": "eno="},
        ],
        "ending": "reset",
        "ending_after": "1ms",
        "tail": "MA0KDQoNCg==",
    }
    assert reply_of(Recorded(200)) == {"replay": {"chunks": []}}
    named = Recorded(200, chunks=(Chunk(0, b'event: x\ndata: {"a":[null,{"b":true}]}\n\n'),))
    assert reply_of(named)["replay"]["chunks"] == [{"event": "x", "data": {"a": [None, {"b": True}]}}]
