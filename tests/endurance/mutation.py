"""What a fuzzer does to a good input: small changes of its bytes, and pieces of other good inputs.

Every draw comes from a `random.Random` that the caller seeds, so that a finding can be had again.
"""

from collections.abc import Callable, Sequence
from random import Random

_INTERESTING = (
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n\r\n", b"{", b"}", b"[", b"]", b'"', b":", b"- ", b"&a ",
    b"*a", b"<<: ", b"!!python/object:os.system ", b"---\n", b"...", b"? ", b"|\n", b">", b"%", b"@", b"`", b"\t",
    b"~", b"null", b"NaN", b"-0", b"1e999", b"99999999999999999999", b"0x", b"{{ ", b" }}", b"{% for x in y %}",
    b"/../", b"%2e%2e", b"//", b"Transfer-Encoding: chunked\r\n", b"Content-Length: -1\r\n", "\u2028".encode(),
)  # fmt: skip


def mutated(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """The input after one to eight changes."""
    for _ in range(random.randint(1, 8)):
        data = random.choice(_CHANGES)(data, others, random)
    return data


def _place(data: bytes, random: Random) -> int:
    return random.randint(0, len(data))


def _flip(data: bytes, _others: Sequence[bytes], random: Random) -> bytes:
    if not data:
        return data
    place = random.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1 :]


def _insert(data: bytes, _others: Sequence[bytes], random: Random) -> bytes:
    place = _place(data, random)
    return data[:place] + random.choice(_INTERESTING) + data[place:]


def _remove(data: bytes, _others: Sequence[bytes], random: Random) -> bytes:
    start = _place(data, random)
    return data[:start] + data[start + random.randint(1, 24) :]


def _repeat(data: bytes, _others: Sequence[bytes], random: Random) -> bytes:
    start = _place(data, random)
    piece = data[start : start + random.randint(1, 40)]
    return data[:start] + piece * random.choice([2, 3, 50]) + data[start:]


def _splice(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(others)
    start = _place(other, random)
    place = _place(data, random)
    return data[:place] + other[start : start + random.randint(1, 200)] + data[place:]


def _swap_lines(data: bytes, _others: Sequence[bytes], random: Random) -> bytes:
    lines = data.split(b"\n")
    one, two = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def _truncate(data: bytes, _others: Sequence[bytes], random: Random) -> bytes:
    return data[: _place(data, random)]


_CHANGES: tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...] = (
    _flip,
    _insert,
    _remove,
    _repeat,
    _splice,
    _swap_lines,
    _truncate,
)
