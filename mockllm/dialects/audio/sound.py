"""Silence in the formats of the API, made without a codec and the same on every machine.

Here: 16-bit mono sound at 24 kHz as PCM, WAV, FLAC (RFC 9639), MP3 (ISO/IEC 13818-3), AAC (ISO/IEC 14496-3) and Opus
(RFC 6716 in the Ogg of RFC 7845), and the length of a WAV file. Not here: who asks for it (`speech.py`,
`transcription.py`).
"""

import io
import struct
import wave
import zlib
from collections.abc import Callable, Mapping

RATE = 24_000
"""Samples a second."""

_BYTES = 2
_FLAC_BLOCK = 4_096
_MP3_SAMPLES = 576
# MPEG-2, layer III, no checksum; 64 kbit/s at 24 kHz; mono. Side information of zeros means that nothing is coded.
_MP3_FRAME = bytes.fromhex("fff384c0") + bytes(188)

_AAC_SAMPLES = 1_024
# An ADTS head without a checksum (MPEG-4, low complexity, 24 kHz, mono, 11 bytes, no buffer told), then one channel
# whose `max_sfb` is zero, which means that no band is coded, and the end of the block.
_AAC_FRAME = bytes.fromhex("fff15840017ffc 00000007")

# One frame of 20 ms in mono, whose first bit in the range coder, the flag of silence, is set (RFC 6716 §4.3).
_OPUS_PACKET = bytes.fromhex("f8fffe")
_OPUS_RATE = 48_000
_OPUS_SAMPLES = 960
_OPUS_SKIPPED = 312
_OPUS_PACKETS_PER_PAGE = 50
_OGG_FIRST, _OGG_LAST = 2, 4

_USUAL_BYTES_PER_S = 16_000

# Every byte with its bits in the other direction.
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


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


def aac(samples: int) -> bytes:
    """AAC frames of 1024 samples each, as many as are needed, in ADTS."""
    return _AAC_FRAME * -(-samples // _AAC_SAMPLES)


def opus(samples: int) -> bytes:
    """Opus packets of 20 ms each in an Ogg file, whose last page tells where the sound ends (RFC 7845 §4.4)."""
    end = _OPUS_SKIPPED + samples * _OPUS_RATE // RATE
    packets = -(-end // _OPUS_SAMPLES)
    # Version 1, one channel, what a decoder drops at the start, the rate of the source, no gain, mono or stereo (§5.1).
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, _OPUS_SKIPPED, RATE, 0, 0)
    tags = b"OpusTags" + struct.pack("<I7sI", 7, b"mockllm", 0)
    pages = [_ogg_page(0, 0, _OGG_FIRST, [head]), _ogg_page(1, 0, 0, [tags])]
    for start in range(0, packets, _OPUS_PACKETS_PER_PAGE):
        last = min(start + _OPUS_PACKETS_PER_PAGE, packets)
        flags = _OGG_LAST if last == packets else 0
        pages.append(_ogg_page(len(pages), min(last * _OPUS_SAMPLES, end), flags, [_OPUS_PACKET] * (last - start)))
    return b"".join(pages)


FORMATS: Mapping[str, tuple[str, Callable[[int], bytes]]] = {
    "mp3": ("audio/mpeg", mp3),
    "opus": ("audio/opus", opus),
    "aac": ("audio/aac", aac),
    "flac": ("audio/flac", flac),
    "wav": ("audio/wav", wav),
    "pcm": ("audio/pcm", pcm),
}
"""The formats of speech: content type, and the bytes for so many samples."""


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
    head = b"\xff\xf8\x77\x08" + chr(number).encode("utf-8", "surrogatepass") + (size - 1).to_bytes(2, "big")
    head += bytes([_checksum(head, 8, 0x07)])
    body = head + b"\x00\x00\x00"
    return body + _checksum(body, 16, 0x8005).to_bytes(2, "big")


def _ogg_page(number: int, position: int, flags: int, packets: list[bytes]) -> bytes:
    """One page of whole packets, each shorter than 255 bytes (RFC 3533 §6); the stream's own number is 1."""
    lengths = bytes(map(len, packets))
    head = struct.pack("<4sBBqII", b"OggS", 0, flags, position, 1, number)
    body = bytes([len(packets)]) + lengths + b"".join(packets)
    return head + _ogg_checksum(head + bytes(4) + body) + body


def _ogg_checksum(data: bytes) -> bytes:
    """Ogg's check begins with zero and takes the highest bit first. zlib knows the same polynomial, but begins with
    ones and takes the lowest first: so bits are mirrored on the way in and on the way out.
    """
    ones = 0xFFFF_FFFF
    return (zlib.crc32(data.translate(_MIRRORED), ones) ^ ones).to_bytes(4, "big").translate(_MIRRORED)


def _checksum(data: bytes, bits: int, polynomial: int) -> int:
    """The cyclic redundancy check of this width, beginning with zero, highest bit first (RFC 9639 §9.1.8, §9.3)."""
    top, mask, value = 1 << bits - 1, (1 << bits) - 1, 0
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
    return value
