"""The stream of a run."""

import json

import pytest
from openai.types.beta import Thread
from openai.types.beta.threads import Message, MessageDeltaEvent, Run
from openai.types.beta.threads.runs import RunStep, RunStepDeltaEvent

from tests.calls import sent
from tests.openapi_schema import violations
from tests.resources import Api
from tests.sse_decoder import decode
from tests.strict import problems

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SCRIPT = """
name: keeper
rules:
  - when: {user: tool, turn: 0}
    replies: [{tool_calls: [{id: call_a, name: f, arguments: {}}]}]
  - when: {user: long}
    replies: [{text: Cut here, finish_reason: length}]
  - replies: [{text: [" We", "ll,  ", "all is", "\\nsaid. "]}]
    then: loop
"""
MODELS = {
    "thread": (Thread, "ThreadObject"),
    "thread.run": (Run, "RunObject"),
    "thread.run.step": (RunStep, "RunStepObject"),
    "thread.run.step.delta": (RunStepDeltaEvent, "RunStepDeltaObject"),
    "thread.message": (Message, "MessageObject"),
    "thread.message.delta": (MessageDeltaEvent, "MessageDeltaObject"),
}
BEGIN = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
STEP = ["thread.run.step.created", "thread.run.step.in_progress"]


@pytest.fixture
def api():
    return Api(SCRIPT)


@pytest.fixture
def assistant(api):
    return api.post("/assistants", {"model": "gpt-4o", "tools": [TOOL]})["id"]


def streamed(api, path, **body):
    """The names of the events and their values, each of which is what the API says it is."""
    found = decode(sent(api.ask("POST", path, {**body, "stream": True}))).events
    assert (found[-1].event, found[-1].data) == ("done", "[DONE]")
    events = [(event.event, json.loads(event.data)) for event in found[:-1]]
    for _, value in events:
        model, schema = MODELS[value["object"]]
        assert problems(value, model) == []
        assert violations(schema, value) == []
    return events


def names(events):
    return [name for name, _ in events if name != "thread.message.delta"]


def test_a_text_comes_in_its_tokens_between_the_beginning_and_the_end_of_its_message(api, assistant):
    thread = {"messages": [{"role": "user", "content": "Hi"}]}
    events = streamed(api, "/threads/runs", assistant_id=assistant, thread=thread)
    assert names(events) == [
        "thread.created",
        *BEGIN,
        *STEP,
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
    ]
    deltas = [value["delta"]["content"][0]["text"]["value"] for name, value in events if "message.delta" in name]
    assert deltas == [" We", "ll,  ", "all is", "\nsaid. "], "the tokens of the author"
    by_name = dict(events)
    assert by_name["thread.message.created"]["content"] == []
    assert by_name["thread.message.completed"]["content"][0]["text"]["value"] == "".join(deltas)
    assert by_name["thread.run.in_progress"]["status"] == "in_progress"
    run = by_name["thread.run.completed"]
    assert api.get(f"/threads/{run['thread_id']}/runs/{run['id']}") == run


def test_a_run_stops_for_its_tools_and_goes_on_without_what_was_told(api, assistant):
    thread = f"/threads/{api.post('/threads', {'messages': [{'role': 'user', 'content': 'tool'}]})['id']}"
    events = streamed(api, f"{thread}/runs", assistant_id=assistant)
    assert names(events) == [*BEGIN, *STEP, "thread.run.step.delta", "thread.run.requires_action"]
    by_name = dict(events)
    assert by_name["thread.run.step.created"]["step_details"]["tool_calls"] == []
    (call,) = by_name["thread.run.step.delta"]["delta"]["step_details"]["tool_calls"]
    assert (call["index"], call["id"]) == (0, "call_a")
    path = f"{thread}/runs/{by_name['thread.run.requires_action']['id']}/submit_tool_outputs"
    outputs = [{"tool_call_id": "call_a", "output": "x"}]
    assert names(streamed(api, path, tool_outputs=outputs)) == [
        *BEGIN[1:],
        *STEP,
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
    ]


def test_a_text_that_was_cut_is_incomplete_in_the_stream_too(api, assistant):
    thread = f"/threads/{api.post('/threads', {'messages': [{'role': 'user', 'content': 'long'}]})['id']}"
    told = names(streamed(api, f"{thread}/runs", assistant_id=assistant))
    assert told[-3:] == ["thread.message.incomplete", "thread.run.step.completed", "thread.run.incomplete"]
