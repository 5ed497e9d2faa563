"""What tools and the choice among them must look like in the Responses API, where both are flat.

Here: their tables, and the check that a choice names something that is offered. Not here: the other parameters
(`fields.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mockllm.dialects.rules import Choice, Either, Fields, Flag, Items, Row, Tagged, Text, refusal

NAME = Text(filled=True, most=64, pattern="^[a-zA-Z0-9_-]+$")
"""The name of a function, a tool or a schema."""

# Tools that run at the service; what they are told is not looked into.
_HOSTED = (
    "apply_patch",
    "code_interpreter",
    "computer",
    "computer_use_preview",
    "file_search",
    "image_generation",
    "local_shell",
    "mcp",
    "namespace",
    "programmatic_tool_calling",
    "shell",
    "tool_search",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
)

_FUNCTION = (
    Row("name", NAME, required=True),
    Row("description", Text()),
    Row("parameters", Fields()),
    Row("strict", Flag()),
)
_GRAMMAR = (
    Row("definition", Text(), required=True),
    Row("syntax", Choice(("lark", "regex")), required=True),
)
_CUSTOM = (
    Row("name", NAME, required=True),
    Row("description", Text()),
    Row("format", Tagged("type", {"text": (), "grammar": _GRAMMAR})),
)

TOOLS = Items(Tagged("type", {"function": _FUNCTION, "custom": _CUSTOM, **dict.fromkeys(_HOSTED, ())}), most=128)
"""The parameter `tools`."""

_BY_NAME = (Row("name", Text(), required=True),)
_ALLOWED = (
    Row("mode", Choice(("auto", "required")), required=True),
    Row("tools", Items(Fields((Row("type", Text(), required=True),))), required=True),
)

TOOL_CHOICE = Either(
    (
        Choice(("none", "auto", "required")),
        Tagged(
            "type",
            {
                "function": _BY_NAME,
                "custom": _BY_NAME,
                "allowed_tools": _ALLOWED,
                **dict.fromkeys(_HOSTED, ()),
            },
        ),
    )
)
"""The parameter `tool_choice`."""


def check_choice(body: Mapping[str, Any]) -> None:
    """Raise ApiError for a choice of a tool that is not offered; the body has passed the tables."""
    choice, offered = body.get("tool_choice"), body.get("tools") or ()
    if choice == "required" and not offered:
        raise refusal("Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice")
    if isinstance(choice, Mapping) and choice["type"] in {"function", "custom"}:
        _check_named(choice, offered)


def _check_named(choice: Mapping[str, Any], offered: Sequence[Mapping[str, Any]]) -> None:
    wanted = choice["type"], choice["name"]
    if all((tool["type"], tool.get("name")) != wanted for tool in offered):
        raise refusal(f"Tool choice '{choice['name']}' not found in 'tools' parameter.", param="tool_choice")
