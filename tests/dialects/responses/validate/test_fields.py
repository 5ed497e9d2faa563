import pytest

from mockllm.dialects.responses.validate.fields import COUNTED, FIELDS, KNOWN
from mockllm.dialects.rules import check_rows
from mockllm.errors import ApiError

BODY = {"model": "gpt-4.1", "input": "Hi"}


def refused(**fields):
    with pytest.raises(ApiError) as caught:
        check_rows(FIELDS, {**BODY, **fields})
    return caught.value.message, caught.value.code, caught.value.param


VALID = {
    "instructions": "Be brief.",
    "previous_response_id": "resp_1",
    "conversation": {"id": "conv_1"},
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "reasoning": {"effort": "minimal", "summary": "auto"},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True}, "verbosity": "low"},
    "truncation": "auto",
    "prompt": {"id": "pmpt_1", "version": "2"},
    "max_output_tokens": 16,
    "max_tool_calls": 1,
    "temperature": 2,
    "top_p": 0,
    "top_logprobs": 20,
    "include": ["reasoning.encrypted_content"],
    "store": False,
    "background": False,
    "stream": True,
    "stream_options": {"include_obfuscation": False},
    "metadata": {"a": "b"},
    "service_tier": "flex",
    "safety_identifier": "s",
    "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "implicit"},
    "prompt_cache_retention": "24h",
    "moderation": {"model": "omni-moderation-latest"},
    "context_management": [{"type": "compaction"}],
    "access_programs": {"cyber": "standard"},
    "image": {"context_compression": "auto"},
    "user": "bob",
}


def test_every_parameter_is_accepted_with_a_value_it_may_have():
    check_rows(FIELDS, {**BODY, **VALID})
    assert {*VALID, *BODY} == KNOWN


def test_a_null_stands_for_what_is_not_given():
    check_rows(FIELDS, {**BODY, **dict.fromkeys(VALID)})


@pytest.mark.parametrize(
    ("name", "value", "message", "code"),
    [
        (
            "max_output_tokens",
            15,
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.",
            "integer_below_min_value",
        ),
        (
            "temperature",
            -1,
            "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
            "decimal_below_min_value",
        ),
        (
            "temperature",
            3,
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
            "decimal_above_max_value",
        ),
        (
            "top_p",
            1.5,
            "Invalid 'top_p': decimal above maximum value. Expected a value <= 1, but got 1.5 instead.",
            "decimal_above_max_value",
        ),
        (
            "top_logprobs",
            21,
            "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.",
            "integer_above_max_value",
        ),
        (
            "previous_response_id",
            5,
            "Invalid type for 'previous_response_id': expected a string, but got an integer instead.",
            "invalid_type",
        ),
        (
            "input",
            5,
            "Invalid type for 'input': expected one of a string or array of objects, but got an integer instead.",
            "invalid_type",
        ),
        ("model", None, "Invalid type for 'model': expected a string, but got null instead.", "invalid_type"),
        (
            "truncation",
            "no",
            "Invalid value: 'no'. Supported values are: 'auto' and 'disabled'.",
            "invalid_value",
        ),
    ],
)
def test_a_value_is_refused_in_the_words_of_the_service(name, value, message, code):
    assert refused(**{name: value}) == (message, code, name)


def test_the_path_says_where_the_fault_is():
    lacking = {"format": {"type": "json_schema", "schema": {}}}
    message = "Missing required parameter: 'text.format.name'."
    assert refused(text=lacking) == (message, "missing_required_parameter", "text.format.name")
    assert refused(text={"format": {"type": "xml"}})[2] == "text.format.type"
    assert refused(include=["everything"])[2] == "include[0]"


def test_input_tokens_take_what_can_be_counted():
    assert {row.name for row in COUNTED} == {
        "model",
        "input",
        "instructions",
        "previous_response_id",
        "conversation",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "reasoning",
        "text",
        "truncation",
    }
    check_rows(COUNTED, {})
