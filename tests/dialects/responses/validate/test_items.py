import pytest

from mockllm.dialects.responses.validate.items import INPUT
from mockllm.dialects.rules import check
from mockllm.errors import ApiError

USER = {"role": "user", "content": "Hi"}


def refused(*items):
    with pytest.raises(ApiError) as caught:
        check(INPUT, list(items), "input")
    return caught.value.message, caught.value.code, caught.value.param


@pytest.mark.parametrize(
    "item",
    [
        USER,
        {**USER, "type": "message"},
        {**USER, "id": "msg_1"},
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": "u"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "A"}, {"type": "refusal", "refusal": "B"}]},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "sunny"},
        {"type": "function_call_output", "call_id": "1", "output": [{"type": "input_text", "text": "sunny"}]},
        {"type": "custom_tool_call", "call_id": "1", "name": "f", "input": "x"},
        {"type": "custom_tool_call_output", "call_id": "1", "output": "x"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}]},
        {"type": "item_reference", "id": "msg_1"},
        {"id": "msg_1"},
        {"type": "web_search_call", "id": "ws_1"},
    ],
)
def test_an_item_of_every_type_is_accepted(item):
    check(INPUT, [item], "input")


def test_a_string_is_input_too():
    check(INPUT, "Hi", "input")
    check(INPUT, [], "input")


@pytest.mark.parametrize(
    ("item", "path", "code"),
    [
        ({"content": "Hi"}, "input[1].role", "missing_required_parameter"),
        ({"role": "user"}, "input[1].content", "missing_required_parameter"),
        ({"role": "tool", "content": "Hi"}, "input[1].role", "invalid_value"),
        ({"role": "user", "content": None}, "input[1].content", "invalid_type"),
        ({"role": "user", "content": [{"type": "text", "text": "Hi"}]}, "input[1].content[0].type", "invalid_value"),
        (
            {"role": "user", "content": [{"type": "input_text"}]},
            "input[1].content[0].text",
            "missing_required_parameter",
        ),
        ({"type": "magic"}, "input[1].type", "invalid_value"),
        ({"type": "function_call", "call_id": "1", "name": "f"}, "input[1].arguments", "missing_required_parameter"),
        ({"type": "function_call_output", "output": "x"}, "input[1].call_id", "missing_required_parameter"),
        ({"type": "item_reference"}, "input[1].id", "missing_required_parameter"),
        ({"id": 5}, "input[1].id", "invalid_type"),
        ({"type": "reasoning", "id": "rs_1"}, "input[1].summary", "missing_required_parameter"),
    ],
)
def test_a_faulty_item_is_named_by_its_path(item, path, code):
    assert refused(USER, item)[1:] == (code, path)


def test_an_item_is_an_object():
    message = "Invalid type for 'input[0]': expected an object, but got a string instead."
    assert refused("Hi") == (message, "invalid_type", "input[0]")
