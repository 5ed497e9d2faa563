"""The scenarios of the smaller endpoints: what is answered to their examples, beside OpenAI's description."""

from typing import Any

import orjson
import pytest

from mockllm.engine import Engine
from mockllm.exchange import Exchange
from mockllm.explain import call_of
from mockllm.scenario.library import Library
from tests.calls import body, header, sent
from tests.gallery import GALLERY, NAMES
from tests.openapi_schema import violations
from tests.wire_exceptions import NOT_DESCRIBED_RESPONSE, described

ENDPOINTS = [name for name in NAMES if GALLERY.entries()[name].group == "endpoints"]
SCHEMAS = {
    "assistants": "AssistantObject",
    "batches": "Batch",
    "batches.list": "ListBatchesResponse",
    "completions": "CreateCompletionResponse",
    "conversations.create": "ConversationResource",
    "embeddings": "CreateEmbeddingResponse",
    "files": "OpenAIFile",
    "images.generations": "ImagesResponse",
    "moderations": "CreateModerationResponse",
    "responses": "Response",
    "responses.compact": "CompactResource",
    "vector_stores": "VectorStoreObject",
    "vector_stores.list": "ListVectorStoresResponse",
}
NULLS = (
    "cancelled_at",
    "cancelling_at",
    "completed_at",
    "error_file_id",
    "errors",
    "expired_at",
    "expires_after",
    "expires_at",
    "failed_at",
    "finalizing_at",
    "in_progress_at",
    "metadata",
    "output_file_id",
    "status_details",
)
"""What the real service says null for (wire-contract §6), though the description knows no null there."""
BEYOND = {
    **NOT_DESCRIBED_RESPONSE,
    **{f"{prefix}{name}": "§6, null" for prefix in ("", "data[].") for name in NULLS},
    "data[].embedding": "the description knows no base64, which the SDK asks for",
}
FAMILIES = {
    "assistants",
    "audio.speech",
    "audio.transcriptions",
    "audio.translations",
    "batches",
    "completions",
    "conversations.create",
    "embeddings",
    "files",
    "images.generations",
    "moderations",
    "responses.compact",
    "threads.create_and_run",
    "vector_stores",
}


def answers(name: str) -> list[Exchange]:
    """What the examples are answered, one after the other; one that is refused for now is asked once more."""
    scenario = GALLERY.get(name)
    engine = Engine(Library(scenarios=[scenario]))
    found = []
    for asked in scenario.requests():
        found.append(engine.handle(call_of(scenario, asked)))
        if found[-1].status == 429:
            found.append(engine.handle(call_of(scenario, asked)))
    return found


def is_json(exchange: Exchange) -> bool:
    return header(exchange, "content-type") == "application/json"


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_plain_answer_is_what_the_description_says(name):
    for exchange in answers(name):
        assert exchange.status in {200, 429}
        if exchange.status == 200 and is_json(exchange) and (schema := SCHEMAS.get(exchange.request.api)):
            assert violations(schema, described(body(exchange)), BEYOND) == []


def test_every_family_of_endpoints_has_a_scenario():
    assert {exchange.request.api for name in ENDPOINTS for exchange in answers(name)} >= FAMILIES


def events(exchange: Exchange) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in sent(exchange).decode().split("\n") if line.startswith("data: ")]
    return [orjson.loads(line) for line in lines if line != "[DONE]"]


def test_embeddings_are_refused_once_and_then_come():
    refused, found, again, encoded = answers("embed-again")
    assert (refused.status, again.status) == (429, 429)
    assert [len(entry["embedding"]) for entry in body(found)["data"]] == [4, 4]
    assert isinstance(body(encoded)["data"][0]["embedding"], str)


def test_one_text_is_flagged():
    first, second = (body(exchange)["results"][0] for exchange in answers("flagged"))
    assert (first["flagged"], first["categories"]["violence"]) == (True, True)
    assert (second["flagged"], second["categories"]["violence"]) == (False, False)


def test_an_image_comes_whole_and_in_steps():
    whole, steps = answers("painted")
    image = body(whole)["data"][0]["b64_json"]
    assert [event["type"] for event in events(steps)] == [
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert events(steps)[-1]["b64_json"] == image


def test_a_sound_is_a_file_and_a_stream():
    file, stream = answers("said-aloud")
    assert sent(file)[:4] == b"RIFF"
    assert events(stream)[-1]["type"] == "speech.audio.done"


def test_what_is_heard_is_what_the_scenario_says():
    whole, stream, translated = answers("heard")
    assert body(whole)["text"] == "Il pleut."
    assert [event.get("delta") for event in events(stream)] == ["Il", " pleut", ".", None]
    assert body(translated)["text"] == "It is raining."


def test_a_batch_is_made_of_the_file():
    file, batch, listed = (body(exchange) for exchange in answers("overnight"))
    assert (batch["input_file_id"], batch["status"]) == (file["id"], "validating")
    assert listed["data"] == [batch]


def test_a_store_holds_the_file():
    _, store, listed = (body(exchange) for exchange in answers("shelf"))
    assert store["file_counts"]["in_progress"] == 1
    assert listed["data"][0]["file_counts"]["completed"] == 1


def test_a_run_tells_the_tokens_of_the_answer():
    _, run = answers("hired")
    deltas = [event for event in events(run) if event["object"] == "thread.message.delta"]
    assert [event["delta"]["content"][0]["text"]["value"] for event in deltas] == ["Four", "."]


def test_a_response_knows_what_was_said_before_it():
    *_, last = answers("memory")
    text = body(last)["output"][0]["content"][0]["text"]
    assert text == "So far you said: I am Ada, I like boats, What do you know of me?."


def test_what_was_said_is_made_shorter():
    compacted, response = answers("made-shorter")
    assert body(compacted)["output"][-1]["type"] == "compaction"
    assert events(response)[-1]["type"] == "response.completed"


def test_a_legacy_completion_repeats_its_prompt_if_asked_to():
    stream, echoed = answers("old-style")
    assert "".join(chunk["choices"][0]["text"] for chunk in events(stream)) == " upon a time"
    assert body(echoed)["choices"][0]["text"] == "Once upon a time"
