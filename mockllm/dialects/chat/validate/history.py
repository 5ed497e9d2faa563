"""What the messages of a conversation demand of each other.

Here: content that is absent, parts that a role may not have, and the pairing of tool calls with tool messages
(wire-contract §7.7). The service looks at these after everything else, and most of their paths have a dot before the
bracket (`messages.[3].role`), unlike those of the tables. Not here: the shape of one message (`messages.py`).

Every function takes messages that have passed the tables.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mockllm.dialects.rules import missing, refusal
from mockllm.errors import ApiError

Message = Mapping[str, Any]

_SUBSTITUTES = ("tool_calls", "function_call", "refusal", "audio")
_PARTS_BY_ROLE: Mapping[str, frozenset[str]] = {
    "user": frozenset({"text", "image_url", "input_audio", "file"}),
    "assistant": frozenset({"text", "refusal"}),
}
_TEXT_ONLY = frozenset({"text"})


def check_parts(messages: Sequence[Message]) -> None:
    """Raise ApiError for the first content part that its message's role may not have, or a file that is not there."""
    for index, message in enumerate(messages):
        content = message.get("content")
        if isinstance(content, list):
            for position, part in enumerate(content):
                _check_part(part, message["role"], f"messages[{index}]", f"content[{position}]")


def _check_part(part: Mapping[str, Any], role: str, message_path: str, part_path: str) -> None:
    kind = part["type"]
    if kind not in _PARTS_BY_ROLE.get(role, _TEXT_ONLY):
        # The sentence about images is recorded; for other parts the contract knows only the one of a text model.
        problem = (
            f"Image URLs are only allowed for messages with role 'user', but this message with role '{role}' contains "
            "an image URL."
            if kind == "image_url"
            else "Content blocks are expected to be either text or image_url type."
        )
        raise refusal(f"Invalid '{message_path}'. {problem}", code="invalid_value", param=message_path)
    if kind == "file" and part["file"].get("file_id") is None and part["file"].get("file_data") is None:
        # Recorded: a file without either is told that its id is missing.
        raise missing(f"{message_path}.{part_path}.file.file_id")


def check_content(messages: Sequence[Message]) -> None:
    """Raise ApiError for the first message without content.

    Only an assistant's message may do without, if it has tool calls, a function call, a refusal or audio; a null is
    none of these. A function's result may be null. The empty string and the empty array are content.
    """
    for index, message in enumerate(messages):
        if message.get("content") is None and not _needs_no_content(message):
            sentence = "Invalid value for 'content': expected a string, got null."
            raise refusal(sentence, param=f"messages.[{index}].content")


def _needs_no_content(message: Message) -> bool:
    if message["role"] == "assistant":
        return any(message.get(name) is not None for name in _SUBSTITUTES)
    return bool(message["role"] == "function")


def check_pairing(messages: Sequence[Message]) -> None:
    """Raise ApiError unless each assistant's tool calls are followed by one tool message for each id, in any order."""
    asked: tuple[str, ...] = ()
    answered: set[str] = set()
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            answered.add(_answer(message, index, asked, answered))
            continue
        _check_answered(asked, answered, index)
        asked = tuple(call["id"] for call in message.get("tool_calls") or ()) if message["role"] == "assistant" else ()
        answered = set()
    # Where the conversation ends too soon the last message is named; no record shows what the service names.
    _check_answered(asked, answered, len(messages) - 1)


def _answer(message: Message, index: int, asked: tuple[str, ...], answered: set[str]) -> str:
    path = f"messages.[{index}].tool_call_id"
    call_id = message.get("tool_call_id")
    if not asked:
        sentence = (
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        )
        raise refusal(sentence, param=f"messages.[{index}].role")
    if call_id is None:
        sentence = "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'."
        raise refusal(sentence, param=path)
    if call_id not in asked:
        sentence = f"Invalid parameter: 'tool_call_id' of '{call_id}' not found in 'tool_calls' of previous message."
        raise refusal(sentence, param=path)
    if call_id in answered:
        raise refusal(f"Invalid parameter: Duplicate value for 'tool_call_id' of '{call_id}'.", param=path)
    return str(call_id)


def _check_answered(asked: tuple[str, ...], answered: set[str], index: int) -> None:
    if unanswered := [call_id for call_id in asked if call_id not in answered]:
        raise _unanswered(unanswered, index)


def _unanswered(call_ids: Sequence[str], index: int) -> ApiError:
    sentence = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(call_ids)}"
    )
    return refusal(sentence, param=f"messages.[{index}].role")
