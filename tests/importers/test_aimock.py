"""The examples of its documentation, written anew, answer the same questions."""

import json

import pytest

from mockllm.errors import MockLLMError
from mockllm.importers.aimock import from_aimock
from mockllm.plan import Wait
from tests.importers.asking import Served


def served(*fixtures):
    imported = from_aimock(json.dumps({"fixtures": fixtures}))
    return Served(imported), imported.left_out


def test_texts_calls_embeddings_and_sequences():
    served_, left_out = served(
        {"match": {"userMessage": "hello"}, "response": {"content": "Hi!"}},
        {
            "match": {"userMessage": "weather"},
            "response": {"toolCalls": [{"name": "get_weather", "arguments": {"city": "SF"}, "id": "call_7"}]},
        },
        {"match": {"inputText": "search query"}, "response": {"embedding": [0.1, 0.2, 0.3]}},
        {"match": {"userMessage": "status", "sequenceIndex": 0}, "response": {"content": "First"}},
        {"match": {"userMessage": "status", "sequenceIndex": 1}, "response": {"content": {"now": "ok"}}},
    )
    assert left_out == ()
    assert served_.message("well hello there")["content"] == "Hi!"
    call = served_.message("the weather?")["tool_calls"][0]
    assert (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) == (
        "call_7",
        "get_weather",
        {"city": "SF"},
    )
    _, body = served_.ask({"model": "m", "input": "a search query"}, "/v1/embeddings")
    assert body["data"][0]["embedding"] == [0.1, 0.2, 0.3]
    assert [served_.message("status")["content"] for _ in range(3)] == ["First", '{"now":"ok"}', '{"now":"ok"}']


def test_turns_and_tool_results():
    asked = {
        "role": "assistant",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    }
    cancelled = {"role": "tool", "tool_call_id": "c1", "content": '{"cancelled": true}'}
    booked = {"role": "tool", "tool_call_id": "c1", "content": "{}"}
    served_, _ = served(
        {"match": {"toolCallId": "c1", "toolResultContains": '"cancelled"'}, "response": {"content": "No."}},
        {"match": {"toolCallId": "c1"}, "response": {"content": "Booked."}},
        {"match": {"userMessage": "mars", "turnIndex": 1}, "response": {"content": "Second."}},
        {"match": {"userMessage": "mars", "hasToolResult": False}, "response": {"content": "First."}},
        {"match": {"userMessage": "moon", "hasToolResult": True}, "response": {"content": "Moon."}},
    )
    assert served_.message("mars")["content"] == "First."
    assert served_.message("mars", {"role": "assistant", "content": "x"}, "mars")["content"] == "Second."
    assert served_.message("book", asked, cancelled)["content"] == "No."
    assert served_.message("book", asked, booked)["content"] == "Booked."
    other = json.loads(json.dumps([asked, booked]).replace("c1", "c2"))
    assert served_.message("moon", *other)["content"] == "Moon."


def test_the_other_matchers():
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    served_, _ = served(
        {"match": {"systemMessage": ["kind", "short"]}, "response": {"content": "system"}},
        {"match": {"toolName": "f"}, "response": {"content": "tool"}},
        {"match": {"model": "other"}, "response": {"content": "model"}},
        {"match": {"responseFormat": "json_object"}, "response": {"content": "{}"}},
        {"match": {"endpoint": "chat"}, "response": {"content": "chat"}},
    )
    assert served_.message({"role": "system", "content": "be short and kind"}, "x")["content"] == "system"
    assert served_.message("x", tools=[tool])["content"] == "tool"
    assert served_.message("x", model="other")["content"] == "model"
    assert served_.message("json please", response_format={"type": "json_object"})["content"] == "{}"
    assert served_.message("x")["content"] == "chat"


def test_blocks_overrides_and_errors():
    served_, left_out = served(
        {
            "match": {"userMessage": "NYC"},
            "response": {
                "blocks": [
                    {"type": "toolCall", "name": "get_weather", "arguments": '{"city": "NYC"}'},
                    {"type": "text", "text": "Let me look."},
                ]
            },
        },
        {
            "match": {"userMessage": "usage"},
            "response": {
                "content": "{{ not a template }}",
                "reasoning": "Hm",
                "model": "m-2",
                "systemFingerprint": "fp_1",
                "finishReason": "length",
                "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
                "role": "assistant",
            },
        },
        {"match": {}, "response": {"error": {"message": "Slow", "type": "rate_limit_error"}, "status": 429}},
    )
    assert left_out == ("fixture 2: response.role is left out",)
    message = served_.message("NYC")
    assert message["content"] == "Let me look."
    assert message["tool_calls"][0]["function"]["arguments"] == '{"city": "NYC"}'
    status, body = served_.ask({"model": "gpt-4", "messages": [{"role": "user", "content": "usage"}]})
    assert (status, body["model"], body["system_fingerprint"]) == (200, "m-2", "fp_1")
    assert body["choices"][0]["message"]["content"] == "{{ not a template }}"
    assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]) == (10, 5)
    assert body["choices"][0]["finish_reason"] == "length"
    status, body = served_.ask({"model": "gpt-4", "messages": [{"role": "user", "content": "x"}]})
    assert (status, body["error"]["message"], body["error"]["type"]) == (429, "Slow", "rate_limit_error")


def test_times_and_cuts():
    body = {"model": "gpt-4", "stream": True, "messages": [{"role": "user", "content": "x"}]}
    profile = {"ttft": 200, "tps": 20, "jitter": 0}
    served_, _ = served({"response": {"content": "a b c"}, "streamingProfile": profile, "latency": 1})
    waits = [step.us for step in served_.plan(body) if isinstance(step, Wait)]
    assert waits == [200_000, 50_000, 50_000]
    served_, _ = served({"response": {"content": "a b c"}, "latency": 100, "truncateAfterChunks": 2})
    waits = [step.us for step in served_.plan(body) if isinstance(step, Wait)]
    assert waits == [100_000] * len(waits)
    assert type(served_.plan(body)[-1]).__name__ == "Close"


def test_what_has_no_counterpart_is_told():
    _, left_out = served(
        {"match": {"predicate": "x"}, "response": {"content": "a"}, "chaos": {"dropRate": 1}},
        {"match": {"endpoint": "video"}, "response": {"video": {}}},
    )
    assert left_out == (
        "fixture 1: chaos is left out",
        "fixture 1: match.predicate is left out",
        "fixture 2: its response is of no kind that is known, so it is left out",
    )


def test_a_file_without_fixtures_is_refused():
    with pytest.raises(MockLLMError, match="under 'fixtures'"):
        from_aimock("{}")
