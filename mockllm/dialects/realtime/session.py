"""The session of a Realtime connection: what it is at first, and what `session.update` makes of it.

Here: the object in the key order of `session.created` (the example of OpenAI's API description) and the checks of a
change. Not here: the conversation (`dialogue.py`). Decided: a session has no instructions unless the client gives some,
although the real service begins with a text of its own, which no client depends on; and it ends in an hour.
"""

from collections.abc import Mapping

from mockllm.errors import ApiError
from mockllm.request import JSON

Session = Mapping[str, JSON]

LIFE_S = 3_600
"""How long a session lasts, as it tells."""

_PCM: JSON = {"type": "audio/pcm", "rate": 24_000}
_SERVER_VAD: JSON = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
# What a client may change; the model is that of the connection.
_CHANGES = frozenset(
    {
        *("type", "audio", "include", "instructions", "max_output_tokens", "model", "output_modalities"),
        *("parallel_tool_calls", "prompt", "reasoning", "tool_choice", "tools", "tracing", "truncation"),
    }
)
# What fields are, for those on which the answer depends.
_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "instructions": ((str,), "a string"),
    "tools": ((list,), "an array of objects"),
    "tool_choice": ((str, Mapping), "one of a string or an object"),
    "max_output_tokens": ((int, str), "one of an integer or 'inf'"),
    "audio": ((Mapping,), "an object"),
    "metadata": ((Mapping,), "an object"),
}
# Objects whose members are changed one by one.
_NESTED = frozenset({"audio", "input", "output"})
_MODALITIES = (["text"], ["audio"])


def opened(key: str, model: str, created: int) -> Session:
    """The session of a new connection."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": key,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": created + LIFE_S,
        "audio": {
            "input": {
                "format": _PCM,
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": _SERVER_VAD,
            },
            "output": {"format": _PCM, "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }


def updated(session: Session, change: object) -> Session:
    """The session with the change. Fields that are not named stay; null takes one away.

    Raises ApiError 400 for a change that is no session or of another kind, and for fields that there are not.
    """
    if not isinstance(change, Mapping):
        raise _missing("session")
    if change.get("type") is None:
        raise _missing("session.type")
    if change["type"] != "realtime":
        message = f"Invalid value: '{change['type']}'. Supported values are: 'realtime'."
        raise ApiError(400, message, code="invalid_value", param="session.type")
    check(change, "session", _CHANGES)
    return _merged(session, {name: value for name, value in change.items() if name != "model"})


def check(fields: Mapping[str, JSON], place: str, known: frozenset[str]) -> None:
    """Refuse fields that there are not, and forms of answers that there are not."""
    unknown = next((name for name in fields if name not in known), None)
    if unknown is not None:
        path = f"{place}.{unknown}"
        raise ApiError(400, f"Unknown parameter: '{path}'.", code="unknown_parameter", param=path)
    for name, (kinds, expected) in _TYPES.items():
        if not isinstance(fields.get(name), (*kinds, type(None))) or isinstance(fields.get(name), bool):
            path = f"{place}.{name}"
            message = f"Invalid type for '{path}': expected {expected}."
            raise ApiError(400, message, code="invalid_type", param=path)
    if fields.get("output_modalities") not in (None, *_MODALITIES):
        path = f"{place}.output_modalities"
        message = (
            f"Invalid modalities: {fields['output_modalities']}. Supported combinations are: ['text'] and ['audio']."
        )
        raise ApiError(400, message, code="invalid_value", param=path)


def _merged(old: Session, change: Mapping[str, JSON]) -> Session:
    merged = dict(old)
    for name, value in change.items():
        before = old.get(name)
        nests = name in _NESTED and isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(_object(before), _object(value)) if nests else value
    return merged


def _object(value: JSON) -> Session:
    return value if isinstance(value, Mapping) else {}


def _missing(path: str) -> ApiError:
    return ApiError(400, f"Missing required parameter: '{path}'.", code="missing_required_parameter", param=path)
