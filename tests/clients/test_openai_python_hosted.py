"""The official Python client, unmodified, on what the Responses API has beside text and calls: hosted items, responses
of the background, conversations, compaction.
"""

import json
from collections import Counter
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from openai import APIError, AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from openai.types.responses import ResponseStreamEvent

from tests.specimens import HOSTED, SAID, answers, requests, written

PARTS = [
    {"reasoning": "I think."},
    {"reasoning": {"text": "I think.", "raw": True}},
    {"web_search": {"query": "news"}},
    {"file_search": {"queries": ["a"], "results": [{"text": "t"}]}},
    {"code_interpreter": {"code": "print(1)", "logs": "1"}},
    {"mcp_list_tools": {"server": "s", "tools": ["roll"]}},
    {"mcp_list_tools": {"server": "s", "error": "down"}},
    {"mcp_call": {"server": "s", "name": "roll", "arguments": {"a": 1}, "output": "4"}},
    {"mcp_call": {"server": "s", "name": "roll", "error": "down", "approval": "mcpr_1"}},
    {"mcp_approval": {"server": "s", "name": "roll"}},
    {"computer": [{"type": "screenshot"}]},
    {"shell": {"commands": ["ls", "pwd"], "outputs": ["a"]}},
    {"local_shell": ["ls", "-l"]},
    {"apply_patch": {"path": "a", "diff": "+b"}},
    {"tool_search": {"arguments": {"queries": ["a"]}, "tools": []}},
    {"tool_call": {"name": "get_weather", "arguments": {"city": "Paris"}}},
    {"tool_call": {"name": "run", "input": "SELECT 1"}},
    {"refusal": "I'm sorry."},
    {"audio": "Good morning."},
    {"compaction": {"announced": True}},
    {"image_generation": {"prompt": "A cat", "partials": 2}},
]
TYPES = {
    kind
    for event in get_args(get_args(ResponseStreamEvent)[0])
    for kind in get_args(event.model_fields["type"].annotation)
}
ELSEWHERE = {"error", "response.failed", "response.incomplete", "response.queued"}
"""The SDK's types that are no part of an answer that is whole; each is in a test of its own."""
UNTYPED = {"response.apply_patch_call_operation_diff.delta", "response.apply_patch_call_operation_diff.done"}
"""What is on the wire and not among the SDK's types (wire-contract §7.4)."""

BODY = {"model": "gpt-4.1", "input": "Hi"}


@pytest.fixture
def responses(ask):
    return ask.client.responses


async def helped(ask, **body):
    """The events of the stream helper, and the response that it ends with."""
    manager = ask.client.responses.stream(**{**BODY, **body})
    if isinstance(ask.client, AsyncOpenAI):
        async with manager as stream:
            return await ask.items(stream), await stream.get_final_response()
    with manager as stream:
        return await ask.items(stream), stream.get_final_response()


def plain(response):
    """A response without what the helper adds, and without the payer, whom only a plain body names."""
    told = json.loads(response.to_json())
    told.pop("billing", None)
    for item in told["output"]:
        item.pop("parsed_arguments", None)
        for part in item.get("content") or ():
            part.pop("parsed", None)
    return told


async def test_the_stream_helper_takes_every_event_and_ends_with_the_body(ask, responses, reply):
    cited = {"type": "url_citation", "start_index": 0, "end_index": 4, "title": "T", "url": "https://example.com"}
    # A message without words follows the image, and annotations are on the last text: so another comes after it.
    reply(parts=[*PARTS, {"text": ["Done", "."]}], annotations=[cited])
    whole = await ask.done(responses.create(**BODY, store=False))
    events, final = await helped(ask, store=False)
    assert plain(final) == plain(whole)
    seen = Counter(event.type for event in events)
    assert TYPES - seen.keys() == ELSEWHERE
    assert seen.keys() - TYPES == UNTYPED
    assert seen["response.shell_call_command.done"] == 2
    assert seen["response.apply_patch_call_operation_diff.done"] == 1
    assert seen["response.image_generation_call.partial_image"] == 2
    assert whole.output_text == "Good morning.Done."


@pytest.mark.parametrize("specimen", [*SAID, *HOSTED], ids=lambda specimen: next(iter(specimen)))
async def test_every_part_comes_out_of_the_stream_helper_as_out_of_the_body(ask, responses, reply, specimen):
    reply(parts=[written(specimen, lambda: "A few words.")])
    whole = await ask.done(responses.create(**BODY, store=False))
    _, final = await helped(ask, store=False)
    assert plain(final) == plain(whole)


@settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(answer=answers(), asked=requests())
def test_every_answer_comes_out_of_the_stream_helper_as_out_of_the_body(mockllm, reply, answer, asked):
    """One that is cut short has no final response, but the event that ends it has."""
    reply(**answer)
    with OpenAI(base_url=mockllm.base_url, api_key="any", max_retries=0) as client:
        whole = client.responses.create(**BODY, **asked)
        with client.responses.stream(**BODY, **asked) as stream:
            events = list(stream)
            assert plain(events[-1].response) == plain(whole)
            if whole.status == "completed":
                assert plain(stream.get_final_response()) == plain(whole)
            else:
                assert events[-1].type == "response.incomplete"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert {event.type for event in events} <= TYPES | UNTYPED


async def test_the_stream_helper_takes_a_response_of_the_background(ask, reply):
    reply(text="Hello")
    events, final = await helped(ask, background=True)
    assert [event.type for event in events[:2]] == ["response.created", "response.queued"]
    assert final.output_text == "Hello"


async def test_a_failure_is_raised_from_a_stream_and_told_in_a_body(ask, responses, reply):
    reply(text=["It", " was"], faults=[{"error_event": {"at": {"token": 1}, "error": "server_error"}}])
    seen = []
    with pytest.raises(APIError) as caught:
        await ask.items(await ask.done(responses.create(**BODY, stream=True)), seen)
    assert caught.value.type == "server_error"
    assert [event.delta for event in seen if event.type == "response.output_text.delta"] == ["It"]
    whole = await ask.done(responses.create(**BODY))
    assert (whole.status, whole.error.code, whole.output) == ("failed", "server_error", [])
    assert (await ask.done(responses.retrieve(whole.id))).status == "failed"


async def test_a_flat_error_is_an_event_of_its_own(ask, responses, reply):
    fault = {"error_event": {"at": {"token": 1}, "error": "server_error", "shape": "flat"}}
    reply(text=["It", " was"], faults=[fault])
    events = await ask.items(await ask.done(responses.create(**BODY, stream=True)))
    assert [event.type for event in events[-2:]] == ["error", "response.failed"]
    assert events[-1].response.error.code == "server_error"


async def test_a_response_of_the_background_is_polled_and_resumed(ask, responses, reply):
    reply(text=["One", " two", " three"])
    queued = await ask.done(responses.create(**BODY, background=True))
    assert (queued.status, queued.output) == ("queued", [])
    done = await ask.done(responses.retrieve(queued.id))
    assert (done.status, done.output_text) == ("completed", "One two three")
    events = await ask.items(await ask.done(responses.create(**BODY, background=True, stream=True)))
    again = responses.retrieve(events[0].response.id, stream=True, starting_after=4)
    assert [event.to_dict() for event in await ask.items(await ask.done(again))] == [
        event.to_dict() for event in events[5:]
    ]


async def test_a_response_of_the_background_can_be_cancelled_and_another_cannot(ask, responses, reply):
    reply(text="Never said.", pace={"ttft": "1h"})
    queued = await ask.done(responses.create(**BODY, background=True))
    assert (await ask.done(responses.retrieve(queued.id))).status == "in_progress"
    for _ in range(2):
        assert (await ask.done(responses.cancel(queued.id))).status == "cancelled"
    assert (await ask.done(responses.retrieve(queued.id))).status == "cancelled"
    reply(text="Said.")
    said = await ask.done(responses.create(**BODY))
    with pytest.raises(BadRequestError):
        await ask.done(responses.cancel(said.id))


async def test_a_conversation_is_continued(ask, responses, mockllm):
    mockllm.load({"rules": [{"replies": [{"text": "turn {{ request.turn }}"}]}]})
    conversations = ask.client.conversations
    made = await ask.done(conversations.create(metadata={"topic": "x"}))
    for turn in range(2):
        answer = await ask.done(responses.create(**BODY, conversation=made.id))
        assert (answer.output_text, answer.conversation.id) == (f"turn {turn}", made.id)
    items = await ask.items(conversations.items.list(made.id, limit=2, order="asc"))
    assert [item.role for item in items] == ["user", "assistant"] * 2
    assert (await ask.done(conversations.items.retrieve(items[0].id, conversation_id=made.id))).id == items[0].id
    await ask.done(conversations.items.delete(items[0].id, conversation_id=made.id))
    assert len(await ask.items(conversations.items.list(made.id))) == 3
    assert (await ask.done(conversations.update(made.id, metadata={}))).metadata == {}
    assert (await ask.done(conversations.delete(made.id))).deleted
    with pytest.raises(NotFoundError):
        await ask.done(conversations.retrieve(made.id))


async def test_a_past_is_compacted(ask, responses, reply):
    reply(text="Hello")
    first = await ask.done(responses.create(**BODY))
    short = await ask.done(responses.compact(model="gpt-4.1", previous_response_id=first.id))
    assert [item.type for item in short.output] == ["message", "compaction"]
    assert short.usage.total_tokens > 0
    followed = [item.to_dict(warnings=False) for item in short.output]
    assert (await ask.done(responses.create(model="gpt-4.1", input=followed))).output_text == "Hello"
