"""Chance as an argument: the only module that draws.

A `Seed` is a node in a tree of draws. Each decision takes its own child, named by what it decides, so no draw depends
on the order of arrival or on another draw: the same scenario, request and attempt give the same bytes in any process
and any interleaving (design law 1). Nothing here reads entropy from the machine. Look next at `fill/` and
`compile.py`, which pass seeds along.
"""

import hashlib
import random
import string
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

_ALPHANUMERIC = (string.digits + string.ascii_uppercase + string.ascii_lowercase).encode()
_ALPHANUMERIC_OF_BYTE = bytes(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in range(256))
_DIGEST_BYTES = 32
_MOST_LABELS = 1_024

Label: TypeAlias = str | int | bytes
"""The name of a decision. Other types could show an address or a hash order, which differ between processes."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A source of derived randomness. Equal keys give equal draws, on every machine."""

    key: bytes

    @classmethod
    def of(cls, *labels: Label) -> "Seed":
        """The root seed named by these labels, usually the scenario's `seed` and name."""
        return cls(b"").child(*labels)

    def child(self, *labels: Label) -> "Seed":
        """The seed of the decision with this name; labels are texts, numbers or bytes, compared by their `ascii`."""
        named = self.key + b"".join(map(_written, labels))
        return Seed(hashlib.blake2b(named, digest_size=_DIGEST_BYTES).digest())

    def random(self) -> random.Random:
        """A generator for a series of draws that belong together, such as the delays of one stream."""
        return random.Random(self.key)

    def fraction(self) -> float:
        """One uniform draw from [0, 1)."""
        # 53 bits: a float holds no more, and rounding could reach 1.
        return (int.from_bytes(self.key[:7], "big") >> 3) / (1 << 53)

    def hex(self, length: int) -> str:
        """A string of `length` hexadecimal digits, for ids."""
        return self._stream((length + 1) // 2).hex()[:length]

    def alphanumeric(self, length: int) -> str:
        """A string of `length` characters from 0-9A-Za-z, for ids and padding."""
        return self._stream(length).translate(_ALPHANUMERIC_OF_BYTE).decode()

    def _stream(self, length: int) -> bytes:
        return hashlib.shake_128(self.key).digest(length)


# Typed, as equal numbers of two types are two labels.
@lru_cache(_MOST_LABELS, typed=True)
def _written(label: Label) -> bytes:
    # Not `repr`: which characters that escapes differs between versions of Python.
    text = ascii(label).encode()
    return len(text).to_bytes(4, "big") + text
