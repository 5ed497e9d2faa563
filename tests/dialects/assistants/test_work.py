"""What a run asks, and what becomes of it by the answer."""

from typing import Any

import pytest

from mockllm.dialects.assistants.threads import add_message
from mockllm.dialects.assistants.work import KIND, STEP, worked
from mockllm.dialects.base import Ran, Surroundings
from mockllm.dialects.kept import values
from mockllm.seeds import Seed
from mockllm.store import Store, Stored

AT = 1_000
RUN = {
    "id": "run_1",
    "thread_id": "thread_1",
    "assistant_id": "asst_1",
    "model": "gpt-4o",
    "instructions": "",
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "response_format": "auto",
    "max_completion_tokens": None,
    "status": "queued",
}
FUNCTION = {"type": "function", "function": {"name": "f"}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


class Server:
    """Surroundings that answer with one body, and note what was asked."""

    def __init__(self):
        self.store = Store()
        self.asked: Any = None
        self.answer = Ran(200, "req", None)
        self.around = Surroundings((), AT, self.store, lambda _request: 0, Seed.of("run"), self.run)

    def run(self, path, body):
        assert path == "/chat/completions"
        self.asked = body
        return self.answer

    def say(self, content, role="user"):
        add_message(self.around, "thread_1", {"role": role, "content": content})

    def says(self, finish="stop", **message):
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        self.answer = Ran(200, "req", {"choices": [choice], "usage": USAGE})

    def work(self, *history, **members):
        run = worked(Stored(KIND, "run_1", {**RUN, **members}, history), self.around)
        assert self.store.get(KIND, "run_1") == run
        return run

    def said(self):
        return [value["content"][0]["text"]["value"] for value in values(self.store, "thread.message")]


@pytest.fixture
def server():
    return Server()


def test_all_that_was_said_is_asked_as_a_chat(server):
    server.say("Hi")
    server.say("Ho", "assistant")
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    file = {"type": "image_file", "image_file": {"file_id": "file-x"}}
    server.say([{"type": "text", "text": "Look:"}, picture, file])
    server.work({"role": "tool", "tool_call_id": "c", "content": "x"}, instructions="Be brief.")
    assert server.asked == {
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Ho"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Look:"}, picture, {"type": "text", "text": "file-x"}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "x"},
        ],
    }


def test_only_functions_are_offered_and_what_is_not_usual_is_said(server):
    server.work(tools=[{"type": "file_search"}])
    assert "tools" not in server.asked
    server.work(tools=[{"type": "file_search"}, FUNCTION], parallel_tool_calls=False)
    assert (server.asked["tools"], server.asked["parallel_tool_calls"]) == ([FUNCTION], False)
    assert "tool_choice" not in server.asked
    schema = {"type": "json_object"}
    server.work(tools=[FUNCTION], tool_choice="required", response_format=schema, max_completion_tokens=300)
    names = ("tool_choice", "response_format", "max_completion_tokens")
    assert [server.asked[name] for name in names] == ["required", schema, 300]


def test_a_text_is_a_message_and_a_step_and_the_run_is_completed(server):
    server.says(content="Hello")
    run = server.work().value
    assert (run["status"], run["completed_at"], run["usage"], run["expires_at"]) == ("completed", AT, USAGE, None)
    (message,) = values(server.store, "thread.message")
    assert (message["run_id"], message["assistant_id"], message["role"]) == ("run_1", "asst_1", "assistant")
    (step,) = values(server.store, STEP)
    assert step["step_details"] == {"type": "message_creation", "message_creation": {"message_id": message["id"]}}
    assert (step["status"], step["usage"], step["completed_at"]) == ("completed", USAGE, AT)


def test_a_refusal_is_said_like_a_text(server):
    server.says(content=None, refusal="No.")
    assert server.work().value["status"] == "completed"
    assert server.said() == ["No."]


@pytest.mark.parametrize(
    ("finish", "status", "reason", "told"),
    [
        ("length", "incomplete", "max_tokens", {"reason": "max_completion_tokens"}),
        ("content_filter", "completed", "content_filter", None),
    ],
)
def test_what_was_cut_is_incomplete(server, finish, status, reason, told):
    server.says(finish, content="Hel")
    run = server.work().value
    assert (run["status"], run.get("incomplete_details")) == (status, told)
    (message,) = values(server.store, "thread.message")
    assert (message["status"], message["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert (message["completed_at"], message["incomplete_at"]) == (None, AT)


def test_calls_of_tools_are_what_the_run_waits_for(server):
    server.says("tool_calls", content="Wait.", tool_calls=[CALL, {"id": "c", "type": "custom"}])
    run = server.work()
    assert (run.value["status"], run.value["usage"]) == ("requires_action", None)
    action = run.value["required_action"]
    assert action == {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [CALL]}}
    assert run.details == ({"role": "assistant", "content": "Wait.", "tool_calls": [CALL]},)
    assert server.said() == ["Wait."]
    step = values(server.store, STEP)[-1]
    assert (step["type"], step["status"], step["completed_at"]) == ("tool_calls", "in_progress", None)
    assert step["step_details"]["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}", "output": None}


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (Ran(429, "r", {"error": {"message": "Slow down."}}), "rate_limit_exceeded", "Slow down."),
        (Ran(400, "r", {"error": {"message": "Bad."}}), "invalid_prompt", "Bad."),
        (Ran(500, "r", {"error": "x"}), "server_error", "Sorry, something went wrong."),
        (Ran(200, "r", None), "server_error", "Sorry, something went wrong."),
        (Ran(200, "r", {"choices": []}), "server_error", "Sorry, something went wrong."),
        (Ran(200, "r", {"choices": [{"index": 0}]}), "server_error", "Sorry, something went wrong."),
        (Ran(0, "", None), "server_error", "Sorry, something went wrong."),
    ],
)
def test_an_answer_that_is_none_fails_the_run(server, answer, code, message):
    server.answer = answer
    run = server.work().value
    assert (run["status"], run["failed_at"], run["last_error"]) == ("failed", AT, {"code": code, "message": message})
    assert server.said() == []


def test_usage_that_is_not_told_is_nothing(server):
    server.says(content="Hi")
    server.answer = Ran(200, "r", {"choices": server.answer.body["choices"], "usage": None})
    assert server.work().value["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
