"""The server through raw sockets, on asyncio and uvloop: bytes on the wire, and what the engine is told of them."""

import asyncio
import logging
import socket

import pytest

from mockllm.errors import MockLLMError
from mockllm.exchange import Ending, Outcome
from mockllm.net import server as server_module
from mockllm.net.protocol import HttpProtocol
from mockllm.net.server import Server
from mockllm.plan import FOREVER_US, Close, End, Frame, Gate, Head, Raw, Reset, Send, Wait
from tests.calls import engine as engine_of
from tests.raw_http import request

HEAD = Head(200, (("content-type", "text/event-stream"),))
HEAD_BYTES = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
OK_BYTES = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def send(data, **fields):
    return Send(data, Frame("x"), **fields)


def stream_of(browser):
    """All bytes of the next answer, which comes in chunks."""
    received = b""
    while not received.endswith(b"\r\n0\r\n\r\n") and (data := browser.read(1)):
        received += data
    return received


# --- what the engine is told ---------------------------------------------------------------------------------------


def test_a_call_is_the_request_as_it_was_sent(serve, answers, client, plain):
    engine = answers({"/v1/models/a b/ü": plain()})
    with client(serve(engine).url) as browser:
        browser.send(
            b"PUT /v1/models/a%20b/%C3%BC?x=1%202&x=&y HTTP/1.1\r\nHost: mock\r\nX-Twice: 1\r\nx-twice: 2\r\n"
            b'authorization: Bearer \xff\r\ncontent-length: 5\r\n\r\n{"a"}'
        )
        assert browser.read(len(OK_BYTES)) == OK_BYTES
    (call,) = engine.calls
    assert (call.method, call.path, call.query) == ("PUT", "/v1/models/a b/ü", "x=1%202&x=&y")
    assert call.headers.pairs == (
        ("Host", "mock"),
        ("X-Twice", "1"),
        ("x-twice", "2"),
        ("authorization", "Bearer \\xff"),
        ("content-length", "5"),
    )
    assert call.body == b'{"a"}'
    assert (call.connection, call.reused) == (1, False)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE"])
def test_every_method_gets_through_to_the_engine(serve, answers, client, method):
    engine = answers({"/": (Head(204, (), "length"), End())})
    with client(serve(engine).url) as browser:
        browser.send(f"{method} / HTTP/1.1\r\nhost: mock\r\n\r\n".encode())
        assert browser.read(27) == b"HTTP/1.1 204 No Content\r\n\r\n"
    assert [call.method for call in engine.calls] == [method]


def test_a_head_request_gets_no_body(serve, answers, client, plain):
    engine = answers({"/": plain()})
    with client(serve(engine).url) as browser:
        browser.send(b"HEAD / HTTP/1.1\r\nhost: mock\r\n\r\n")
        assert browser.read_to_end() == (OK_BYTES.removesuffix(b"ok"), "FIN")


def test_an_absolute_target_is_its_path(serve, answers, client, plain):
    engine = answers({"/a": plain()})
    with client(serve(engine).url) as browser:
        browser.get("http://elsewhere.example/a?b=c")
        assert browser.read(len(OK_BYTES)) == OK_BYTES
    assert [(call.path, call.query) for call in engine.calls] == [("/a", "b=c")]


def test_a_connection_is_reused_and_numbered(serve, answers, client, plain):
    engine = answers({"/": plain()})
    url = serve(engine).url
    with client(url) as first, client(url) as second:
        for browser in (first, first, second):
            browser.get("/")
            assert browser.read(len(OK_BYTES)) == OK_BYTES
    assert [(call.connection, call.reused) for call in engine.calls] == [(1, False), (1, True), (2, False)]
    assert [call.at_us for call in engine.calls] == sorted(call.at_us for call in engine.calls)


def test_a_chunked_request_body_is_read_whole(serve, answers, client, plain):
    engine = answers({"/": plain()})
    with client(serve(engine).url) as browser:
        browser.send(b"POST / HTTP/1.1\r\nhost: mock\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        browser.send(b"2\r\nde\r\n0\r\n\r\n")
        assert browser.read(len(OK_BYTES)) == OK_BYTES
    assert [call.body for call in engine.calls] == [b"abcde"]


def test_pipelined_requests_are_answered_in_order(serve, answers, client, plain):
    count = 100
    engine = answers({f"/{number}": plain(b"%02d" % number) for number in range(count)})
    with client(serve(engine).url) as browser:
        browser.send(b"".join(b"GET /%d HTTP/1.1\r\nhost: mock\r\n\r\n" % number for number in range(count)))
        expected = b"".join(OK_BYTES[:-2] + b"%02d" % number for number in range(count))
        assert browser.read(len(expected)) == expected


def test_a_client_that_has_read_the_whole_answer_finds_the_exchange_finished(serve, answers, client, plain):
    engine = answers({"/": plain(), "/slow": (HEAD, Wait(1000), send(b"a"), End())})
    thread = serve(engine)
    streamed = HEAD_BYTES + b"1\r\na\r\n0\r\n\r\n"
    with client(thread.url) as browser:
        for number in range(100):
            path, size = ("/", len(OK_BYTES)) if number % 2 else ("/slow", len(streamed))
            browser.get(path)
            browser.read(size)
            assert thread.call(lambda: (len(engine.finished), thread.server.open_exchanges)) == (number + 1, 0)
    assert {outcome.ending for _, _, outcome in engine.finished} == {Ending.COMPLETE}


def test_the_deliveries_of_an_exchange_are_told_once_with_all_steps(serve, answers, client):
    engine = answers({"/": (HEAD, send(b"abc"), Wait(1500), send(b"de"), End())})
    with client(serve(engine).url) as browser:
        browser.get("/", "connection: close")
        assert browser.read_to_end() == (HEAD_BYTES + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "FIN")
    ((_, deliveries, outcome),) = engine.finished
    assert [(delivery.step, delivery.due_us, delivery.bytes) for delivery in deliveries] == [
        (0, 0, 0),
        (1, 0, 3),
        (2, 1500, 0),
        (3, 1500, 2),
        (4, 1500, 0),
    ]
    assert all(delivery.done_us >= delivery.due_us for delivery in deliveries)
    assert outcome == Outcome(Ending.COMPLETE, 4)


# --- the steps on the wire -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "expected", "ending"),
    [
        pytest.param((HEAD, send(b"a"), Close()), (HEAD_BYTES + b"1\r\na\r\n", "FIN"), Ending.CUT, id="close"),
        pytest.param((HEAD, send(b"a"), Reset()), (HEAD_BYTES + b"1\r\na\r\n", "RST"), Ending.CUT, id="reset"),
        pytest.param((Reset(),), (b"", "RST"), Ending.CUT, id="reset before the head"),
        pytest.param((Wait(1000), Close()), (b"", "FIN"), Ending.CUT, id="close before the head"),
        pytest.param(
            (Head(200, (), "close"), send(b"a"), End()),
            (b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\na", "FIN"),
            Ending.COMPLETE,
            id="framed by close",
        ),
        pytest.param(
            (Head(200, (("content-length", "9"),), "length"), send(b"a"), End("truncate")),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\na", "FIN"),
            Ending.CUT,
            id="shorter than promised",
        ),
        pytest.param(
            (Head(200, (("content-length", "1"), ("Connection", "close")), "length"), send(b"a"), End()),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nConnection: close\r\n\r\na", "FIN"),
            Ending.COMPLETE,
            id="announced close",
        ),
        pytest.param((Raw(b"not HTTP\n"), End()), (b"not HTTP\n", "FIN"), Ending.COMPLETE, id="raw"),
        pytest.param(
            (HEAD, send(b"ab", alone=True), send(b"c", alone=True), Close()),
            (HEAD_BYTES + b"2\r\nab\r\n1\r\nc\r\n", "FIN"),
            Ending.CUT,
            id="alone",
        ),
    ],
)
def test_each_end_of_a_plan_is_what_the_client_sees(serve, answers, client, *, plan, expected, ending):
    engine = answers({"/": plan})
    with client(serve(engine).url) as browser:
        browser.get("/")
        assert browser.read_to_end() == expected
    assert engine.outcome() == Outcome(ending, len(plan) - 1)


def test_the_head_arrives_while_the_first_token_is_still_waited_for(serve, answers, client):
    engine = answers({"/": (HEAD, Wait(FOREVER_US), send(b"a"), End())})
    thread = serve(engine)
    with client(thread.url) as browser:
        browser.get("/")
        assert browser.read(len(HEAD_BYTES)) == HEAD_BYTES
        assert thread.call(lambda: thread.server.open_exchanges) == 1
        ((exchange, deliveries),) = thread.call(lambda: thread.server.playing)
        assert (exchange.call.path, len(deliveries)) == ("/", 1)


CUTS = {
    "reset": (Reset("fault"), b"", "RST"),
    "close": (Close("fault"), b"", "FIN"),
    "truncate": (End("fault"), b"0\r\n\r\n", "FIN"),
}


@pytest.mark.parametrize("pace_us", [0, 5000])
@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_after_k_frames_delivers_the_head_and_exactly_k_frames_every_time(
    serve, answers, client, *, cut, pace_us
):
    frames = [b"data: frame %d\n\n" % number for number in range(12)]
    last, tail, end = CUTS[cut]

    def plan(kept):
        paced = (step for frame in frames[:kept] for step in (Wait(pace_us), send(frame)))
        return (HEAD, *paced, last)

    engine = answers({f"/{kept}": plan(kept) for kept in range(13)})
    url = serve(engine).url
    for kept in range(13):
        expected = HEAD_BYTES + b"".join(b"%x\r\n%b\r\n" % (len(frame), frame) for frame in frames[:kept]) + tail
        browsers = [client(url) for _ in range(20)]
        for browser in browsers:
            browser.get(f"/{kept}", "connection: close")
        seen = {browser.read_to_end() for browser in browsers}
        for browser in browsers:
            browser.socket.close()
        assert seen == {(expected, end)}
        assert {engine.outcome() for _ in browsers} == {Outcome(Ending.CUT, 2 * kept + 1)}


def test_many_streams_at_once_are_all_whole(serve, answers, client):
    plan = (HEAD, *(step for number in range(20) for step in (Wait(500), send(b"%02d" % number))), End())
    engine = answers({"/": plan})
    url = serve(engine).url
    browsers = [client(url) for _ in range(100)]
    for browser in browsers:
        browser.get("/", "connection: close")
    expected = HEAD_BYTES + b"".join(b"2\r\n%02d\r\n" % number for number in range(20)) + b"0\r\n\r\n"
    assert {browser.read_to_end() for browser in browsers} == {(expected, "FIN")}
    for browser in browsers:
        browser.socket.close()


# --- stopping ------------------------------------------------------------------------------------------------------


def test_a_server_that_closes_ends_open_streams_and_tells_the_engine(serve, answers, client):
    engine = answers({"/": (HEAD, Wait(FOREVER_US), End())})
    thread = serve(engine)
    browsers = [client(thread.url) for _ in range(50)]
    for browser in browsers:
        browser.get("/")
        browser.read(len(HEAD_BYTES))
    thread.close()
    assert [outcome for _, _, outcome in engine.finished] == [Outcome(Ending.STOPPED, 1)] * 50
    assert thread.server.open_exchanges == 0
    for browser in browsers:
        assert browser.read_to_end() == (b"", "FIN")
        browser.socket.close()


def test_a_server_that_closes_lets_go_of_idle_and_half_sent_and_unread_connections(
    serve, answers, client, wait_until_full
):
    engine = answers({"/": (HEAD, *(send(b"x" * 60_000) for _ in range(1000)), End())})
    thread = serve(engine)
    with (
        client(thread.url) as idle,
        client(thread.url) as half_sent,
        client(thread.url, receive_bytes=4096) as unread,
    ):
        half_sent.send(b"POST / HTTP/1.1\r\nhost: mock\r\ncontent-length: 3\r\n\r\na")
        unread.get("/")
        wait_until_full(thread)
        thread.close()
        assert idle.read_to_end() == (b"", "FIN")
        half_sent.read_to_end()
        assert [outcome.ending for _, _, outcome in engine.finished] == [Ending.STOPPED]


def test_a_grace_lets_open_exchanges_end_by_themselves(serve, answers, client):
    engine = answers({"/": (HEAD, Wait(30_000), send(b"a"), End())})
    thread = serve(engine)
    with client(thread.url) as browser:
        browser.get("/")
        browser.read(len(HEAD_BYTES))
        thread.close(grace_us=20_000_000)
        assert browser.read_to_end() == (b"1\r\na\r\n0\r\n\r\n", "FIN")
    assert engine.outcome() == Outcome(Ending.COMPLETE, 3)


def test_a_grace_that_is_over_ends_them(serve, answers, client):
    engine = answers({"/": (HEAD, Wait(FOREVER_US), End())})
    thread = serve(engine)
    with client(thread.url) as browser:
        browser.get("/")
        browser.read(len(HEAD_BYTES))
        thread.close(grace_us=1000)
    assert engine.outcome() == Outcome(Ending.STOPPED, 1)


def test_an_exchange_that_does_not_end_is_named_and_given_up(loop_kind, answers, monkeypatch, caplog):
    monkeypatch.setattr(server_module, "CLOSE_PATIENCE_S", 0.1)

    class Deaf:
        """A clock whose sleepers do not hear that they are cancelled, until they are let go."""

        def __init__(self):
            self.let_go = asyncio.Event()

        def now_us(self):
            return 0

        def wall_s(self):
            return 0

        async def sleep_until(self, due_us):
            while not self.let_go.is_set():
                try:
                    await self.let_go.wait()
                except asyncio.CancelledError:
                    continue

    async def main():
        clock = Deaf()
        engine = answers({"/hang": (Wait(1), HEAD, End())})
        server = Server(engine, clock=clock)
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        writer.write(b"GET /hang HTTP/1.1\r\nhost: mock\r\n\r\n")
        while not server.open_exchanges:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)
        await server.close()
        assert server.open_exchanges == 1
        clock.let_go.set()
        await server.idle()
        writer.close()
        assert await reader.read() == b""
        return engine.outcome()

    with caplog.at_level(logging.ERROR, "mockllm"), asyncio.Runner(loop_factory=loop_kind) as runner:
        outcome = runner.run(main())
    assert "these exchanges do not end: #1 GET /hang" in caplog.text
    assert outcome.ending is not Ending.OPEN


async def test_idle_waits_for_the_last_open_exchange(answers):
    engine = answers({"/": (HEAD, Wait(1000), send(b"a"), End())})
    server = Server(engine)
    await server.start()
    await server.idle()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(b"GET / HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n")
    while not server.open_exchanges:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0)
    await server.idle()
    assert len(engine.finished) == 1
    assert (await reader.read()).endswith(b"1\r\na\r\n0\r\n\r\n")
    writer.close()
    await server.close()
    await server.close()


def test_a_client_that_connects_while_the_server_closes_is_let_go(loop_kind, answers):
    async def main():
        server = Server(answers({}))
        await server.start()
        protocol = HttpProtocol(server._https[0], asyncio.get_running_loop(), server._opened, server._closed)
        ours, theirs = socket.socketpair()
        closing = asyncio.ensure_future(server.close())
        await asyncio.sleep(0)
        ours.setblocking(False)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, ours)
        await closing
        theirs.settimeout(20)
        with theirs:
            while server._connections:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0)
            return theirs.recv(1)

    with asyncio.Runner(loop_factory=loop_kind) as runner:
        assert runner.run(main()) == b""


# --- the same bytes again ------------------------------------------------------------------------------------------


def test_requests_of_the_same_bytes_are_exchanges_of_their_own(serve, client):
    engine = engine_of("rules: [{replies: [Hello]}]")
    url = serve(engine).url
    data = request(stream=True, connection="keep-alive")
    with client(url) as first, client(url) as second:
        received = []
        for browser in (first, second, first, first, second, first):
            browser.send(data)
            received.append(stream_of(browser))
    assert len(set(received)) == 1
    exchanges = engine.journal.all()
    assert [exchange.number for exchange in exchanges] == [1, 2, 3, 4, 5, 6]
    assert [exchange.attempt for exchange in exchanges] == [1, 2, 3, 4, 5, 6]
    assert [exchange.call.connection for exchange in exchanges] == [1, 2, 1, 1, 2, 1]
    assert [exchange.call.reused for exchange in exchanges] == [False, False, True, True, True, True]
    assert {exchange.outcome.ending for exchange in exchanges} == {Ending.COMPLETE}
    times = [exchange.call.at_us for exchange in exchanges]
    assert times == sorted(times)
    assert all(exchange.request.call is exchange.call for exchange in exchanges)


def test_the_same_bytes_while_an_answer_is_played_wait_for_their_turn(serve, client):
    engine = engine_of("rules: [{replies: [{text: [a, b], pace: {ttft: 1ms, itl: 20ms}}]}]")
    data = request(stream=True, connection="keep-alive")
    with client(serve(engine).url) as browser:
        for _ in range(3):
            browser.send(data)
            browser.send(data)
            one, other = (stream_of(browser) for _ in range(2))
            assert one == other
    ends = [exchange.call.at_us + exchange.outcome.at_us for exchange in engine.journal.all()]
    begins = [exchange.call.at_us for exchange in engine.journal.all()]
    assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))


# --- failures of our own -------------------------------------------------------------------------------------------


def test_an_engine_that_fails_is_logged_and_the_server_goes_on(serve, answers, client, plain, caplog):
    engine = answers({"/": plain()})
    url = serve(engine).url
    with caplog.at_level(logging.ERROR, "mockllm"), client(url) as browser:
        browser.get("/nowhere")
        assert browser.read_to_end()[0].startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert "KeyError: '/nowhere'" in caplog.text
    with client(url) as browser:
        browser.get("/")
        assert browser.read(len(OK_BYTES)) == OK_BYTES


def test_the_same_bytes_fail_as_often_as_the_engine_does(serve, answers, client, plain, caplog):
    engine = answers({})
    url = serve(engine).url
    for _ in range(3):
        with caplog.at_level(logging.ERROR, "mockllm"), client(url) as browser:
            browser.get("/later")
            browser.get("/later")  # which nobody hears any more
            assert browser.read_to_end()[0].startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert caplog.text.count("KeyError: '/later'") == 3
    engine.plans["/later"] = plain()
    with client(url) as browser:
        browser.get("/later")
        assert browser.read(len(OK_BYTES)) == OK_BYTES


def test_a_plan_that_cannot_be_sent_is_a_500_and_its_exchange_is_finished(serve, answers, client, caplog):
    engine = answers({"/": (Head(200, (("x-a", "\r\n"),)), End())})
    with caplog.at_level(logging.ERROR, "mockllm"), client(serve(engine).url) as browser:
        browser.get("/")
        assert browser.read_to_end()[0].startswith(b"HTTP/1.1 500 ")
    assert engine.outcome() == Outcome(Ending.STOPPED, 0)
    assert "Exchange #1 failed at step 0" in caplog.text
    assert "'x-a'" in caplog.text


def test_a_plan_that_fails_after_bytes_were_sent_is_reset(serve, answers, client):
    engine = answers({"/": (HEAD, Wait(1), Head(200, (("x-a", "\r\n"),)), End())})
    with client(serve(engine).url) as browser:
        browser.get("/")
        assert browser.read_to_end() == (HEAD_BYTES, "RST")
    assert engine.outcome() == Outcome(Ending.STOPPED, 2)


def test_an_engine_that_fails_to_finish_is_logged_and_the_connection_goes_on(serve, answers, client, plain, caplog):
    engine = answers({"/": plain()})
    engine.ended = None
    thread = serve(engine)
    with caplog.at_level(logging.ERROR, "mockllm"), client(thread.url) as browser:
        for _ in range(2):
            browser.get("/")
            assert browser.read(len(OK_BYTES)) == OK_BYTES
        thread.call(lambda: "the loop is past it")
    assert "failed to finish exchange #2" in caplog.text


# --- addresses -----------------------------------------------------------------------------------------------------


def test_a_port_in_use_is_refused_with_what_to_do(serve, answers):
    port = int(serve(answers({})).url.rpartition(":")[2])
    with pytest.raises(MockLLMError, match=rf"listen on 127\.0\.0\.1:{port}, but another program listens there\. Give"):
        serve(answers({}), port=port)


def test_an_address_of_another_machine_is_refused_with_what_the_system_says(serve, answers):
    with pytest.raises(MockLLMError, match=r"listen on 192\.0\.2\.1:0, but the system said: "):
        serve(answers({}), host="192.0.2.1")


@pytest.mark.parametrize(
    ("host", "prefix"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("0.0.0.0", "http://127.0.0.1:"),
        ("::1", "http://[::1]:"),
        ("::", "http://[::1]:"),
    ],
)
def test_the_url_is_one_that_clients_can_use(serve, answers, host, prefix):
    url = serve(answers({}), host=host).url
    assert url.startswith(prefix)
    assert 0 < int(url.removeprefix(prefix)) < 65_536


# --- gates ---------------------------------------------------------------------------------------------------------


GATED = (HEAD, send(b"a"), Gate("g"), send(b"b"), End())


def test_what_stands_before_a_closed_gate_arrives_and_the_rest_when_it_opens(serve, answers, client):
    engine = answers({"/": GATED})
    thread = serve(engine)
    with client(thread.url) as browser:
        browser.get("/")
        before = HEAD_BYTES + b"1\r\na\r\n"
        assert browser.read(len(before)) == before
        reached = engine.visits.get(timeout=20)
        assert (reached.name, reached.step, reached.passed_us) == ("g", 2, None)
        thread.call(engine.gates.open, "default", "g")
        assert browser.read(11) == b"1\r\nb\r\n0\r\n\r\n"
        passed = engine.visits.get(timeout=20)
        assert engine.outcome() == Outcome(Ending.COMPLETE, 4)
    assert passed.reached_us == reached.reached_us <= passed.passed_us
    [(_, deliveries, outcome)] = engine.finished
    assert passed.passed_us <= deliveries[2].done_us <= outcome.at_us


def test_a_client_that_hangs_up_at_a_gate_has_left_at_that_step(serve, answers, client):
    engine = answers({"/": GATED})
    with client(serve(engine).url) as browser:
        browser.get("/")
        engine.visits.get(timeout=20)
    assert engine.outcome() == Outcome(Ending.LEFT, 2)
    assert engine.gates.waiting() == {}


def test_a_server_that_stops_ends_what_waits_at_a_gate(serve, answers, client):
    engine = answers({"/": GATED})
    thread = serve(engine)
    with client(thread.url) as browser:
        browser.get("/")
        engine.visits.get(timeout=20)
        thread.close()
    assert engine.outcome() == Outcome(Ending.STOPPED, 2)
