"""Pictures of one colour as real files of any size, made without a codec and the same on every machine.

Here: PNG (RFC 2083 with a deflate block of RFC 1951), WebP lossless (RFC 9649) and baseline JPEG (ITU-T T.81). All of
them are written by hand because compressors differ between machines; one colour makes them small. Not here: who asks
for one (`__init__.py`).
"""

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_OPAQUE = 255

# Fixed codes of deflate (RFC 1951 §3.2.6): the byte 0, "the last byte 258 times more", and the end of the block.
_ZERO, _AGAIN, _END = "00110000", "11000101" + "00000", "0000000"
_MOST_AGAIN = 258


@dataclass(frozen=True, slots=True)
class Picture:
    """One colour, red, green and blue from 0 to 255, in so many pixels."""

    width: int
    height: int
    colour: tuple[int, int, int]
    transparent: bool = False


def png(picture: Picture) -> bytes:
    """A PNG of one bit a pixel, which names the one colour of its palette."""
    size = picture.height * (1 + -(-picture.width // 8))
    again, rest = divmod(size - 1, _MOST_AGAIN)
    # A last block with fixed codes, in which every byte is 0: no filter, and the first colour.
    block = _from_low_bits("1" + "10" + _ZERO + _AGAIN * again + _ZERO * rest + _END)
    checksum = (size % 65_521) << 16 | 1
    head = struct.pack(">IIBBBBB", picture.width, picture.height, 1, 3, 0, 0, 0)
    alpha = _chunk(b"tRNS", b"\x00") if picture.transparent else b""
    data = _chunk(b"IDAT", b"\x78\x01" + block + struct.pack(">I", checksum))
    palette = _chunk(b"PLTE", bytes(picture.colour))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + palette + alpha + data + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def webp(picture: Picture) -> bytes:
    """A lossless WebP whose codes have one symbol each, so that its pixels take no bits."""
    red, green, blue = picture.colour
    alpha = 0 if picture.transparent else _OPAQUE
    size = _low_first(picture.width - 1, 14) + _low_first(picture.height - 1, 14)
    # No version, no transform, no cache of colours, no groups of codes; then a simple code for each channel, and one
    # for distances.
    codes = "".join("1" + "0" + "1" + _low_first(symbol, 8) for symbol in (green, red, blue, alpha))
    bits = size + str(int(picture.transparent)) + "000" + "0" + "0" + "0" + codes + "1" + "0" + "0" + "0"
    data = b"\x2f" + _from_low_bits(bits)
    padded = data + bytes(len(data) % 2)
    return struct.pack("<4sI4s4sI", b"RIFF", 12 + len(padded), b"WEBP", b"VP8L", len(data)) + padded


def jpeg(picture: Picture) -> bytes:
    """A baseline JPEG of 8 by 8 blocks without detail: after the first of each component every block is as before."""
    blocks = -(-picture.width // 8) * -(-picture.height // 8)
    bits = "".join(_difference(value - 128) + "0" for value in _luma_chroma(picture.colour)) + "00" * 3 * (blocks - 1)
    data = _from_high_bits(bits).replace(b"\xff", b"\xff\x00")
    components = b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3))
    # Each step is 8, so that the mean of a block is written as it is.
    steps = _segment(0xDB, b"\x00" + bytes([8] * 64))
    frame = _segment(0xC0, struct.pack(">BHHB", 8, picture.height, picture.width, 3) + components)
    means = _segment(0xC4, b"\x00" + bytes((1, 0, 0, 0, 8, *[0] * 11)) + bytes(range(9)))
    ends = _segment(0xC4, b"\x10" + bytes((1, *[0] * 15)) + b"\x00")
    scan = _segment(0xDA, b"\x03" + b"".join(bytes((number, 0)) for number in (1, 2, 3)) + b"\x00\x3f\x00")
    head = _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    return b"\xff\xd8" + head + steps + frame + means + ends + scan + data + b"\xff\xd9"


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _difference(value: int) -> str:
    """A mean as the difference to the one before: the code of its number of bits, and the bits (T.81 §F.1.2.1)."""
    size = abs(value).bit_length()
    code = "0" if size == 0 else f"{0b10000 + size - 1:05b}"
    return code + (f"{value if value > 0 else value + (1 << size) - 1:0{size}b}" if size else "")


def _luma_chroma(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """The colour in the terms of JFIF, in thousandths rounded to whole numbers."""
    red, green, blue = colour
    luma = (299 * red + 587 * green + 114 * blue + 500) // 1_000
    return luma, 128 + (blue - luma) * 500 // 886, 128 + (red - luma) * 500 // 701


def _low_first(value: int, size: int) -> str:
    return f"{value:0{size}b}"[::-1]


def _from_low_bits(bits: str) -> bytes:
    """The bits in bytes, the first of them lowest."""
    return int(bits[::-1], 2).to_bytes(-(-len(bits) // 8), "little")


def _from_high_bits(bits: str) -> bytes:
    """The bits in bytes, the first of them highest, filled up with ones."""
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


FORMATS: Mapping[str, Callable[[Picture], bytes]] = {"png": png, "webp": webp, "jpeg": jpeg}
"""The formats that can be made."""
