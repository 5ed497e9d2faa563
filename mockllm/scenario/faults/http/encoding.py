"""Faults of the content encoding: the same body in other bytes, whatever the client accepts (RFC 9110 §8.4).

The bytes are stored and not made smaller, so that they are the same everywhere and each frame can be decoded when it
comes; and bytes that go wrong on their way. Not here: another body (`body.py`).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Protocol
from zlib import crc32

from pydantic import Field

from mockllm.plan import Head, Plan, Send, Step
from mockllm.scenario.base import Flag, Integer
from mockllm.scenario.faults.http.base import HttpFault, body_size, with_header
from mockllm.scenario.position import At
from mockllm.seeds import Seed

_ALL_BITS = 0xFF


class Encoder(Protocol):
    """What turns a body into its encoding, piece by piece."""

    def begin(self) -> bytes:
        """What comes before all."""
        ...

    def add(self, data: bytes) -> bytes:
        """The encoding of the next piece, which can be decoded with what came before."""
        ...

    def end(self) -> bytes:
        """What comes after all."""
        ...


class _GzipEncoder:
    """Stored blocks of deflate (RFC 1951 §3.2.4) in a gzip member (RFC 1952 §2.3)."""

    # Deflate, no flags, no time, no extra flags, unknown system.
    _HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    _LAST_BLOCK = b"\x01\x00\x00\xff\xff"
    _MOST = 65_535

    def __init__(self) -> None:
        self._crc = self._size = 0

    def begin(self) -> bytes:
        return self._HEAD

    def add(self, data: bytes) -> bytes:
        self._crc = crc32(data, self._crc)
        self._size += len(data)
        return b"".join(map(self._block, _parts(data, self._MOST)))

    def end(self) -> bytes:
        """The empty last block, and what tells that nothing is missing (RFC 1952 §2.3.1)."""
        return self._LAST_BLOCK + self._crc.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little")

    def _block(self, data: bytes) -> bytes:
        size = len(data)
        return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data


class _BrotliEncoder:
    """Uncompressed meta-blocks of Brotli (RFC 7932 §9.2)."""

    # A window of 16 bits, and an empty meta-block of metadata, which ends on a whole byte as every later one does.
    _HEAD = b"\x0c"
    _LAST_BLOCK = b"\x03"
    _MOST = 65_536

    def begin(self) -> bytes:
        return self._HEAD

    def add(self, data: bytes) -> bytes:
        return b"".join(map(self._block, _parts(data, self._MOST)))

    def end(self) -> bytes:
        return self._LAST_BLOCK

    def _block(self, data: bytes) -> bytes:
        """Not the last one, four nibbles of length less one, uncompressed: 20 bits, lowest first."""
        return ((len(data) - 1) << 3 | 1 << 19).to_bytes(3, "little") + data


class _Encoded(HttpFault):
    """A fault that encodes the body."""

    encoder: ClassVar[type[Encoder]]

    flush: Flag = Field(default=True, description="whether each frame can be decoded when it comes")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the encoded body, or None if it has no body."""
        if not body_size(plan):
            return None
        encoded = tuple(self._encoded(plan, self.encoder()))
        return tuple(self._headed(step, body_size(encoded)) if isinstance(step, Head) else step for step in encoded)

    def _headed(self, head: Head, size: int) -> Head:
        headers = with_header(head.headers, "content-encoding", self.kind)
        if head.body == "length":
            headers = with_header(headers, "content-length", str(size))
        return self.caused(replace(head, headers=headers))

    def _encoded(self, plan: Plan, encoder: Encoder) -> Iterator[Step]:
        """The steps with every send encoded; what cannot go out yet leaves an empty send."""
        left = sum(isinstance(step, Send) for step in plan)
        out = [encoder.begin()]
        for step in plan:
            if not isinstance(step, Send):
                yield step
                continue
            left -= 1
            out.append(encoder.add(step.data))
            if not left:
                out.append(encoder.end())
            if left and not self.flush:
                yield replace(step, data=b"", cause=f"{self.origin}: {self.kind} holds it back")
            else:
                yield replace(step, data=b"".join(out))
                out.clear()


class Gzip(_Encoded):
    """The body is encoded with gzip, whatever the client accepts. With `flush: false` nothing of a stream can be
    decoded before its end. The bytes are stored and not made smaller, so that they are the same everywhere.
    """

    kind: ClassVar[str] = "gzip"
    encoder: ClassVar[type[Encoder]] = _GzipEncoder


class Br(_Encoded):
    """The body is encoded with Brotli, whatever the client accepts. With `flush: false` nothing of a stream can be
    decoded before its end. The bytes are stored and not made smaller, so that they are the same everywhere.
    """

    kind: ClassVar[str] = "br"
    encoder: ClassVar[type[Encoder]] = _BrotliEncoder


class Garble(HttpFault):
    """From the position on, some bytes of the body arrive as others: each with all its bits turned. Put it after `gzip`
    or `br` to break a compressed stream in the middle; the length stays the same.
    """

    kind: ClassVar[str] = "garble"

    at: At = Field(description="before the first wrong byte")
    bytes: Annotated[Integer, Field(ge=1)] = Field(default=1, description="how many bytes are wrong")

    def apply(self, plan: Plan, _seed: Seed) -> Plan | None:
        """The plan with the wrong bytes, or None if the position is not in it or no byte comes after it."""
        if (place := self.at.find(plan)) is None:
            return None
        plan, index = place
        garbled = tuple(self._garbled(plan[index:]))
        return None if garbled == plan[index:] else (*plan[:index], *garbled)

    def _garbled(self, plan: Plan) -> Iterator[Step]:
        left = self.bytes
        for step in plan:
            if not isinstance(step, Send) or not step.data or not left:
                yield step
                continue
            wrong = bytes(byte ^ _ALL_BITS for byte in step.data[:left])
            yield replace(step, data=wrong + step.data[left:], cause=f"fault: {self.kind}")
            left -= len(wrong)


def _parts(data: bytes, most: int) -> Iterator[bytes]:
    return (data[start : start + most] for start in range(0, len(data), most))
