"""What profiles send for Responses, against the recordings and the code that their files name.

The key sets and the order of the events are written by hand from there; what is made up is compared by its form.
"""

import json
import re

import openai
import pytest

from mockllm.scenario.profile import profile_names, profile_of
from tests.profiles.play import exchange, like, sent
from tests.resources import Api

SAYS = """
profile: PROFILE
rules:
  - when: {user: call}
    replies: [{tool_calls: [{name: f, arguments: {city: Paris}}]}]
    then: loop
  - replies: [{reasoning: Hm, text: [Hel, lo], usage: {input: 8, output: 3, reasoning: 1}}]
    then: loop
"""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}")
AROUND = ["response.created", "response.in_progress"]
ADDED, DONE = "response.output_item.added", "response.output_item.done"
RAW = [
    ADDED,
    "response.content_part.added",
    "response.reasoning_text.delta",
    "response.reasoning_text.done",
    "response.content_part.done",
    DONE,
]
SUMMARY = [
    ADDED,
    "response.reasoning_summary_part.added",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done",
    "response.reasoning_summary_part.done",
    DONE,
]
TEXT = [
    ADDED,
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    DONE,
]
CALL = [ADDED, "response.function_call_arguments.delta", "response.function_call_arguments.done", DONE]


def ask(name, **asked):
    body = {"model": "some-model", "input": "Hi", **asked}
    return sent(exchange(SAYS.replace("PROFILE", name), body, path="/v1/responses"))


def body(name, **asked):
    return json.loads(ask(name, **asked)[2])


def events(name, **asked):
    """The JSON of the events; their numbers must go up by one, and their names be their types, if they have any."""
    status, _, text = ask(name, stream=True, **asked)
    assert status == 200
    found = []
    for block in filter(None, text.split("\n\n")):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if fields.get("data", "[DONE]") != "[DONE]":
            found.append(json.loads(fields["data"]))
            assert fields.get("event", found[-1]["type"]) == found[-1]["type"]
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    return found


def types(found):
    return [event["type"] for event in found]


def test_azure():
    found = events("azure")
    assert types(found) == [*AROUND, *SUMMARY, *TEXT, "response.completed"]
    created, completed = found[0]["response"], found[-1]["response"]
    keys = (
        "id object created_at status background completed_at content_filters error incomplete_details instructions "
        "max_output_tokens max_tool_calls model output parallel_tool_calls previous_response_id prompt_cache_key "
        "prompt_cache_retention reasoning safety_identifier service_tier store temperature text tool_choice tools "
        "top_logprobs top_p truncation usage user metadata"
    )
    assert list(created) == list(completed) == list(body("azure")) == keys.split()
    assert created["content_filters"] is None
    prompt, completion = completed["content_filters"]
    assert (prompt["source_type"], completion["source_type"]) == ("prompt", "completion")
    for verdict in (prompt, completion):
        assert list(verdict) == [
            "blocked",
            "source_type",
            "content_filter_raw",
            "content_filter_results",
            "content_filter_offsets",
        ]
        assert set(verdict["content_filter_offsets"]) == {"start_offset", "end_offset", "check_offset"}
    categories = {"hate", "self_harm", "sexual", "violence"}
    assert set(prompt["content_filter_results"]) == {*categories, "jailbreak"}
    assert set(completion["content_filter_results"]) == {
        *categories,
        "protected_material_text",
        "protected_material_code",
    }
    assert body("azure")["content_filters"] == completed["content_filters"]


def test_deepseek():
    found = events("deepseek")
    assert types(found) == [*AROUND, *RAW, *TEXT, "response.completed"]
    reasoning = {"type": "reasoning", "id": UUID, "status": "in_progress", "content": [], "summary": []}
    like(found[2]["item"], reasoning)
    assert found[3]["part"] == {"type": "reasoning_text", "text": ""}
    assert set(found[4]) == {"type", "content_index", "delta", "item_id", "output_index", "sequence_number"}
    assert found[4]["item_id"] == found[2]["item"]["id"]
    done = found[7]["item"]
    assert done == {
        **found[2]["item"],
        "status": "completed",
        "content": [{"type": "reasoning_text", "text": "Hm"}],
    }
    response = found[-1]["response"]
    like(response["id"], UUID)
    assert [item["id"] for item in response["output"]] == [found[7]["item"]["id"], found[-2]["item"]["id"]]
    assert response["output"][1]["phase"] == "final_answer"
    assert (response["store"], response["content_filters"], response["text"]) == (
        False,
        None,
        {"format": {"type": "text"}, "verbosity": None},
    )
    assert found[0]["response"]["id"] == response["id"]
    plain = body("deepseek", reasoning={"effort": "high"})
    assert plain["reasoning"] == {"effort": "high", "summary": None}
    assert set(plain) == set(response)
    assert [set(item) for item in plain["output"]] == [set(item) for item in response["output"]]


def test_openrouter():
    _, _, text = ask("openrouter", stream=True)
    assert text.startswith(": OPENROUTER PROCESSING\n\n")
    assert text.endswith("data: [DONE]\n\n")
    assert "event:" not in text
    found = events("openrouter")
    assert types(found) == [*AROUND, *RAW, *TEXT, "response.completed"]
    like(found[2]["item"], {"type": "reasoning", "id": re.compile("rs_tmp_[0-9a-z]{11}"), "summary": []})
    assert found[9]["part"] == {"type": "output_text", "annotations": [], "text": ""}
    response = found[-1]["response"]
    keys = (
        "object id created_at model status output output_text error incomplete_details usage max_tool_calls tools "
        "tool_choice parallel_tool_calls max_output_tokens temperature top_p metadata background previous_response_id "
        "service_tier truncation store instructions reasoning safety_identifier prompt_cache_key user"
    )
    assert set(response) == set(keys.split())
    assert set(found[0]["response"]) == set(keys.split()) - {"usage"}
    assert re.fullmatch(r"gen-\d+-[0-9A-Za-z]{20}", response["id"])
    assert response["output"][0]["id"] != found[2]["item"]["id"], "another one in the last event"
    assert response["output"][1]["id"] == found[8]["item"]["id"]
    assert list(response["usage"])[-3:] == ["cost", "is_byok", "cost_details"]
    assert set(body("openrouter")) == set(keys.split()) - {"output_text"}


def test_xai():
    found = events("xai")
    assert types(found) == [*AROUND, *SUMMARY, *TEXT, "response.completed"]
    assert all(list(event)[:2] == ["sequence_number", "type"] for event in found)
    assert found[2]["item"]["status"] == "in_progress"
    assert found[7]["item"]["status"] == "completed"
    keys = (
        "created_at id max_output_tokens model object output parallel_tool_calls previous_response_id reasoning "
        "temperature text tool_choice tools top_p user incomplete_details status store metadata"
    )
    assert set(found[0]["response"]) == set(keys.split())
    assert set(found[-1]["response"]) == set(body("xai")) == {*keys.split(), "usage"}
    usage = found[-1]["response"]["usage"]
    assert (usage["num_sources_used"], usage["num_server_side_tools_used"]) == (0, 0)
    assert found[-1]["response"]["text"] == {"format": {"type": "text"}}


def test_lm_studio():
    assert types(events("lm-studio")) == [*AROUND, *RAW, *TEXT, "response.completed"]
    called = events("lm-studio", input="call")
    assert types(called) == [*AROUND, ADDED, "response.function_call_arguments.done", DONE, "response.completed"]
    keys = (
        "id object created_at completed_at status incomplete_details model previous_response_id instructions output "
        "error tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty "
        "top_logprobs temperature reasoning usage max_output_tokens max_tool_calls store background service_tier "
        "metadata safety_identifier prompt_cache_key"
    )
    plain = body("lm-studio")
    assert set(plain) == set(called[-1]["response"]) == set(keys.split())
    assert plain["output"][0] == {
        "id": plain["output"][0]["id"],
        "type": "reasoning",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "Hm"}],
        "status": "completed",
    }


def test_ollama():
    without_parts = [kind for kind in SUMMARY if "part" not in kind]
    found = events("ollama")
    assert types(found) == [*AROUND, *without_parts, *TEXT, "response.completed"]
    assert found[5]["item"]["encrypted_content"] == "Hm"
    called = events("ollama", input="call")
    assert types(called) == [*AROUND, *CALL, "response.completed"]
    assert called[3]["delta"] == called[4]["arguments"] == '{"city":"Paris"}'
    keys = (
        "id object created_at completed_at status incomplete_details model previous_response_id instructions output "
        "error tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty "
        "top_logprobs temperature reasoning usage max_output_tokens max_tool_calls store background service_tier "
        "metadata safety_identifier prompt_cache_key"
    )
    assert set(body("ollama")) == set(found[-1]["response"]) == set(keys.split())
    assert body("ollama")["reasoning"] is None
    assert body("ollama", reasoning={"effort": "low"})["reasoning"] == {"effort": "low", "summary": None}
    assert body("ollama")["store"] is False


def test_every_profile_with_shapes_of_responses_is_tested_here():
    shaped = {name for name in profile_names() if profile_of(name).responses.stream and not profile_of(name).like}
    tested = {name.removeprefix("test_").replace("_", "-") for name in globals() if name.startswith("test_")}
    assert shaped
    assert shaped <= tested


@pytest.mark.parametrize("name", [name for name in profile_names() if profile_of(name).has("responses")])
@pytest.mark.mockllm(allow=["leftover", "idle"])
def test_the_official_client_works_through_it(mockllm, name):
    scenario = mockllm.load(SAYS.replace("PROFILE", name))
    with openai.OpenAI(base_url=scenario.base_url, api_key="sk-test", max_retries=0) as client:
        plain = client.responses.create(model="m", input="Hi")
        assert plain.output_text == "Hello"
        with client.responses.stream(model="m", input="Hi") as stream:
            kinds = [event.type for event in stream]
            assert stream.get_final_response().output_text == "Hello"
        assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
        with client.responses.create(model="m", input="call", stream=True) as calls:
            (call,) = list(calls)[-1].response.output
        assert (call.name, json.loads(call.arguments)) == ("f", {"city": "Paris"})
        if profile_of(name).has("responses.retrieve") and name != "openrouter":
            assert client.responses.retrieve(plain.id).output_text == "Hello"


def test_a_response_that_is_found_again_is_in_the_manner_of_the_profile():
    api = Api("{name: keeper, profile: azure, rules: [{replies: [Hi]}]}")
    made = api.post("/responses", {"model": "m", "input": "Hi"})
    assert made["content_filters"]
    assert api.get(f"/responses/{made['id']}") == made
    background = api.post("/responses", {"model": "m", "input": "Hi", "background": True})
    assert background["content_filters"] is None
    assert api.post(f"/responses/{background['id']}/cancel")["content_filters"]
