"""The parameters of a Chat Completions request, one row each.

Here: the table of all top-level parameters, what changes in it for a reasoning model, and which parameter needs which
other. Not here: the inside of messages (`messages.py`) and of tools (`tools.py`).

The order of the rows is the order in which the real service reports faults: recorded in August 2026 with bodies that
had two faults each. It is neither that of the documentation nor alphabetical.
"""

from mockllm.dialects.chat.validate.messages import MESSAGE, NAME, TEXT_PART
from mockllm.dialects.chat.validate.tools import FUNCTION_CALL, FUNCTIONS, TOOL_CHOICE, TOOLS
from mockllm.dialects.rules import (
    Choice,
    Decimal,
    Either,
    Fields,
    Flag,
    Items,
    Map,
    Needs,
    Row,
    Supported,
    Tagged,
    Text,
    Unsupported,
    Whole,
)

_SCHEMA = Fields(
    (
        Row("name", NAME, required=True),
        Row("description", Text()),
        Row("schema", Fields(), required=True),
        Row("strict", Flag()),
    )
)
_RESPONSE_FORMAT = Tagged(
    "type",
    {"json_object": (), "json_schema": (Row("json_schema", _SCHEMA, required=True),), "text": ()},
)
_STREAM_OPTIONS = Fields((Row("include_usage", Flag()), Row("include_obfuscation", Flag())))
_AUDIO = Fields(
    (
        Row("voice", Either((Text(), Fields((Row("id", Text(), required=True),)))), required=True),
        Row("format", Choice(("wav", "aac", "mp3", "flac", "opus", "pcm16")), required=True),
    )
)
_PREDICTED = Either((Text(), Items(Tagged("type", {"text": TEXT_PART}))))
_PLACE = Fields((Row("type", Choice(("approximate",)), required=True), Row("approximate", Fields(), required=True)))
_WEB_SEARCH = Fields(
    (
        Row("search_context_size", Choice(("low", "medium", "high"))),
        Row("user_location", _PLACE),
    )
)

FIELDS: tuple[Row, ...] = (
    Row("messages", Items(MESSAGE, filled=True), required=True),
    Row("functions", FUNCTIONS),
    Row("function_call", FUNCTION_CALL),
    Row("tools", TOOLS),
    Row("tool_choice", TOOL_CHOICE),
    Row("parallel_tool_calls", Flag()),
    Row("max_completion_tokens", Whole(1)),
    Row("n", Whole(1, 128)),
    Row("temperature", Decimal(0, 2)),
    Row("top_p", Decimal(0, 1)),
    Row("presence_penalty", Decimal(-2, 2)),
    Row("frequency_penalty", Decimal(-2, 2)),
    Row("logprobs", Flag()),
    Row("top_logprobs", Whole(0)),
    Row("user", Text()),
    Row("seed", Whole()),
    Row("moderation", Fields((Row("model", Text(), required=True),))),
    Row("safety_identifier", Text()),
    Row("prompt_cache_options", Fields()),
    Row("prompt_cache_key", Text()),
    Row("prompt_cache_retention", Choice(("in_memory", "24h"), sentence="Invalid prompt_cache_retention argument")),
    Row("response_format", _RESPONSE_FORMAT),
    # `scale` is in the clients' types, but not in the recorded refusal.
    Row("service_tier", Choice(("auto", "default", "fast", "flex", "priority"), unlisted=("scale",))),
    Row("max_tokens", Whole(1)),
    Row("reasoning_effort", Supported(("none", "minimal", "low", "medium", "high", "xhigh"))),
    Row("logit_bias", Map(Decimal(-100, 100))),
    Row("stop", Either((Text(), Items(Text(), filled=True, most=4)))),
    Row("stream", Flag()),
    Row("stream_options", _STREAM_OPTIONS),
    Row("store", Flag()),
    Row("metadata", Map(Text(most=512), most=16, longest=64, phrase="a metadata object")),
    Row("prediction", Tagged("type", {"content": (Row("content", _PREDICTED, required=True),)})),
    Row("verbosity", Choice(("low", "medium", "high"))),
    # The place of the last three is not recorded.
    Row("modalities", Items(Choice(("text", "audio")))),
    Row("audio", _AUDIO),
    Row("web_search_options", _WEB_SEARCH),
)
"""Every top-level parameter except `model`, in the order of the reports."""

REASONING_FIELDS: tuple[Row, ...] = tuple(
    Row("max_tokens", Unsupported("max_completion_tokens")) if row.name == "max_tokens" else row for row in FIELDS
)
"""The same for a reasoning model, which does not take `max_tokens`."""

KNOWN = frozenset(row.name for row in FIELDS) | {"model"}
"""The names of all parameters."""

# All of these sentences are recorded; users' reports agree on them.
NEEDS: tuple[Needs, ...] = (
    Needs("function_call", "functions"),
    Needs("tool_choice", "tools"),
    Needs("parallel_tool_calls", "tools"),
    Needs("top_logprobs", "logprobs", enabled=True),
    Needs("stream_options", "stream", enabled=True),
)
"""The parameters that are allowed only beside another one."""
