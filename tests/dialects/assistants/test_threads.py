"""Threads and their messages."""

import pytest
from openai.types.beta import Thread, ThreadDeleted
from openai.types.beta.threads import Message, MessageDeleted

from tests.calls import error
from tests.openapi_schema import violations
from tests.resources import Api
from tests.strict import problems


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def thread(api):
    return f"/threads/{api.post('/threads', {})['id']}"


def test_a_thread_begins_with_messages(api):
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho", "metadata": {"a": "b"}}]
    thread = api.post("/threads", {"messages": said, "metadata": {"c": "d"}})
    assert {**thread, "created_at": 0} == {
        "id": thread["id"],
        "object": "thread",
        "created_at": 0,
        "metadata": {"c": "d"},
        "tool_resources": {},
    }
    assert problems(thread, Thread) == []
    assert violations("ThreadObject", thread) == []
    messages = api.get(f"/threads/{thread['id']}/messages?order=asc")
    assert [(each["role"], each["content"][0]["text"]["value"]) for each in messages["data"]] == [
        ("user", "Hi"),
        ("assistant", "Ho"),
    ]
    assert messages["data"][1]["metadata"] == {"a": "b"}
    assert violations("ListMessagesResponse", messages) == []


def test_a_thread_can_be_changed_and_deleted_with_what_is_in_it(api, thread):
    assert api.post(thread, {"metadata": {"a": "b"}})["metadata"] == {"a": "b"}
    assert api.post(thread, {"tool_resources": None})["metadata"] == {"a": "b"}
    assert api.get(thread)["tool_resources"] == {}
    message = api.post(f"{thread}/messages", {"role": "user", "content": "Hi"})
    receipt = api.delete(thread)
    assert receipt["object"] == "thread.deleted"
    assert problems(receipt, ThreadDeleted) == []
    assert violations("DeleteThreadResponse", receipt) == []
    refused = error(api.ask("GET", f"{thread}/messages/{message['id']}"))
    assert (refused["status"], refused["message"]) == (404, f"No thread found with id '{receipt['id']}'.")
    assert api.engine.namespaces()["keeper"].store.all("thread.message") == ()


def test_a_thread_needs_no_body():
    """The description requires none and its first example sends none (`createThread`); the SDK sends `{}`."""
    api = Api()
    made = api.post("/threads")
    assert (made["object"], made["metadata"], made["tool_resources"]) == ("thread", {}, {})
    assert api.get(f"/threads/{made['id']}") == made
    assert api.post("/conversations")["object"] == "conversation"
    assert error(api.ask("POST", "/assistants"))["status"] == 400


def test_a_message_is_a_list_of_parts(api, thread):
    parts = [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "image_file", "image_file": {"file_id": "file-x"}},
    ]
    message = api.post(f"{thread}/messages", {"role": "user", "content": parts})
    assert message["content"] == [{"type": "text", "text": {"value": "Look:", "annotations": []}}, *parts[1:]]
    assert (message["role"], message["thread_id"], message["run_id"]) == ("user", thread.split("/")[2], None)
    assert problems(message, Message) == []
    assert violations("MessageObject", message) == []


def test_messages_can_be_read_changed_and_deleted(api, thread):
    message = api.post(f"{thread}/messages", {"role": "user", "content": "Hi"})
    path = f"{thread}/messages/{message['id']}"
    assert api.get(path) == message
    assert api.post(path, {"metadata": {"a": "b"}}) == {**message, "metadata": {"a": "b"}}
    assert api.post(path, {})["metadata"] == {}
    receipt = api.delete(path)
    assert receipt == {"id": message["id"], "object": "thread.message.deleted", "deleted": True}
    assert problems(receipt, MessageDeleted) == []
    assert violations("DeleteMessageResponse", receipt) == []
    assert error(api.ask("GET", path))["message"] == f"No message found with id '{message['id']}'."


def test_a_message_is_found_in_its_thread_only(api, thread):
    message = api.post(f"{thread}/messages", {"role": "user", "content": "Hi"})["id"]
    other = f"/threads/{api.post('/threads', {})['id']}"
    assert error(api.ask("GET", f"{other}/messages/{message}"))["status"] == 404


def test_messages_are_listed_in_pages_both_ways_and_by_run(api, thread):
    ids = [api.post(f"{thread}/messages", {"role": "user", "content": "same"})["id"] for _ in range(4)]
    assert len(set(ids)) == 4
    assert api.ids(f"{thread}/messages") == ids[::-1]
    assert api.ids(f"{thread}/messages?order=asc&before={ids[3]}&limit=2") == ids[1:3]
    assert api.ids(f"{thread}/messages?run_id=run_x") == []


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"content": "Hi"}, "role"),
        ({"role": "system", "content": "Hi"}, "role"),
        ({"role": "user"}, "content"),
        ({"role": "user", "content": ""}, "content"),
        ({"role": "user", "content": [{"type": "text"}]}, "content[0].text"),
        ({"role": "user", "content": [{"type": "sound"}]}, "content[0].type"),
    ],
)
def test_what_is_no_message_is_refused(api, thread, body, param):
    assert error(api.ask("POST", f"{thread}/messages", body))["param"] == param
    assert error(api.ask("POST", "/threads", {"messages": [body]}))["param"] == f"messages[0].{param}"
