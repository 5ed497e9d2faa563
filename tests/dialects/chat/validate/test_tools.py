import pytest

F = {"type": "function", "function": {"name": "f"}}
C = {"type": "custom", "custom": {"name": "c"}}
LETTERS = "^[a-zA-Z0-9_-]+$"


def function(**members):
    return {"tools": [F, {"type": "function", "function": members}]}


def custom(**members):
    return {"tools": [F, {"type": "custom", "custom": members}]}


def choice(value, *tools):
    return {"tools": list(tools) or [F, C], "tool_choice": value}


def allowed(*tools, **members):
    return choice({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": list(tools)} | members})


@pytest.mark.parametrize(
    "parameters",
    [
        function(name="a" * 64),
        function(name="get-weather_2", description="", parameters={"type": "object"}, strict=True),
        function(name="f", description=None, parameters=None, strict=None),
        custom(name="c", description="free text"),
        custom(name="c", format={"type": "text"}),
        custom(name="c", format={"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: A"}}),
        {"tools": [F] * 128},
        {"tools": [F], "tool_choice": None, "parallel_tool_calls": True},
        choice("none"),
        choice("auto"),
        choice("required"),
        choice(F),
        choice(C),
        allowed(F, C),
        allowed(),
        {"functions": [{"name": "f", "parameters": {}}], "function_call": "auto"},
        {"functions": [{"name": "f"}, {"name": "g"}], "function_call": {"name": "g"}},
        {"functions": [{"name": "f"}], "function_call": "none"},
    ],
)
def test_tools_functions_and_choices_are_accepted(accepted, parameters):
    assert accepted(parameters) is None


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"tools": [{}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "name": "f"}]}, "tools[0].function"),
        ({"tools": [{"type": "custom"}]}, "tools[0].custom"),
        (function(parameters={}), "tools[1].function.name"),
        (custom(), "tools[1].custom.name"),
        (custom(name="c", format={}), "tools[1].custom.format.type"),
        (custom(name="c", format={"type": "grammar"}), "tools[1].custom.format.grammar"),
        (
            custom(name="c", format={"type": "grammar", "grammar": {"definition": "a"}}),
            "tools[1].custom.format.grammar.syntax",
        ),
        (choice({"type": "else"}), "tool_choice.function"),
        (choice({}), "tool_choice.function"),
        (choice({"function": {"name": "f"}}), "tool_choice.type"),
        (choice({"type": "function"}), "tool_choice.function"),
        (choice({"type": "function", "function": {}}), "tool_choice.function.name"),
        (choice({"type": "custom"}), "tool_choice.custom"),
        (choice({"type": "allowed_tools"}), "tool_choice.allowed_tools"),
        (choice({"type": "allowed_tools", "allowed_tools": {}}), "tool_choice.allowed_tools.mode"),
        (
            choice({"type": "allowed_tools", "allowed_tools": {"mode": "auto"}}),
            "tool_choice.allowed_tools.tools",
        ),
        (allowed({"type": "function"}), "tool_choice.allowed_tools.tools[0].function"),
        ({"functions": [{"parameters": {}}]}, "functions[0].name"),
        ({"functions": [{"name": "f"}], "function_call": {"call": "f"}}, "function_call.name"),
    ],
)
def test_a_missing_member_is_named_by_its_path(refused, parameters, path):
    message = f"Missing required parameter: '{path}'."
    assert refused(parameters) == (message, "missing_required_parameter", path)


@pytest.mark.parametrize(
    ("parameters", "value", "values", "path"),
    [
        ({"tools": [{"type": "web_search"}]}, "web_search", "'function' and 'custom'", "tools[0].type"),
        (custom(name="c", format={"type": "xml"}), "xml", "'text' and 'grammar'", "tools[1].custom.format.type"),
        (choice("any"), "any", "'none', 'auto', and 'required'", "tool_choice"),
        (
            choice({"type": "else", "function": {"name": "f"}}),
            "else",
            "'function', 'allowed_tools', and 'custom'",
            "tool_choice.type",
        ),
        (allowed(F, mode="none"), "none", "'auto' and 'required'", "tool_choice.allowed_tools.mode"),
        ({"functions": [{"name": "f"}], "function_call": "any"}, "any", "'none' and 'auto'", "function_call"),
    ],
)
def test_a_value_outside_an_enumeration_is_refused(refused, parameters, value, values, path):
    message = f"Invalid value: '{value}'. Supported values are: {values}."
    assert refused(parameters) == (message, "invalid_value", path)


@pytest.mark.parametrize(
    ("parameters", "fault", "code", "path"),
    [
        (
            {"tools": []},
            "empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
            "tools",
        ),
        (
            {"functions": []},
            "empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
            "functions",
        ),
        (
            {"tools": [F] * 129},
            "array too long. Expected an array with maximum length 128, but got an array with length 129 instead.",
            "array_above_max_length",
            "tools",
        ),
        (
            function(name=""),
            "empty string. Expected a string with minimum length 1, but got an empty string instead.",
            "empty_string",
            "tools[1].function.name",
        ),
        (
            function(name="a" * 65),
            "string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
            "string_above_max_length",
            "tools[1].function.name",
        ),
        (
            function(name="files.read"),
            f"string does not match pattern. Expected a string that matches the pattern '{LETTERS}'.",
            "invalid_value",
            "tools[1].function.name",
        ),
        (
            custom(name="Wetter für Köln"),
            f"string does not match pattern. Expected a string that matches the pattern '{LETTERS}'.",
            "invalid_value",
            "tools[1].custom.name",
        ),
    ],
)
def test_a_value_beyond_its_limits_is_refused(refused, parameters, fault, code, path):
    assert refused(parameters) == (f"Invalid '{path}': {fault}", code, path)


@pytest.mark.parametrize(
    ("parameters", "expected", "got", "path"),
    [
        ({"tools": ["f"]}, "an object", "a string", "tools[0]"),
        (function(name="f", parameters="{}"), "an object", "a string", "tools[1].function.parameters"),
        (function(name="f", strict="yes"), "a boolean", "a string", "tools[1].function.strict"),
        (function(name=None), "a string", "null", "tools[1].function.name"),
        ({"functions": [7]}, "a function definition", "an integer", "functions[0]"),
    ],
)
def test_a_wrong_type_is_refused_by_its_path(refused, parameters, expected, got, path):
    message = f"Invalid type for '{path}': expected {expected}, but got {got} instead."
    assert refused(parameters) == (message, "invalid_type", path)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (choice({"type": "function", "function": {"name": "g"}}), "g"),
        (choice({"type": "custom", "custom": {"name": "f"}}), "f"),
        (choice({"type": "function", "function": {"name": "c"}}, C), "c"),
        (allowed(F, {"type": "custom", "custom": {"name": "d"}}), "d"),
    ],
)
def test_a_choice_that_is_not_among_the_tools_is_refused(refused, parameters, name):
    assert refused(parameters) == (f"Tool choice '{name}' not found in 'tools' parameter.", None, "tool_choice")


def test_a_call_of_a_function_that_is_not_offered_is_refused(refused):
    message = "Invalid value for 'function_call': no function named 'g' was specified in the 'functions' parameter."
    parameters = {"functions": [{"name": "f"}], "function_call": {"name": "g"}}
    assert refused(parameters) == (message, None, "function_call")
