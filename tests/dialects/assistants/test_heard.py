"""A stream that a run hears, folded to a body."""

import pytest

from mockllm.dialects.assistants.heard import Heard, heard
from mockllm.dialects.base import Ran


def chunk(finish=None, **delta):
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def call(index, **function):
    return {"index": index, "function": function}


def streamed(*events):
    return heard(Ran(200, "req_1", None, events))


def test_what_is_no_stream_stays_what_it_is():
    ran = Ran(429, "req_1", {"error": {"message": "Wait."}})
    assert heard(ran) == Heard(ran)


def test_the_texts_of_the_deltas_are_kept_apart_and_joined():
    usage = {"total_tokens": 3}
    found = streamed(
        chunk(role="assistant", content=""),
        chunk(content="Hel"),
        chunk(content="lo"),
        chunk("stop"),
        {"choices": [], "usage": usage},
    )
    assert found.texts == ("Hel", "lo")
    assert found.ran.body == {
        "choices": [
            {"message": {"content": "Hello", "refusal": None, "tool_calls": []}, "finish_reason": "stop"},
        ],
        "usage": usage,
    }


def test_a_refusal_has_texts_too():
    found = streamed(chunk(refusal="No"), chunk(refusal="."), chunk("stop"))
    assert found.texts == ("No", ".")
    assert found.ran.body["choices"][0]["message"]["refusal"] == "No."


def test_each_call_grows_by_its_index():
    found = streamed(
        chunk(tool_calls=[{**call(1, name="g", arguments=""), "id": "call_b", "type": "function"}]),
        chunk(tool_calls=[{**call(0, name="f"), "id": "call_a"}]),
        chunk(tool_calls=[call(1, arguments='{"x"'), call(0, arguments="{}")]),
        chunk(tool_calls=[call(1, arguments=":1}"), {"index": 1}]),
        chunk("tool_calls"),
    )
    calls = found.ran.body["choices"][0]["message"]["tool_calls"]
    assert [(each["id"], each["type"], each["function"]["name"]) for each in calls] == [
        ("call_a", "function", "f"),
        ("call_b", "function", "g"),
    ]
    assert [each["function"]["arguments"] for each in calls] == ["{}", '{"x":1}']


def test_an_error_in_the_stream_is_what_was_heard():
    told = {"error": {"message": "Oh.", "type": "server_error"}}
    assert streamed(chunk(content="Hel"), told).ran.body == told


@pytest.mark.parametrize("odd", [None, 7, "x", {}, {"choices": None}, {"choices": [None]}, {"choices": [{}]}])
def test_what_is_no_chunk_is_passed_over(odd):
    assert streamed(odd, chunk(content="Hi")).texts == ("Hi",)
