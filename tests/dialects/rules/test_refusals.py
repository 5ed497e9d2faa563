"""The sentences of refusals, from wire-contract §4.2."""

import pytest

from mockllm.dialects.rules import refusals


@pytest.mark.parametrize(
    ("error", "message", "code", "param"),
    [
        (
            refusals.missing("messages[0].role"),
            "Missing required parameter: 'messages[0].role'.",
            "missing_required_parameter",
            "messages[0].role",
        ),
        (
            refusals.wrong_type("messages[0].content", "one of a string or array of objects", 7),
            (
                "Invalid type for 'messages[0].content': expected one of a string or array of objects, "
                "but got an integer instead."
            ),
            "invalid_type",
            "messages[0].content",
        ),
        (
            refusals.outside(
                "max_tokens", "integer_below_min_value", "integer below minimum value", expected="a value >= 1", got="0"
            ),
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
            "max_tokens",
        ),
        (
            refusals.unmatched("tools[0].function.name", "^[a-z]+$"),
            (
                "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the "
                "pattern '^[a-z]+$'."
            ),
            "invalid_value",
            "tools[0].function.name",
        ),
        (
            refusals.unknown_value("messages[0].role", "foo", ("system", "user", "tool")),
            "Invalid value: 'foo'. Supported values are: 'system', 'user', and 'tool'.",
            "invalid_value",
            "messages[0].role",
        ),
        (
            refusals.unsupported_value("temperature", 0.2, "Only the default (1) value is supported."),
            (
                "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is "
                "supported."
            ),
            "unsupported_value",
            "temperature",
        ),
    ],
)
def test_a_refusal_says_what_the_service_says(error, message, code, param):
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert (error.message, error.code, error.param) == (message, code, param)


@pytest.mark.parametrize(
    ("values", "phrase"),
    [(["a"], "'a'"), (["a", "b"], "'a' or 'b'"), (["a", "b", "c"], "'a', 'b', or 'c'")],
)
def test_a_list_of_values_reads_as_a_phrase(values, phrase):
    assert refusals.listing(values, "or") == phrase


def test_a_path_is_joined_with_a_dot():
    assert refusals.join("", "model") == "model"
    assert refusals.join("messages[0]", "role") == "messages[0].role"
