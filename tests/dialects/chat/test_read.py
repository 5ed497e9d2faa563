import pytest

from mockllm.dialects.chat.read import read
from mockllm.request import Call, Message, Tool, ToolUse

CALL = Call("POST", "/v1/chat/completions")
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def reading(**fields):
    return read(CALL, {**BODY, **fields})


def messages(*given):
    return reading(messages=list(given)).messages


def test_a_plain_request_has_the_defaults():
    request = reading()
    assert (request.api, request.model, request.call, request.json) == ("chat", "gpt-4o", CALL, BODY)
    assert request.messages == (Message("user", "Hi"),)
    assert (request.tools, request.tool_choice, request.parallel_tool_calls) == ((), "auto", True)
    assert (request.schema, request.stream, request.max_tokens, request.stop) == (None, False, None, ())
    assert (request.choices, request.store) == (1, False)


def test_fields_that_shape_an_answer_are_read():
    request = reading(n=3, stream=True, store=True, parallel_tool_calls=False)
    assert (request.choices, request.stream, request.store, request.parallel_tool_calls) == (3, True, True, False)


def test_null_counts_as_not_given():
    names = ("n", "stream", "store", "parallel_tool_calls", "max_tokens", "stop", "tools", "tool_choice", "functions")
    request = reading(**dict.fromkeys((*names, "response_format", "function_call", "max_completion_tokens")))
    assert (request.choices, request.stream, request.store, request.parallel_tool_calls) == (1, False, False, True)
    assert (request.max_tokens, request.stop, request.tools, request.tool_choice) == (None, (), (), "auto")


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": 6}, 6),
    ],
)
def test_either_name_limits_the_tokens(fields, limit):
    assert reading(**fields).max_tokens == limit


@pytest.mark.parametrize(("stop", "words"), [("END", ("END",)), (["a", "b"], ("a", "b")), ([], ())])
def test_stop_is_one_word_or_several(stop, words):
    assert reading(stop=stop).stop == words


def test_the_text_of_a_message_joins_its_text_parts():
    parts = [
        {"type": "text", "text": "What is "},
        {"type": "image_url", "image_url": {"url": "data:"}},
        {"type": "text", "text": "this?"},
    ]
    assert messages({"role": "user", "content": parts}) == (Message("user", "What is this?"),)


def test_a_message_without_content_has_an_empty_text():
    assert messages({"role": "assistant", "content": None, "refusal": "No"}) == (Message("assistant", ""),)
    assert messages({"role": "assistant", "refusal": "No"}) == (Message("assistant", ""),)


def test_calls_of_the_history_are_read_with_the_ids_that_results_name():
    function = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    custom = {"id": "call_2", "type": "custom", "custom": {"name": "shell", "input": "ls"}}
    assert messages(
        {"role": "assistant", "content": None, "tool_calls": [function, custom]},
        {"role": "tool", "tool_call_id": "call_1", "content": "1"},
    ) == (
        Message("assistant", "", (ToolUse("call_1", "f", "{}"), ToolUse("call_2", "shell", "ls"))),
        Message("tool", "1", (), "call_1"),
    )


def test_a_legacy_call_and_its_result_are_joined_by_the_functions_name():
    assert messages(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "1"},
    ) == (Message("assistant", "", (ToolUse("f", "f", "{}"),)), Message("function", "1", (), "f"))


def test_keys_that_the_role_or_the_type_gives_no_meaning_may_hold_anything():
    odd = {"tool_calls": [1], "function_call": "x", "tool_call_id": "call_1"}
    assert messages({"role": "user", "content": "Hi", "name": "bob", "tool_calls": [1], "function_call": "x"}) == (
        Message("user", "Hi"),
    )
    custom = {"id": "call_2", "type": "custom", "custom": {"name": "shell", "input": "ls"}, "function": odd}
    assert messages({"role": "assistant", "tool_calls": [custom]})[0].tool_calls == (ToolUse("call_2", "shell", "ls"),)
    tool = {"type": "custom", "custom": {"name": "shell", "parameters": {}}, "function": odd}
    assert reading(tools=[tool]).tools == (Tool("shell", "custom", None),)


def test_the_name_of_a_participant_is_no_call():
    assert messages({"role": "user", "name": "bob", "content": "Hi"}) == (Message("user", "Hi"),)


def test_tools_of_all_kinds_are_read():
    schema = {"type": "object", "properties": {}}
    request = reading(
        tools=[
            {"type": "function", "function": {"name": "f", "parameters": schema}},
            {"type": "function", "function": {"name": "bare"}},
            {"type": "custom", "custom": {"name": "shell"}},
        ],
        functions=[{"name": "old", "parameters": schema}],
    )
    assert request.tools == (
        Tool("f", "function", schema),
        Tool("bare", "function", None),
        Tool("shell", "custom", None),
        Tool("old", "function", schema),
    )


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({"tool_choice": "none"}, "none"),
        ({"tool_choice": "required"}, "required"),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, "f"),
        ({"tool_choice": {"type": "custom", "custom": {"name": "shell"}}}, "shell"),
        ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}}, "required"),
        ({"function_call": "none"}, "none"),
        ({"function_call": {"name": "old"}}, "old"),
        ({"tool_choice": {"type": "unheard_of"}}, "auto"),
    ],
)
def test_the_tool_choice_is_a_mode_or_a_name(fields, choice):
    assert reading(**fields).tool_choice == choice


@pytest.mark.parametrize(
    ("response_format", "schema"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, {}),
        ({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}, {"type": "object"}),
    ],
)
def test_a_response_format_gives_the_schema_of_the_answer(response_format, schema):
    assert reading(response_format=response_format).schema == schema


def test_the_same_question_has_the_same_fingerprint_in_both_transports():
    assert reading(stream=True, stream_options={"include_usage": True}).fingerprint == reading().fingerprint
    assert reading(temperature=1).fingerprint != reading().fingerprint


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (None, None),
        ("required", None),
        ({"type": "function", "function": {"name": "f"}}, None),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "auto",
                    "tools": [
                        {"type": "function", "function": {"name": "f"}},
                        {"type": "custom", "custom": {"name": "g"}},
                        {"type": "function"},
                    ],
                },
            },
            ("f", "g"),
        ),
    ],
)
def test_a_choice_may_be_limited_to_some_tools(choice, names):
    assert reading(tool_choice=choice).allowed_tools == names
