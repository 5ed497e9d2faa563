import pytest

from mockllm.dialects.responses.read import input_items, kind
from mockllm.request import Message, Tool, ToolUse
from tests.turns import asked_responses

CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}", "id": "fc_1"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
USER = {"role": "user", "content": "Hi"}


def messages(*items, **fields):
    return list(asked_responses(input=list(items), **fields).messages)


def test_a_string_is_one_message_of_the_user():
    assert asked_responses(input="Hi").messages == (Message("user", "Hi"),)
    assert input_items({"input": "Hi"}) == [{"type": "message", "role": "user", "content": "Hi"}]


def test_without_input_there_are_no_items():
    assert input_items({}) == input_items({"input": None}) == []


def test_instructions_come_first_as_the_system():
    assert messages(USER, instructions="Be brief.") == [Message("system", "Be brief."), Message("user", "Hi")]


def test_messages_of_every_role_with_text_or_parts():
    parts = [{"type": "input_text", "text": "Hel"}, {"type": "input_image", "image_url": "u"}]
    parts.append({"type": "input_text", "text": "lo"})
    said = [{"type": "output_text", "text": "A"}, {"type": "refusal", "refusal": "B"}]
    assert messages(
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": parts},
        {"type": "message", "role": "assistant", "content": said},
        {"role": "system", "content": "S"},
    ) == [
        Message("developer", "Be brief."),
        Message("user", "Hello"),
        Message("assistant", "AB"),
        Message("system", "S"),
    ]


def test_what_the_assistant_said_without_a_pause_is_one_message():
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": []}
    other = {"type": "custom_tool_call", "call_id": "call_2", "name": "g", "input": "x"}
    results = OUTPUT, {"type": "custom_tool_call_output", "call_id": "call_2", "output": "done"}
    said = {"role": "assistant", "content": "Let me see."}
    assert messages(USER, reasoning, said, CALL, reasoning, other, *results) == [
        Message("user", "Hi"),
        Message("assistant", "Let me see.", (ToolUse("call_1", "f", "{}"), ToolUse("call_2", "g", "x"))),
        Message("tool", "sunny", tool_call_id="call_1"),
        Message("tool", "done", tool_call_id="call_2"),
    ]


def test_a_conversation_counts_the_turns_of_the_assistant():
    said = {"role": "assistant", "content": "A"}
    assert asked_responses(input=[USER, said, USER, CALL, OUTPUT, said]).turn == 3


def test_the_output_of_a_call_may_be_parts():
    parts = [{"type": "input_text", "text": "sun"}, {"type": "input_text", "text": "ny"}]
    assert messages(CALL, {**OUTPUT, "output": parts})[-1].text == "sunny"


def test_what_hosted_tools_did_is_no_message():
    assert messages({"type": "web_search_call", "id": "ws_1"}, USER) == [Message("user", "Hi")]


def test_tools_are_flat_and_hosted_ones_are_none():
    schema = {"type": "object"}
    tools = [{"type": "function", "name": "f", "parameters": schema}, {"type": "custom", "name": "c"}]
    assert asked_responses(tools=[*tools, {"type": "web_search"}]).tools == (
        Tool("f", "function", schema),
        Tool("c", "custom"),
    )


@pytest.mark.parametrize(
    ("choice", "read"),
    [
        (None, "auto"),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "name": "f"}, "f"),
        ({"type": "allowed_tools", "mode": "required", "tools": []}, "required"),
        ({"type": "web_search"}, "auto"),
    ],
)
def test_the_choice_of_a_tool(choice, read):
    assert asked_responses(tool_choice=choice, tools=[{"type": "function", "name": "f"}]).tool_choice == read


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        ({"type": "json_schema", "name": "n", "schema": {"type": "object"}}, {"type": "object"}),
        ({"type": "json_object"}, {}),
        ({"type": "text"}, None),
    ],
)
def test_the_format_of_the_text(form, schema):
    assert asked_responses(text={"format": form}).schema == schema
    assert asked_responses().schema is None


def test_what_bounds_the_answer():
    request = asked_responses(max_output_tokens=16, parallel_tool_calls=False, stream=True)
    assert (request.max_tokens, request.parallel_tool_calls, request.stream, request.choices) == (16, False, True, 1)
    plain = asked_responses(stream=None)
    assert (plain.max_tokens, plain.parallel_tool_calls, plain.stream) == (None, True, False)
    assert (plain.api, plain.model) == ("responses", "gpt-4.1")


@pytest.mark.parametrize(
    ("fields", "wanted", "alternatives"),
    [
        ({}, False, 0),
        ({"top_logprobs": 0}, False, 0),
        ({"top_logprobs": 3}, True, 3),
        ({"include": ["message.output_text.logprobs"]}, True, 0),
        ({"include": ["reasoning.encrypted_content"]}, False, 0),
    ],
)
def test_log_probabilities_are_asked_for_in_two_ways(fields, wanted, alternatives):
    request = asked_responses(**fields)
    assert (request.logprobs, request.top_logprobs) == (wanted, alternatives)


def test_a_response_is_kept_unless_told_otherwise():
    assert [asked_responses(store=store).store for store in (None, True, False)] == [True, True, False]


def test_the_transport_does_not_change_the_fingerprint():
    assert asked_responses().fingerprint == asked_responses(stream=None).fingerprint
    assert asked_responses().fingerprint != asked_responses(input="Ho").fingerprint


def test_an_item_without_a_type_is_a_message():
    assert [kind(item) for item in (USER, {**USER, "type": None}, CALL)] == ["message", "message", "function_call"]


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (None, None),
        ("none", None),
        ({"type": "allowed_tools", "mode": "auto", "tools": []}, ()),
        (
            {
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [{"type": "function", "name": "f"}, {"type": "web_search"}, {"type": "custom", "name": "g"}],
            },
            ("f", "g"),
        ),
    ],
)
def test_a_choice_may_be_limited_to_some_tools(choice, names):
    assert asked_responses(tool_choice=choice).allowed_tools == names


def test_a_request_may_be_for_the_background():
    assert asked_responses(background=True).background
    assert not asked_responses(background=None).background
