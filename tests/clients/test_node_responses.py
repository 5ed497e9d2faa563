"""Unmodified Node clients on the Responses API: npm `openai`, raw and by its stream helper, and the Vercel AI SDK.

The clients live in `node/responses.mjs`. The npm client is there in two versions, and both know fewer events than the
wire has; where its helper throws, the wire contract says so (§7.4, §10.3), and the raw stream must be whole.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clients.node_runner import running
from tests.specimens import HOSTED, SAID, answers, requests, written

SEARCHED = {
    "parts": [
        {"web_search": {"query": "sky", "sources": ["https://example.com"]}},
        {"text": ["Blue", " (example.com)"]},
    ],
    "annotations": [
        {"type": "url_citation", "start_index": 5, "end_index": 18, "title": "Sky", "url": "https://example.com"}
    ],
}
PARTS = [written(specimen, lambda: "A few words.") for specimen in (*SAID, *HOSTED)]
CLIENTS = ("openai", "openai-7")
# The kinds of parts whose events the helper of each version does not know.
UNKNOWN = {"openai": ("shell", "compaction", "apply_patch"), "openai-7": ("apply_patch",)}


def is_known(part, client):
    """Whether the client's helper knows the events of the part. A deletion by `apply_patch` has none."""
    [(kind, fields)] = part.items()
    return kind not in UNKNOWN[client] or (kind == "apply_patch" and "diff" not in fields)


def named(part):
    return next(iter(part))


@pytest.fixture(scope="module")
def _process():
    yield from running("responses.mjs")


@pytest.fixture
def node(_process, mockllm):
    """Run a job against this test's server."""

    def run(operation, body=None, **job):
        asked = {"model": "gpt-4.1", "input": "Hi", "store": False, **(body or {})}
        usual = {"client": "openai", "model": "gpt-4.1", "prompt": "Hi"}
        return _process(operation, base_url=mockllm.base_url, body=asked, **{**usual, **job})

    return run


def without_text(response):
    """A response without what the client computes, and without the payer, whom only a plain body names."""
    if isinstance(response, list):
        return [without_text(value) for value in response]
    if not isinstance(response, dict):
        return response
    computed = {"output_text", "output_parsed", "parsed", "parsed_arguments", "billing"}
    return {name: without_text(value) for name, value in response.items() if name not in computed}


@pytest.fixture(params=CLIENTS)
def npm(request, node):
    """Run a job with each version of the npm client."""

    def run(operation, body=None, **job):
        return node(operation, body, client=request.param, **job)

    run.client = request.param
    return run


def test_the_stream_helper_ends_with_the_body_for_every_event_it_knows(npm, reply):
    parts = [part for part in PARTS if is_known(part, npm.client)]
    reply(parts=[*parts, {"text": "Done."}])
    whole, seen = npm("create")["response"], npm("helper")
    assert "error" not in seen
    assert without_text(seen["response"]) == without_text(whole)
    assert seen["events"]["response.image_generation_call.partial_image"] == 2
    assert seen["events"]["response.mcp_call.failed"] == 1
    assert seen["events"]["response.audio.delta"] == 2
    assert whole["output_text"].endswith("Done.")


@pytest.mark.parametrize("part", PARTS, ids=named)
def test_the_raw_stream_ends_with_the_body(npm, reply, part):
    reply(parts=[part])
    whole, events = npm("create")["response"], npm("stream")["events"]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["response"] == without_text(whole)
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert done == whole["output"]


@pytest.mark.parametrize("part", PARTS, ids=named)
def test_the_helper_takes_every_part_but_those_with_events_that_it_does_not_know(npm, reply, part):
    reply(parts=[part])
    whole, seen = npm("create")["response"], npm("helper")
    if is_known(part, npm.client):
        assert without_text(seen["response"]) == without_text(whole)
    else:
        assert seen["error"]["message"].startswith("Unhandled response stream event")


@settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_every_answer_comes_out_of_the_helper_as_out_of_the_body(npm, reply, data):
    """Whole or cut short: this helper ends with either."""
    unknown = tuple(specimen for specimen in HOSTED if not is_known(specimen, npm.client))
    reply(**data.draw(answers(without=unknown)))
    asked = data.draw(requests())
    whole, seen = npm("create", asked)["response"], npm("helper", asked)
    assert "error" not in seen
    assert without_text(seen["response"]) == without_text(whole)


def failing(shape):
    return {
        "text": ["It", " was"],
        "faults": [{"error_event": {"at": {"token": 1}, "error": "insufficient_quota", "shape": shape}}],
    }


def test_a_failure_in_the_stream_is_raised(npm, reply):
    reply(**failing("nested"))
    seen = npm("stream")
    assert (seen["error"]["class"], seen["error"]["code"]) == ("APIError", "insufficient_quota")
    assert [event["delta"] for event in seen["events"] if event["type"].endswith("text.delta")] == ["It"]
    whole = npm("create")["response"]
    assert (whole["status"], whole["error"]["code"]) == ("failed", "insufficient_quota")


def test_a_flat_failure_is_an_event_for_the_older_client_and_raised_by_the_newer(npm, reply):
    reply(**failing("flat"))
    seen = npm("stream")
    if npm.client == "openai":
        assert [event["type"] for event in seen["events"][-2:]] == ["error", "response.failed"]
    else:
        assert (seen["error"]["class"], seen["error"]["code"]) == ("APIError", "insufficient_quota")
    assert "error" in npm("helper")


def test_a_response_of_the_background_is_resumed_polled_and_deleted(npm, reply):
    reply(text=["One", " two", " three"])
    seen = npm("background", {"store": True}, after=4)
    assert [event["type"] for event in seen["all"][:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    assert seen["rest"] == seen["all"][5:]
    assert seen["response"]["output_text"] == "One two three"
    assert [item["content"][0]["text"] for item in seen["items"]] == ["Hi"]
    assert seen["error"]["class"] == "NotFoundError"


def test_a_conversation_gets_what_is_said_in_it(npm, reply):
    reply(text="Of course.")
    seen = npm("conversation")
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


@pytest.mark.parametrize("part", PARTS, ids=named)
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
