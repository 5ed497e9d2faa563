"""The endpoints of batches, and that a batch really asks."""

import json

import pytest
from openai.types import Batch

from tests.calls import error
from tests.openapi_schema import violations
from tests.resources import Api
from tests.strict import problems

CHAT = "/v1/chat/completions"
NULL = dict.fromkeys(("errors", "output_file_id", "error_file_id"), "§6, null until it is known") | {
    f"{state}_at": "§6, null until then"
    for state in ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")
}
SCRIPT = """
rules:
  - when: {user: first}
    replies: [{text: One}, {text: Two}]
  - when: {user: flaky}
    replies:
      - text: Never whole
        faults: [{reset: {at: start}}]
  - replies: [{text: Other}]
limits: [{requests: 1/min}]
"""


def chat(custom_id, said):
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": said}]}
    return {"custom_id": custom_id, "method": "POST", "url": CHAT, "body": body}


def begun(api, *lines, **fields):
    file = api.upload("\n".join(map(json.dumps, lines)).encode(), "in.jsonl", "batch")
    return api.post("/batches", {"input_file_id": file["id"], "endpoint": CHAT, "completion_window": "24h", **fields})


def ended(api, batch):
    for _ in range(3):
        batch = api.get(f"/batches/{batch['id']}")
        assert problems(batch, Batch) == []
        assert violations("Batch", batch, NULL) == []
    return batch


def said(api, batch):
    lines = [json.loads(line) for line in api.content(batch["output_file_id"]).splitlines()]
    return {line["custom_id"]: line["response"]["body"]["choices"][0]["message"]["content"] for line in lines}


def test_a_new_batch_is_to_be_validated():
    batch = begun(Api(), chat("a", "Hi"), metadata={"a": "b"})
    assert batch["id"].startswith("batch_")
    assert (batch["status"], batch["endpoint"], batch["completion_window"]) == ("validating", CHAT, "24h")
    assert (batch["metadata"], batch["expires_at"] - batch["created_at"]) == ({"a": "b"}, 24 * 3600)
    assert batch["request_counts"] == {"total": 0, "completed": 0, "failed": 0}
    assert problems(batch, Batch) == []
    assert violations("Batch", batch, NULL) == []


def test_lines_take_the_steps_of_scripts_like_any_request_and_no_limit_counts_them():
    api = Api(SCRIPT)
    batch = ended(api, begun(api, chat("a", "first"), chat("b", "first"), chat("c", "x")))
    assert batch["status"] == "completed"
    assert said(api, batch) == {"a": "One", "b": "Two", "c": "Other"}
    assert api.post("/chat/completions", chat("", "x")["body"])["choices"][0]["message"]["content"] == "Other"
    assert error(api.ask("POST", "/chat/completions", chat("", "y")["body"]))["code"] == "rate_limit_exceeded"


def test_a_fault_that_cuts_an_answer_is_an_error_of_its_line():
    api = Api(SCRIPT)
    batch = ended(api, begun(api, chat("a", "flaky"), chat("b", "x")))
    (line,) = [json.loads(line) for line in api.content(batch["error_file_id"]).splitlines()]
    assert (line["custom_id"], line["response"], line["error"]["code"]) == ("a", None, "server_error")


def test_requests_of_a_batch_are_none_of_the_journal():
    api = Api()
    ended(api, begun(api, chat("a", "Hi")))
    paths = [exchange.call.path for exchange in api.engine.journal.all()]
    assert [path.split("/")[2] for path in paths] == ["files", "batches", "batches", "batches", "batches"]


def test_what_is_in_the_batch_does_not_change_when_its_file_is_deleted():
    api = Api()
    batch = begun(api, chat("a", "Hi"))
    api.delete(f"/files/{batch['input_file_id']}")
    assert said(api, ended(api, batch)) == {"a": "Hello"}


def test_the_same_batches_have_the_same_answers_in_every_run():
    def contents():
        api = Api()
        return api.content(ended(api, begun(api, chat("a", "Hi"), chat("b", "Ho")))["output_file_id"])

    assert contents() == contents()


def test_a_batch_that_fails_tells_what_is_wrong_with_its_lines():
    api = Api()
    batch = ended(api, begun(api, chat("a", "Hi"), chat("a", "Hi")))
    assert batch["status"] == "failed"
    assert [(each["code"], each["line"]) for each in batch["errors"]["data"]] == [("duplicate_custom_id", 2)]


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hi"}),
        ("/v1/responses", {"model": "gpt-4o", "input": "Hi"}),
        ("/v1/completions", {"model": "m", "prompt": "Hi"}),
        ("/v1/moderations", {"input": "Hi"}),
        ("/v1/images/generations", {"model": "gpt-image-1", "prompt": "Hi"}),
    ],
)
def test_every_endpoint_that_batches_have_can_be_asked(endpoint, body):
    api = Api()
    line = {"custom_id": "a", "method": "POST", "url": endpoint, "body": body}
    assert ended(api, begun(api, line, endpoint=endpoint))["request_counts"]["completed"] == 1


def test_batches_are_listed_newest_first_and_a_list_is_no_poll():
    api = Api()
    batches = [begun(api, chat("a", "Hi"))["id"] for _ in range(2)]
    page = api.get("/batches?order=asc")
    assert [each["id"] for each in page["data"]] == batches[::-1], "this list has no order to choose"
    assert {each["status"] for each in page["data"]} == {"validating"}
    allowed = {f"data[].{name}": why for name, why in NULL.items()}
    assert violations("ListBatchesResponse", page, allowed) == []


def test_a_batch_can_be_cancelled():
    api = Api()
    batch = begun(api, chat("a", "Hi"))
    assert api.post(f"/batches/{batch['id']}/cancel")["status"] == "cancelling"
    assert api.get(f"/batches/{batch['id']}")["status"] == "cancelled"


@pytest.mark.parametrize("path", ["/batches/batch_x", "/batches/batch_x/cancel"])
def test_an_unknown_batch_is_not_found(path):
    refused = error(Api().ask("POST" if path.endswith("cancel") else "GET", path))
    assert (refused["status"], refused["message"]) == (404, "No batch found with id 'batch_x'.")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"completion_window": "1h"}, "Invalid value: '1h'."),
        ({"endpoint": "/v1/batches"}, "Invalid value: '/v1/batches'."),
        ({"input_file_id": "file-x"}, "but 'file-x' is not there."),
        ({"input_file_id": "OTHER"}, "has the purpose 'vision'."),
        ({"metadata": {"a": 1}}, "Invalid type for 'metadata.a'"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 1}}, "Expected a value >= 3600"),
    ],
)
def test_what_is_refused(fields, message):
    api = Api()
    other = api.upload(purpose="vision")["id"]
    file = api.upload(b"{}", "in.jsonl", "batch")["id"]
    body = {"input_file_id": file, "endpoint": CHAT, "completion_window": "24h", **fields}
    body["input_file_id"] = {"OTHER": other}.get(body["input_file_id"], body["input_file_id"])
    refused = error(api.ask("POST", "/batches", body))
    assert refused["status"] == 400
    assert message in refused["message"]
