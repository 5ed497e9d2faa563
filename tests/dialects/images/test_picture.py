"""Pictures as files, read back by the letter of each format."""

import struct
import zlib

import pytest

from mockllm.dialects.images.picture import FORMATS, Picture, jpeg, png, webp

SHAPES = [(1, 1), (8, 8), (17, 5), (256, 256), (1024, 1536), (2560, 1440)]
COLOURS = [(0, 0, 0), (255, 255, 255), (200, 100, 30), (12, 200, 250)]


def chunks(data):
    """The chunks of a PNG, after checking each sum (RFC 2083 §3.2)."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, found = 8, {}
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        name, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        assert struct.unpack_from(">I", data, place + 8 + size) == (zlib.crc32(name + content),)
        found[name.decode()] = content
        place += 12 + size
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("colour", COLOURS)
def test_a_png_has_its_one_colour_in_every_pixel(shape, colour):
    found = chunks(png(Picture(*shape, colour)))
    assert list(found) == ["IHDR", "PLTE", "IDAT", "IEND"]
    assert struct.unpack(">IIBBBBB", found["IHDR"]) == (*shape, 1, 3, 0, 0, 0)
    assert found["PLTE"] == bytes(colour)
    width, height = shape
    assert zlib.decompress(found["IDAT"]) == bytes(height * (1 + (width + 7) // 8))


def test_a_transparent_png_says_so_of_its_one_colour():
    found = chunks(png(Picture(8, 8, (1, 2, 3), transparent=True)))
    assert list(found)[1:3] == ["PLTE", "tRNS"]
    assert found["tRNS"] == b"\x00"


def bits_of(data):
    """A reader of numbers from bits, the lowest of each byte first."""
    bits = "".join(f"{byte:08b}"[::-1] for byte in data)
    place = 0

    def read(size):
        nonlocal place
        place += size
        return int(bits[place - size : place][::-1], 2)

    return read


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("transparent", [False, True])
def test_a_webp_has_a_code_of_one_symbol_for_each_channel(shape, transparent):
    data = webp(Picture(*shape, (200, 100, 30), transparent))
    riff, size, kind, name, length = struct.unpack_from("<4sI4s4sI", data)
    assert (riff, size, kind, name) == (b"RIFF", len(data) - 8, b"WEBP", b"VP8L")
    assert (20 + length + length % 2, data[20]) == (len(data), 0x2F)
    read = bits_of(data[21 : 20 + length])
    assert (read(14) + 1, read(14) + 1) == shape
    assert (read(1), read(3)) == (int(transparent), 0), "alpha is used; version 0"
    assert (read(1), read(1), read(1)) == (0, 0, 0), "no transform, no cache, one group of codes (RFC 9649 §3.7)"
    channels = []
    for _ in range(4):
        assert (read(1), read(1), read(1)) == (1, 0, 1), "simple, one symbol, of 8 bits (§3.7.2.1.1)"
        channels.append(read(8))
    assert channels == [100, 200, 30, 0 if transparent else 255], "green, red, blue, alpha"
    assert (read(1), read(1), read(1), read(1)) == (1, 0, 0, 0), "distances have the one symbol 0"


def segments(data):
    """The segments of a JPEG by marker, and its entropy-coded bits."""
    assert data[:2] == b"\xff\xd8"
    place, found = 2, []
    while True:
        marker, size = struct.unpack_from(">HH", data, place)
        found.append((marker, data[place + 4 : place + 2 + size]))
        place += 2 + size
        if marker == 0xFFDA:
            coded = data[place:-2].replace(b"\xff\x00", b"\xff")
            assert data[-2:] == b"\xff\xd9"
            return found, "".join(f"{byte:08b}" for byte in coded)


def huffman(table):
    """The codes of a table as T.81 annex C makes them: by length, each one more than the one before."""
    counts, symbols = table[1:17], list(table[17:])
    codes, code = {}, 0
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            codes[f"{code:0{length}b}"] = symbols.pop(0)
            code += 1
        code <<= 1
    return codes


def decoded(data):
    """Width, height, the mean of each component, and how many blocks came."""
    found, bits = segments(data)
    (frame,) = [content for marker, content in found if marker == 0xFFC0]
    assert frame[0] == 8
    height, width, components = struct.unpack(">HHB", frame[1:6])
    (steps,) = [content for marker, content in found if marker == 0xFFDB]
    tables = {content[0]: huffman(content) for marker, content in found if marker == 0xFFC4}
    place = 0

    def symbol(table):
        nonlocal place
        for length in range(1, 17):
            if (code := bits[place : place + length]) in table:
                place += length
                return table[code]
        raise AssertionError("no code")

    means, blocks = [0] * components, 0
    while "0" in bits[place:]:
        for component in range(components):
            if size := symbol(tables[0x00]):
                value = int(bits[place : place + size], 2)
                place += size
                means[component] += value if value >> (size - 1) else value - (1 << size) + 1
            assert symbol(tables[0x10]) == 0, "the end of the block at once"
        blocks += 1
    assert len(bits) - place < 8
    return width, height, [128 + mean * steps[1] // 8 for mean in means], blocks


@pytest.mark.parametrize("shape", [(8, 8), (17, 5), (256, 256)])
@pytest.mark.parametrize("colour", [*COLOURS, (128, 128, 128)])
def test_a_jpeg_has_its_one_colour_in_every_block(shape, colour):
    width, height, (luma, blue, red), blocks = decoded(jpeg(Picture(*shape, colour)))
    assert (width, height) == shape
    # Blocks whose bits are all 0 can be told from padding, which is of ones.
    assert blocks == -(-shape[0] // 8) * -(-shape[1] // 8)
    back = (luma + 1.402 * (red - 128), None, luma + 1.772 * (blue - 128))
    assert abs(back[0] - colour[0]) <= 3
    assert abs(back[2] - colour[2]) <= 3
    green = luma - 0.344136 * (blue - 128) - 0.714136 * (red - 128)
    assert abs(green - colour[1]) <= 3


def test_no_byte_of_a_jpeg_could_be_taken_for_a_marker():
    data = jpeg(Picture(8, 8, (255, 255, 255)))
    coded = data[data.index(b"\xff\xda") + 14 : -2]
    assert b"\xff" not in coded.replace(b"\xff\x00", b"")


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_is_small_and_always_the_same(name):
    make = FORMATS[name]
    assert make(Picture(1024, 1024, (1, 2, 3))) == make(Picture(1024, 1024, (1, 2, 3)))
    assert len(make(Picture(1024, 1024, (1, 2, 3)))) < 16_000
