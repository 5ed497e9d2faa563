"""Sound for spoken answers: silence, as base64, in the formats of the Realtime API.

Here: how much of it so many tokens take. Not here: what is said (`stream.py`).
"""

import base64
from collections.abc import Mapping

from mockllm.request import JSON

_TOKENS_PER_SECOND = 4
"""About as fast as people speak."""

# Bytes a second and the byte of silence: 16-bit samples at 24 kHz, and the two laws of ITU-T G.711 at 8 kHz.
_FORMATS: Mapping[str, tuple[int, bytes]] = {
    "audio/pcm": (48_000, b"\x00"),
    "audio/pcmu": (8_000, b"\xff"),
    "audio/pcma": (8_000, b"\xd5"),
}


def silence(tokens: int, kind: str = "audio/pcm") -> str:
    """Silence as long as it takes to say so many tokens; of a format that there is not, that of PCM."""
    rate, byte = _FORMATS.get(kind, _FORMATS["audio/pcm"])
    return base64.b64encode(byte * (tokens * rate // _TOKENS_PER_SECOND)).decode()


def milliseconds(size: int, kind: str = "audio/pcm") -> float:
    """How long so many bytes of sound are."""
    rate, _ = _FORMATS.get(kind, _FORMATS["audio/pcm"])
    return size * 1_000 / rate


def format_of(audio: JSON) -> str:
    """The format that the settings of a side say: its type."""
    told = audio.get("format") if isinstance(audio, Mapping) else None
    return str(told.get("type", "audio/pcm")) if isinstance(told, Mapping) else "audio/pcm"
