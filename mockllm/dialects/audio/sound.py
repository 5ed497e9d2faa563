"""Silence in the formats of the API, made without a codec and the same on every machine.

Here: 16-bit mono sound at 24 kHz as PCM, WAV, FLAC (RFC 9639) and MP3 (ISO/IEC 13818-3), and the length of a WAV file.
Not here: who asks for it (`speech.py`, `transcription.py`).
"""

import io
import struct
import wave
from collections.abc import Callable, Mapping

RATE = 24_000
"""Samples a second."""

_BYTES = 2
_FLAC_BLOCK = 4_096
_MP3_SAMPLES = 576
# MPEG-2, layer III, no checksum; 64 kbit/s at 24 kHz; mono. Side information of zeros means that nothing is coded.
_MP3_FRAME = bytes.fromhex("fff384c0") + bytes(188)

_USUAL_BYTES_PER_S = 16_000


def pcm(samples: int) -> bytes:
    """Bare samples, little-endian."""
    return bytes(samples * _BYTES)


def wav(samples: int) -> bytes:
    """A WAV file."""
    size = samples * _BYTES
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * _BYTES, 2, 16)
    return head + struct.pack("<4sI", b"data", size) + pcm(samples)


def mp3(samples: int) -> bytes:
    """MP3 frames of 24 ms each, as many as are needed."""
    return _MP3_FRAME * -(-samples // _MP3_SAMPLES)


def flac(samples: int) -> bytes:
    """A FLAC stream whose blocks are each one constant (RFC 9639 §9.2.3)."""
    sizes = [min(_FLAC_BLOCK, samples - start) for start in range(0, samples, _FLAC_BLOCK)]
    least = min((size for size in sizes[:-1]), default=_FLAC_BLOCK)
    # Rate in 20 bits, channels less one in 3, bits a sample less one in 5, samples in 36 (§8.2).
    shape = (RATE << 44 | 0 << 41 | 15 << 36 | samples).to_bytes(8, "big")
    info = struct.pack(">HH", least, _FLAC_BLOCK) + bytes(6) + shape + bytes(16)
    blocks = (_flac_block(number, size) for number, size in enumerate(sizes))
    return b"fLaC\x80\x00\x00\x22" + info + b"".join(blocks)


FORMATS: Mapping[str, tuple[str, Callable[[int], bytes]]] = {
    "mp3": ("audio/mpeg", mp3),
    "wav": ("audio/wav", wav),
    "flac": ("audio/flac", flac),
    "pcm": ("audio/pcm", pcm),
}
"""The formats that can be made: content type, and the bytes for so many samples."""


def seconds(data: bytes) -> float:
    """How long a sound is: what a WAV file says, and for any other a guess by its size."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            samples, rate = int(file.getnframes()), int(file.getframerate())
            return round(samples / (rate or RATE), 3)
    except (wave.Error, EOFError):
        return round(len(data) / _USUAL_BYTES_PER_S, 3)


def _flac_block(number: int, size: int) -> bytes:
    """One frame (RFC 9639 §9): the size in 16 bits, 24 kHz, mono, 16 bits; a constant subframe of zero."""
    head = b"\xff\xf8\x76\x08" + chr(number).encode("utf-8", "surrogatepass") + (size - 1).to_bytes(2, "big")
    head += bytes([_checksum(head, 8, 0x07)])
    body = head + b"\x00\x00\x00"
    return body + _checksum(body, 16, 0x8005).to_bytes(2, "big")


def _checksum(data: bytes, bits: int, polynomial: int) -> int:
    """The cyclic redundancy check of this width, beginning with zero, highest bit first (RFC 9639 §9.1.8, §9.3)."""
    top, mask, value = 1 << bits - 1, (1 << bits) - 1, 0
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
    return value
