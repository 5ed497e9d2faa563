"""Chat Completions, the bytes of a plain body.

The answers that a reply gives to many requests differ in their id and their usage. So the rest is written once, for all
answers that say the same, and an answer is these bytes with its own between them. Here: that; the bytes are those that
`plain.py` makes of the same object. Not here: what is in the object (`write.py`) and the bytes of streams (`mould.py`).
"""

from collections.abc import Mapping
from functools import lru_cache

import orjson

from mockllm.bounded import Same
from mockllm.dialects.base import Layout
from mockllm.dialects.chat import write
from mockllm.dialects.plain import body_bytes
from mockllm.request import JSON, Request
from mockllm.tokens import LongText
from mockllm.turn import Choice, Turn

LAYOUT = Layout(newline=True)
"""How the endpoint writes a plain body (wire-contract §3.2)."""

_MOST_KEPT = 64

_FIRST = b'{\n  "id": "'
_BETWEEN = b",\n"
_LAST = b"\n}\n"


def written(turn: Turn, request: Request) -> bytes:
    """The bytes of `write.body`. Raises NoRoomError as that does."""
    try:
        if request.json.get("moderation") is None:
            return _filled(turn, request)
    except TypeError:
        # What only the slower writer has a form for, such as half of a character that takes two in UTF-16.
        pass
    return body_bytes(write.body(turn, request), LAYOUT)


def _filled(turn: Turn, request: Request) -> bytes:
    long = any(isinstance(part.pieces, LongText) for choice in turn.choices for part in choice.parts)
    said = (_said if long else _known_said)(
        Same(turn.choices), turn.created, turn.model, write.is_legacy(request), write.shows_logprobs(request)
    )
    key = write.completion_id(turn, request).encode()
    usage = _members({"usage": write.usage_json(turn.usage)})
    origin = _origin(turn.service_tier, turn.system_fingerprint)
    return b"".join((_FIRST, key, said, _BETWEEN, usage, _BETWEEN, origin, _LAST))


def _said(
    choices: Same[tuple[Choice, ...]],
    created: int,
    model: str,
    legacy: bool,
    logprobs: bool,
) -> bytes:
    """What comes between the id and the usage."""
    members = write.said(choices.value, created, model, legacy=legacy, logprobs=logprobs)
    return b'",\n' + _members(members)


# Most answers are those of a reply that says the same to every request; of long ones the bytes would take much room.
_known_said = lru_cache(_MOST_KEPT)(_said)


@lru_cache(_MOST_KEPT)
def _origin(service_tier: str | None, system_fingerprint: str | None) -> bytes:
    return _members(write.origin(service_tier, system_fingerprint))


def _members(members: Mapping[str, JSON]) -> bytes:
    """The members of an object, as they stand in one that has others."""
    return orjson.dumps(members, option=orjson.OPT_INDENT_2)[2:-2]
