"""What a message of a Chat Completions request must look like, by its role.

Here: the table of messages, of their content parts and of the tool calls in them (wire-contract §4.2). Not here: what
one message demands of the others and when content may be absent (`history.py`); the service looks at that last.
"""

from mockllm.dialects.rules import Choice, Either, Fields, Items, Row, Tagged, Text

NAME = Text(filled=True, most=64, pattern="^[a-zA-Z0-9_-]+$")
"""The name of a function, a tool or a schema. The wording of each of the three refusals has been recorded."""

# Recorded since 2025; before that a participant's name had the pattern of a function's name.
_PARTICIPANT = Text(filled=True, pattern=r"^[^\s<|\\/>]+$")

TEXT_PART = (Row("text", Text(), required=True),)

_IMAGE = Fields(
    (
        Row("url", Text(), required=True),
        Row("detail", Choice(("auto", "low", "high"), unlisted=("original",))),
    )
)
_SOUND = Fields(
    (
        Row("data", Text(), required=True),
        Row("format", Choice(("wav", "mp3")), required=True),
    )
)
_FILE = Fields((Row("file_data", Text()), Row("file_id", Text()), Row("filename", Text())))

# The order of the cases is the order in which the refusal of an unknown type lists them, as recorded.
PART = Tagged(
    "type",
    {
        "text": TEXT_PART,
        "image_url": (Row("image_url", _IMAGE, required=True),),
        "input_audio": (Row("input_audio", _SOUND, required=True),),
        "refusal": (Row("refusal", Text(), required=True),),
        "audio": (Row("audio", Fields((Row("id", Text(), required=True),)), required=True),),
        "file": (Row("file", _FILE, required=True),),
    },
)

_CONTENT = Either((Text(), Items(PART)))

_FUNCTION_CALL = Fields(
    (
        Row("name", NAME, required=True),
        Row("arguments", Text(), required=True),
    )
)
_CUSTOM_CALL = Fields(
    (
        Row("name", NAME, required=True),
        Row("input", Text(), required=True),
    )
)
# 40 characters: recorded several times for replayed ids of other servers.
_ID = Row("id", Text(most=40), required=True)
_TOOL_CALL = Tagged(
    "type",
    {
        "function": (_ID, Row("function", _FUNCTION_CALL, required=True)),
        "custom": (_ID, Row("custom", _CUSTOM_CALL, required=True)),
    },
)

_PLAIN = (Row("content", _CONTENT), Row("name", _PARTICIPANT))
_ASSISTANT = (
    Row("content", _CONTENT),
    Row("name", _PARTICIPANT),
    Row("refusal", Text()),
    Row("audio", Fields((Row("id", Text(), required=True),))),
    Row("tool_calls", Items(_TOOL_CALL, filled=True)),
    Row("function_call", _FUNCTION_CALL),
)

# The order of the cases is the order in which the refusal of an unknown role lists them, as recorded.
MESSAGE = Tagged(
    "role",
    {
        "system": _PLAIN,
        "assistant": _ASSISTANT,
        "user": _PLAIN,
        "function": (Row("content", _CONTENT), Row("name", _PARTICIPANT, required=True)),
        "tool": (Row("content", _CONTENT), Row("tool_call_id", Text())),
        # Recorded: the newest role is the only one whose content the table demands.
        "developer": (Row("content", _CONTENT, required=True), Row("name", _PARTICIPANT)),
    },
)
"""One message, by its role."""
