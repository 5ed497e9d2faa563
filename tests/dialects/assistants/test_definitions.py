"""Assistants themselves."""

import pytest
from openai.types.beta import Assistant, AssistantDeleted

from tests.calls import error
from tests.openapi_schema import violations
from tests.resources import Api
from tests.strict import problems

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
def api():
    return Api()


def test_an_assistant_is_what_was_said_and_the_usual(api):
    assistant = api.post("/assistants", {"model": "gpt-4o", "name": "Ann", "tools": [TOOL, {"type": "file_search"}]})
    assert {**assistant, "id": "", "created_at": 0} == {
        "id": "",
        "object": "assistant",
        "created_at": 0,
        "name": "Ann",
        "description": None,
        "model": "gpt-4o",
        "instructions": None,
        "tools": [TOOL, {"type": "file_search"}],
        "metadata": {},
        "top_p": 1.0,
        "temperature": 1.0,
        "response_format": "auto",
        "tool_resources": {},
    }
    assert assistant["id"].startswith("asst_")
    assert problems(assistant, Assistant) == []
    assert violations("AssistantObject", assistant) == []
    assert api.get(f"/assistants/{assistant['id']}") == assistant


def test_assistants_are_listed_newest_first_in_pages_both_ways(api):
    ids = [api.post("/assistants", {"model": "m"})["id"] for _ in range(3)]
    assert api.ids("/assistants") == ids[::-1]
    assert api.ids(f"/assistants?before={ids[0]}&limit=1") == [ids[1]]
    assert violations("ListAssistantsResponse", api.get("/assistants")) == []


def test_an_assistant_can_be_changed_and_what_is_null_is_the_usual_again(api):
    assistant = api.post("/assistants", {"model": "m", "temperature": 0.5})
    path = f"/assistants/{assistant['id']}"
    assert api.post(path, {"name": "Ann", "model": "n"}) == {**assistant, "name": "Ann", "model": "n"}
    assert api.post(path, {"temperature": None})["temperature"] == 1.0


def test_a_deleted_assistant_is_gone(api):
    key = api.post("/assistants", {"model": "m"})["id"]
    receipt = api.delete(f"/assistants/{key}")
    assert receipt == {"id": key, "object": "assistant.deleted", "deleted": True}
    assert problems(receipt, AssistantDeleted) == []
    assert violations("DeleteAssistantResponse", receipt) == []
    refused = error(api.ask("GET", f"/assistants/{key}"))
    assert (refused["status"], refused["message"]) == (404, f"No assistant found with id '{key}'.")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "model"),
        ({"model": ""}, "model"),
        ({"model": "m", "tools": [{"type": "x"}]}, "tools[0].type"),
        ({"model": "m", "tools": [{"type": "function"}]}, "tools[0].function"),
        ({"model": "m", "temperature": 3}, "temperature"),
        ({"model": "m", "metadata": {"a": 1}}, "metadata.a"),
        ({"model": "m", "response_format": 1}, "response_format"),
    ],
)
def test_what_is_refused(api, body, param):
    refused = error(api.ask("POST", "/assistants", body))
    assert (refused["status"], refused["param"]) == (400, param)
