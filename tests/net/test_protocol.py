"""What a client may do with its connection, through raw sockets on asyncio and uvloop."""

import json
import socket
import struct
import threading
from dataclasses import dataclass

import pytest
from aiohttp import HttpVersion, HttpVersion10, HttpVersion11

from mockllm.exchange import Ending, Exchange, Outcome
from mockllm.net.protocol import MOST_HELD_BYTES, Played, headers_of
from mockllm.plan import FOREVER_US, Admit, Close, End, Frame, Head, Reset, Send, Wait
from mockllm.request import Call

HEAD = Head(200, (("content-type", "text/event-stream"),))
HEAD_BYTES = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
REFUSED_BYTES = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno"
OK_BYTES = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
RST_ON_CLOSE = struct.pack("ii", 1, 0)


def send(data):
    return Send(data, Frame("x"))


@pytest.mark.parametrize("reusable", [True, False])
async def test_a_played_response_writes_nothing_and_says_whether_the_connection_lives_on(reusable):
    played = Played(reusable=reusable)
    assert await played.prepare(None) is None
    assert await played.write_eof() is None
    assert played.keep_alive is reusable


# --- what a client may ask of the connection -----------------------------------------------------------------------


def test_http_1_0_gets_no_chunks_and_one_answer(serve, answers, client):
    engine = answers({"/": (HEAD, send(b"abc"), End())})
    with client(serve(engine).url) as browser:
        browser.get("/", "connection: keep-alive", version="1.0")
        expected = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nabc"
        assert browser.read_to_end() == (expected, "FIN")
    assert engine.outcome() == Outcome(Ending.COMPLETE, 2)


def test_a_body_that_is_announced_is_asked_for(serve, answers, client, plain):
    engine = answers({"/": plain()})
    with client(serve(engine).url) as browser:
        browser.send(b"POST / HTTP/1.1\r\nhost: mock\r\nexpect: 100-Continue\r\ncontent-length: 3\r\n\r\n")
        assert browser.read(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        browser.send(b"abc")
        assert browser.read(len(OK_BYTES)) == OK_BYTES
    assert [call.body for call in engine.calls] == [b"abc"]


def test_a_body_over_the_limit_is_refused_before_it_is_sent(serve, answers, client, plain):
    engine = answers({"too large: 10": plain(b"no", 413)})
    with client(serve(engine, max_body=10).url) as browser:
        browser.send(b"POST / HTTP/1.1\r\nhost: mock\r\nexpect: 100-continue\r\ncontent-length: 11\r\n\r\n")
        assert browser.read(len(REFUSED_BYTES)) == REFUSED_BYTES
        browser.send(b"x" * 11)
        assert browser.read_to_end() == (b"", "FIN")
    assert [call.body for call in engine.calls] == [b""]
    assert engine.outcome() == Outcome(Ending.COMPLETE, 2)


def test_a_chunked_body_that_grows_over_the_limit_is_refused(serve, answers, client, plain):
    engine = answers({"too large: 10": plain(b"no", 413)})
    with client(serve(engine, max_body=10).url) as browser:
        browser.send(b"POST / HTTP/1.1\r\nhost: mock\r\ntransfer-encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n")
        assert browser.read(len(REFUSED_BYTES)) == REFUSED_BYTES
        browser.send(b"0\r\n\r\n")
        assert browser.read_to_end() == (b"", "FIN")


def test_a_body_at_the_limit_is_read(serve, answers, client, plain):
    engine = answers({"/": plain()})
    with client(serve(engine, max_body=10).url) as browser:
        browser.send(b"POST / HTTP/1.1\r\nhost: mock\r\ncontent-length: 10\r\n\r\n0123456789")
        assert browser.read(len(OK_BYTES)) == OK_BYTES
    assert [call.body for call in engine.calls] == [b"0123456789"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", id="TLS"),
        pytest.param(b"GET / HTTP/1.1\r\nhost: mock\r\nbad header\r\n\r\n", id="header without a colon"),
        pytest.param(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nhost: mock\r\n\r\n", id="endless line"),
        pytest.param(b"POST / HTTP/1.1\r\nhost: mock\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", id="bad chunk"),
        pytest.param(
            b"POST / HTTP/1.1\r\nhost: mock\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd", id="bad gzip"
        ),
    ],
)
def test_bad_http_is_answered_400_without_the_engine(serve, answers, client, request_bytes):
    engine = answers({})
    with client(serve(engine).url) as browser:
        browser.send(request_bytes)
        received, _ = browser.read_to_end()
    assert received.split(b" ")[1] == b"400"
    assert engine.calls == []


def test_a_long_key_and_a_long_query_are_read(serve, answers, client, plain):
    engine = answers({"/": plain()})
    with client(serve(engine).url) as browser:
        browser.get("/?" + "q" * 30_000, "authorization: Bearer " + "k" * 30_000)
        assert browser.read(len(OK_BYTES)) == OK_BYTES
    assert len(engine.calls[0].query) == 30_000


def test_a_failure_of_our_own_is_a_500_with_the_four_keys_of_an_error(serve, answers, client):
    with client(serve(answers({})).url) as browser:
        browser.get("/nowhere")
        head, _, body = browser.read_to_end()[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    error = json.loads(body)["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    assert "GET /nowhere" in error["message"]


# --- clients that are slow or leave ---------------------------------------------------------------------------------


def test_a_request_that_comes_in_pieces_is_answered_when_it_is_whole(serve, answers, client, plain):
    engine = answers({"/": plain()})
    with client(serve(engine).url) as browser:
        for piece in (b"POST / HTTP/1.1\r\nhost: mock\r\n", b"content-length: 6\r\n\r\n", b"ab", b"cd", b"ef"):
            browser.send(piece)
        assert browser.read(len(OK_BYTES)) == OK_BYTES
    assert [call.body for call in engine.calls] == [b"abcdef"]


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_two_megabytes_arrive_whole_at_a_slow_reader(serve, answers, client, framing):
    body = bytes(range(256)) * 8192
    head = Head(200, (("content-length", str(len(body))),) if framing == "length" else (), framing)
    engine = answers({"/": (head, send(body), End())})
    with client(serve(engine).url, receive_bytes=4096) as browser:
        browser.get("/", "connection: close")
        received, end = browser.read_to_end(7000)
    prefix, suffix = (b"", b"") if framing == "length" else (b"200000\r\n", b"\r\n0\r\n\r\n")
    assert received.partition(b"\r\n\r\n")[2] == prefix + body + suffix
    assert end == "FIN"
    assert engine.outcome() == Outcome(Ending.COMPLETE, 2)


def test_a_stream_beyond_all_buffers_arrives_whole_when_the_client_reads_late(serve, answers, client, wait_until_full):
    engine = answers({"/": (HEAD, *(send(b"%04d" % number * 10_000) for number in range(300)), End())})
    thread = serve(engine)
    with client(thread.url, receive_bytes=65_536) as browser:
        browser.get("/", "connection: close")
        wait_until_full(thread)
        received, end = browser.read_to_end()
    chunks = b"".join(b"9c40\r\n" + b"%04d" % number * 10_000 + b"\r\n" for number in range(300))
    assert received == HEAD_BYTES + chunks + b"0\r\n\r\n"
    assert end == "FIN"
    assert engine.outcome() == Outcome(Ending.COMPLETE, 301)


@pytest.mark.parametrize("leave", ["close", "half-close", "reset"])
@pytest.mark.parametrize(("plan", "step"), [((HEAD, Wait(FOREVER_US), End()), 1), ((Wait(FOREVER_US), HEAD), 0)])
def test_a_hang_up_is_seen_during_a_wait(serve, answers, client, *, plan, step, leave):
    engine = answers({"/": plan})
    with client(serve(engine).url) as browser:
        browser.get("/")
        engine.started.get(timeout=20)
        browser.read(len(HEAD_BYTES) * step)
        if leave == "half-close":
            browser.socket.shutdown(socket.SHUT_WR)
        else:
            if leave == "reset":
                browser.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            browser.socket.close()
        assert engine.outcome() == Outcome(Ending.LEFT, step)
    assert len(engine.finished) == 1


@pytest.mark.parametrize("leave", ["close", "half-close"])
def test_a_hang_up_is_seen_while_the_client_does_not_read(serve, answers, client, wait_until_full, *, leave):
    engine = answers({"/": (HEAD, *(send(b"x" * 60_000) for _ in range(1000)), End())})
    thread = serve(engine)
    with client(thread.url, receive_bytes=4096) as browser:
        browser.get("/")
        wait_until_full(thread)
        if leave == "close":
            browser.socket.close()
        else:
            browser.socket.shutdown(socket.SHUT_WR)
        assert engine.outcome().ending is Ending.LEFT


def test_a_request_that_came_together_with_the_hang_up_is_still_told_to_the_engine(serve, answers, client):
    engine = answers({"/": (HEAD, Wait(FOREVER_US), End())})
    thread = serve(engine)
    for number in range(20):
        sent = threading.Event()
        with client(thread.url) as browser:
            thread.call(lambda: None)
            busy = threading.Thread(target=thread.call, args=(sent.wait,))
            busy.start()
            browser.get("/")
            browser.socket.shutdown(socket.SHUT_WR)
            sent.set()
            busy.join()
            # The head may go out before the hang-up is seen.
            expected = {(Outcome(Ending.LEFT, 0), (b"", "FIN")), (Outcome(Ending.LEFT, 1), (HEAD_BYTES, "FIN"))}
            assert (engine.outcome(), browser.read_to_end()) in expected
        assert len(engine.calls) == number + 1


def test_a_client_that_leaves_in_the_middle_of_its_request_made_no_call(serve, answers, client, plain):
    engine = answers({"/": plain()})
    thread = serve(engine)
    with client(thread.url) as browser:
        browser.send(b"POST / HTTP/1.1\r\nhost: mock\r\ncontent-length: 3\r\n\r\na")
        browser.socket.shutdown(socket.SHUT_WR)
        assert browser.read_to_end() == (b"", "FIN")
    assert engine.calls == []


def test_an_idle_connection_that_is_closed_is_let_go(serve, answers, client, plain):
    engine = answers({"/": plain()})
    thread = serve(engine)
    with client(thread.url) as browser:
        browser.get("/")
        browser.read(len(OK_BYTES))
        browser.socket.shutdown(socket.SHUT_WR)
        assert browser.read_to_end() == (b"", "FIN")


# --- what a connection meets before anything is read ----------------------------------------------------------------


HELLO = b"GET / HTTP/1.1\r\nhost: mock\r\n\r\n"


class Meeting:
    """An engine for connections: the plans that the first ones meet, and one answer to all requests."""

    def __new__(cls, answers, plain, *plans):
        engine = answers({"/": plain()})
        left = iter(plans)

        def connect(connection, at_us, wall_s):
            if (plan := next(left, None)) is None:
                return None
            return Exchange(-connection, "default", Call("CONNECTION", "*", at_us=at_us), None, 0, plan)

        engine.connect = connect
        return engine


@pytest.mark.parametrize("plan", [(Close(),), (Wait(5_000), Reset())])
def test_a_connection_may_end_before_anything_is_read(serve, answers, client, plain, plan):
    engine = Meeting(answers, plain, plan)
    thread = serve(engine)
    with client(thread.url) as browser:
        assert browser.read_to_end() == (b"", "FIN" if plan[-1] == Close() else "RST")
    assert engine.outcome() == Outcome(Ending.CUT, len(plan) - 1)
    assert engine.calls == []
    with client(thread.url) as browser:
        browser.send(HELLO)
        assert browser.read(len(OK_BYTES)) == OK_BYTES


def test_what_a_client_sent_before_its_time_is_read_then(serve, answers, client, plain):
    """More than is kept, and two requests in it: the socket waits with the rest."""
    engine = Meeting(answers, plain, (Wait(50_000), Admit()))
    size = MOST_HELD_BYTES + 300_000
    post = b"POST / HTTP/1.1\r\nhost: mock\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size
    with client(serve(engine).url) as browser:
        sender = threading.Thread(target=browser.send, args=(post + HELLO,))
        sender.start()
        assert browser.read(2 * len(OK_BYTES)) == 2 * OK_BYTES
        sender.join()
    assert engine.outcome() == Outcome(Ending.COMPLETE, 1)
    assert [len(call.body) for call in engine.calls] == [size, 0]


def test_a_client_that_sends_nothing_meanwhile_is_served_all_the_same(serve, answers, client, plain):
    engine = Meeting(answers, plain, (Wait(5_000), Admit()))
    with client(serve(engine).url) as browser:
        assert engine.outcome() == Outcome(Ending.COMPLETE, 1)
        browser.send(HELLO)
        assert browser.read(len(OK_BYTES)) == OK_BYTES


def test_a_client_that_leaves_unread_is_seen_to_leave(serve, answers, client, plain):
    engine = Meeting(answers, plain, (Wait(FOREVER_US), Close()))
    with client(serve(engine).url) as browser:
        browser.send(HELLO)
    assert engine.outcome().ending is Ending.LEFT
    assert engine.calls == []


def test_a_server_that_stops_ends_what_was_never_read(serve, answers, client, plain):
    engine = Meeting(answers, plain, (Wait(FOREVER_US), Close()))
    thread = serve(engine)
    with client(thread.url) as browser:
        browser.send(HELLO)
        while not thread.call(lambda: thread.server.open_exchanges):
            pass
        thread.close()
        assert browser.read_to_end()[0] == b""
    assert engine.outcome().ending is Ending.STOPPED


def test_an_engine_that_fails_on_a_connection_lets_it_in(serve, answers, client, plain, caplog):
    engine = answers({"/": plain()})
    engine.connect = lambda connection, at_us, wall_s: 1 / 0
    with client(serve(engine).url) as browser:
        browser.send(HELLO)
        assert browser.read(len(OK_BYTES)) == OK_BYTES
    assert "The engine failed on connection 1." in caplog.text


# --- leave to send a body -------------------------------------------------------------------------------------------

ASKING = b"POST / HTTP/1.1\r\nhost: mock\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n"


def test_a_client_may_get_no_leave_and_sends_its_body_when_it_will(serve, answers, client, plain):
    engine = answers({"/": plain()})
    engine.leave = lambda call: False
    with client(serve(engine).url) as browser:
        browser.send(ASKING)
        browser.send(b"abc")
        assert browser.read(len(OK_BYTES)) == OK_BYTES
    assert [call.body for call in engine.calls] == [b"abc"]


def test_a_final_answer_may_come_in_place_of_the_leave(serve, answers, client, plain):
    refusal = plain(b"no", 417)
    engine = answers({"/": plain()})
    engine.leave = lambda call: Exchange(1, "default", call, None, 417, refusal)
    with client(serve(engine).url) as browser:
        browser.send(ASKING)
        expected = b"HTTP/1.1 417 Expectation Failed\r\ncontent-length: 2\r\n\r\nno"
        assert browser.read_to_end() == (expected, "FIN")
    assert engine.outcome() == Outcome(Ending.COMPLETE, 2)
    assert engine.calls == []


def test_who_does_not_ask_needs_no_leave(serve, answers, client, plain):
    engine = answers({"/": plain()})
    engine.leave = lambda call: 1 / 0
    with client(serve(engine).url) as browser:
        browser.send(b"POST / HTTP/1.1\r\nhost: mock\r\ncontent-length: 3\r\n\r\nabc")
        assert browser.read(len(OK_BYTES)) == OK_BYTES
        browser.send(b"GET / HTTP/1.1\r\nhost: mock\r\nexpect: 100-continue\r\n\r\n")
        assert browser.read(len(OK_BYTES)) == OK_BYTES


@dataclass
class AskedHead:
    version: HttpVersion
    raw_headers: tuple


@pytest.mark.parametrize(("version", "asks"), [(HttpVersion11, True), (HttpVersion10, False)])
def test_http_1_0_asks_for_no_upgrade(version, asks):
    found = headers_of(AskedHead(version, ((b"Upgrade", b"websocket"), (b"x-one", b"1"))))
    assert (found.get("upgrade") is not None) is asks
    assert found.get("x-one") == "1"
