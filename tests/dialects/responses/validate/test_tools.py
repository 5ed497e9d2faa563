import pytest

from mockllm.dialects.responses.validate.tools import TOOL_CHOICE, TOOLS, check_choice
from mockllm.dialects.rules import check
from mockllm.errors import ApiError

F = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}
C = {"type": "custom", "name": "c", "format": {"type": "grammar", "definition": "a", "syntax": "regex"}}


def refused(function, *arguments):
    with pytest.raises(ApiError) as caught:
        function(*arguments)
    return caught.value.message, caught.value.code, caught.value.param


def test_tools_are_flat():
    check(TOOLS, [F, C, {"type": "web_search"}, {"type": "mcp", "server_label": "s"}], "tools")
    check(TOOLS, [], "tools")


def test_a_tool_in_the_form_of_chat_completions_lacks_its_name():
    tool = {"type": "function", "function": {"name": "f"}}
    message = "Missing required parameter: 'tools[0].name'."
    assert refused(check, TOOLS, [tool], "tools") == (message, "missing_required_parameter", "tools[0].name")


@pytest.mark.parametrize(
    ("tool", "path"),
    [
        ({"name": "f"}, "tools[0].type"),
        ({"type": "magic"}, "tools[0].type"),
        ({**F, "name": "no spaces"}, "tools[0].name"),
        ({**F, "strict": 1}, "tools[0].strict"),
        ({**C, "format": {"type": "grammar", "definition": "a"}}, "tools[0].format.syntax"),
    ],
)
def test_a_faulty_tool_is_named_by_its_path(tool, path):
    assert refused(check, TOOLS, [tool], "tools")[2] == path


@pytest.mark.parametrize(
    "choice",
    [
        "auto",
        "none",
        "required",
        {"type": "function", "name": "f"},
        {"type": "web_search"},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
    ],
)
def test_a_choice_is_a_word_or_names_a_tool(choice):
    check(TOOL_CHOICE, choice, "tool_choice")


def test_another_choice_is_refused():
    message = "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'."
    assert refused(check, TOOL_CHOICE, "any", "tool_choice") == (message, "invalid_value", "tool_choice")
    assert refused(check, TOOL_CHOICE, {"type": "function"}, "tool_choice")[2] == "tool_choice.name"


def test_a_chosen_tool_must_be_offered():
    check_choice({"tool_choice": {"type": "function", "name": "f"}, "tools": [{"type": "web_search"}, F]})
    check_choice({"tool_choice": {"type": "web_search"}})
    check_choice({"tool_choice": "required", "tools": [F]})
    check_choice({"tool_choice": "auto"})
    check_choice({})
    found = ("Tool choice 'c' not found in 'tools' parameter.", None, "tool_choice")
    assert refused(check_choice, {"tool_choice": {"type": "custom", "name": "c"}, "tools": [F]}) == found
    found = ("Tool choice 'f' not found in 'tools' parameter.", None, "tool_choice")
    assert refused(check_choice, {"tool_choice": {"type": "function", "name": "f"}}) == found
    found = ("Tool choice 'required' must be specified with 'tools' parameter.", None, "tool_choice")
    assert refused(check_choice, {"tool_choice": "required", "tools": []}) == found
