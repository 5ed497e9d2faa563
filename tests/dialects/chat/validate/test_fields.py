import pytest

from mockllm.dialects.chat.validate.fields import FIELDS, KNOWN, NEEDS, REASONING_FIELDS

TOOLS = [{"type": "function", "function": {"name": "f"}}]


def listed(values):
    return f"Supported values are: {values}."


@pytest.mark.parametrize(
    ("name", "value", "expected", "got"),
    [
        ("messages", "hi", "an array of objects", "a string"),
        ("messages", None, "an array of objects", "null"),
        ("functions", "f", "an array of function definitions", "a string"),
        ("tools", "none", "an array of objects", "a string"),
        ("tool_choice", 7, "one of one of 'none', 'auto', or 'required' or object", "an integer"),
        ("function_call", 7, "one of one of 'none' or 'auto' or object", "an integer"),
        ("parallel_tool_calls", "yes", "a boolean", "a string"),
        ("max_completion_tokens", "16", "an integer", "a string"),
        ("max_tokens", "16", "an integer", "a string"),
        ("max_tokens", 16.0, "an integer", "a decimal number"),
        ("n", "2", "an integer", "a string"),
        ("n", True, "an integer", "a boolean"),
        ("temperature", "hot", "a decimal", "a string"),
        ("temperature", False, "a decimal", "a boolean"),
        ("top_p", "wide", "a decimal", "a string"),
        ("presence_penalty", {}, "a decimal", "an object"),
        ("frequency_penalty", [], "a decimal", "an array"),
        ("logprobs", 1, "a boolean", "an integer"),
        ("top_logprobs", "x", "an integer", "a string"),
        ("user", {"a": 1}, "a string", "an object"),
        ("seed", 1.5, "an integer", "a decimal number"),
        ("moderation", "x", "an object", "a string"),
        ("safety_identifier", 7, "a string", "an integer"),
        ("prompt_cache_options", "x", "an object", "a string"),
        ("prompt_cache_key", 7, "a string", "an integer"),
        ("prompt_cache_retention", {"a": 1}, "one of 'in_memory' or '24h'", "an object"),
        ("response_format", "json", "an object", "a string"),
        ("service_tier", {"a": 1}, "one of 'auto', 'default', 'fast', 'flex', or 'priority'", "an object"),
        ("logit_bias", [], "an object", "an array"),
        ("stop", 7, "one of a string or array of strings", "an integer"),
        ("stream", "yes", "a boolean", "a string"),
        ("stream_options", "x", "an object", "a string"),
        ("store", "yes", "a boolean", "a string"),
        ("metadata", "x", "a metadata object", "a string"),
        ("prediction", "x", "an object", "a string"),
        ("verbosity", {}, "one of 'low', 'medium', or 'high'", "an object"),
        ("modalities", "text", "an array of one of 'text' or 'audio'", "a string"),
        ("audio", "alloy", "an object", "a string"),
        ("web_search_options", True, "an object", "a boolean"),
    ],
)
def test_a_parameter_of_a_wrong_type_is_refused(refused, name, value, expected, got):
    message = f"Invalid type for '{name}': expected {expected}, but got {got} instead."
    assert refused({name: value}) == (message, "invalid_type", name)


@pytest.mark.parametrize(
    ("name", "value", "problem", "bound"),
    [
        ("max_tokens", 0, "integer below minimum value", ">= 1"),
        ("max_completion_tokens", 0, "integer below minimum value", ">= 1"),
        ("n", 0, "integer below minimum value", ">= 1"),
        ("n", 129, "integer above maximum value", "<= 128"),
        ("temperature", -1, "decimal below minimum value", ">= 0"),
        ("temperature", 3, "decimal above maximum value", "<= 2"),
        ("temperature", 2.5, "decimal above maximum value", "<= 2"),
        ("top_p", -0.1, "decimal below minimum value", ">= 0"),
        ("top_p", 1.5, "decimal above maximum value", "<= 1"),
        ("presence_penalty", -3, "decimal below minimum value", ">= -2"),
        ("presence_penalty", 3, "decimal above maximum value", "<= 2"),
        ("frequency_penalty", -3, "decimal below minimum value", ">= -2"),
        ("frequency_penalty", 3, "decimal above maximum value", "<= 2"),
        ("top_logprobs", -1, "integer below minimum value", ">= 0"),
    ],
)
def test_a_number_out_of_range_is_refused(refused, name, value, problem, bound):
    message = f"Invalid '{name}': {problem}. Expected a value {bound}, but got {value} instead."
    code = {
        "integer below minimum value": "integer_below_min_value",
        "integer above maximum value": "integer_above_max_value",
        "decimal below minimum value": "decimal_below_min_value",
        "decimal above maximum value": "decimal_above_max_value",
    }[problem]
    assert refused({name: value}) == (message, code, name)


@pytest.mark.parametrize(
    "parameters",
    [
        {"max_tokens": 1},
        {"max_completion_tokens": 1},
        {"n": 1},
        {"n": 128},
        {"temperature": 0},
        {"temperature": 2},
        {"top_p": 0},
        {"top_p": 1.0},
        {"presence_penalty": -2, "frequency_penalty": 2},
        {"logprobs": True, "top_logprobs": 0},
        {"logprobs": True, "top_logprobs": 20},
        {"seed": -(2**63)},
        {"stop": ""},
        {"stop": ["a", "b", "c", "d"]},
        {"logit_bias": {"50256": -100, "1": 100}},
        {"metadata": {f"k{index}": "v" for index in range(16)}},
        {"metadata": {"k" * 64: "v" * 512}},
        {"service_tier": "scale"},
        {"stream": False, "stream_options": None},
    ],
    ids=str,
)
def test_a_value_on_the_bound_is_accepted(accepted, parameters):
    assert accepted(parameters) is None


@pytest.mark.parametrize(
    ("parameters", "value", "values", "param"),
    [
        (
            {"service_tier": "best"},
            "best",
            "'auto', 'default', 'fast', 'flex', and 'priority'",
            "service_tier",
        ),
        ({"verbosity": "chatty"}, "chatty", "'low', 'medium', and 'high'", "verbosity"),
        (
            {"response_format": {"type": "xml"}},
            "xml",
            "'json_object', 'json_schema', and 'text'",
            "response_format.type",
        ),
        ({"modalities": ["text", "video"]}, "video", "'text' and 'audio'", "modalities[1]"),
        (
            {"audio": {"voice": "alloy", "format": "ogg"}},
            "ogg",
            "'wav', 'aac', 'mp3', 'flac', 'opus', and 'pcm16'",
            "audio.format",
        ),
        ({"prediction": {"type": "guess"}}, "guess", "'content'", "prediction.type"),
        (
            {"web_search_options": {"search_context_size": "huge"}},
            "huge",
            "'low', 'medium', and 'high'",
            "web_search_options.search_context_size",
        ),
    ],
)
def test_a_value_outside_an_enumeration_is_refused(refused, parameters, value, values, param):
    assert refused(parameters) == (f"Invalid value: '{value}'. {listed(values)}", "invalid_value", param)


@pytest.mark.parametrize(("value", "quoted"), [("max", "'max'"), ({"a": 1}, "{'a': 1}"), (3, "3"), (True, "True")])
def test_an_effort_that_the_model_does_not_know_is_unsupported(refused, value, quoted):
    message = f"Unsupported value: 'reasoning_effort' does not support {quoted} with this model."
    supported = listed("'none', 'minimal', 'low', 'medium', 'high', and 'xhigh'")
    assert refused({"reasoning_effort": value}) == (f"{message} {supported}", "unsupported_value", "reasoning_effort")


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"response_format": {}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.json_schema.name"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
            "response_format.json_schema.schema",
        ),
        ({"moderation": {}}, "moderation.model"),
        ({"audio": {"format": "wav"}}, "audio.voice"),
        ({"audio": {"voice": {}, "format": "wav"}}, "audio.voice.id"),
        ({"audio": {"voice": "alloy"}}, "audio.format"),
        ({"prediction": {"type": "content"}}, "prediction.content"),
        (
            {"web_search_options": {"user_location": {"type": "approximate"}}},
            "web_search_options.user_location.approximate",
        ),
    ],
)
def test_a_missing_member_is_named_by_its_path(refused, parameters, path):
    assert refused(parameters) == (f"Missing required parameter: '{path}'.", "missing_required_parameter", path)


MANY = (
    "Invalid 'metadata': too many properties. "
    "Expected an object with at most 16 properties, but got an object with 17 properties instead."
)
LONG_VALUE = (
    "Invalid 'metadata.k': string too long. "
    "Expected a string with maximum length 512, but got a string with length 600 instead."
)
LONG_NAME = (
    "Invalid property name in 'metadata': 'kkk...kkk' is too long. "
    "Expected a string with maximum length 64, but got a string with length 70 instead."
)
LONG_STOP = (
    "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead."
)


@pytest.mark.parametrize(
    ("parameters", "message", "code", "param"),
    [
        (
            {"metadata": {f"k{index}": "v" for index in range(17)}},
            MANY,
            "object_above_max_properties",
            "metadata",
        ),
        (
            {"metadata": {"k": "x" * 600}},
            LONG_VALUE,
            "string_above_max_length",
            "metadata.k",
        ),
        (
            {"metadata": {"k" * 70: "v"}},
            LONG_NAME,
            "property_name_above_max_length",
            f"metadata.{'k' * 70}",
        ),
        (
            {"metadata": {"k": 7}},
            "Invalid type for 'metadata.k': expected a string, but got an integer instead.",
            "invalid_type",
            "metadata.k",
        ),
        (
            {"stop": ["a", "b", "c", "d", "e"]},
            LONG_STOP,
            "array_above_max_length",
            "stop",
        ),
        (
            {"stop": []},
            "Invalid 'stop': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
            "stop",
        ),
        (
            {"stop": ["a", 1]},
            "Invalid type for 'stop[1]': expected a string, but got an integer instead.",
            "invalid_type",
            "stop[1]",
        ),
        (
            {"logit_bias": {"50256": "no"}},
            "Invalid type for 'logit_bias.50256': expected a decimal, but got a string instead.",
            "invalid_type",
            "logit_bias.50256",
        ),
        (
            {"stream": True, "stream_options": {"include_usage": "yes"}},
            "Invalid type for 'stream_options.include_usage': expected a boolean, but got a string instead.",
            "invalid_type",
            "stream_options.include_usage",
        ),
        ({"prompt_cache_retention": "1h"}, "Invalid prompt_cache_retention argument", None, "prompt_cache_retention"),
    ],
)
def test_a_fault_inside_a_parameter_is_refused(refused, parameters, message, code, param):
    assert refused(parameters) == (message, code, param)


SPECIFIED = "Invalid value for '{0}': '{0}' is only allowed when '{1}' are specified."
ENABLED = "The '{0}' parameter is only allowed when '{1}' is enabled."


@pytest.mark.parametrize(
    ("parameters", "sentence", "name", "other"),
    [
        ({"tool_choice": "auto"}, SPECIFIED, "tool_choice", "tools"),
        ({"tool_choice": "none", "tools": None}, SPECIFIED, "tool_choice", "tools"),
        ({"parallel_tool_calls": False}, SPECIFIED, "parallel_tool_calls", "tools"),
        ({"function_call": "auto", "tools": TOOLS}, SPECIFIED, "function_call", "functions"),
        ({"top_logprobs": 1}, ENABLED, "top_logprobs", "logprobs"),
        ({"top_logprobs": 1, "logprobs": False}, ENABLED, "top_logprobs", "logprobs"),
        ({"stream_options": {"include_usage": True}}, ENABLED, "stream_options", "stream"),
        ({"stream_options": {}, "stream": False}, ENABLED, "stream_options", "stream"),
    ],
)
def test_a_parameter_without_the_one_it_needs_is_refused(refused, parameters, sentence, name, other):
    assert refused(parameters) == (sentence.format(name, other), None, name)


def test_no_parameter_has_two_rows_and_needs_name_known_ones():
    names = [row.name for row in FIELDS]
    assert len(names) == len(set(names))
    assert {need.name for need in NEEDS} | {need.other for need in NEEDS} <= KNOWN


def test_a_reasoning_model_changes_one_row_and_no_order():
    assert [row.name for row in REASONING_FIELDS] == [row.name for row in FIELDS]
    assert [new.name for old, new in zip(FIELDS, REASONING_FIELDS, strict=True) if old != new] == ["max_tokens"]
