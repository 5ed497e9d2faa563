"""The endpoints of runs."""

import pytest
from openai.types.beta.threads import Run
from openai.types.beta.threads.runs import RunStep

from tests.calls import error
from tests.openapi_schema import violations
from tests.resources import Api
from tests.strict import problems

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SCRIPT = """
name: keeper
rules:
  - when: {user: tool, turn: 0}
    replies: [{tool_calls: [{id: call_a, name: f, arguments: {}}, {id: call_b, name: f, arguments: {}}]}]
  - when: {user: broken}
    replies: [{error: {code: rate_limit_exceeded}}]
  - replies: [{text: [Hel, lo]}]
    then: loop
"""


@pytest.fixture
def api():
    return Api(SCRIPT)


@pytest.fixture
def assistant(api):
    return api.post("/assistants", {"model": "gpt-4o", "instructions": "Be brief.", "tools": [TOOL]})["id"]


def thread_of(api, *said):
    return f"/threads/{api.post('/threads', {'messages': [{'role': 'user', 'content': text} for text in said]})['id']}"


def check(run):
    assert problems(run, Run) == []
    assert violations("RunObject", run) == []


def said(api, thread):
    return [each["content"][0]["text"]["value"] for each in api.get(f"{thread}/messages?order=asc")["data"]]


def test_a_run_is_queued_and_over_when_it_is_looked_at(api, assistant):
    thread = thread_of(api, "Hi")
    run = api.post(f"{thread}/runs", {"assistant_id": assistant, "additional_instructions": "In French."})
    assert (run["status"], run["instructions"]) == ("queued", "Be brief.\nIn French.")
    assert (run["model"], run["tools"], run["expires_at"] - run["created_at"]) == ("gpt-4o", [TOOL], 600)
    check(run)
    assert said(api, thread) == ["Hi"]
    done = api.get(f"{thread}/runs/{run['id']}")
    assert (done["status"], done["usage"]["completion_tokens"]) == ("completed", 2)
    check(done)
    assert said(api, thread) == ["Hi", "Hello"]
    assert api.get(f"{thread}/runs/{run['id']}") == done
    assert api.ids(f"{thread}/messages?run_id={run['id']}") == api.ids(f"{thread}/messages")[:1]


def test_a_run_can_say_more_than_its_assistant(api, assistant):
    thread = thread_of(api)
    more = [{"role": "user", "content": "Hi"}]
    body = {"assistant_id": assistant, "model": "m", "additional_messages": more, "metadata": {"a": "b"}, "tools": []}
    run = api.post(f"{thread}/runs", body)
    assert (run["model"], run["metadata"], run["tools"]) == ("m", {"a": "b"}, [])
    assert said(api, thread) == ["Hi"]


def test_a_thread_and_a_run_can_be_made_at_once(api, assistant):
    thread = {"messages": [{"role": "user", "content": "Hi"}]}
    run = api.post("/threads/runs", {"assistant_id": assistant, "thread": thread})
    check(run)
    assert api.get(f"/threads/{run['thread_id']}/runs/{run['id']}")["status"] == "completed"
    assert api.post("/threads/runs", {"assistant_id": assistant})["status"] == "queued"


def test_a_run_waits_for_what_its_tools_give(api, assistant):
    other = thread_of(api, "Hi")
    api.get(f"{other}/runs/{api.post(f'{other}/runs', {'assistant_id': assistant})['id']}")
    thread = thread_of(api, "tool")
    path = f"{thread}/runs/{api.post(f'{thread}/runs', {'assistant_id': assistant})['id']}"
    run = api.get(path)
    check(run)
    assert run["status"] == "requires_action"
    outputs = [{"tool_call_id": key, "output": key.upper()} for key in ("call_b", "call_a")]
    queued = api.post(f"{path}/submit_tool_outputs", {"tool_outputs": outputs})
    assert (queued["status"], queued["required_action"]) == ("queued", None)
    check(queued)
    assert api.get(path)["status"] == "completed"
    steps = api.get(f"{path}/steps?order=asc")
    assert violations("ListRunStepsResponse", steps) == []
    tools, message = steps["data"]
    assert [(call["id"], call["function"]["output"]) for call in tools["step_details"]["tool_calls"]] == [
        ("call_a", "CALL_A"),
        ("call_b", "CALL_B"),
    ]
    assert (tools["status"], message["type"]) == ("completed", "message_creation")
    for step in steps["data"]:
        assert problems(step, RunStep) == []
        assert api.get(f"{path}/steps/{step['id']}") == step


def test_only_what_a_run_waits_for_can_be_given(api, assistant):
    thread = thread_of(api, "tool")
    path = f"{thread}/runs/{api.post(f'{thread}/runs', {'assistant_id': assistant})['id']}"
    body = {"tool_outputs": [{"tool_call_id": "call_a", "output": "x"}]}
    early = error(api.ask("POST", f"{path}/submit_tool_outputs", body))
    assert early["message"] == 'Runs in status "queued" do not accept tool outputs.'
    api.get(path)
    few = error(api.ask("POST", f"{path}/submit_tool_outputs", body))
    assert (few["status"], few["message"]) == (
        400,
        "Expected tool outputs for call_ids ['call_a', 'call_b'], got ['call_a']",
    )
    assert error(api.ask("POST", f"{path}/submit_tool_outputs", {}))["param"] == "tool_outputs"


def test_while_a_run_is_at_work_its_thread_is_closed(api, assistant):
    thread = thread_of(api, "tool")
    key = thread.split("/")[2]
    run = api.post(f"{thread}/runs", {"assistant_id": assistant})["id"]
    refused = error(api.ask("POST", f"{thread}/messages", {"role": "user", "content": "Hi"}))
    assert (refused["status"], refused["message"]) == (
        400,
        f"Can't add messages to {key} while a run {run} is active.",
    )
    refused = error(api.ask("POST", f"{thread}/runs", {"assistant_id": assistant}))
    assert refused["message"] == f"Thread {key} already has an active run {run}."


def test_a_run_can_be_cancelled_until_it_is_over(api, assistant):
    thread = thread_of(api, "Hi")
    path = f"{thread}/runs/{api.post(f'{thread}/runs', {'assistant_id': assistant})['id']}"
    assert api.post(f"{path}/cancel")["status"] == "cancelling"
    run = api.get(path)
    check(run)
    assert (run["status"], run["cancelled_at"]) == ("cancelled", run["created_at"])
    assert said(api, thread) == ["Hi"]
    assert error(api.ask("POST", f"{path}/cancel"))["message"] == "Cannot cancel run with status 'cancelled'."
    api.post(f"{thread}/messages", {"role": "user", "content": "Ho"})


def test_an_answer_that_is_refused_fails_the_run(api, assistant):
    thread = thread_of(api, "broken")
    run = api.get(f"{thread}/runs/{api.post(f'{thread}/runs', {'assistant_id': assistant})['id']}")
    assert (run["status"], run["last_error"]["code"]) == ("failed", "rate_limit_exceeded")
    check(run)


def test_runs_are_listed_and_changed(api, assistant):
    thread = thread_of(api, "Hi")
    ids = []
    for _ in range(2):
        ids.append(api.post(f"{thread}/runs", {"assistant_id": assistant})["id"])
        api.get(f"{thread}/runs/{ids[-1]}")
    page = api.get(f"{thread}/runs")
    assert [each["id"] for each in page["data"]] == ids[::-1]
    assert violations("ListRunsResponse", page) == []
    assert api.post(f"{thread}/runs/{ids[0]}", {"metadata": {"a": "b"}})["metadata"] == {"a": "b"}


def test_what_is_not_there_is_not_found(api, assistant):
    thread, other = thread_of(api, "Hi"), thread_of(api)
    run = api.post(f"{thread}/runs", {"assistant_id": assistant})["id"]
    assert error(api.ask("GET", f"{other}/runs/{run}"))["message"] == f"No run found with id '{run}'."
    assert (
        error(api.ask("GET", f"{thread}/runs/{run}/steps/step_x"))["message"] == "No run step found with id 'step_x'."
    )
    refused = error(api.ask("POST", f"{thread}/runs", {"assistant_id": "asst_x"}))
    assert (refused["status"], refused["message"]) == (404, "No assistant found with id 'asst_x'.")
    assert error(api.ask("POST", f"{thread}/runs", {}))["param"] == "assistant_id"
    assert error(api.ask("POST", "/threads/thread_x/runs", {"assistant_id": assistant}))["status"] == 404
