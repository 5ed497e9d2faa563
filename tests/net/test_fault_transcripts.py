"""What each kind of fault puts on the wire: one transcript a kind, written by hand from the standards.

HTTP/1.1 is RFC 9112, event streams are the WHATWG HTML standard §9.2, gzip is RFC 1951 and 1952, Brotli RFC 7932. A raw
socket reads, and h11, zlib and brotli say what a client makes of it; nothing of the code under test does.
"""

import json
import zlib
from dataclasses import dataclass, field

import brotli
import h11
import pytest

from mockllm.net.mock import MockLLM
from mockllm.scenario.faults import FAULTS
from tests.raw_http import connect, request
from tests.sse_decoder import decode

SILENCE_S = 0.15
"""How long nothing must come for the connection to count as open."""

EVENTS = 'events: [{data: {a: 1}}, {data: {a: 2}}, "[DONE]"]'
HELLO = "raw: {headers: {content-type: text/plain}, body: hello}"
CALL = """tool_calls: [{name: f, arguments: ['{"a"', ':1}']}]"""

A, B, DONE = b'data: {"a":1}\n\n', b'data: {"a":2}\n\n', b"data: [DONE]\n\n"
LAST = b"0\r\n\r\n"


def chunks(*parts: bytes) -> bytes:
    """Each part as a chunk (RFC 9112 §7.1)."""
    return b"".join(f"{len(part):x}".encode() + b"\r\n" + part + b"\r\n" for part in parts)


@dataclass(frozen=True)
class Transcript:
    """A fault on an answer, and what is read: the first line, header lines that are there, header names that are not,
    all bytes after the head, how it ends, and what an HTTP parser says of it: `whole`, `broken`, or `pending`.
    """

    kind: str
    faults: str
    body: bytes | None = None
    ending: str = "FIN"
    verdict: str = "whole"
    reply: str = EVENTS
    first: str = "HTTP/1.1 200 OK"
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    before: bytes = b""
    says: dict[tuple[str | int, ...], object] = field(default_factory=dict)
    connection: str = "close"


def plain(kind: str, faults: str, body: bytes, **more: object) -> Transcript:
    """A fault on a plain body, `hello` unless the fault makes it another."""
    return Transcript(kind, faults, body, reply=HELLO, **more)


def turn(kind: str, faults: str, *path: str | int, value: object) -> Transcript:
    """A fault of what is said, on the plain body of a tool call."""
    return Transcript(kind, faults, reply=CALL, says={("choices", 0, *path): value})


FUNCTION = ("message", "tool_calls", 0, "function")

TRANSCRIPTS = (
    turn("cut_arguments", "{cut_arguments: {after: 1}}", *FUNCTION, "arguments", value='{"a"'),
    turn("garbage_after_arguments", "{garbage_after_arguments: '!'}", *FUNCTION, "arguments", value='{"a":1}!'),
    turn("unknown_tool", "{unknown_tool: launch}", *FUNCTION, "name", value="launch"),
    turn("finish_reason", "{finish_reason: eos}", "finish_reason", value="eos"),
    Transcript("patch", "{patch: {frames: 0, set: {$.a: 9}}}", chunks(b'data: {"a":9}\n\n', B, DONE) + LAST),
    Transcript(
        "patch", "{patch: {each: {$.a: [7, 8]}}}", chunks(b'data: {"a":7}\n\n', b'data: {"a":8}\n\n', DONE) + LAST
    ),
    Transcript(
        "patch",
        "{patch: {each: {$.a: 'no {{ frame }}'}}}",
        chunks(b'data: {"a":"no 0"}\n\n', b'data: {"a":"no 1"}\n\n', DONE) + LAST,
    ),
    Transcript("replace", "{replace: {frames: 0, data: '{\"b\": 1}'}}", chunks(b'data: {"b": 1}\n\n', B, DONE) + LAST),
    Transcript("corrupt", "{corrupt: {frames: 0, how: cut_json}}", chunks(b'data: {"a\n\n', B, DONE) + LAST),
    Transcript("reorder", "{reorder: [1, 0]}", chunks(B, A, DONE) + LAST),
    Transcript("duplicate", "{duplicate: 0}", chunks(A, A, B, DONE) + LAST),
    Transcript("drop", "{drop: 0}", chunks(B, DONE) + LAST),
    Transcript("insert", "{insert: {at: {frame: 1}, comment: hi}}", chunks(A, b": hi\n\n", B, DONE) + LAST),
    Transcript(
        "error_event",
        "{error_event: {at: {frame: 1}, error: {message: No}}}",
        chunks(A, b'data: {"error":{"message":"No"}}\n\n') + LAST,
    ),
    Transcript("error_in_200", "{error_in_200: {error: {message: No}}}", chunks(b'{"error":{"message":"No"}}') + LAST),
    Transcript(
        "line_ending",
        "{line_ending: crlf}",
        chunks(b'data: {"a":1}\r\n\r\n', b'data: {"a":2}\r\n\r\n', b"data: [DONE]\r\n\r\n") + LAST,
    ),
    Transcript("bom", "{bom: {}}", chunks(b"\xef\xbb\xbf" + A, B, DONE) + LAST),
    Transcript(
        "no_space",
        "{no_space: {}}",
        chunks(b'data:{"a":1}\n\n', b'data:{"a":2}\n\n', b"data:[DONE]\n\n") + LAST,
    ),
    Transcript(
        "multiline_data",
        "{multiline_data: {frames: 0, indent: 1}}",
        chunks(b'data: {\ndata:  "a": 1\ndata: }\n\n', B, DONE) + LAST,
    ),
    Transcript(
        "escape",
        "{escape: {}}",
        chunks(b'data: {"a":"\\u00e9\\ud83c\\udf1e"}\n\n') + LAST,
        reply='events: [{data: {a: "é🌞"}}]',
    ),
    Transcript(
        "escape",
        "{escape: html}",
        chunks(b'data: {"\\u003ca\\u003e":1}\n\n') + LAST,
        reply='events: [{data: {"<a>": 1}}]',
    ),
    Transcript(
        "escape", "{escape: all}", chunks(b'data: {"\\u0061":"\\u003c"}\n\n') + LAST, reply='events: [{data: {a: "<"}}]'
    ),
    Transcript(
        "event_names",
        "{event_names: message}",
        chunks(b"event: message\n" + A, b"event: message\n" + B, b"event: message\n" + DONE) + LAST,
    ),
    Transcript("ids", "{ids: 7}", chunks(b"id: 7\n" + A, b"id: 8\n" + B, b"id: 9\n" + DONE) + LAST),
    Transcript("done", "{done: omit}", chunks(A, B) + LAST),
    Transcript("unterminated_last_event", "{unterminated_last_event: {}}", chunks(A, B, DONE[:-1]) + LAST),
    Transcript(
        "coalesce", "{coalesce: 2}", b"", ending="OPEN", verdict="pending", reply=f"{EVENTS}, pace: {{itl: 1h}}"
    ),
    Transcript(
        "split",
        "{split: {bytes: 8}}",
        chunks(A[:8], A[8:], B[:8], B[8:], DONE[:8], DONE[8:]) + LAST,
    ),
    Transcript("stall", "{stall: {at: {frame: 1}}}", chunks(A), ending="OPEN", verdict="pending"),
    Transcript(
        "slow", "{slow: 3600000}", chunks(A), ending="OPEN", verdict="pending", reply=f"{EVENTS}, pace: {{itl: 1ms}}"
    ),
    Transcript("drip", "{drip: {bytes: 4, every: 1h}}", chunks(b"data"), ending="OPEN", verdict="pending"),
    Transcript("drip", "{drip: {pieces: 4, over: 4h}}", chunks(A[:11]), ending="OPEN", verdict="pending"),
    Transcript(
        "heartbeat",
        "{stall: {at: {frame: 1}, for: 35ms}}, {heartbeat: {every: 10ms}}",
        chunks(A, *[b": keep-alive\n\n"] * 3, B, DONE) + LAST,
    ),
    Transcript("gate", "{gate: {name: g, at: {frame: 1}}}", chunks(A), ending="OPEN", verdict="pending"),
    plain(
        "interim",
        "{interim: {status: 103, headers: {link: </a>}, times: 2}}",
        b"hello",
        before=b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 2,
    ),
    plain(
        "interim",
        "{interim: 102}",
        b"hello",
        before=b"HTTP/1.1 102 Processing\r\n\r\n",
        ending="OPEN",
        connection="keep-alive",
    ),
    plain("status", "{status: 503}", b"hello", first="HTTP/1.1 503 Service Unavailable"),
    plain(
        "headers",
        "{headers: {set: {x-a: b}, remove: [content-type]}}",
        b"hello",
        has=("x-a: b",),
        lacks=("content-type",),
    ),
    plain("content_type", "{content_type: text/html}", b"hello", has=("content-type: text/html",)),
    plain("content_length", "{content_length: {by: 5}}", b"hello", has=("content-length: 10",), verdict="broken"),
    plain("content_length", "{content_length: {by: -1}}", b"hello", has=("content-length: 4",), verdict="broken"),
    plain("body", "{body: {text: 'no'}}", b"no", has=("content-length: 2", "content-type: text/plain; charset=utf-8")),
    plain(
        "redirect",
        "{redirect: /x}",
        b"",
        first="HTTP/1.1 307 Temporary Redirect",
        has=("location: /x", "content-length: 0"),
    ),
    Transcript(
        "http_1_0",
        "{http_1_0: {}}",
        A + B + DONE,
        first="HTTP/1.0 200 OK",
        lacks=("transfer-encoding", "content-length"),
    ),
    plain(
        "gzip",
        "{gzip: {}}",
        bytes.fromhex("1f8b08000000000000ff 000500faff") + b"hello" + bytes.fromhex("010000ffff 86a61036 05000000"),
        has=("content-encoding: gzip", "content-length: 33"),
    ),
    plain(
        "br",
        "{br: {}}",
        bytes.fromhex("0c 200008") + b"hello" + bytes.fromhex("03"),
        has=("content-encoding: br", "content-length: 10"),
    ),
    plain("garble", "{garble: {at: {byte: 1}, bytes: 2}}", b"h\x9a\x93lo", has=("content-length: 5",)),
    plain(
        "chunked",
        "{chunked: {}}",
        chunks(b"hello") + LAST,
        has=("transfer-encoding: chunked",),
        lacks=("content-length",),
    ),
    Transcript(
        "chunked", "{chunked: {bytes: 40, flush: false}}", chunks((A + B + DONE)[:40], (A + B + DONE)[40:]) + LAST
    ),
    Transcript(
        "bad_chunk_size",
        "{bad_chunk_size: {at: {frame: 1}}}",
        chunks(A) + b"xyz\r\n" + chunks(B, DONE) + LAST,
        verdict="broken",
    ),
    plain("slow_headers", "{slow_headers: {bytes: 4, every: 1h}}", b"", ending="OPEN", verdict="pending", first="HTTP"),
    Transcript("truncate", "{truncate: {at: {frame: 1}}}", chunks(A) + LAST),
    Transcript("close", "{close: {at: {frame: 1}}}", chunks(A), verdict="broken"),
    Transcript("close", "{close: {at: {byte: 20}}}", chunks(A, B[:5]), verdict="broken"),
    Transcript("reset", "{reset: {at: {frame: 1}}}", chunks(A), ending="RST", verdict="broken"),
    Transcript("garbage", "{garbage: {at: {frame: 1}, text: 'oops!!'}}", chunks(A) + b"oops!!", verdict="broken"),
    plain("garbage", '{garbage: {text: "no HTTP\\r\\n"}}', b"", first="no HTTP", verdict="broken"),
    plain("hang", "{hang: {}}", b"", first="", ending="OPEN", verdict="pending"),
    plain("hang", "{hang: {for: 5ms}}", b"", first="", ending="FIN", verdict="broken"),
    plain("hang", "{hang: {for: 5ms, then: reset}}", b"", first="", ending="RST", verdict="broken"),
    plain(
        "hang",
        "{interim: 102}, {hang: {}}",
        b"",
        first="",
        before=b"HTTP/1.1 102 Processing\r\n\r\n",
        ending="OPEN",
        verdict="pending",
    ),
    Transcript("keep_open", "{keep_open: {}}", chunks(A, B, DONE), ending="OPEN", verdict="pending"),
    Transcript("keep_open", "{keep_open: {what: connection}}", chunks(A, B, DONE) + LAST, ending="OPEN"),
    Transcript(
        "close_idle", "{close_idle: {}}", chunks(A, B, DONE) + LAST, connection="keep-alive", lacks=("connection",)
    ),
)


def test_every_kind_has_a_transcript():
    assert {case.kind for case in TRANSCRIPTS} == {*FAULTS}


@pytest.mark.parametrize("case", TRANSCRIPTS, ids=lambda case: case.faults.strip("{}"))
def test_a_fault_is_on_the_wire_as_its_transcript_says(case):
    wire, ending = captured(case)
    assert ending == case.ending
    assert wire.startswith(case.before)
    head, _, body = wire.removeprefix(case.before).partition(b"\r\n\r\n")
    first, *fields = head.decode("utf-8", "replace").split("\r\n")
    assert first == case.first
    assert not set(case.has) - set(fields)
    assert not set(case.lacks) & {line.partition(":")[0] for line in fields}
    if case.body is not None:
        assert body == case.body
    verdict, data = read_by_h11(wire, ended=ending != "OPEN")
    assert verdict == case.verdict
    for path, value in case.says.items():
        found = json.loads(data)
        for step in path:
            found = found[step]
        assert found == value


def test_without_a_fault_the_same_answers_are_whole():
    wire, ending = captured(Transcript("none", "", reply=EVENTS))
    assert (ending, read_by_h11(wire, ended=True)) == ("FIN", ("whole", A + B + DONE))
    assert [event.data for event in decode(A + B + DONE).events] == ['{"a":1}', '{"a":2}', "[DONE]"]
    wire, ending = captured(Transcript("none", "", ending="OPEN", reply=HELLO, connection="keep-alive"))
    assert wire == b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
    assert ending == "OPEN"


def test_the_encodings_are_what_their_decoders_take():
    by_kind = {case.kind: case.body for case in TRANSCRIPTS}
    assert zlib.decompress(by_kind["gzip"], 16 + zlib.MAX_WBITS) == b"hello"
    assert brotli.decompress(by_kind["br"]) == b"hello"


@pytest.mark.parametrize(
    ("encoding", "at"),
    [("gzip", "{byte: 0}"), ("gzip", "{frame: 1}"), ("br", "{frame: 1}")],
)
def test_a_compressed_stream_goes_wrong_in_the_middle(encoding, at):
    """What came before can be decoded where frames are flushed, and then the decoder gives up."""
    case = Transcript("garble", f"{{{encoding}: {{}}}}, {{garble: {{at: {at}}}}}")
    _, data = read_by_h11(captured(case)[0], ended=True)
    assert decoded_until_wrong(encoding, data) == (b"" if at == "{byte: 0}" else A)


def decoded_until_wrong(encoding: str, data: bytes) -> bytes:
    """What a decoder makes of the data before it gives up, which it does."""
    decoder = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == "gzip" else brotli.Decompressor()
    decode_piece = decoder.decompress if encoding == "gzip" else decoder.process
    seen = b""
    for byte in data:
        try:
            seen += decode_piece(bytes([byte]))
        except (zlib.error, brotli.error):
            return seen
    pytest.fail("the stream was decoded to its end")


def captured(case: Transcript) -> tuple[bytes, str]:
    """All that a raw socket reads, and how it ends: FIN, RST, or OPEN after a silence."""
    stream = case.reply.startswith("events")
    text = f"rules: [{{replies: [{{{case.reply}, faults: [{case.faults}]}}]}}]"
    received = bytearray()
    with MockLLM(text) as mock, connect(mock) as client:
        client.sendall(request(stream=stream, connection=case.connection))
        if case.ending == "OPEN":
            mock.wait_for("arrived")
            client.settimeout(SILENCE_S)
        try:
            while piece := client.recv(65_536):
                received += piece
        except ConnectionResetError:
            return bytes(received), "RST"
        except TimeoutError:
            return bytes(received), "OPEN"
        return bytes(received), "FIN"


def read_by_h11(wire: bytes, *, ended: bool) -> tuple[str, bytes]:
    """Whether a parser of HTTP finds a whole response and nothing else, something broken, or waits for more; and the
    body as far as it came.
    """
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="POST", target="/", headers=[("host", "mock")]))
    parser.send(h11.EndOfMessage())
    data = b""
    try:
        if wire:
            parser.receive_data(wire)
        if ended:
            parser.receive_data(b"")
        while True:
            event = parser.next_event()
            if isinstance(event, h11.Data):
                data += event.data
            elif isinstance(event, h11.EndOfMessage):
                return ("broken" if parser.trailing_data[0] else "whole"), data
            elif event is h11.NEED_DATA:
                return "pending", data
            elif isinstance(event, h11.ConnectionClosed):
                return "broken", data
    except h11.RemoteProtocolError:
        return "broken", data
