import pytest

USER = {"role": "user", "content": "hi"}
LETTERS = "^[a-zA-Z0-9_-]+$"
PARTS = "'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'"
ROLES = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"


def call(**changes):
    return {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}} | changes


def assistant(*calls, **more):
    return {"role": "assistant", "content": None, "tool_calls": list(calls)} | more


def parts(*content, role="user"):
    return {"role": role, "content": list(content)}


@pytest.mark.parametrize(
    ("message", "expected", "got", "path"),
    [
        ("hi", "an object", "a string", "messages[0]"),
        (None, "an object", "null", "messages[0]"),
        (
            {"role": "user", "content": 7},
            "one of a string or array of objects",
            "an integer",
            "messages[0].content",
        ),
        (
            {"role": "tool", "content": {"a": 1}, "tool_call_id": "x"},
            "one of a string or array of objects",
            "an object",
            "messages[0].content",
        ),
        (
            {"role": "developer", "content": None},
            "one of a string or array of objects",
            "null",
            "messages[0].content",
        ),
        (
            {"role": None, "content": "hi"},
            "one of 'system', 'assistant', 'user', 'function', 'tool', or 'developer'",
            "null",
            "messages[0].role",
        ),
        ({"role": "user", "content": "hi", "name": 1}, "a string", "an integer", "messages[0].name"),
        ({"role": "tool", "content": "x", "tool_call_id": 1}, "a string", "an integer", "messages[0].tool_call_id"),
        (
            {"role": "assistant", "content": "x", "tool_calls": "x"},
            "an array of objects",
            "a string",
            "messages[0].tool_calls",
        ),
        ({"role": "assistant", "refusal": []}, "a string", "an array", "messages[0].refusal"),
        ({"role": "assistant", "audio": "a"}, "an object", "a string", "messages[0].audio"),
        ({"role": "assistant", "function_call": "f"}, "an object", "a string", "messages[0].function_call"),
        (
            assistant(call(function={"name": "f", "arguments": {}})),
            "a string",
            "an object",
            "messages[0].tool_calls[0].function.arguments",
        ),
        (parts("hi"), "an object", "a string", "messages[0].content[0]"),
        (
            parts({"type": "image_url", "image_url": "https://a.test/b.png"}),
            "an object",
            "a string",
            "messages[0].content[0].image_url",
        ),
        (parts({"type": "text", "text": 1}), "a string", "an integer", "messages[0].content[0].text"),
        (
            parts({"type": "file", "file": {"file_id": 1}}),
            "a string",
            "an integer",
            "messages[0].content[0].file.file_id",
        ),
    ],
)
def test_a_wrong_type_is_refused_by_its_path(refused, message, expected, got, path):
    sentence = f"Invalid type for '{path}': expected {expected}, but got {got} instead."
    assert refused({"messages": [message]}) == (sentence, "invalid_type", path)


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ({"content": "hi"}, "messages[1].role"),
        ({"role": "developer"}, "messages[1].content"),
        ({"role": "developer", "refusal": "no"}, "messages[1].content"),
        ({"role": "function", "content": "x"}, "messages[1].name"),
        ({"role": "assistant", "audio": {}}, "messages[1].audio.id"),
        ({"role": "assistant", "function_call": {"name": "f"}}, "messages[1].function_call.arguments"),
        ({"role": "assistant", "function_call": {"arguments": ""}}, "messages[1].function_call.name"),
        (assistant({"id": "x", "function": {}}), "messages[1].tool_calls[0].type"),
        (assistant({"type": "function", "function": {}}), "messages[1].tool_calls[0].id"),
        (assistant({"id": "x", "type": "function"}), "messages[1].tool_calls[0].function"),
        (assistant(call(function={"arguments": "{}"})), "messages[1].tool_calls[0].function.name"),
        (assistant(call(function={"name": "f"})), "messages[1].tool_calls[0].function.arguments"),
        (assistant({"id": "x", "type": "custom"}), "messages[1].tool_calls[0].custom"),
        (
            assistant({"id": "x", "type": "custom", "custom": {"name": "f"}}),
            "messages[1].tool_calls[0].custom.input",
        ),
        (parts({"text": "hi"}), "messages[1].content[0].type"),
        (parts({"type": "text"}), "messages[1].content[0].text"),
        (parts({"type": "image_url"}), "messages[1].content[0].image_url"),
        (parts({"type": "image_url", "image_url": {}}), "messages[1].content[0].image_url.url"),
        (parts({"type": "input_audio"}), "messages[1].content[0].input_audio"),
        (
            parts({"type": "input_audio", "input_audio": {"format": "wav"}}),
            "messages[1].content[0].input_audio.data",
        ),
        (
            parts({"type": "input_audio", "input_audio": {"data": ""}}),
            "messages[1].content[0].input_audio.format",
        ),
        (parts({"type": "file"}), "messages[1].content[0].file"),
        (parts({"type": "refusal"}), "messages[1].content[0].refusal"),
        (parts({"type": "audio", "audio": {}}), "messages[1].content[0].audio.id"),
    ],
)
def test_a_missing_member_is_named_by_its_path(refused, message, path):
    sentence = f"Missing required parameter: '{path}'."
    assert refused({"messages": [USER, message]}) == (sentence, "missing_required_parameter", path)


@pytest.mark.parametrize(
    ("message", "value", "values", "path"),
    [
        ({"role": "bot", "content": "hi"}, "bot", ROLES, "messages[0].role"),
        (parts({"type": "text", "text": ""}, {"type": "image"}), "image", PARTS, "messages[0].content[1].type"),
        (assistant(call(type="mcp")), "mcp", "'function' and 'custom'", "messages[0].tool_calls[0].type"),
        (
            parts({"type": "input_audio", "input_audio": {"data": "", "format": "ogg"}}),
            "ogg",
            "'wav' and 'mp3'",
            "messages[0].content[0].input_audio.format",
        ),
        (
            parts({"type": "image_url", "image_url": {"url": "", "detail": "tiny"}}),
            "tiny",
            "'auto', 'low', and 'high'",
            "messages[0].content[0].image_url.detail",
        ),
    ],
)
def test_a_value_outside_an_enumeration_is_refused(refused, message, value, values, path):
    sentence = f"Invalid value: '{value}'. Supported values are: {values}."
    assert refused({"messages": [message]}) == (sentence, "invalid_value", path)


@pytest.mark.parametrize(
    ("message", "fault", "code", "path"),
    [
        (
            assistant(),
            "empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
            "messages[0].tool_calls",
        ),
        (
            assistant(call(id="c" * 41)),
            "string too long. Expected a string with maximum length 40, but got a string with length 41 instead.",
            "string_above_max_length",
            "messages[0].tool_calls[0].id",
        ),
        (
            assistant(call(function={"name": "a b", "arguments": ""})),
            f"string does not match pattern. Expected a string that matches the pattern '{LETTERS}'.",
            "invalid_value",
            "messages[0].tool_calls[0].function.name",
        ),
        (
            {"role": "user", "content": "hi", "name": "Ada Lovelace"},
            r"string does not match pattern. Expected a string that matches the pattern '^[^\s<|\\/>]+$'.",
            "invalid_value",
            "messages[0].name",
        ),
        (
            {"role": "user", "content": "hi", "name": ""},
            "empty string. Expected a string with minimum length 1, but got an empty string instead.",
            "empty_string",
            "messages[0].name",
        ),
    ],
)
def test_a_value_beyond_its_limits_is_refused(refused, message, fault, code, path):
    assert refused({"messages": [message]}) == (f"Invalid '{path}': {fault}", code, path)


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([{"role": "user", "content": 7}, {"role": "bot"}], "messages[0].content"),
        ([assistant(content=7), {"role": "bot"}], "messages[0].content"),
        ([assistant(), {"role": "bot"}], "messages[0].tool_calls"),
        ([{"role": "user"}, {"role": "user", "content": 7}], "messages[1].content"),
        ([{"role": "user"}, {"role": "bot"}], "messages[1].role"),
    ],
)
def test_messages_are_read_in_order_and_absent_content_comes_last(refused, messages, param):
    assert refused({"messages": messages})[2] == param
