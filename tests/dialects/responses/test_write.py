import pytest
from openai.types.responses import Response

from mockllm.dialects.responses import write
from mockllm.store import Store, Stored
from mockllm.turn import Text, Usage
from tests.strict import problems
from tests.turns import asked_responses, pieces, said, turn

HELLO = turn(said(Text(pieces("Hello"))), model="gpt-4.1-2025-04-14")
NONE = {"image_tokens": 0, "text_tokens": 0}
BODY = {
    "id": "resp",
    "object": "response",
    "created_at": 1_700_000_000,
    "status": "completed",
    "background": False,
    "completed_at": 1_700_000_000,
    "error": None,
    "frequency_penalty": 0.0,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "model": "gpt-4.1-2025-04-14",
    "moderation": None,
    "output": [
        {
            "id": "msg",
            "type": "message",
            "status": "completed",
            "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello"}],
            "role": "assistant",
        }
    ],
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": "in_memory",
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tool_usage": {
        "image_gen": {
            "input_tokens": 0,
            "input_tokens_details": NONE,
            "output_tokens": 0,
            "output_tokens_details": NONE,
            "total_tokens": 0,
        },
        "web_search": {"num_requests": 0},
    },
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "usage": {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 12,
    },
    "user": None,
    "metadata": {},
    "billing": {"payer": "developer"},
}


# What the wire has beside the SDK's model.
BEYOND = {
    "billing": "§7.2, in every finished body",
    "frequency_penalty": "§7.2, recorded",
    "presence_penalty": "§7.2, recorded",
    "store": "§7.2, recorded",
}


def named(response):
    """The response with its ids cut to what comes before the digits."""
    output = [{**item, "id": item["id"].split("_")[0]} for item in response["output"]]
    return {**response, "id": response["id"].split("_")[0], "output": output}


def echoed(told=HELLO, **fields):
    return write.body(told, asked_responses(**fields))


def test_the_body_is_the_recorded_one_in_its_key_order():
    body = named(echoed())
    assert body == BODY
    assert list(body) == list(BODY)
    assert list(body["output"][0]) == list(BODY["output"][0])


def test_only_the_body_names_the_payer():
    assert list(write.finished(HELLO, asked_responses())) == [key for key in BODY if key != "billing"]


def test_a_running_response_has_no_output_no_usage_and_an_undecided_tier():
    running = write.running(HELLO, asked_responses())
    assert list(running) == [key for key in BODY if key != "billing"]
    changed = {key: running[key] for key in running if named({**running, "output": []})[key] != BODY[key]}
    assert changed == {
        "status": "in_progress",
        "completed_at": None,
        "output": [],
        "service_tier": "auto",
        "usage": None,
    }


@pytest.mark.parametrize(
    ("asked", "answered", "running"),
    [
        (None, "default", "auto"),
        ("auto", "default", "auto"),
        ("default", "default", "default"),
        ("flex", "flex", "flex"),
        (None, None, None),
    ],
)
def test_an_explicit_tier_is_the_same_throughout(asked, answered, running):
    told, request = turn(said(), service_tier=answered), asked_responses(service_tier=asked)
    assert write.running(told, request)["service_tier"] == running
    assert write.finished(told, request)["service_tier"] == answered


@pytest.mark.parametrize(("stop", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_an_incomplete_response_has_its_reason_and_no_time_of_completion(stop, reason):
    body = echoed(turn(said(Text(pieces("Hel")), stop=stop)))
    assert (body["status"], body["completed_at"], body["incomplete_details"]) == (
        "incomplete",
        None,
        {"reason": reason},
    )
    assert body["output"][0]["status"] == "incomplete"


def test_usage_has_its_details():
    assert write.usage_json(Usage(10, 6, reasoning_tokens=4, cached_tokens=3)) == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 0},
        "output_tokens": 6,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 16,
    }


def test_what_the_request_says_is_echoed():
    said_so = {
        "instructions": "Be brief.",
        "max_output_tokens": 16,
        "temperature": 0,
        "top_p": 0.5,
        "top_logprobs": 2,
        "tool_choice": "none",
        "parallel_tool_calls": False,
        "store": False,
        "truncation": "auto",
        "user": "bob",
        "metadata": {"a": "b"},
        "safety_identifier": "s",
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "max_tool_calls": 3,
    }
    body = echoed(**said_so)
    assert {key: body[key] for key in said_so} == said_so


def test_a_conversation_is_echoed_only_when_used():
    store = Store()
    store.put(Stored("conversation", "conv_1", {}))
    assert echoed(kept=store, conversation="conv_1")["conversation"] == {"id": "conv_1"}
    assert list(echoed(kept=store, conversation={"id": "conv_1"}))[5:8] == ["completed_at", "conversation", "error"]
    assert "conversation" not in echoed()


def test_text_keeps_its_defaults_beside_what_is_said():
    form = {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}
    assert echoed(text={"format": form})["text"] == {"format": form, "verbosity": "medium"}
    assert echoed(text={"verbosity": "low", "format": None})["text"] == {"format": {"type": "text"}, "verbosity": "low"}


def test_a_model_that_reasons_echoes_mode_and_context():
    told = turn(said(), model="gpt-5")
    assert echoed(told)["reasoning"] == {
        "context": "current_turn",
        "effort": "medium",
        "mode": "standard",
        "summary": None,
    }
    assert echoed(told, reasoning={"effort": "low", "summary": "auto"})["reasoning"] == {
        "context": "current_turn",
        "effort": "low",
        "mode": "standard",
        "summary": "auto",
    }


def test_tools_are_echoed_in_normal_form():
    schema = {"type": "object", "properties": {}}
    given = [
        {"type": "function", "name": "f", "parameters": schema},
        {"type": "function", "name": "g", "description": "G", "strict": False},
        {"type": "custom", "name": "c"},
    ]
    assert echoed(tools=given)["tools"] == [
        {"type": "function", "description": None, "name": "f", "parameters": schema, "strict": True},
        {"type": "function", "description": "G", "name": "g", "parameters": None, "strict": False},
        {"type": "custom", "name": "c"},
    ]


def test_the_body_is_what_the_sdk_says():
    for model in ("gpt-4.1", "gpt-5.2"):
        assert problems(echoed(turn(said(Text(pieces("Hello"))), model=model)), Response, BEYOND) == []
    assert problems(write.running(HELLO, asked_responses()), Response, BEYOND) == []
