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

_ALPHANUMERIC = string.digits + string.ascii_uppercase + string.ascii_lowercase
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Seed:
    """A source of derived randomness. Equal keys give equal draws, on every machine."""

    key: bytes

    @classmethod
    def of(cls, *labels: object) -> "Seed":
        """The root seed named by these labels, usually the scenario's `seed` and name."""
        return cls(b"").child(*labels)

    def child(self, *labels: object) -> "Seed":
        """The seed of the decision with this name; labels are compared by their `repr`."""
        digest = hashlib.blake2b(self.key, digest_size=_DIGEST_BYTES)
        for label in labels:
            text = repr(label).encode()
            digest.update(len(text).to_bytes(4, "big"))
            digest.update(text)
        return Seed(digest.digest())

    def random(self) -> random.Random:
        """A generator for a series of draws that belong together, such as the delays of one stream."""
        return random.Random(self.key)

    def fraction(self) -> float:
        """One uniform draw from [0, 1)."""
        return int.from_bytes(self.key[:7], "big") / (1 << 56)

    def hex(self, length: int) -> str:
        """A string of `length` hexadecimal digits, for ids."""
        return self._stream((length + 1) // 2).hex()[:length]

    def alphanumeric(self, length: int) -> str:
        """A string of `length` characters from 0-9A-Za-z, for ids and padding."""
        return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in self._stream(length))

    def _stream(self, length: int) -> bytes:
        return hashlib.shake_128(self.key).digest(length)
