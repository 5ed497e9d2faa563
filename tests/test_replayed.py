"""What was recorded is played again: the same bytes at the same times, and faults work on it."""

import base64
import itertools

import pytest

from mockllm.cassette import Tape, line_of
from mockllm.cassette.wire import Decoder
from mockllm.engine import Engine
from mockllm.explain import call_of
from mockllm.plan import Frame
from mockllm.recording.book import Book
from mockllm.replayed import frame_of
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_file, load_text
from tests.simulated import played

FAULTS = [
    "",
    "reset: {at: {frame: 3}}",
    "reset: {at: start}",
    "close: {at: {byte: 50}}",
    "truncate: {at: {frame: 2}}",
    "stall: {at: {token: 2}, for: 3s}",
    "hang: {for: 2s, then: reset}",
    "split: {bytes: 1, every: 2ms}",
    "chunked: {bytes: 7}",
    "coalesce: 3",
    "drip: {bytes: 10, every: 100ms, at: headers}",
    "bad_chunk_size: {at: {frame: 2}}",
    "garbage: {at: {frame: 2}}",
    "content_length: {by: 10}",
    "http_1_0: {}",
    "gzip: {}",
    "line_ending: crlf",
    "event_names: from_type",
    "body: {html: true}",
    "status: 500",
]


def upstream(fault="", *, stream=True, api="chat"):
    """A scenario of one answer with a fault. Its account is redacted already, which is all that a recording changes."""
    faults = f"{{{fault}}}" if fault else ""
    return load_text(
        f"""
        name: up
        defaults: {{headers: {{openai-organization: redacted, openai-project: redacted}}}}
        pace: {{ttft: 300ms, itl: 21ms}}
        example: {{api: {api}, stream: {str(stream).lower()}}}
        rules: [{{replies: [{{text: [Hello, " wörld", " 🌞", " and more"], faults: [{faults}]}}]}}]
        """
    )


def wire(scenario, call):
    return played(Engine(Library(scenarios=[scenario])).handle(call).plan)


def recorded(scenario):
    """The call of a scenario's example, what is on the wire, and a recording of that."""
    call = call_of(scenario, next(iter(scenario.requests())))
    seen = wire(scenario, call)
    decoder = Decoder()
    for piece in seen.pieces:
        decoder.feed(piece.at_us, piece.data)
    return call, seen, Tape(call, decoder.result(seen.ended_us, "end" if seen.end == "open" else seen.end))


def by_time(seen):
    """All bytes of each moment."""
    moments = itertools.groupby(seen.pieces, key=lambda piece: piece.at_us)
    return [(at_us, b"".join(piece.data for piece in pieces)) for at_us, pieces in moments]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "body"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_inline_recording_plays_the_same_bytes_at_the_same_times(fault, stream):
    call, seen, tape = recorded(upstream(fault, stream=stream))
    book, _ = Book().add(tape)
    again = wire(load_text("name: down\n" + book.text()), call)
    assert by_time(again) == by_time(seen)
    assert (again.end, again.ended_us) == (seen.end, seen.ended_us)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cassette_plays_the_same_bytes_at_the_same_times(fault, tmp_path):
    call, seen, tape = recorded(upstream(fault, api="responses"))
    book, kept = Book(cassette="down.jsonl").add(tape)
    (tmp_path / "down.jsonl").write_bytes(line_of(kept))
    (tmp_path / "down.yaml").write_text(book.text())
    again = wire(load_file(tmp_path / "down.yaml"), call)
    assert by_time(again) == by_time(seen)
    assert (again.end, again.ended_us) == (seen.end, seen.ended_us)


def replayed(reply, stream=True):
    """What a reply in YAML puts on the wire, and its exchange."""
    scenario = load_text(f"rules: [{{replies: [{reply}]}}]")
    exchange = Engine(Library(scenarios=[scenario])).handle(call_of(scenario, next(iter(scenario.requests()))))
    return played(exchange.plan), exchange


SLOW = (
    "head: 300ms, headers: {content-type: text/event-stream},"
    " chunks: [{after: 20ms, data: {choices: [{index: 0, delta: {content: Hi}}]}},"
    ' {after: 30ms, text: "data: x\\n\\n"}, {after: 40ms, data: "[DONE]"}], ending_after: 50ms'
)


@pytest.mark.parametrize(
    ("speed", "times"), [("1", [300, 320, 350, 390, 440]), ("2", [150, 160, 175, 195, 220]), ("0", [0])]
)
def test_it_is_played_at_any_speed(speed, times):
    seen, _ = replayed(f"{{replay: {{{SLOW}}}}}".replace("{head", f"{{speed: {speed}, head"))
    assert [at_us // 1000 for at_us, _ in by_time(seen)] == times


def test_a_pace_takes_the_place_of_the_recorded_times():
    seen, _ = replayed(f"{{pace: {{ttft: 1s}}, replay: {{{SLOW}, }}}}")
    assert by_time(seen)[0][0] == 0
    assert {at_us for at_us, _ in by_time(seen)} == {0, 1_000_000}


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ("reset: {at: {token: 1}}", ["Hi"]),
        ("reset: {at: {frame: 2}}", ["Hi", "x"]),
        ("close: {at: done}", ["Hi", "x"]),
        ("done: omit", ["Hi", "x"]),
        ('patch: {frames: token, set: {"choices[0].delta.content": Ho}}', ["Ho", "x", "[DONE]"]),
        ("drop: [0]", ["x", "[DONE]"]),
    ],
)
def test_faults_work_on_a_recording(fault, body):
    seen, exchange = replayed(f"{{faults: [{{{fault}}}], replay: {{{SLOW}}}}}")
    assert exchange.unfired == ()
    for word in ("Hi", "Ho", "data: x", "[DONE]"):
        assert (word.encode() in seen.raw) is (word.removeprefix("data: ") in body), word


def test_a_plain_body_that_a_fault_changed_has_its_new_length():
    body = '{text: "{\\"a\\":1}"}'
    spec = f"framing: length, headers: {{Content-Length: '7'}}, chunks: [{body}]"
    seen, _ = replayed(f"{{replay: {{{spec}}}}}")
    assert seen.raw.endswith(b'Content-Length: 7\r\n\r\n{"a":1}')
    seen, _ = replayed(f"{{faults: [{{patch: {{set: {{a: 1000}}}}}}], replay: {{{spec}}}}}")
    assert seen.raw.endswith(b'Content-Length: 10\r\n\r\n{"a":1000}')


@pytest.mark.parametrize("text", ["plain", '"a json text"', "{broken", '{ "a":1}'])
def test_a_body_that_is_written_otherwise_stays_as_it_is(text):
    body = text.replace('"', '\\"')
    seen, _ = replayed(f'{{replay: {{framing: close, chunks: [{{text: "{body}"}}]}}}}')
    assert seen.raw.endswith(b"\r\n\r\n" + text.encode())
    assert seen.end == "close"


def test_a_chunk_that_a_fault_changed_loses_its_odd_framing():
    odd = base64.b64encode(b'0f;x\r\ndata: {"a":1}\n\n\r\n').decode()
    spec = f"headers: {{content-type: text/event-stream}}, chunks: [{{data: {{a: 1}}, wire: {odd}}}]"
    seen, _ = replayed(f"{{replay: {{{spec}}}}}")
    assert b'\r\n0f;x\r\ndata: {"a":1}\n\n\r\n' in seen.raw
    seen, _ = replayed(f"{{faults: [{{patch: {{frames: [0], set: {{a: 2}}}}}}], replay: {{{spec}}}}}")
    assert b'\r\nf\r\ndata: {"a":2}\n\n\r\n' in seen.raw


def test_a_recording_of_no_end_but_a_trailer_ends_as_it_did():
    tail = base64.b64encode(b"0\r\nx-sum: 1\r\n\r\n").decode()
    seen, _ = replayed(f"{{replay: {{chunks: [{{text: a}}], tail: {tail}}}}}")
    assert seen.raw.endswith(b"1\r\na\r\n0\r\nx-sum: 1\r\n\r\n")
    assert seen.end == "close"


def test_a_frame_that_a_fault_added_is_framed_as_usual():
    seen, _ = replayed("{faults: [{insert: {at: end, raw: more}}], replay: {chunks: [{text: a}, {text: b}]}}")
    assert seen.raw.endswith(b"1\r\na\r\n1\r\nb\r\n4\r\nmore\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("data", "kind", "tokens"),
    [
        (b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n', "role", 0),
        (b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n', "token", 1),
        (b'data: {"choices":[{"text":"a"}]}\n\n', "token", 1),
        (b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n', "finish", 0),
        (b'data: {"choices":[{"delta":{}}]}\n\n', "event", 0),
        (b'data: {"choices":[],"usage":{}}\n\n', "usage", 0),
        (b'data: {"choices":null}\n\n', "event", 0),
        (b'data: {"error":{}}\n\n', "error", 0),
        (b"data: [DONE]\n\n", "done", 0),
        (b"data: [1]\n\n", "event", 0),
        (b'event: response.created\ndata: {"type":"response.created"}\n\n', "opening", 0),
        (b'event: response.output_text.delta\ndata: {"delta":"a"}\n\n', "token", 1),
        (b'event: response.completed\ndata: {"a":1}\n\n', "finish", 0),
        (b'event: other\ndata: {"a":1}\n\n', "event", 0),
        (b'data:{"choices":[{"delta":{"content":"a"}}]}\n\n', "raw", 0),
        (b'data: {"choices": [{"delta":{"content":"a"}}]}\n\n', "raw", 1),
        (b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n' * 3, "raw", 3),
        (b'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n', "done", 0),
        (b"data: a\ndata: b\n\n", "raw", 0),
        (b": comment\n\n", "raw", 0),
        (b"data: unfinished", "raw", 0),
        (b"\xff\n\n", "raw", 0),
    ],
)
def test_a_chunk_is_known_by_what_it_carries(data, kind, tokens):
    frame = frame_of(data)
    assert isinstance(frame, Frame)
    assert (frame.kind, frame.tokens) == (kind, tokens)
