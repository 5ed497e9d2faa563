"""What tools, functions and the choice among them must look like.

Here: their tables, and the check that a choice names something that is offered. Not here: which of these parameters
need which other (`fields.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockllm.dialects.chat.validate.messages import NAME
from mockllm.dialects.rules import Choice, Either, Fields, Flag, Items, Row, Tagged, Text, refusal

_FUNCTION = (
    Row("name", NAME, required=True),
    Row("description", Text()),
    Row("parameters", Fields()),
    Row("strict", Flag()),
)
_GRAMMAR = Fields(
    (
        Row("definition", Text(), required=True),
        Row("syntax", Choice(("lark", "regex")), required=True),
    )
)
_CUSTOM = Fields(
    (
        Row("name", NAME, required=True),
        Row("description", Text()),
        Row("format", Tagged("type", {"text": (), "grammar": (Row("grammar", _GRAMMAR, required=True),)})),
    )
)

TOOLS = Items(
    Tagged(
        "type",
        {
            "function": (Row("function", Fields(_FUNCTION), required=True),),
            "custom": (Row("custom", _CUSTOM, required=True),),
        },
    ),
    filled=True,
    most=128,
)
"""The parameter `tools`."""

# Recorded: a wrong type of `functions` is told to be "an array of function definitions".
FUNCTIONS = Items(Fields(_FUNCTION, phrase="a function definition"), filled=True, most=128)
"""The parameter `functions`, which `tools` replaced."""

_NAMED = Fields((Row("name", Text(), required=True),))
_BY_NAME = {
    "function": (Row("function", _NAMED, required=True),),
    "custom": (Row("custom", _NAMED, required=True),),
}
_ALLOWED = Fields(
    (
        Row("mode", Choice(("auto", "required")), required=True),
        Row("tools", Items(Tagged("type", _BY_NAME)), required=True),
    )
)
_KINDS = Choice(("function", "allowed_tools", "custom"))

TOOL_CHOICE = Either(
    (
        Choice(("none", "auto", "required")),
        Tagged(
            "type",
            {**_BY_NAME, "allowed_tools": (Row("allowed_tools", _ALLOWED, required=True),)},
            # Recorded: whatever else the type says, `function` is asked for first.
            otherwise=(Row("function", _NAMED, required=True), Row("type", _KINDS, required=True)),
        ),
    )
)
"""The parameter `tool_choice`."""

FUNCTION_CALL = Either((Choice(("none", "auto")), _NAMED))
"""The parameter `function_call`, which `tool_choice` replaced."""


def check_choices(body: Mapping[str, Any]) -> None:
    """Raise ApiError for a choice of a tool or function that is not offered; the body has passed the tables."""
    offered = {_identity(tool) for tool in body.get("tools") or ()}
    for chosen in _chosen(body.get("tool_choice")):
        if chosen not in offered:
            raise refusal(f"Tool choice '{chosen[1]}' not found in 'tools' parameter.", param="tool_choice")
    _check_function_call(body.get("function_call"), body.get("functions") or ())


def _chosen(choice: str | Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if choice is None or isinstance(choice, str):
        return
    if choice["type"] == "allowed_tools":
        yield from map(_identity, choice["allowed_tools"]["tools"])
    else:
        yield _identity(choice)


def _identity(tool: Mapping[str, Any]) -> tuple[str, str]:
    kind = tool["type"]
    return kind, tool[kind]["name"]


def _check_function_call(choice: str | Mapping[str, Any] | None, functions: Sequence[Mapping[str, Any]]) -> None:
    if choice is None or isinstance(choice, str):
        return
    name = choice["name"]
    if all(function["name"] != name for function in functions):
        message = f"Invalid value for 'function_call': no function named '{name}' was specified in the 'functions'"
        raise refusal(f"{message} parameter.", param="function_call")
