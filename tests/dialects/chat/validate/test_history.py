import pytest

USER = {"role": "user", "content": "hi"}
NULL = "Invalid value for 'content': expected a string, got null."
ORPHAN = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
TEXT_OR_IMAGE = "Content blocks are expected to be either text or image_url type."
TEXT = {"type": "text", "text": "x"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://a.test/b.png"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}
REFUSAL = {"type": "refusal", "refusal": "no"}
FILE = {"type": "file", "file": {"file_id": "file-1"}}


def unanswered(call_ids):
    return (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {call_ids}"
    )


def calls(*ids):
    made = [{"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}} for call_id in ids]
    return {"role": "assistant", "content": None, "tool_calls": made}


def tool(call_id):
    return {"role": "tool", "tool_call_id": call_id, "content": "x"}


def parts(role, *content):
    return {"role": role, "content": list(content), "name": "n", "tool_call_id": "a"}


@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("a"), tool("a")],
        [USER, calls("a", "b"), tool("b"), tool("a"), USER],
        [USER, calls("a"), tool("a"), calls("a"), tool("a")],
        [USER, calls("a"), tool("a"), {"role": "assistant", "content": "done"}, USER],
        [USER, {"role": "assistant", "content": None, "refusal": "no"}, USER],
        [USER, {"role": "assistant", "audio": {"id": "audio_1"}}, USER],
        [USER, {"role": "assistant", "function_call": {"name": "f", "arguments": ""}}, USER],
        [USER, {"role": "function", "name": "f", "content": None}],
        [{"role": "user", "content": ""}],
        [{"role": "user", "content": []}],
        [parts("user", TEXT, IMAGE, SOUND, FILE, {"type": "file", "file": {"file_data": "data:", "filename": "a"}})],
        [parts("assistant", TEXT, REFUSAL), parts("developer", TEXT), parts("system", TEXT)],
    ],
)
def test_a_conversation_that_holds_together_is_accepted(accepted, messages):
    assert accepted({"messages": messages}) is None


@pytest.mark.parametrize(
    ("messages", "index"),
    [
        ([{"role": "user"}], 0),
        ([{"role": "user", "content": None}], 0),
        ([{"role": "system"}, USER], 0),
        ([USER, {"role": "assistant"}], 1),
        ([USER, {"role": "assistant", "content": None, "refusal": None, "tool_calls": None}], 1),
        ([USER, {"role": "user", "refusal": "no"}], 1),
        ([USER, {"role": "tool", "tool_call_id": "a"}], 1),
    ],
)
def test_absent_content_is_refused_unless_something_stands_for_it(refused, messages, index):
    assert refused({"messages": messages}) == (NULL, None, f"messages.[{index}].content")


@pytest.mark.parametrize(
    ("messages", "index"),
    [
        ([tool("a")], 0),
        ([USER, tool("a")], 1),
        ([USER, {"role": "assistant", "content": "x"}, tool("a")], 2),
        ([USER, calls("a"), tool("a"), USER, tool("a")], 4),
        ([USER, {"role": "tool", "content": "x"}], 1),
    ],
)
def test_a_tool_message_without_a_call_is_refused(refused, messages, index):
    assert refused({"messages": messages}) == (ORPHAN, None, f"messages.[{index}].role")


@pytest.mark.parametrize(
    ("messages", "call_ids", "index"),
    [
        ([USER, calls("a"), USER], "a", 2),
        ([USER, calls("a", "b", "c"), tool("b"), USER], "a, c", 3),
        ([USER, calls("a"), calls("b"), tool("b")], "a", 2),
        ([USER, calls("a", "b"), tool("a")], "b", 2),
        ([USER, calls("a")], "a", 1),
    ],
)
def test_calls_without_an_answer_are_named(refused, messages, call_ids, index):
    assert refused({"messages": messages}) == (unanswered(call_ids), None, f"messages.[{index}].role")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"role": "tool", "content": "x"},
            "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
        ),
        (tool("z"), "Invalid parameter: 'tool_call_id' of 'z' not found in 'tool_calls' of previous message."),
        (tool("a"), "Invalid parameter: Duplicate value for 'tool_call_id' of 'a'."),
    ],
)
def test_a_tool_message_with_a_wrong_id_is_refused(refused, answer, message):
    messages = [USER, calls("a", "b"), tool("a"), answer]
    assert refused({"messages": messages}) == (message, None, "messages.[3].tool_call_id")


@pytest.mark.parametrize("role", ["system", "developer", "assistant", "tool", "function"])
def test_an_image_is_for_users_only(refused, role):
    message = (
        f"Invalid 'messages[1]'. Image URLs are only allowed for messages with role 'user', but this message with role "
        f"'{role}' contains an image URL."
    )
    messages = [USER, parts(role, TEXT, IMAGE)]
    assert refused({"messages": messages}) == (message, "invalid_value", "messages[1]")


@pytest.mark.parametrize(
    ("role", "part"),
    [("user", REFUSAL), ("system", SOUND), ("assistant", FILE), ("tool", REFUSAL), ("developer", FILE)],
)
def test_other_parts_are_refused_where_their_role_may_not_have_them(refused, role, part):
    messages = [USER, parts(role, part)]
    assert refused({"messages": messages}) == (
        f"Invalid 'messages[1]'. {TEXT_OR_IMAGE}",
        "invalid_value",
        "messages[1]",
    )


def test_a_file_that_is_not_there_is_refused(refused):
    path = "messages[0].content[1].file.file_id"
    messages = [parts("user", TEXT, {"type": "file", "file": {"filename": "a.pdf", "file_data": None}})]
    message = f"Missing required parameter: '{path}'."
    assert refused({"messages": messages}) == (message, "missing_required_parameter", path)


def test_absent_content_anywhere_is_reported_before_unpaired_tools(refused):
    messages = [USER, tool("a"), {"role": "user"}]
    assert refused({"messages": messages}) == (NULL, None, "messages.[2].content")
