"""The Realtime response object and its items, in the key order of `response.done` (OpenAI's API description).

Here: what a turn's parts are called in this API. Not here: the events that carry them (`stream.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mockllm.dialects.realtime.event import named
from mockllm.request import JSON, Request
from mockllm.seeds import Seed
from mockllm.turn import Audio, Choice, Refusal, StopReason, Text, ToolCall, Turn, Usage, part_text, part_tokens

Said = Text | Refusal | Audio
"""The parts that are a message."""

_REASONS: Mapping[str | None, str] = {
    StopReason.LENGTH: "max_output_tokens",
    StopReason.CONTENT_FILTER: "content_filter",
}


@dataclass(frozen=True, slots=True)
class Output:
    """An item of the answer with its part: as it is added, and as it is done."""

    part: Said | ToolCall
    added: Mapping[str, JSON]
    done: Mapping[str, JSON]

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.done["id"])


def response_id(turn: Turn) -> str:
    """The id of the response."""
    return named("resp", Seed.of("realtime", turn.key))


def speaks(request: Request) -> bool:
    """Whether the answer is to be spoken, which it is unless the client wants text."""
    return request.json.get("output_modalities") != ["text"]


def outputs(turn: Turn, request: Request) -> tuple[Output, ...]:
    """The items of the turn's first choice. The API has no others, and neither reasoning nor tools of the service."""
    choice = turn.choices[0]
    parts = [part for part in choice.parts if isinstance(part, (Text, Refusal, Audio, ToolCall))]
    cut = incomplete_reason(choice) is not None
    return tuple(
        _output(part, turn, index, "incomplete" if cut and index == len(parts) - 1 else "completed", request)
        for index, part in enumerate(parts)
    )


def incomplete_reason(choice: Choice) -> str | None:
    """Why the response is incomplete, or None if it is complete."""
    return _REASONS.get(choice.stop)


def _output(part: Said | ToolCall, turn: Turn, index: int, status: str, request: Request) -> Output:
    key = named("item", Seed.of("realtime", turn.key), index)
    if isinstance(part, ToolCall):
        call: dict[str, JSON] = {"id": key, "type": "function_call", "status": "in_progress", "name": part.name}
        call |= {"call_id": part.id, "arguments": ""}
        return Output(part, call, {**call, "status": status, "arguments": part_text(part)})
    added: dict[str, JSON] = {"id": key, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    kind, name = ("output_audio", "transcript") if speaks(request) else ("output_text", "text")
    return Output(part, added, {**added, "status": status, "content": [{"type": kind, name: part_text(part)}]})


def response(request: Request, key: str, **fields: JSON) -> dict[str, JSON]:
    """The response as it is when it begins, with these fields in place of its own."""
    asked = request.json
    where = asked.get("session")
    known = where if isinstance(where, Mapping) else {}
    audio = asked.get("audio")
    told = audio.get("output") if isinstance(audio, Mapping) else None
    output = told if isinstance(told, Mapping) else {}
    shown = {name: output[name] for name in ("format", "voice") if name in output}
    return {
        "object": "realtime.response",
        "id": key,
        "status": "in_progress",
        "status_details": None,
        "output": [],
        "conversation_id": None if asked.get("conversation") == "none" else known.get("conversation_id"),
        "output_modalities": asked.get("output_modalities") or ["audio"],
        "max_output_tokens": asked.get("max_output_tokens") or "inf",
        "audio": {"output": shown},
        "usage": None,
        "metadata": asked.get("metadata"),
        **fields,
    }


def finished(turn: Turn, request: Request) -> dict[str, JSON]:
    """The response at its end: completed, or incomplete with its reason."""
    reason = incomplete_reason(turn.choices[0])
    made = outputs(turn, request)
    items: list[JSON] = [output.done for output in made]
    spoken = sum(part_tokens(it.part) for it in made if not isinstance(it.part, ToolCall)) if speaks(request) else 0
    return response(
        request,
        response_id(turn),
        status="completed" if reason is None else "incomplete",
        status_details=None if reason is None else {"type": "incomplete", "reason": reason},
        output=items,
        usage=usage_json(turn.usage, min(spoken, turn.usage.output_tokens)),
    )


def usage_json(usage: Usage, spoken: int) -> JSON:
    """Token counts with their details; `spoken` are those of the output that are sound."""
    cached = usage.cached_tokens
    return {
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "input_token_details": {
            "text_tokens": usage.input_tokens,
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": cached,
            "cached_tokens_details": {"text_tokens": cached, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": usage.output_tokens - spoken, "audio_tokens": spoken},
    }
