from itertools import pairwise

import pytest

from mockllm.dialects.chat.validate import is_reasoning_model, validate
from mockllm.errors import ApiError

USER = {"role": "user", "content": "hi"}
BODY = {"model": "gpt-4o", "messages": [USER]}
NOT_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)
WRONG_CONTENT = (
    "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead."
)
EMPTY = "empty array. Expected an array with minimum length 1, but got an empty array instead."


def refused(body, **options):
    with pytest.raises(ApiError) as caught:
        validate(body, **options)
    error = caught.value
    assert (error.status, error.type, error.headers, error.edge) == (400, "invalid_request_error", (), False)
    return error.message, error.code, error.param


@pytest.mark.parametrize(
    ("parameters", "message", "code", "param"),
    [
        ({"model": None}, "you must provide a model parameter", None, None),
        ({"messages": []}, f"Invalid 'messages': {EMPTY}", "empty_array", "messages"),
        ({"tools": []}, f"Invalid 'tools': {EMPTY}", "empty_array", "tools"),
        (
            {"messages": [{"content": "hi"}]},
            "Missing required parameter: 'messages[0].role'.",
            "missing_required_parameter",
            "messages[0].role",
        ),
        (
            {"messages": [{"role": "user", "content": 7}]},
            WRONG_CONTENT,
            "invalid_type",
            "messages[0].content",
        ),
        (
            {"max_tokens": 0},
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
            "max_tokens",
        ),
        (
            {"temperature": -1},
            "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
            "decimal_below_min_value",
            "temperature",
        ),
        (
            {"temperature": 3},
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
            "decimal_above_max_value",
            "temperature",
        ),
        (
            {"tool_choice": "auto"},
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            None,
            "tool_choice",
        ),
        (
            {"logprobs": True, "top_logprobs": 21},
            "Invalid value for 'top_logprobs': must be less than or equal to 20.",
            None,
            "top_logprobs",
        ),
        (
            {"modalities": ["text", "audio"]},
            "Missing required parameter: 'audio'.",
            "missing_required_parameter",
            "audio",
        ),
    ],
)
def test_a_fault_is_refused_in_the_words_of_the_wire_contract(parameters, message, code, param):
    assert refused(BODY | parameters) == (message, code, param)


@pytest.mark.parametrize("body", [{}, {"messages": [USER]}, {"model": "", "messages": [USER]}, {"x": 1}])
def test_a_body_without_a_model_is_refused_before_all_else(body):
    assert refused(body, strict=True) == ("you must provide a model parameter", None, None)


@pytest.mark.parametrize("body", [None, [], "gpt-4o", 1, True, {"model": 7, "messages": []}, {"model": {}}])
def test_a_body_or_a_model_of_a_wrong_type_is_not_parsed(body):
    assert refused(body) == (NOT_JSON, None, None)


def test_a_body_without_messages_is_refused_before_unknown_parameters():
    message = "Missing required parameter: 'messages'."
    assert refused({"model": "m", "x": 1}, strict=True) == (message, "missing_required_parameter", "messages")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"x": None}, "Unrecognized request argument supplied: x"),
        ({"thinking": {}, "top_k": 1, "messages": []}, "Unrecognized request arguments supplied: thinking, top_k"),
        ({"n": 0, "top_k": 1}, "Unrecognized request argument supplied: top_k"),
    ],
)
def test_unknown_parameters_are_refused_first_when_strict(parameters, message):
    assert refused(BODY | parameters, strict=True) == (message, None, None)


def test_unknown_parameters_are_accepted_when_lenient():
    validate(BODY | {"top_k": 40, "thinking": {"type": "enabled"}, "extra_body": None})


# Recorded with bodies that had these two faults each, in August 2026.
@pytest.mark.parametrize(
    ("parameters", "param"),
    [
        ({"metadata": {"k": 7}, "messages": [7]}, "messages[0]"),
        ({"function_call": {}, "functions": "x"}, "functions"),
        ({"parallel_tool_calls": "x", "tools": "x"}, "tools"),
        ({"metadata": {"k": 7}, "n": 0}, "n"),
        ({"temperature": "x", "n": "x"}, "n"),
        ({"logprobs": "x", "max_completion_tokens": 0}, "max_completion_tokens"),
        ({"verbosity": "x", "user": 7}, "user"),
        ({"service_tier": "x", "seed": 1.5}, "seed"),
        ({"moderation": {}, "n": 0}, "n"),
        ({"prompt_cache_key": 7, "prompt_cache_options": "x"}, "prompt_cache_options"),
        ({"store": "x", "stream": "y"}, "stream"),
        ({"metadata": "x", "store": "x"}, "store"),
        ({"verbosity": {}, "metadata": "x"}, "metadata"),
        ({"metadata": "x", "reasoning_effort": "x"}, "reasoning_effort"),
    ],
)
def test_of_two_faults_the_one_that_the_service_reports_is_reported(parameters, param):
    assert refused(BODY | parameters)[2] == param


# The whole order, derived in the same way by sorting parameters of a wrong type, two at a time.
ORDER = (
    *("messages", "functions", "function_call", "tools", "tool_choice", "parallel_tool_calls", "max_completion_tokens"),
    *("n", "temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "user", "seed"),
    *("moderation", "safety_identifier", "prompt_cache_options", "prompt_cache_key", "prompt_cache_retention"),
    *("response_format", "service_tier", "max_tokens", "reasoning_effort", "logit_bias", "stop", "stream"),
    *("stream_options", "store", "metadata", "prediction", "verbosity"),
)


@pytest.mark.parametrize(("first", "second"), list(pairwise(ORDER)))
def test_parameters_are_reported_in_the_order_of_the_service(first, second):
    assert refused(BODY | {second: [7], first: [7]})[2].split("[")[0] == first


MAX_TOKENS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
)
TEMPERATURE = (
    "Unsupported value: 'temperature' does not support {} with this model. Only the default (1) value is supported."
)


@pytest.mark.parametrize("value", [16, 0, "x"])
def test_a_reasoning_model_takes_no_max_tokens(value):
    body = BODY | {"max_tokens": value, "store": "x"}
    assert refused(body, reasoning_model=True) == (MAX_TOKENS, "unsupported_parameter", "max_tokens")


@pytest.mark.parametrize("value", [0.2, 0, 2])
def test_a_reasoning_model_takes_no_temperature_but_1(value):
    body = BODY | {"temperature": value}
    expected = (TEMPERATURE.format(value), "unsupported_value", "temperature")
    assert refused(body, reasoning_model=True) == expected
    validate(body)


def test_the_value_of_a_temperature_is_judged_after_the_table_and_before_content():
    assert refused(BODY | {"temperature": 0.5, "metadata": "x"}, reasoning_model=True)[2] == "metadata"
    body = {"model": "o3", "messages": [{"role": "user"}], "temperature": 0.5}
    assert refused(body, reasoning_model=True)[2] == "temperature"


@pytest.mark.parametrize(
    "parameters", [{}, {"temperature": 1}, {"temperature": 1.0}, {"max_tokens": None}, {"max_completion_tokens": 9}]
)
def test_a_reasoning_model_takes_the_rest(parameters):
    validate(BODY | parameters, reasoning_model=True)


@pytest.mark.parametrize(
    ("model", "reasons"),
    [
        *((name, True) for name in ("o1", "o1-mini", "o3", "o3-2025-04-16", "o4-mini", "gpt-5", "gpt-5-nano")),
        *((name, True) for name in ("gpt-5.1", "gpt-5.1-codex", "openai/gpt-5", "a/b/o3-mini:free", "ft:o4-mini:me")),
        *((name, False) for name in ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-50", "o10", "foo1", "xo3", "o3x", "")),
        *((name, False) for name in ("gpt-5-chat-latest", "openai/gpt-5-chat", "my-gpt-5", "deepseek-r1")),
    ],
)
def test_a_reasoning_model_is_known_by_its_name(model, reasons):
    assert is_reasoning_model(model) is reasons
