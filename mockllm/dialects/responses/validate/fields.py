"""The parameters of a Responses request, one row each.

Here: the table of all top-level parameters, and the few of them that count for input tokens. Not here: the items of
the input (`items.py`) and tools (`tools.py`).

In which order the real service reports two faults of one body is not recorded; the rows are in the order in which the
parameters matter.
"""

from mockllm.dialects.responses.validate.items import INPUT
from mockllm.dialects.responses.validate.tools import NAME, TOOL_CHOICE, TOOLS
from mockllm.dialects.rules import Choice, Decimal, Either, Fields, Flag, Items, Map, Row, Tagged, Text, Whole

_SCHEMA = (
    Row("name", NAME, required=True),
    Row("description", Text()),
    Row("schema", Fields(), required=True),
    Row("strict", Flag()),
)
_TEXT = Fields(
    (
        Row("format", Tagged("type", {"text": (), "json_object": (), "json_schema": _SCHEMA})),
        Row("verbosity", Choice(("low", "medium", "high"))),
    )
)
_SUMMARY = Choice(("auto", "concise", "detailed"))
_REASONING = Fields(
    (
        Row("effort", Choice(("none", "minimal", "low", "medium", "high", "xhigh"), unlisted=("max",))),
        Row("summary", _SUMMARY),
        Row("generate_summary", _SUMMARY),
    )
)
_INCLUDE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
_BY_ID = Fields((Row("id", Text(), required=True),))

# The lowest bound of max_output_tokens: 16, the service's documented minimum for this API.
_LEAST_OUTPUT = 16

_CONVERSED: tuple[Row, ...] = (
    Row("input", INPUT),
    Row("instructions", Text()),
    Row("previous_response_id", Text()),
    Row("conversation", Either((Text(), _BY_ID))),
    Row("tools", TOOLS),
    Row("tool_choice", TOOL_CHOICE),
    Row("parallel_tool_calls", Flag()),
    Row("reasoning", _REASONING),
    Row("text", _TEXT),
    Row("truncation", Choice(("auto", "disabled"))),
)

FIELDS: tuple[Row, ...] = (
    Row("model", Text(), required=True),
    *_CONVERSED,
    Row("prompt", _BY_ID),
    Row("max_output_tokens", Whole(_LEAST_OUTPUT)),
    Row("max_tool_calls", Whole(1)),
    Row("temperature", Decimal(0, 2)),
    Row("top_p", Decimal(0, 1)),
    Row("top_logprobs", Whole(0, 20)),
    Row("include", Items(Choice(_INCLUDE))),
    Row("store", Flag()),
    Row("background", Flag()),
    Row("stream", Flag()),
    Row("stream_options", Fields((Row("include_obfuscation", Flag()),))),
    Row("metadata", Map(Text(most=512), most=16, longest=64, phrase="a metadata object")),
    Row("service_tier", Choice(("auto", "default", "fast", "flex", "priority"), unlisted=("scale",))),
    Row("safety_identifier", Text()),
    Row("prompt_cache_key", Text()),
    Row("prompt_cache_options", Fields()),
    Row("prompt_cache_retention", Choice(("in_memory", "24h"))),
    Row("moderation", Fields((Row("model", Text(), required=True),))),
    Row("context_management", Items(Fields((Row("type", Text(), required=True),)))),
    Row("access_programs", Fields()),
    Row("image", Fields()),
    Row("user", Text()),
)
"""Every top-level parameter."""

COUNTED: tuple[Row, ...] = (Row("model", Text()), *_CONVERSED)
"""The parameters of `POST /responses/input_tokens`."""

KNOWN = frozenset(row.name for row in FIELDS)
"""The names of all parameters."""
