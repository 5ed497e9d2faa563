"""The parser in front of aiohttp's: what it answers, what it hands on, and that nothing changes its order."""

import asyncio
from dataclasses import dataclass, field

import pytest
from aiohttp import HttpVersion10, HttpVersion11
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpRequestParser
from aiohttp.http_exceptions import HttpProcessingError
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from mockllm.bounded import Bounded
from mockllm.net.arrival import MOST_BYTES, ArrivalParser, known


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
        if not self.takes:
            return None
        self.answered.append((head, body))
        return "what it says", b""

    def answer_again(self, asked):
        raise AssertionError(asked)

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


# --- bytes that came before ----------------------------------------------------------------------------------------


def post(body, *, path="/v1/a", more=""):
    return f"POST {path} HTTP/1.1\r\nhost: mock\r\n{more}content-length: {len(body)}\r\n\r\n{body}".encode()


GET = b"GET /v1/models HTTP/1.1\r\nhost: mock\r\n\r\n"
CHUNKS = b"POST /v1/a HTTP/1.1\r\nhost: mock\r\ntransfer-encoding: chunked\r\n\r\n"
PLAIN = (GET, post("abc"), post('{"a": 1}'), post("abc", more="x-a: 1\r\n"))
UNCLEAR = (
    post("abc", path="/control"),
    post("abc", more="connection: close\r\n"),
    post("abc", more="expect: 100-continue\r\n"),
    CHUNKS + b"3\r\nabc\r\n0\r\n\r\n",
    CHUNKS + b"0\r\n\r\n",
    GET.replace(b"1.1", b"1.0"),
    b"\r\n\r\n" + GET,
    GET + GET,
    GET + GET[:9],
    b"GET /v1/a HTTP/1.1\nhost: mock\n\n",
    b"GET /v1/a HTTP/1.1\r\nhost: mock\n\n" + GET,
    b"GET /v1/a HTTP/1.1\r\nhost: mock\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nabc",
    b"\x16\x03\x01",
)
ODD = (*UNCLEAR, post(""), post(post("abc").decode()), post("\r\n\r\n"), b"\r\n" + GET)


class Wire(BaseProtocol):
    """What aiohttp's protocol is to its parser."""

    def pause_reading(self):
        pass

    def resume_reading(self, resume_parser=True):
        pass


def parser_of(loop):
    """aiohttp's own parser, set up as its server does."""
    limits = {"max_line_size": 8190, "max_field_size": 8190}
    return HttpRequestParser(Wire(loop), loop, 2**16, **limits, payload_exception=ValueError, auto_decompress=False)


class Counter:
    """A desk that writes down what it answers, and takes all but the control API. It is free while it is told so."""

    def __init__(self):
        self.heard, self.repeated = [], 0
        self.is_free = True

    def answer(self, head, body):
        if head.path.startswith("/control"):
            return None
        data = body.read_nowait()
        asked = (head.method, head.path, head.raw_headers, data)
        self.heard.append(asked)
        return asked, data

    def answer_again(self, asked):
        self.repeated += 1
        self.heard.append(asked)

    def put_back(self, message):
        self.heard.append(("put back", message[0].raw_headers))


@dataclass
class Client:
    """A connection whose bytes are parsed, with a memory or without one, and all that comes of them, in order."""

    parser: ArrivalParser
    desk: Counter
    ended: bool = False

    def receive(self, data):
        """What the server does with data. Of a message that aiohttp gets, its body may still be on its way."""
        heard = self.desk.heard
        if self.ended or self.parser.again(data):
            return
        try:
            messages, upgraded, tail = self.parser.feed_data(data)
        except HttpProcessingError as error:
            heard.append(("no HTTP", str(error)))
            self.ended = True
            return
        heard += [("aiohttp", head.path, head.raw_headers, body) for head, body in messages]
        # For aiohttp it would be another connection, or none.
        self.ended = upgraded or any(head.should_close for head, _ in messages)
        if tail:
            heard.append(("tail", tail))

    def story(self):
        """Everything that was heard, with what is there of each body."""
        return [(*each[:3], bytes_of(each[3])) if each[0] == "aiohttp" else each for each in self.desk.heard]


def bytes_of(body):
    exception = body.exception()
    there = getattr(body, "_buffer", ())  # what has none has nothing in it
    return b"".join(there) if exception is None else repr(exception), body.is_eof()


def client(memory, loop):
    desk = Counter()
    return Client(ArrivalParser(parser_of(loop), desk, memory), desk)


@pytest.fixture(scope="module")
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


PIECES = st.one_of(
    st.sampled_from(PLAIN),
    st.sampled_from((*PLAIN, *ODD)),
    st.lists(st.sampled_from((*PLAIN, *ODD)), min_size=2, max_size=3).map(b"".join),
    st.tuples(st.sampled_from((*PLAIN, *ODD)), st.integers(1, 200)).map(lambda cut: cut[0][: cut[1]]),
    st.tuples(st.sampled_from((*PLAIN, *ODD)), st.integers(1, 200)).map(lambda cut: cut[0][cut[1] :]),
)
CUTS = st.tuples(st.sampled_from((*PLAIN, *ODD)), st.integers(1, 200)).map(
    lambda cut: [cut[0][: cut[1]], cut[0][cut[1] :]]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), PIECES.map(lambda piece: [piece]) | CUTS, st.booleans()), max_size=14))
def test_whatever_comes_in_whatever_pieces_the_memory_changes_nothing(loop, sent):
    memory = known()
    with_memory = [client(memory, loop) for _ in range(3)]
    without = [client(None, loop) for _ in range(3)]
    for place, pieces, is_free in sent:
        for one in (with_memory[place], without[place]):
            one.desk.is_free = is_free
            for piece in filter(None, pieces):
                one.receive(piece)
    assert [one.story() for one in with_memory] == [one.story() for one in without]


@pytest.mark.parametrize("data", PLAIN)
def test_the_same_bytes_are_parsed_once_for_all_connections(loop, data):
    memory = known()
    first, second = client(memory, loop), client(memory, loop)
    for one in (first, first, second, first, second):
        one.receive(data)
    assert (first.desk.repeated, second.desk.repeated) == (2, 2)
    assert len(set(map(repr, first.story() + second.story()))) == 1


@pytest.mark.parametrize("begun", [GET[:5], GET[:-2], PLAIN[1][:-1], GET + GET[:5], PLAIN[1] + PLAIN[1][:-1], b"\r"])
def test_in_the_middle_of_a_message_no_bytes_are_a_request(loop, begun):
    memory = known()
    client(memory, loop).receive(GET)
    one, other = client(memory, loop), client(None, loop)
    for each in (one, other):
        each.receive(begun)
    assert not one.parser.again(GET)
    for each in (one, other):
        each.receive(GET)
    assert one.story() == other.story()


@pytest.mark.parametrize(
    ("data", "body", "is_plain"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"", True),
        (b"PUT / HTTP/1.1\r\n\r\nab", b"ab", True),
        (b"PUT / HTTP/1.1\r\n\r\nab", b"a", False),
        (b"PUT / HTTP/1.1\r\n\r\nab", b"ba", False),
        (b"PUT / HTTP/1.1\r\na:\n\r\n\r\nab", b"ab", False),
        (b"PUT / HTTP/1.1\n\n", b"", False),
        (b"PUT / HTTP/1.1\r\n", b"", False),
    ],
)
def test_of_a_parser_that_reads_otherwise_nothing_is_remembered(data, body, is_plain):
    class Reader(Desk):
        def answer(self, head, _body):
            return head, body

    memory = known()
    ArrivalParser(Parser([(Head(), Body())]), Reader(), memory).feed_data(data)
    assert (memory.get(data) is not None) == is_plain


def test_a_request_in_two_pieces_leaves_the_parser_between_messages(loop):
    one, data = client(known(), loop), post("abc")
    one.receive(data[:-3])
    one.receive(data[-3:])
    assert one.desk.repeated == 0
    one.receive(data)
    assert one.desk.repeated == 1


@pytest.mark.parametrize("data", UNCLEAR)
def test_what_is_not_plainly_one_request_for_the_desk_is_never_remembered(loop, data):
    one = client(known(), loop)
    for _ in range(3):
        one.receive(data)
    assert one.desk.repeated == 0


def test_while_something_is_to_be_answered_the_same_bytes_are_parsed(loop):
    one = client(known(), loop)
    one.receive(GET)
    one.desk.is_free = False
    assert not one.parser.again(GET)
    one.desk.is_free = True
    assert one.parser.again(GET)


def test_the_memory_is_bounded(loop):
    memory = Bounded(2 * 1024 + len(GET) + len(PLAIN[1]) + len(b"abc"))
    one = client(memory, loop)
    for data in (GET, *PLAIN[1:3], GET):
        one.receive(data)
    assert one.desk.repeated == 0
    one.receive(GET)
    assert one.desk.repeated == 1
