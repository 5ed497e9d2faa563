"""The path of a batch."""

import json

import pytest

from mockllm.dialects.base import Ran, Surroundings
from mockllm.dialects.batches.progress import KIND, begun_cancelling, polled
from mockllm.errors import ApiError
from mockllm.seeds import Seed
from mockllm.store import Store, Stored

AT = 1_000


class Server:
    """Surroundings in which every request is answered by what it says, and noted."""

    def __init__(self):
        self.store = Store()
        self.asked = []
        self.now = AT

    def run(self, path, body):
        self.asked.append((path, body["say"]))
        answers = {
            "bad": Ran(400, "req_b", {"error": {"message": "no"}}),
            "cut": Ran(200, "req_c", None),
            "odd": Ran(200, "req_o", ["usage"]),
            "embed": Ran(200, "req_e", {"usage": {"prompt_tokens": 3, "total_tokens": 3}}),
            "think": Ran(
                200,
                "req_t",
                {
                    "usage": {
                        "input_tokens": 5,
                        "input_tokens_details": {"cached_tokens": 4},
                        "output_tokens": 7,
                        "output_tokens_details": {"reasoning_tokens": 6},
                    }
                },
            ),
        }
        return answers.get(body["say"], Ran(200, "req_a", {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}))

    def around(self):
        return Surroundings((), self.now, self.store, lambda _request: 0, Seed.of("poll"), self.run)

    def begin(self, *said, expiry=None, **members):
        lines = [
            {"custom_id": str(place), "method": "POST", "url": "/v1/responses", "body": {"model": "m", "say": text}}
            for place, text in enumerate(said)
        ]
        value = {
            "id": "batch_1",
            "endpoint": "/v1/responses",
            "status": "validating",
            "expires_at": AT + 100,
            **members,
        }
        content = "\n".join(map(json.dumps, lines)).encode()
        self.store.put(Stored(KIND, "batch_1", value, (expiry,), content=content))

    def poll(self):
        return polled(self.store.get(KIND, "batch_1"), self.around())

    def cancel(self):
        return begun_cancelling(self.store.get(KIND, "batch_1"), self.around())

    def lines(self, batch, name):
        content = self.store.get("file", batch[f"{name}_file_id"]).content
        return [json.loads(line) for line in content.splitlines()]


@pytest.fixture
def server():
    return Server()


def counts(batch):
    return tuple(batch["request_counts"][name] for name in ("total", "completed", "failed"))


def test_each_poll_goes_on_by_one_state_and_every_line_is_asked_once_in_order(server):
    server.begin("a", "bad", "c", "d", "e")
    first = server.poll()
    assert (first["status"], counts(first), first["model"]) == ("in_progress", (5, 1, 1), "m")
    second = server.poll()
    assert (second["status"], counts(second)) == ("finalizing", (5, 4, 1))
    assert server.asked == [("/responses", said) for said in ("a", "bad", "c", "d", "e")]
    last = server.poll()
    assert last["status"] == "completed"
    assert [last[f"{state}_at"] for state in ("in_progress", "finalizing", "completed")] == [AT] * 3
    assert server.poll() == last
    assert len(server.asked) == 5


def test_answers_are_in_one_file_and_refusals_in_another(server):
    server.begin("a", "bad", "cut")
    server.poll(), server.poll()
    batch = server.poll()
    (good,) = server.lines(batch, "output")
    assert good["id"].startswith("batch_req_")
    assert {**good, "id": ""} == {
        "id": "",
        "custom_id": "0",
        "response": {
            "status_code": 200,
            "request_id": "req_a",
            "body": {"usage": {"prompt_tokens": 1, "completion_tokens": 2}},
        },
        "error": None,
    }
    bad, cut = server.lines(batch, "error")
    assert (bad["custom_id"], bad["response"]["status_code"], bad["error"]) == ("1", 400, None)
    assert (cut["custom_id"], cut["response"], cut["error"]["code"]) == ("2", None, "server_error")
    file = server.store.get("file", batch["output_file_id"]).value
    assert (file["filename"], file["purpose"], file["expires_at"]) == ("batch_1_output.jsonl", "batch_output", None)


def test_there_is_no_file_without_a_line_for_it(server):
    server.begin("a")
    server.poll(), server.poll()
    assert "error_file_id" not in server.poll()


def test_the_files_live_as_long_as_the_batch_said(server):
    server.begin("a", expiry={"anchor": "created_at", "seconds": 3600})
    server.poll(), server.poll()
    assert server.store.get("file", server.poll()["output_file_id"]).value["expires_at"] == AT + 3600


def test_the_tokens_of_all_answers_are_added_up(server):
    server.begin("a", "think", "embed", "bad", "odd")
    server.poll(), server.poll()
    assert server.poll()["usage"] == {
        "input_tokens": 1 + 5 + 3,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 2 + 7,
        "output_tokens_details": {"reasoning_tokens": 6},
        "total_tokens": 18,
    }


def test_a_file_that_cannot_be_used_fails_the_batch_before_anything_is_asked(server):
    server.begin("a")
    server.store.put(Stored(KIND, "batch_1", server.store.get(KIND, "batch_1").value, (None,), content=b"{"))
    batch = server.poll()
    assert (batch["status"], batch["failed_at"], server.asked) == ("failed", AT, [])
    assert [error["code"] for error in batch["errors"]["data"]] == ["invalid_json_line"]
    assert batch["errors"]["object"] == "list"
    assert server.poll() == batch


def test_a_model_that_is_no_text_is_not_told(server):
    server.begin("a")
    kept = server.store.get(KIND, "batch_1")
    line = {"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {"say": "a"}}
    server.store.put(Stored(KIND, "batch_1", kept.value, (None,), content=json.dumps(line).encode()))
    assert "model" not in server.poll()


def test_a_cancelled_batch_keeps_the_answers_that_it_got(server):
    server.begin("a", "b", "c", "d")
    server.poll()
    begun = server.cancel()
    assert (begun["status"], begun["cancelling_at"]) == ("cancelling", AT)
    assert server.cancel() == begun
    batch = server.poll()
    assert (batch["status"], batch["cancelled_at"], counts(batch)) == ("cancelled", AT, (4, 2, 0))
    assert [line["custom_id"] for line in server.lines(batch, "output")] == ["0", "1"]
    assert len(server.asked) == 2
    with pytest.raises(ApiError, match="Cannot cancel a batch with status 'cancelled'") as caught:
        server.cancel()
    assert caught.value.status == 400


def test_a_batch_that_is_cancelled_at_once_has_no_files(server):
    server.begin("a")
    server.cancel()
    batch = server.poll()
    assert (batch["status"], server.asked, "output_file_id" in batch) == ("cancelled", [], False)


def test_what_was_not_asked_in_time_has_expired(server):
    server.begin("a", "b", "c")
    server.poll()
    server.now = AT + 100
    batch = server.poll()
    assert (batch["status"], batch["expired_at"]) == ("expired", AT + 100)
    assert [line["custom_id"] for line in server.lines(batch, "output")] == ["0"]
    assert [(line["custom_id"], line["error"]["code"]) for line in server.lines(batch, "error")] == [
        ("1", "batch_expired"),
        ("2", "batch_expired"),
    ]
