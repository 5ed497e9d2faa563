import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai._streaming import SSEDecoder

from mockllm.dialects.sse import compact, event_bytes, payload
from mockllm.plan import Frame, Framing
from tests.sse_decoder import Decoded, Event, decode

# What we encode, the bytes of it, and what a decoder makes of them: the table is read in both directions.
TABLE = [
    (Frame({"a": 1}), b'data: {"a":1}\n\n', Decoded((Event('{"a":1}'),))),
    (Frame("[DONE]", "done"), b"data: [DONE]\n\n", Decoded((Event("[DONE]"),))),
    (Frame(""), b"data: \n\n", Decoded((Event(""),))),
    (Frame(None), b"data: null\n\n", Decoded((Event("null"),))),
    (Frame([1, "a"]), b'data: [1,"a"]\n\n', Decoded((Event('[1,"a"]'),))),
    (Frame("two\nlines"), b"data: two\ndata: lines\n\n", Decoded((Event("two\nlines"),))),
    (Frame("a\n\nb\n"), b"data: a\ndata: \ndata: b\ndata: \n\n", Decoded((Event("a\n\nb\n"),))),
    (Frame({"text": "a\nb"}), b'data: {"text":"a\\nb"}\n\n', Decoded((Event('{"text":"a\\nb"}'),))),
    (Frame("🌞 ü\u2028x"), "data: 🌞 ü\u2028x\n\n".encode(), Decoded((Event("🌞 ü\u2028x"),))),
    (Frame("x", event="ping"), b"event: ping\ndata: x\n\n", Decoded((Event("x", "ping"),))),
    (Frame("x", fields=(("id", "7"),)), b"id: 7\ndata: x\n\n", Decoded((Event("x", id="7"),), last_id="7")),
    (Frame("x", fields=(("", "hm"),)), b": hm\ndata: x\n\n", Decoded((Event("x"),), ("hm",))),
    (Frame("x", fields=(("", "a\nb"),)), b": a\n: b\ndata: x\n\n", Decoded((Event("x"),), ("a", "b"))),
    (
        Frame("x", event="e", fields=(("", "hm"), ("id", "7"), ("retry", "30"))),
        b"event: e\n: hm\nid: 7\nretry: 30\ndata: x\n\n",
        Decoded((Event("x", "e", "7"),), ("hm",), 30, "7"),
    ),
    (Frame(None, fields=(("retry", "3000"),)), b"retry: 3000\n\n", Decoded((), retry_ms=3000)),
    (Frame(None, fields=(("", "keep-alive"),)), b": keep-alive\n\n", Decoded((), ("keep-alive",))),
    (Frame(None, event="ping"), b"event: ping\n\n", Decoded(())),
    (Frame(": still here", "comment"), b": still here\n\n", Decoded((), ("still here",))),
    (Frame("x", framing=Framing(line_ending="\r\n")), b"data: x\r\n\r\n", Decoded((Event("x"),))),
    (
        Frame("x\ny", event="e", framing=Framing(line_ending="\r")),
        b"event: e\rdata: x\rdata: y\r\r",
        Decoded((Event("x\ny", "e"),)),
    ),
    (Frame(": hm", "comment", framing=Framing(line_ending="\r\n")), b": hm\r\n\r\n", Decoded((), ("hm",))),
    (Frame("x", event="e", framing=Framing(space="")), b"event:e\ndata:x\n\n", Decoded((Event("x", "e"),))),
    (Frame("x", framing=Framing(suffix="\n\n")), b"data: x\n\n\n\n", Decoded((Event("x"),))),
    (
        Frame({"a": ["ü\u2028"]}, framing=Framing(indent=1)),
        'data: {\ndata:  "a": [\ndata:   "ü\u2028"\ndata:  ]\ndata: }\n\n'.encode(),
        Decoded((Event('{\n "a": [\n  "ü\u2028"\n ]\n}'),)),
    ),
    (Frame("x", framing=Framing(indent=1)), b"data: x\n\n", Decoded((Event("x"),))),
]


@pytest.mark.parametrize(("frame", "encoded", "decoded"), TABLE)
def test_each_frame_is_encoded_and_decoded_as_the_table_says(frame, encoded, decoded):
    assert event_bytes(frame) == encoded
    assert decode(encoded) == decoded


@pytest.mark.parametrize(("frame", "encoded", "decoded"), TABLE)
def test_the_sdks_decoder_reads_the_same_events(frame, encoded, decoded):
    found = [(sse.data, sse.event) for sse in SSEDecoder().iter_bytes(iter([encoded])) if sse.data or decoded.events]
    assert found == [(event.data, None if event.event == "message" else event.event) for event in decoded.events]


@pytest.mark.parametrize(
    ("frame", "encoded"),
    [
        (Frame("x", framing=Framing(line_ends=1)), b"data: x\n"),
        (Frame("x", framing=Framing(line_ends=0, line_ending="\r\n")), b"data: x"),
        (Frame("x", framing=Framing(prefix="\ufeff")), b"\xef\xbb\xbfdata: x\n\n"),
        (Frame("up\nstream: \ud83c", "raw", event="e"), b"up\nstream: \xed\xa0\xbc"),
        (Frame("", "raw", framing=Framing(prefix="\ufeff")), b"\xef\xbb\xbf"),
        (Frame(b"\xff\x00", "raw", framing=Framing(prefix="\ufeff")), b"\xef\xbb\xbf\xff\x00"),
    ],
)
def test_what_no_decoder_reads_as_an_event_is_written_all_the_same(frame, encoded):
    assert event_bytes(frame) == encoded


@pytest.mark.parametrize("text", ["a\r\nb", "a\rb", "a\nb"])
def test_every_line_break_of_a_text_begins_a_line_so_that_none_of_it_is_lost(text):
    assert decode(event_bytes(Frame(text))) == Decoded((Event("a\nb"),))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values, st.sampled_from(["\n", "\r", "\r\n"]), st.sampled_from(["", " "]))
def test_any_json_comes_back_whatever_the_framing(value, line_ending, space):
    frame = Frame([value], framing=Framing(line_ending=line_ending, space=space))
    (event,) = decode(event_bytes(frame)).events
    assert json.loads(event.data) == [value]
    (sse,) = SSEDecoder().iter_bytes(iter([event_bytes(frame)]))
    assert sse.json() == [value]


@given(st.lists(st.text(), min_size=1, max_size=4), st.integers(1, 9))
def test_events_cut_into_pieces_come_back_whole(texts, size):
    stream = b"".join(event_bytes(Frame(text)) for text in texts)
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    ours = [event.data for event in decode(stream).events]
    assert [sse.data for sse in SSEDecoder().iter_bytes(iter(pieces))] == ours
    assert ours == [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]


def test_json_is_compact_and_in_raw_utf_8():
    assert compact({"a": [1, 2.5, None], "b": "ü🌞"}) == '{"a":[1,2.5,null],"b":"ü🌞"}'


def test_what_the_fast_writer_has_no_form_for_is_written_all_the_same():
    assert compact({"big": 2**70, "half": "\ud83c", "ü": "ü"}) == f'{{"big":{2**70},"half":"\ud83c","ü":"ü"}}'
    assert event_bytes(Frame("\ud83c")) == b"data: \xed\xa0\xbc\n\n"
    assert event_bytes(Frame(": \ud83c", "comment")) == b": \xed\xa0\xbc\n\n"


def test_a_payload_is_a_text_as_it_is_and_anything_else_as_json():
    assert (payload("[DONE]"), payload({"a": 1}), payload(None)) == ("[DONE]", '{"a":1}', "null")
