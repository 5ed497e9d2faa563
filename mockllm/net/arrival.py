"""Requests that need nothing of aiohttp but its parser.

Here: a parser in front of aiohttp's own, which picks the requests that come alone, one at a time, and are soon there
with all of their body. They are answered without the tasks and objects that aiohttp makes for a request, which would
take most of the time. Not here: what becomes of them (`server.py`); all others go on to aiohttp, in their order.
"""

from typing import Any, Protocol, TypeAlias

from aiohttp import HttpVersion11
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import StreamReader

MOST_BYTES = 65_536
"""The largest body that is waited for here; aiohttp stops reading when twice as much of a body lies unread."""

Message: TypeAlias = tuple[RawRequestMessage, StreamReader]
"""A request's head, and its body, which may not be there yet."""


class Parser(Protocol):
    """What aiohttp's server needs of its parser."""

    def feed_data(self, data: bytes) -> tuple[list[Message], bool, bytes]:
        """The messages that begin in the data, whether the connection is upgraded, and what is left after that."""


class Desk(Protocol):
    """Who answers what this parser picks."""

    @property
    def is_free(self) -> bool:
        """Nothing that came before is still to be answered."""

    def answer(self, message: RawRequestMessage, body: StreamReader) -> bool:
        """Answer a request that is whole; False if it is one for aiohttp."""

    def put_back(self, message: Message) -> None:
        """Let aiohttp have a message that it would have had earlier."""


class ArrivalParser:
    """The parser of a connection. What it does not pick, it hands on as it got it."""

    __slots__ = ("_desk", "_parser", "_pending")

    def __init__(self, parser: Parser, desk: Desk) -> None:
        self._parser = parser
        self._desk = desk
        self._pending: Message | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)

    def feed_data(self, data: bytes) -> tuple[list[Message], bool, bytes]:
        """What the parser behind it makes of the data, less what is answered here. Raises what that raises."""
        pending, self._pending = self._pending, None
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
        head, body = pending
        if not body.is_eof():
            self._pending = pending
        elif body.exception() is not None or not self._desk.answer(head, body):
            return [pending], upgraded, tail
        elif (consumed := getattr(self._parser, "message_consumed", None)) is not None:
            consumed()  # before aiohttp 3.14 nothing counts the messages that were not taken yet
        return [], upgraded, tail


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
