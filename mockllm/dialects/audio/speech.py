"""Speech, `POST /audio/speech` (wire-contract §6): silence as long as it takes to say the text.

Here: the table of parameters and the three ways in which the sound travels: whole, in chunks, as events. The sound is a
body in pieces of a quarter of a second. Not here: the bytes of a format (`sound.py`).
"""

import base64
from collections.abc import Mapping
from dataclasses import replace

from mockllm.dialects.audio.sound import FORMATS, RATE
from mockllm.dialects.base import Events, Layout, Media, Result, Surroundings
from mockllm.dialects.rules import Choice, Decimal, Either, Fields, Row, Text, check_rows, refusal
from mockllm.plan import Frame
from mockllm.request import JSON, Message, Request

_SLOWEST, _FASTEST = 0.25, 4.0
_SAMPLES_PER_WORD = RATE * 2 // 5
_PIECES_PER_S = 4
_TOKENS_PER_PIECE = 5

FIELDS: tuple[Row, ...] = (
    Row("input", Text(filled=True, most=4096), required=True),
    Row("voice", Either((Text(filled=True), Fields((Row("id", Text(), required=True),)))), required=True),
    Row("instructions", Text()),
    Row("response_format", Choice(tuple(FORMATS))),
    Row("speed", Decimal()),
    Row("stream_format", Choice(("sse", "audio"))),
)
"""Every parameter except `model`."""


class _Speech:
    api = "audio.speech"
    layout = Layout()

    def answer(self, request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
        """The sound. Raises ApiError 400 for what cannot be spoken."""
        body = dict(request.json)
        if not request.model:
            raise refusal("you must provide a model parameter")
        check_rows(FIELDS, body)
        speed = _speed(body.get("speed"))
        kind, make = FORMATS[str(body.get("response_format") or "mp3")]
        text = str(body["input"])
        samples = max(int(len(text.split()) * _SAMPLES_PER_WORD / speed), RATE // _PIECES_PER_S)
        sound = make(samples)
        size = -(-len(sound) * RATE // (samples * _PIECES_PER_S))
        pieces = tuple(sound[start : start + size] for start in range(0, len(sound), size))
        if body.get("stream_format") != "sse":
            return Media(pieces, kind)
        told = replace(request, messages=(Message("user", text),))
        return Events(_events(pieces, surroundings.count_tokens(told)))


def _speed(value: object) -> float:
    if not isinstance(value, (int, float)):
        return 1.0
    if not _SLOWEST <= value <= _FASTEST:
        raise refusal(f"Invalid 'speed': expected a value between {_SLOWEST} and {_FASTEST}, but got {value} instead.")
    return float(value)


def _events(pieces: tuple[bytes, ...], tokens: int) -> tuple[Frame, ...]:
    """The events of `stream_format: sse`; this API ends without an end marker."""
    frames = [
        Frame(
            {"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()}, "token", 1, f"{len(piece)} bytes"
        )
        for piece in pieces
    ]
    said = _TOKENS_PER_PIECE * len(pieces)
    usage: JSON = {"input_tokens": tokens, "output_tokens": said, "total_tokens": tokens + said}
    return (*frames, Frame({"type": "speech.audio.done", "usage": usage}, "finish", label="done"))


SPEECH = _Speech()
