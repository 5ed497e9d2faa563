"""What an input item of a Responses request must look like, by its type.

Here: the table of items and of the content parts of messages (wire-contract §7.3). Not here: what one item demands of
the others (`history.py`). What hosted tools did is taken as it is.
"""

from collections.abc import Mapping
from typing import TypeGuard

from mockllm.dialects.rules import Choice, Either, Items, Row, Tagged, Text, check_rows

# Items of hosted tools and of the service itself.
_OTHERS = (
    "additional_tools",
    "apply_patch_call",
    "apply_patch_call_output",
    "code_interpreter_call",
    "compaction",
    "compaction_trigger",
    "computer_call",
    "computer_call_output",
    "configuration_update",
    "file_search_call",
    "image_generation_call",
    "local_shell_call",
    "local_shell_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "program",
    "program_output",
    "shell_call",
    "shell_call_output",
    "tool_search_call",
    "tool_search_output",
    "web_search_call",
)

_TEXT = (Row("text", Text(), required=True),)
_PART = Tagged(
    "type",
    {
        "input_text": _TEXT,
        "input_image": (),
        "input_audio": (),
        "input_file": (),
        "output_text": _TEXT,
        "refusal": (Row("refusal", Text(), required=True),),
    },
)
_CONTENT = Either((Text(), Items(_PART)))
_MESSAGE = (
    Row("role", Choice(("assistant", "system", "developer", "user")), required=True),
    Row("content", _CONTENT, required=True),
)
_CALLED = (Row("call_id", Text(), required=True), Row("name", Text(), required=True))
_OUTPUT = (Row("call_id", Text(), required=True), Row("output", _CONTENT, required=True))
_SUMMARY = Items(Tagged("type", {"summary_text": _TEXT}))

_BY_TYPE: Mapping[str, tuple[Row, ...]] = {
    "message": _MESSAGE,
    "function_call": (*_CALLED, Row("arguments", Text(), required=True)),
    "function_call_output": _OUTPUT,
    "custom_tool_call": (*_CALLED, Row("input", Text(), required=True)),
    "custom_tool_call_output": _OUTPUT,
    "reasoning": (Row("summary", _SUMMARY, required=True),),
    "item_reference": (Row("id", Text(), required=True),),
    **dict.fromkeys(_OTHERS, ()),
}


class _Item:
    """An item of the input; one without a type is a message."""

    phrase = "an object"
    _typed = Tagged("type", _BY_TYPE)

    def accepts(self, value: object) -> TypeGuard[dict[str, object]]:
        """Objects."""
        return isinstance(value, dict)

    def inspect(self, value: dict[str, object], path: str) -> None:
        """Raise what the first faulty member earns."""
        if value.get("type") is not None:
            self._typed.inspect(value, path)
        elif "id" in value and "role" not in value:
            check_rows(_BY_TYPE["item_reference"], value, path)
        else:
            check_rows(_MESSAGE, value, path)


ITEM = _Item()
"""One item."""

INPUT = Either((Text(), Items(ITEM)))
"""The parameter `input`."""
