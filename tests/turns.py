"""Turns, and requests of Chat Completions and Responses, in the few forms that many tests need."""

from collections.abc import Mapping
from typing import Any

from mockllm.dialects.chat import read
from mockllm.dialects.responses import RESPONSES
from mockllm.request import Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store
from mockllm.tokens import Piece
from mockllm.turn import Choice, Part, Turn, Usage

SEED = Seed.of("test")
USAGE = Usage(input_tokens=7, output_tokens=5)


def pieces(*texts: str) -> tuple[Piece, ...]:
    """One token for each text."""
    return tuple(Piece(text, 1, (text.encode(),)) for text in texts)


def said(*parts: Part, stop: str | None = "stop") -> Choice:
    """One choice of these parts."""
    return Choice(parts, stop)


def turn(*choices: Choice, **fields: Any) -> Turn:
    """A turn of these choices, with round numbers around it."""
    known: Mapping[str, Any] = {
        "key": "0123456789ABCDEFGHIJKLMNOPQRSTUV",
        "model": "gpt-4o-2024-08-06",
        "created": 1_700_000_000,
        "usage": USAGE,
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
    }
    return Turn(choices=choices, **{**known, **fields})


def asked(**fields: Any) -> Request:
    """A request of one greeting to gpt-4o, with other fields as given; a field of None is left out."""
    known = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    fields = {key: value for key, value in {**known, **fields}.items() if value is not None}
    return read.read(Call("POST", "/v1/chat/completions"), fields)


def asked_responses(kept: Store | None = None, **fields: Any) -> Request:
    """A request of the Responses API: one greeting to gpt-4.1, with other fields as given; a field of None is left
    out. `kept` holds what it may refer to.
    """
    known = {"model": "gpt-4.1", "input": "Hi", "stream": True}
    body = {key: value for key, value in {**known, **fields}.items() if value is not None}
    return RESPONSES.read(Call("POST", "/v1/responses"), body, strict=False, store=kept or Store())
