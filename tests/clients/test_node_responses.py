"""Unmodified Node clients on the Responses API: npm `openai`, raw and by its stream helper, and the Vercel AI SDK.

The clients live in `node/responses.mjs`. The npm client of the lock file knows fewer events than the wire has; where it
throws, the wire contract says so (§7.4, §10.3), and the raw stream must be whole.
"""

import os

import pytest

from tests.clients.node_runner import Runner, UnavailableError, install

SEARCHED = {
    "parts": [
        {"web_search": {"query": "sky", "sources": ["https://example.com"]}},
        {"text": ["Blue", " (example.com)"]},
    ],
    "annotations": [
        {"type": "url_citation", "start_index": 5, "end_index": 18, "title": "Sky", "url": "https://example.com"}
    ],
}
# Every part whose events the npm client's helper knows.
KNOWN = [
    {"reasoning": "I think."},
    {"reasoning": {"text": "I think.", "raw": True}},
    {"web_search": "news"},
    {"file_search": {"queries": ["a"], "results": [{"text": "t"}]}},
    {"code_interpreter": {"code": "print(1)", "logs": "1"}},
    {"mcp_list_tools": {"server": "s", "tools": ["roll"]}},
    {"mcp_list_tools": {"server": "s", "error": "down"}},
    {"mcp_call": {"server": "s", "name": "roll", "arguments": {"a": 1}, "output": "4"}},
    {"mcp_call": {"server": "s", "name": "roll", "error": "down", "approval": "mcpr_1"}},
    {"mcp_approval": {"server": "s", "name": "roll"}},
    {"computer": [{"type": "screenshot"}]},
    {"local_shell": ["ls", "-l"]},
    {"apply_patch": {"operation": "delete_file", "path": "a"}},
    {"tool_search": {"arguments": {"queries": ["a"]}, "tools": []}},
    {"tool_call": {"name": "get_weather", "arguments": {"city": "Paris"}}},
    {"tool_call": {"name": "run", "input": "SELECT 1"}},
    {"refusal": "I'm sorry."},
    {"text": "Done."},
    {"compaction": {}},
    {"image_generation": {"prompt": "A cat", "partials": 2}},
]
# Those whose events it throws on.
UNKNOWN = [
    {"shell": {"commands": ["ls", "pwd"], "outputs": ["a"]}},
    {"apply_patch": {"path": "a", "diff": "+b"}},
    {"compaction": {"announced": True}},
]


@pytest.fixture(scope="module")
def _process():
    try:
        install()
    except UnavailableError as error:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{error}; in CI these tests may not be skipped")
        pytest.skip(str(error))
    runner = Runner("responses.mjs")
    yield runner
    runner.close()


@pytest.fixture
def node(_process, mockllm):
    """Run a job against this test's server."""

    def run(operation, body=None, **job):
        asked = {"model": "gpt-4.1", "input": "Hi", "store": False, **(body or {})}
        return _process(operation, base_url=mockllm.base_url, body=asked, model="gpt-4.1", prompt="Hi", **job)

    return run


def without_text(response):
    """A response without what the client computes, and without the payer, whom only a plain body names."""
    if isinstance(response, list):
        return [without_text(value) for value in response]
    if not isinstance(response, dict):
        return response
    computed = {"output_text", "output_parsed", "parsed", "parsed_arguments", "billing"}
    return {name: without_text(value) for name, value in response.items() if name not in computed}


def test_the_stream_helper_ends_with_the_body_for_every_event_it_knows(node, reply):
    reply(parts=KNOWN)
    whole, seen = node("create")["response"], node("helper")
    assert "error" not in seen
    assert without_text(seen["response"]) == without_text(whole)
    assert len(whole["output"]) == len(KNOWN) + 2  # the found tools, and the message after the image
    assert seen["events"]["response.image_generation_call.partial_image"] == 2
    assert seen["events"]["response.mcp_call.failed"] == 1
    assert whole["output_text"] == "Done."


@pytest.mark.parametrize("part", [*KNOWN, *UNKNOWN], ids=lambda part: next(iter(part)))
def test_the_raw_stream_ends_with_the_body(node, reply, part):
    reply(parts=[part])
    whole, events = node("create")["response"], node("stream")["events"]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["response"] == without_text(whole)
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert done == whole["output"]


@pytest.mark.parametrize("part", UNKNOWN, ids=lambda part: next(iter(part)))
def test_the_helper_throws_on_events_it_does_not_know(node, reply, part):
    reply(parts=[part])
    error = node("helper")["error"]
    assert error["message"].startswith("Unhandled response stream event")


def failing(shape):
    return {
        "text": ["It", " was"],
        "faults": [{"error_event": {"at": {"token": 1}, "error": "insufficient_quota", "shape": shape}}],
    }


def test_a_failure_in_the_stream_is_raised_unless_it_is_flat(node, reply):
    reply(**failing("flat"))
    events = node("stream")["events"]
    assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
    assert "error" in node("helper")
    reply(**failing("nested"))
    seen = node("stream")
    assert seen["error"]["class"] == "APIError"
    assert [event["delta"] for event in seen["events"] if event["type"].endswith("text.delta")] == ["It"]
    whole = node("create")["response"]
    assert (whole["status"], whole["error"]["code"]) == ("failed", "insufficient_quota")


def test_a_response_of_the_background_is_resumed_polled_and_deleted(node, reply):
    reply(text=["One", " two", " three"])
    seen = node("background", {"store": True}, after=4)
    assert [event["type"] for event in seen["all"][:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    assert seen["rest"] == seen["all"][5:]
    assert seen["response"]["output_text"] == "One two three"
    assert [item["content"][0]["text"] for item in seen["items"]] == ["Hi"]
    assert seen["error"]["class"] == "NotFoundError"


def test_a_conversation_gets_what_is_said_in_it(node, reply):
    reply(text="Of course.")
    seen = node("conversation")
    assert [item["content"][0]["text"] for item in seen["items"]] == ["Remember me.", "Hi", "Of course."]
    assert seen["deleted"]["deleted"] is True


# Vercel AI SDK, by its own provider.


def test_sdk_text_reasoning_and_usage(node, reply):
    reply(reasoning="I think.", text=["It", " is", " sunny"], usage={"input": 128, "output": 7})
    body, stream = node("sdkGenerate"), node("sdkStream")
    assert body["text"] == stream["text"] == "It is sunny"
    assert body["reasoning"] == stream["reasoning"] == "I think."
    assert body["finish"] == stream["finish"] == "stop"
    for usage in (body["usage"], stream["usage"]):
        assert (usage["inputTokens"], usage["outputTokens"]) == (128, 7)
    assert stream["errors"] == []


def test_sdk_a_search_is_a_call_of_the_service_and_its_citation_a_source(node, reply):
    reply(**SEARCHED)
    body, stream = node("sdkGenerate"), node("sdkStream")
    assert body["text"] == stream["text"] == "Blue (example.com)"
    assert body["sources"] == stream["sources"] == ["https://example.com"]
    assert [call["hosted"] for call in body["calls"]] == [call["hosted"] for call in stream["calls"]] == [True]


def test_sdk_a_call_of_the_clients_own_tool(node, reply):
    reply(tool_calls=[{"name": "get_weather", "arguments": {"city": "Paris"}}])
    for seen in (node("sdkGenerate", tools=True), node("sdkStream", tools=True)):
        assert (seen["calls"], seen["finish"]) == (
            [{"name": "get_weather", "input": {"city": "Paris"}, "hosted": False}],
            "tool-calls",
        )


@pytest.mark.parametrize("part", [*KNOWN, *UNKNOWN], ids=lambda part: next(iter(part)))
def test_sdk_every_item_is_taken_without_an_error(node, reply, part):
    reply(parts=[part, {"text": "Done."}])
    seen = node("sdkStream")
    assert seen["errors"] == []
    assert seen["text"].endswith("Done.")


@pytest.mark.parametrize("shape", ["nested", "flat"])
def test_sdk_a_failure_in_the_stream_is_an_error(node, reply, shape):
    reply(**failing(shape))
    seen = node("sdkStream")
    assert (seen["text"], seen["finish"]) == ("It", "error")
    assert len(seen["errors"]) >= 1
