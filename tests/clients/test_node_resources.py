"""What is kept on the server, through the unmodified npm client in two versions, over a real socket.

The client lives in `node/resources.mjs`. The stories are those that the Python client goes through in
`test_openai_python_resources.py`.
"""

import pytest

from tests.clients.node_runner import running

SAYS = """
rules:
  - when: {user: boom}
    replies: [{error: {code: context_length_exceeded}}]
  - when: {user: tool, turn: 0}
    replies: [{tool_calls: [{name: get_weather, arguments: {city: Paris}}]}]
  - replies: [{text: [Hel, lo, ' there', '!']}]
    then: loop
"""


@pytest.fixture(autouse=True)
def _relaxed(request):
    request.applymarker(pytest.mark.mockllm(allow=["leftover"]))


@pytest.fixture(scope="module")
def _process():
    yield from running("resources.mjs")


@pytest.fixture(params=["openai", "openai-7"])
def node(request, _process, mockllm):
    """Let the client go through a story; what it threw at the end of it is in `error`."""
    url = mockllm.load(SAYS).base_url

    def run(story, **job):
        return _process(story, client=request.param, base_url=url, **job)

    return run


def refusal(seen):
    return seen["error"]["class"], seen["error"]["status"]


def test_a_file_comes_back_byte_for_byte(node):
    data = bytes(range(256)) * 40
    seen = node("files", data=data.hex())
    kept = seen["kept"]
    assert (kept["bytes"], kept["filename"], kept["status"]) == (len(data), "a.txt", "processed")
    assert bytes.fromhex(seen["content"]) == data
    assert seen["retrieved"] == seen["waited"] == kept
    assert seen["deleted"]["deleted"] is True
    assert refusal(seen) == ("NotFoundError", 404)


def test_a_list_of_files_is_paged_by_the_client(node):
    seen = node("pages")
    assert len(set(seen["ids"])) == 5
    assert seen["newest"] == seen["ids"][::-1]
    assert seen["oldest"] == seen["ids"]


def test_an_upload_in_parts_is_a_file(node):
    seen = node("uploads")
    assert "error" not in seen
    assert (seen["status"], seen["content"], seen["cancelled"]) == ("completed", "0123456789", "cancelled")


def test_a_batch_answers_each_line(node):
    seen = node("batch")
    assert "error" not in seen
    assert seen["states"] == ["validating", "in_progress", "finalizing", "completed"]
    assert seen["counts"] == {"total": 3, "completed": 2, "failed": 1}
    assert [answer["custom_id"] for answer in seen["answers"]] == ["one", "three"]
    completion = seen["answers"][0]["response"]["body"]
    assert completion["choices"][0]["message"]["content"] == "Hello there!"
    [error] = seen["errors"]
    assert error["response"]["body"]["error"]["code"] == "context_length_exceeded"
    assert seen["listed"]


def test_a_batch_can_be_given_up_once(node):
    seen = node("batchCancelled")
    assert (seen["cancelled"], seen["then"]) == ("cancelling", "cancelled")
    assert refusal(seen) == ("BadRequestError", 400)


def test_a_vector_store_finds_what_is_nearest(node):
    seen = node("vectorStore")
    assert seen["states"] == ["completed", "completed"]
    assert [found["filename"] for found in seen["found"]] == ["tax.txt", "cats.txt"]
    assert seen["found"][0]["score"] > seen["found"][1]["score"]
    assert seen["found"][0]["content"][0]["text"] == "Taxes are due in April."
    assert seen["counts"]["completed"] == 2
    assert seen["attached"] == seen["expected"]
    assert [part["text"] for part in seen["text"]] == ["Taxes are due in April."]
    assert seen["left"] == seen["expected"][:1]
    assert (seen["renamed"], seen["deleted"]["deleted"]) == ("More", True)
    assert refusal(seen) == ("NotFoundError", 404)


def test_an_assistant_answers_a_thread(node):
    seen = node("assistant")
    assert (seen["run"]["status"], seen["run"]["usage"]["completion_tokens"]) == ("completed", 4)
    assert seen["said"] == [["user", "Hi"], ["assistant", "Hello there!"]]
    assert seen["listed"]
    assert [each["deleted"] for each in seen["deleted"]] == [True, True]
    assert refusal(seen) == ("NotFoundError", 404)


def test_a_run_waits_for_its_tools_and_streams(node):
    seen = node("run")
    assert "error" not in seen
    assert seen["status"] == "requires_action"
    assert (seen["call"]["name"], seen["call"]["arguments"]) == ("get_weather", '{"city":"Paris"}')
    assert len(seen["pieces"]) > 1
    assert "".join(seen["pieces"]) == seen["text"] == "Hello there!"
    assert seen["steps"] == ["tool_calls", "message_creation"]


def test_a_conversation_is_made_changed_and_deleted(node):
    seen = node("conversation")
    assert seen["added"] == ["Two", "Three"]
    assert seen["listed"] == ["One", "Two", "Three"]
    assert seen["retrieved"] == ["Two"]
    assert seen["left"] == ["One", "Three"]
    assert seen["updated"] == seen["kept"] == {"topic": "y"}
    assert seen["deleted"]["deleted"] is True
    assert refusal(seen) == ("NotFoundError", 404)
