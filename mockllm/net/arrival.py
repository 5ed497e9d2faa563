"""Requests that need nothing of aiohttp but its parser, and those that need not even that.

Here: a parser in front of aiohttp's own, which picks the requests that come alone, one at a time, and are soon there
with all of their body. They are answered without the tasks and objects that aiohttp makes for a request, which would
take most of the time. What was answered so is remembered by its bytes, and not parsed when the same bytes come again.
Not here: what becomes of them (`server.py`); all others go on to aiohttp, in their order.
"""

from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from aiohttp import HttpVersion11
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import StreamReader

from mockllm.bounded import Bounded

MOST_BYTES = 65_536
"""The largest body that is waited for here; aiohttp stops reading when twice as much of a body lies unread."""

MOST_KNOWN_BYTES = 4 * 1024 * 1024
"""How many bytes of requests are remembered, about."""

_OVERHEAD_BYTES = 1_024
_END_OF_HEAD = b"\r\n\r\n"

Message: TypeAlias = tuple[RawRequestMessage, StreamReader]
"""A request's head, and its body, which may not be there yet."""

A = TypeVar("A")
"""What a desk makes of a request, which follows from its bytes."""

Known: TypeAlias = Bounded[bytes, A]
"""What requests say, by their bytes."""


def known() -> Known[Any]:
    """A memory for what requests say, which all connections of a server share."""
    return Bounded(MOST_KNOWN_BYTES)


class Parser(Protocol):
    """What aiohttp's server needs of its parser."""

    def feed_data(self, data: bytes) -> tuple[list[Message], bool, bytes]:
        """The messages that begin in the data, whether the connection is upgraded, and what is left after that."""


class Desk(Protocol[A]):
    """Who answers what this parser picks."""

    @property
    def is_free(self) -> bool:
        """Nothing that came before is still to be answered."""

    def answer(self, message: RawRequestMessage, body: StreamReader) -> tuple[A, bytes] | None:
        """Answer a request that is whole, and tell what it says, and its body; None if it is one for aiohttp."""

    def answer_again(self, asked: A) -> None:
        """Answer a request that says the same as one before."""

    def put_back(self, message: Message) -> None:
        """Let aiohttp have a message that it would have had earlier."""


class ArrivalParser(Generic[A]):
    """The parser of a connection. What it does not pick, it hands on as it got it. With a memory it can be asked
    whether data has come before, in place of being fed with it.
    """

    __slots__ = ("_desk", "_fed", "_known", "_parser", "_pending")

    def __init__(self, parser: Parser, desk: Desk[A], known: Known[A] | None = None) -> None:
        self._parser = parser
        self._desk = desk
        self._known = known
        self._pending: Message | None = None
        # What the parser was fed with since it was between two messages; None if nobody can tell.
        self._fed: bytes | None = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)

    def again(self, data: bytes) -> bool:
        """Answer the request that the data is, if it was answered before; else the parser must be fed with it."""
        if self._fed != b"" or self._known is None or (asked := self._known.get(data)) is None:
            return False
        if not self._desk.is_free:
            return False
        self._desk.answer_again(asked)
        return True

    def feed_data(self, data: bytes) -> tuple[list[Message], bool, bytes]:
        """What the parser behind it makes of the data, less what is answered here. Raises what that raises."""
        pending, self._pending = self._pending, None
        fed, self._fed = None if self._fed is None else self._fed + data, None
        try:
            messages, upgraded, tail = self._parser.feed_data(data)
        except Exception:
            if pending is not None:
                self._desk.put_back(pending)
            raise
        if pending is None:
            if len(messages) != 1 or upgraded or not self._desk.is_free or not _suits(*messages[0]):
                return messages, upgraded, tail
            pending = messages[0]
        elif messages or upgraded:
            return [pending, *messages], upgraded, tail
        if not pending[1].is_eof():
            self._pending, self._fed = pending, fed
        elif not self._answer(pending, fed):
            return [pending], upgraded, tail
        return [], upgraded, tail

    def _answer(self, message: Message, fed: bytes | None) -> bool:
        """Answer a message, which was read from these bytes; False if it is one for aiohttp."""
        head, body = message
        if body.exception() is not None or (answered := self._desk.answer(head, body)) is None:
            return False
        if (consumed := getattr(self._parser, "message_consumed", None)) is not None:
            consumed()  # before aiohttp 3.14 nothing counts the messages that were not taken yet
        asked, data = answered
        if self._known is not None and fed is not None and _is_exactly(fed, data):
            self._fed = b""
            self._known.put(fed, asked, len(fed) + len(data) + _OVERHEAD_BYTES)
        return True


def _suits(head: RawRequestMessage, body: StreamReader) -> bool:
    """Whether it could be answered here when its body is there."""
    if head.version != HttpVersion11 or head.should_close or head.upgrade or head.compression is not None:
        return False
    if not body.is_eof() and not 0 < _length(head) <= MOST_BYTES:
        return False
    return "expect" not in head.headers


def _length(head: RawRequestMessage) -> int:
    """What the body's length is said to be; 0 if that is not said, as of one in chunks."""
    text = head.headers.get("content-length", "")
    return int(text) if text.isdecimal() else 0


def _is_exactly(fed: bytes, body: bytes) -> bool:
    """Whether the bytes, of which one message was read that has this body, are that and nothing else. A body in chunks
    is longer as bytes, and so is what follows. With a line feed alone it might be unclear where the head ends.
    """
    head, end, rest = fed.partition(_END_OF_HEAD)
    return bool(end) and rest == body and head.count(b"\n") == head.count(b"\r\n")
