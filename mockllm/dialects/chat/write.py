"""Chat Completions, writing a turn as one body: the `chat.completion` object.

Here: the object, its message and its usage, in the key order of the wire (wire-contract §5.1), and the pieces that
streams share. Not here: chunks (`stream.py`), and the bytes of the body (`whole.py`).
"""

from collections.abc import Mapping

from mockllm.dialects.chat.moderation import moderation
from mockllm.errors import MockLLMError
from mockllm.request import JSON, Request
from mockllm.seeds import Seed
from mockllm.turn import (
    Audio,
    Choice,
    Hosted,
    Logprob,
    Reasoning,
    Refusal,
    StopReason,
    Text,
    ToolCall,
    Turn,
    Usage,
    part_text,
    token_text,
)

# Models of these families send no `logprobs` key in a choice (wire-contract §5.1).
_WITHOUT_LOGPROBS = (
    "gpt-5",
    "o1",
    "o3",
    "o4",
    "gpt-4.5",
    "gpt-4o-search",
    "gpt-4o-audio",
    "gpt-4o-mini-search",
    "gpt-4o-mini-audio",
)


class NoRoomError(MockLLMError):
    """A turn that has more in it than a message of this API can hold."""


def completion_id(turn: Turn, request: Request) -> str:
    """`chatcmpl-` and 29 alphanumerics; search previews have a UUID there (wire-contract §5.1)."""
    if "search-preview" not in request.model:
        return f"chatcmpl-{turn.key[:29]}"
    digits = Seed.of("uuid", turn.key).hex(32)
    return f"chatcmpl-{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def body(turn: Turn, request: Request) -> dict[str, JSON]:
    """The turn as a `chat.completion` object."""
    full: dict[str, JSON] = {
        "id": completion_id(turn, request),
        **said(turn.choices, turn.created, turn.model, legacy=is_legacy(request), logprobs=shows_logprobs(request)),
    }
    if (checked := moderation(turn, request)) is not None:
        full["moderation"] = checked
    full["usage"] = usage_json(turn.usage)
    return {**full, **origin(turn.service_tier, turn.system_fingerprint)}


def said(choices: tuple[Choice, ...], created: int, model: str, *, legacy: bool, logprobs: bool) -> dict[str, JSON]:
    """The members after the id, up to what was said. Raises NoRoomError as `check_room` does."""
    return {
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [_choice(index, choice, legacy=legacy, logprobs=logprobs) for index, choice in enumerate(choices)],
    }


def origin(service_tier: str | None, system_fingerprint: str | None) -> dict[str, JSON]:
    """The members after the usage: what served the request."""
    tier: dict[str, JSON] = {} if service_tier is None else {"service_tier": service_tier}
    return {**tier, "system_fingerprint": system_fingerprint}


def _choice(index: int, choice: Choice, *, legacy: bool, logprobs: bool) -> JSON:
    full: dict[str, JSON] = {"index": index, "message": _message(choice, legacy=legacy)}
    if logprobs:
        full["logprobs"] = _logprobs(choice)
    full["finish_reason"] = finish_reason(choice, legacy=legacy)
    return full


def _message(choice: Choice, *, legacy: bool) -> JSON:
    """The message, in the key order of the wire: calls come before the refusal, what other vendors add comes last."""
    check_room(choice, legacy=legacy)
    texts = [part for part in choice.parts if isinstance(part, Text)]
    refusals = [part for part in choice.parts if isinstance(part, Refusal)]
    message: dict[str, JSON] = {
        "role": "assistant",
        "content": "".join(map(part_text, texts)) if texts or not has_content(choice) else None,
        **_calls(choice, legacy=legacy),
        "refusal": "".join(map(part_text, refusals)) if refusals else None,
        "annotations": annotations(choice),
    }
    for part in choice.parts:
        if isinstance(part, Audio):
            message["audio"] = {
                "id": part.id,
                "data": "".join(part.data),
                "expires_at": part.expires_at,
                "transcript": part_text(part),
            }
        elif isinstance(part, Reasoning) and part.pieces:
            message[part.field] = f"{message.get(part.field, '')}{part_text(part)}"
    return message


def _calls(choice: Choice, *, legacy: bool) -> Mapping[str, JSON]:
    calls = [part for part in choice.parts if isinstance(part, ToolCall)]
    if not calls:
        return {}
    if legacy:
        return {"function_call": {"name": calls[0].name, "arguments": part_text(calls[0])}}
    return {"tool_calls": [{**call_header(call), **_call_body(call)} for call in calls]}


def check_room(choice: Choice, *, legacy: bool) -> None:
    """Raise NoRoomError for parts that a message of this API cannot hold together."""
    calls = [part for part in choice.parts if isinstance(part, ToolCall)]
    sounds = [part for part in choice.parts if isinstance(part, Audio)]
    if legacy and (len(calls) > 1 or any(call.kind != "function" for call in calls)):
        raise NoRoomError(
            f"the reply calls {', '.join(call.name for call in calls)}, but the request offers `functions`, and there "
            "an answer is one call of one function: reply with one, or let the request offer `tools`"
        )
    asked = [part.type for part in choice.parts if isinstance(part, Hosted) and part.awaits]
    if asked:
        raise NoRoomError(
            f"the reply has a {asked[0]} for the client to act on, which only the Responses API can tell: reply with "
            "tool_calls, or let the rule match {api: responses}"
        )
    if len(sounds) > 1:
        raise NoRoomError(f"the reply has {len(sounds)} audio parts, but a message has one: join them")


def annotations(choice: Choice) -> list[JSON]:
    """The annotations of all texts of the choice."""
    return [annotation for part in choice.parts if isinstance(part, Text) for annotation in part.annotations]


def has_content(choice: Choice) -> bool:
    """Whether the choice says something else than text or reasoning, so that its content may be null."""
    return any(isinstance(part, (Refusal, ToolCall, Audio)) for part in choice.parts)


def is_legacy(request: Request) -> bool:
    """Whether calls are told as the deprecated `function_call`, because the request offers `functions`."""
    return bool(request.json.get("functions")) and not request.json.get("tools")


def call_header(call: ToolCall) -> dict[str, JSON]:
    """The keys of a tool call that come before its text."""
    return {"id": call.id, "type": call.kind}


def _call_body(call: ToolCall) -> dict[str, JSON]:
    return {call.kind: {"name": call.name, call_text_key(call): part_text(call)}}


def call_text_key(call: ToolCall) -> str:
    """Where the text of a call goes: a function has arguments, a custom tool has input."""
    return "arguments" if call.kind == "function" else "input"


def finish_reason(choice: Choice, *, legacy: bool) -> str | None:
    """The stop reason in this API's words: with legacy functions a call finishes with `function_call`."""
    if choice.stop == StopReason.TOOL_CALLS and legacy:
        return StopReason.FUNCTION_CALL
    return choice.stop


def shows_logprobs(request: Request) -> bool:
    """Whether a choice has the `logprobs` key at all: it was asked for, or the model is of a family that sends null."""
    name = request.model.rsplit("/", 1)[-1]
    return request.logprobs or not name.startswith(_WITHOUT_LOGPROBS)


def _logprobs(choice: Choice) -> JSON:
    content = [entry for part in choice.parts if isinstance(part, Text) for entry in part.logprobs]
    refusal = [entry for part in choice.parts if isinstance(part, Refusal) for entry in part.logprobs]
    if not content and not refusal:
        return None
    return {
        "content": [logprob_json(entry) for entry in content] if content else None,
        "refusal": [logprob_json(entry) for entry in refusal] if refusal else None,
    }


def logprob_json(entry: Logprob) -> JSON:
    """One token's entry, with its alternatives."""
    return {
        **_token_json(entry.token, entry.logprob),
        "top_logprobs": [_token_json(token, logprob) for token, logprob in entry.top],
    }


def _token_json(token: bytes, logprob: float) -> dict[str, JSON]:
    return {"token": token_text(token), "logprob": logprob, "bytes": list(token)}


def usage_json(usage: Usage) -> Mapping[str, JSON]:
    """Token counts with their details (wire-contract §5.1)."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": usage.audio_tokens,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
