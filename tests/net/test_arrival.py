"""The parser in front of aiohttp's: what it answers, what it hands on, and that nothing changes its order."""

from dataclasses import dataclass, field

import pytest
from aiohttp import HttpVersion10, HttpVersion11
from multidict import CIMultiDict

from mockllm.net.arrival import MOST_BYTES, ArrivalParser


@dataclass
class Head:
    version: object = HttpVersion11
    should_close: bool = False
    upgrade: bool = False
    compression: str | None = None
    headers: CIMultiDict = field(default_factory=CIMultiDict)


@dataclass
class Body:
    whole: bool = True
    error: Exception | None = None

    def is_eof(self):
        return self.whole

    def exception(self):
        return self.error


class Parser:
    """Gives for each piece of data what it was told to."""

    other = "of the parser"

    def __init__(self, *told):
        self.told = list(told)
        self.consumed = 0

    def feed_data(self, _data):
        told = self.told.pop(0)
        if isinstance(told, Exception):
            raise told
        return told if isinstance(told, tuple) else (told, False, b"")

    def message_consumed(self):
        self.consumed += 1


@dataclass
class Desk:
    is_free: bool = True
    takes: bool = True
    answered: list = field(default_factory=list)
    back: list = field(default_factory=list)

    def answer(self, head, body):
        if self.takes:
            self.answered.append((head, body))
        return self.takes

    def put_back(self, message):
        self.back.append(message)


def with_length(size):
    return Head(headers=CIMultiDict({"content-length": str(size)}))


def fed(parser, desk, times=1):
    """What aiohttp gets of each piece of data."""
    front = ArrivalParser(parser, desk)
    return [front.feed_data(b"") for _ in range(times)]


NOTHING = ([], False, b"")


def test_a_request_that_is_whole_is_answered_and_aiohttp_gets_nothing():
    message, desk = (Head(), Body()), Desk()
    parser = Parser([message])
    assert fed(parser, desk) == [NOTHING]
    assert (desk.answered, parser.consumed) == ([message], 1)


def test_a_body_of_known_length_is_waited_for():
    message, desk = (with_length(MOST_BYTES), Body(whole=False)), Desk()
    parser = Parser([message], [], [])
    front = ArrivalParser(parser, desk)
    assert [front.feed_data(b"a"), front.feed_data(b"b"), desk.answered] == [NOTHING, NOTHING, []]
    message[1].whole = True
    assert (front.feed_data(b"c"), desk.answered, parser.consumed) == (NOTHING, [message], 1)


@pytest.mark.parametrize(
    "message",
    [
        (with_length(MOST_BYTES + 1), Body(whole=False)),
        (Head(), Body(whole=False)),
        (Head(headers=CIMultiDict({"content-length": "x"})), Body(whole=False)),
        (Head(version=HttpVersion10), Body()),
        (Head(should_close=True), Body()),
        (Head(upgrade=True), Body()),
        (Head(compression="gzip"), Body()),
        (Head(headers=CIMultiDict({"Expect": "100-continue"})), Body()),
        (Head(), Body(error=ValueError())),
    ],
    ids=["large", "no length", "odd length", "1.0", "close", "upgrade", "compressed", "expects", "broken"],
)
def test_other_requests_are_for_aiohttp(message):
    desk = Desk()
    assert fed(Parser([message]), desk) == [([message], False, b"")]
    assert desk.answered == []


def test_what_the_desk_does_not_take_is_for_aiohttp():
    message, desk = (Head(), Body()), Desk(takes=False)
    parser = Parser([message])
    assert fed(parser, desk) == [([message], False, b"")]
    assert parser.consumed == 0


def test_while_something_is_to_be_answered_aiohttp_gets_what_comes():
    message = (Head(), Body())
    assert fed(Parser([message]), Desk(is_free=False)) == [([message], False, b"")]


def test_several_requests_at_once_are_for_aiohttp_in_their_order():
    messages, desk = [(Head(), Body()), (Head(), Body())], Desk()
    assert fed(Parser(messages), desk) == [(messages, False, b"")]
    assert desk.answered == []


def test_a_request_behind_one_that_is_waited_for_comes_after_it():
    first, second, desk = (with_length(3), Body(whole=False)), (Head(), Body()), Desk()
    assert fed(Parser([first], [second]), desk, 2) == [NOTHING, ([first, second], False, b"")]


def test_an_upgrade_is_for_aiohttp():
    message = (Head(), Body())
    told = ([message], True, b"rest")
    assert fed(Parser(told), Desk()) == [told]


def test_what_cannot_be_parsed_comes_after_the_request_that_was_waited_for():
    first, desk = (with_length(3), Body(whole=False)), Desk()
    front = ArrivalParser(Parser([first], ValueError("no HTTP")), desk)
    front.feed_data(b"a")
    with pytest.raises(ValueError, match="no HTTP"):
        front.feed_data(b"b")
    assert desk.back == [first]


def test_what_cannot_be_parsed_at_first_is_all_that_aiohttp_hears_of():
    desk = Desk()
    with pytest.raises(ValueError, match="no HTTP"):
        fed(Parser(ValueError("no HTTP")), desk)
    assert desk.back == []


def test_all_else_is_asked_of_the_parser_behind_it():
    assert ArrivalParser(Parser(), Desk()).other == "of the parser"


def test_a_parser_that_counts_no_messages_is_not_told():
    class Old:
        def feed_data(self, _data):
            return [(Head(), Body())], False, b""

    assert ArrivalParser(Old(), Desk()).feed_data(b"") == NOTHING
