"""A recorder in front of a scripted endpoint, over real sockets."""

import asyncio
import contextlib
import json
import socket

import pytest

from mockllm.engine import Engine
from mockllm.errors import MockLLMError
from mockllm.net import recorder as module
from mockllm.net.recorder import Recorder
from mockllm.net.server import Server
from mockllm.net.upstream import Upstream
from mockllm.recording.book import Book
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from tests.waking import Waking

PATIENCE_S = 20


class TurnClock(Waking):
    """Time that passes only when all that could happen has happened."""

    def __init__(self):
        self.at_us = 0
        self.due = []

    def now_us(self):
        return self.at_us

    def wall_s(self):
        return 0

    async def sleep_until(self, due_us):
        self.due.append(due_us)
        for _ in range(200):
            await asyncio.sleep(0)
        self.at_us = max(self.at_us, due_us)


@contextlib.asynccontextmanager
async def recording(upstream, library=None, record=None, clock=None, **options):
    """A recorder in front of a scenario; gives its URL, the endpoint's and what is recorded."""
    tapes = []
    clock = clock or TurnClock()
    engine = upstream if isinstance(upstream, Engine) else Engine(Library(scenarios=[load_text(upstream)]))
    server = Server(engine, clock=clock)
    await server.start()
    recorder = Recorder(
        Upstream.of(server.url + "/v1"),
        library or Library(scenarios=[load_text("rules: []")]),
        record or tapes.append,
        clock=clock,
        **options,
    )
    await recorder.start()
    try:
        yield recorder.url, server.url, tapes
    finally:
        await recorder.close()
        await server.close()


async def ask(url, said="Hi", stream=True, path="/v1/chat/completions", extra=""):
    """All bytes of an answer and how the connection ended."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    body = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": said}]})
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n{extra}"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
    data = b""
    try:
        while piece := await asyncio.wait_for(reader.read(65_536), PATIENCE_S):
            data += piece
    except ConnectionResetError:
        return data, "reset"
    finally:
        writer.close()
    return data, "end"


UP = "name: up\npace: {ttft: 300ms, itl: 20ms}\nrules: [{replies: [{text: [a, b, c], faults: [%s]}]}]"


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "fault", ["", "{reset: {at: {frame: 2}}}", "{close: {at: {byte: 60}}}", "{chunked: {bytes: 7}}", "{done: omit}"]
)
async def test_a_client_gets_the_very_bytes_and_they_are_recorded_with_their_times(fault, stream):
    async with recording(UP % fault) as (url, direct, tapes):
        assert await ask(url, stream=stream) == await ask(direct, stream=stream)
        await asyncio.sleep(0)
        answer = tapes[0].answer
        if not stream:
            return
        times = [chunk.at_us for chunk in answer.chunks if chunk.data]
        assert answer.head_us == 0
        assert set(times) <= {300_000, 320_000, 340_000}
        assert times == sorted(times)
        assert answer.ending == {"{r": "reset", "{c": "end" if "chunked" in fault else "close"}.get(fault[:2], "end")


async def test_bytes_pass_through_before_the_answer_is_over():
    async with recording(UP % "{gate: {name: first, at: {token: 1}}}") as (url, _, tapes):
        host, _, port = url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}'
        writer.write(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        assert head.startswith(b"HTTP/1.1 200")
        assert tapes == []
        writer.close()


async def test_what_a_rule_answers_is_asked_nowhere_unless_always():
    library = Library(scenarios=[load_text("name: own\nrules: [{when: {user: Hi}, replies: [mine]}]")])
    async with recording(UP % "", library, asking="unmatched") as (url, _, tapes):
        assert b"mine" in (await ask(url, stream=False))[0]
        assert tapes == []
        assert b"abc" in (await ask(url, "else", stream=False))[0]
        assert len(tapes) == 1
    async with recording(UP % "", library, asking="always") as (url, _, tapes):
        assert b"abc" in (await ask(url, stream=False))[0]


async def test_when_nobody_is_asked_what_nothing_answers_is_explained():
    library = Library(scenarios=[load_text("name: own\nrules: [{when: {user: Hi}, replies: [mine]}]")])
    async with recording(UP % "", library, asking="never") as (url, _, tapes):
        data, _ = await ask(url, "else")
        assert b"400" in data.split(b"\r\n")[0]
        assert b"no rule of scenario 'own' matches" in data
        assert b"wanted 'Hi'" in data or b"Hi" in data
        assert tapes == []


async def test_connections_are_used_again_where_the_endpoint_allows_it():
    async with recording(UP % "") as (url, _, tapes):
        host, _, port = url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = b'{"model":"m","messages":[{"role":"user","content":"x"}]}'
        for _ in range(2):
            head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            writer.write(head + b"content-length: %d\r\n\r\n%b" % (len(body), body))
            told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
            size = next(line for line in told.lower().split(b"\r\n") if line.startswith(b"content-length")).split()[-1]
            await reader.readexactly(int(size))
        assert len(tapes) == 2
        writer.close()


async def test_what_cannot_be_recorded_passes_all_the_same(caplog, monkeypatch):
    def refuse(_tape):
        raise MockLLMError("no room")

    async with recording(UP % "", record=refuse) as (url, direct, _):
        assert await ask(url) == await ask(direct)
    assert "POST /v1/chat/completions is not recorded: no room" in caplog.text
    async with recording(UP % "{gzip: {}}") as (url, direct, tapes):
        assert await ask(url) == await ask(direct)
        assert tapes == []
    assert "is not recorded: it came as gzip" in caplog.text
    monkeypatch.setattr(module, "MOST_ANSWER_BYTES", 10)
    async with recording(UP % "") as (url, direct, tapes):
        assert (await ask(url))[0] == (await ask(direct))[0]
        assert tapes == []


async def test_an_endpoint_that_is_not_there_and_a_body_that_is_too_large_are_told(monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = Upstream("127.0.0.1", unused.getsockname()[1])
        recorder = Recorder(gone, Library(), lambda _tape: None)
        await recorder.start()
        data, _ = await ask(recorder.url)
        assert data.startswith(b"HTTP/1.1 502")
        assert b"no connection to 127.0.0.1" in data
        monkeypatch.setattr(module, "MOST_BODY_BYTES", 3)
        data, _ = await ask(recorder.url)
        assert data.startswith(b"HTTP/1.1 413")
        await recorder.close()


async def test_an_answer_is_recorded_to_its_end_when_its_client_has_left():
    upstream = Engine(Library(scenarios=[load_text(UP % "{gate: first}")]))
    tapes, recorded = [], asyncio.Event()

    def record(tape):
        tapes.append(tape)
        recorded.set()

    async with recording(upstream, record=record) as (url, _, _):
        asked = asyncio.ensure_future(ask(url))
        while not upstream.gates.waiting():  # noqa: ASYNC110 # turns of the loop, not time
            await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert tapes == []
        upstream.gates.open("up", "first")
        await asyncio.wait_for(recorded.wait(), PATIENCE_S)
    assert tapes[0].answer.ending == "end"
    assert b"[DONE]" in b"".join(chunk.data for chunk in tapes[0].answer.chunks)


async def test_an_address_that_is_taken_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(MockLLMError, match="another program listens there"):
            await Recorder(None, Library(), lambda _tape: None, port=taken.getsockname()[1]).start()


SCRIPTED = """
name: up
defaults: {headers: {openai-organization: redacted, openai-project: redacted}}
pace: {ttft: 300ms, itl: 21ms}
rules: [{replies: [{text: [Hello, " wörld", " 🌞", " and more"], faults: [%s]}]}]
"""
"""Its account is redacted already, which is all that a recording changes."""


async def arrivals(url, clock, stream):
    """All bytes of an answer by the moment of their arrival, counted from the request, and how the connection ended."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    body = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "Hi"}]})
    reader, writer = await asyncio.open_connection(host, int(port))
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n"
    start_us, found, end = clock.at_us, {}, "end"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
    try:
        while piece := await asyncio.wait_for(reader.read(65_536), PATIENCE_S):
            at_us = clock.at_us - start_us
            found[at_us] = found.get(at_us, b"") + piece
    except ConnectionResetError:
        end = "reset"
    finally:
        writer.close()
    return found, clock.at_us - start_us, end


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "body"])
@pytest.mark.parametrize(
    "fault",
    [
        "",
        "{stall: {at: {token: 2}, for: 3s, heartbeat: 1s}}",
        "{split: {bytes: 1, every: 2ms}}",
        "{drip: {bytes: 10, every: 100ms, at: headers}}",
        "{chunked: {bytes: 7}}",
        "{close: {at: {byte: 50}}}",
        "{truncate: {at: {share: 50%}}}",
        "{hang: {for: 2s, then: close}}",
        "{bad_chunk_size: {at: {share: 50%}}}",
        "{status: 500}",
        "{http_1_0: {}}",
        "{done: omit}",
        "{line_ending: crlf}",
    ],
)
async def test_a_file_that_was_recorded_answers_with_the_same_bytes_at_the_same_times(fault, stream):
    clock = TurnClock()
    async with recording(SCRIPTED % fault, clock=clock) as (url, direct, tapes):
        live = await arrivals(direct, clock, stream)
        assert await arrivals(url, clock, stream) == live
        while not tapes:  # noqa: ASYNC110 # turns of the loop, not time
            await asyncio.sleep(0)
    book, _ = Book().add(tapes[0])
    async with recording(f"name: down\n{book.text()}", clock=clock) as (_, replay, _):
        assert await arrivals(replay, clock, stream) == live


async def test_the_times_that_are_compared_are_those_of_the_script():
    clock = TurnClock()
    async with recording(SCRIPTED % "", clock=clock) as (url, _, _):
        found, _, _ = await arrivals(url, clock, stream=True)
    # The head goes out at once, the first token after 300 ms, each of the other three 21 ms after the one before it.
    assert list(found) == [0, 300_000, 321_000, 342_000, 363_000]
