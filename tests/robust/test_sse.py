"""Event streams by their bytes: whatever legal form they have, and the illegal ones that servers send."""

import pytest

from tests.robust.sse import Comment, Decoder, Event, Stray


def decode(*pieces):
    decoder = Decoder()
    items = [item for piece in pieces for item in decoder.feed(piece)]
    return [*items, *decoder.end()]


@pytest.mark.parametrize(
    "data",
    [
        b"data: a\n\ndata: b\n\n",
        b"data: a\r\n\r\ndata: b\r\n\r\n",
        b"data: a\r\rdata: b\r\r",
        b"data: a\n\r\ndata: b\r\n\n",
        b"\xef\xbb\xbfdata: a\n\ndata:b\n\n",
        b"event:\nid: 1\nretry: 5\ndata: a\n\n\n\ndata: b\n\n",
    ],
    ids=["lf", "crlf", "cr", "mixed", "bom", "fields"],
)
def test_the_form_of_a_stream_changes_nothing(data):
    assert decode(data) == [Event("a"), Event("b")]
    assert decode(*(data[i : i + 1] for i in range(len(data)))) == [Event("a"), Event("b")]


def test_only_one_space_is_left_out_and_only_one_mark():
    assert decode("\ufeff\ufeffdata:  a\n\n".encode()) == [Stray("\ufeffdata:  a")]
    assert decode(b"data:  a\n\n") == [Event(" a")]


def test_data_of_several_lines_is_joined_with_line_feeds():
    assert decode(b"event: e\ndata: {\ndata\ndata: }\n\n") == [Event("{\n\n}", "e")]


def test_other_separators_of_unicode_end_no_line():
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
    assert decode(f"data: {text}\n\n".encode()) == [Event(text)]


def test_a_character_may_be_cut_between_reads_and_broken_bytes_are_replaced():
    assert decode(b"data: \xf0\x9f", b"\x8c\x8d\n\n") == [Event("🌍")]
    assert decode(b"data: \xff!\n\n") == [Event("\ufffd!")]


def test_comments_dispatch_nothing_wherever_they_stand():
    assert decode(b": ping\n\nid: 7\n\n:\n\ndata: a\n: in the middle\ndata: b\n\n") == [
        Comment("ping"),
        Comment(""),
        Comment("in the middle"),
        Event("a\nb"),
    ]


def test_an_event_without_data_is_none():
    assert decode(b"event: keepalive\n\ndata:\n\n") == []


@pytest.mark.parametrize("data", [b"data: a", b"data: a\n", b"data: a\r"])
def test_the_last_event_counts_without_its_blank_line(data):
    assert decode(data) == [Event("a", ended=False)]


def test_lines_that_are_no_field_are_told():
    assert decode(b'{"error":1}\nerror: {"code":400}\nupstream error: gone\n[DONE]\n') == [
        Stray('{"error":1}'),
        Stray('{"code":400}', "error"),
        Stray("upstream error: gone"),
        Stray("[DONE]"),
    ]


def test_there_is_no_limit_to_the_length_of_a_line():
    [event] = decode(*[b"data: "], *[b"x" * 65_536] * 32, b"\n\n")
    assert len(event.data) == 2 << 20
