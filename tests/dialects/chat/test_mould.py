"""The bytes of a stream as a mould: with its id and padding they are what each chunk would be by itself."""

import json
import threading
from dataclasses import replace

import pytest

from mockllm.dialects.chat import stream
from mockllm.dialects.chat.form import HOLE, Chunk
from mockllm.dialects.chat.mould import PADDING_LENGTH, Chunks, Mould
from mockllm.dialects.sse import event_bytes
from mockllm.http1 import chunk_bytes
from mockllm.turn import Text
from tests.turns import SEED, asked, pieces, said, turn

HEAD = {"object": "chat.completion.chunk", "created": 1, "model": "m"}
KEY = "chatcmpl-0123"
PADDING = ("0123456789abcdefghijklmnopqrstuvwxyz" * 8)[:PADDING_LENGTH]
HELLO = {"index": 0, "delta": {"content": "Hé🌞"}, "finish_reason": None}
USAGE = {"usage": {"total_tokens": 3}}


def cast(*chunks, padded=True):
    return Chunks(Mould(chunks, HEAD, len(KEY), padded=padded), KEY, PADDING if padded else "")


def test_a_chunk_has_the_id_first_and_the_padding_last():
    frame = cast(Chunk(HELLO, tokens=1, label="x"))[0]
    # 1 modulo 16 characters, by the padding (wire-contract §5.2): without any they are 154.
    bare = {"id": KEY, **HEAD, "choices": [HELLO]}
    length = len(json.dumps({**bare, "obfuscation": ""}, ensure_ascii=False, separators=(",", ":")))
    assert frame.data == {**bare, "obfuscation": PADDING[: (1 - length) % 16]}
    assert list(frame.data) == ["id", "object", "created", "model", "choices", "obfuscation"]
    assert (frame.kind, frame.tokens, frame.label) == ("token", 1, "x")


def test_a_chunk_without_padding_ends_with_what_comes_after_its_choices():
    usage, done = cast(Chunk(rest=USAGE, kind="usage"), padded=False)
    assert usage.data == {"id": KEY, **HEAD, "choices": [], **USAGE}
    assert (done.kind, done.data) == ("done", "[DONE]")


def test_the_padding_comes_from_another_place_each_time_and_never_runs_out():
    chunks = cast(*[Chunk({"index": number}) for number in range(600)])
    for count, frame in enumerate(chunks[:600]):
        text = frame.data["obfuscation"]
        start = count * 17 % 251
        assert PADDING[start : start + len(text)] == text
        assert len(chunks.data(count)) % 16 == (len(b"data: \n\n") + 1) % 16


@pytest.mark.parametrize("padded", [True, False])
def test_all_chunks_at_once_are_the_chunks_one_by_one(padded):
    chunks = cast(Chunk(HELLO), Chunk({"index": 0}, {"usage": None}), Chunk(rest=USAGE), padded=padded)
    each = [chunks.data(index) for index in range(len(chunks))]
    assert chunks.chunked() == b"".join(chunk_bytes(data, "chunked") for data in each)
    for first in range(len(each)):
        for last in range(first, len(each) + 1):
            some = b"".join(chunk_bytes(data, "chunked") for data in each[first:last])
            assert chunks.chunked(first, last) == some
    assert chunks.mould.offsets == (
        0,
        len(each[0]),
        len(each[0] + each[1]),
        len(b"".join(each[:3])),
        len(b"".join(each)),
    )
    assert [event_bytes(frame) for frame in chunks] == each


def test_what_utf_8_cannot_write_goes_through():
    chunks = cast(Chunk({"text": "\ud83d"}))
    assert b'"text":"\xed\xa0\xbd"' in chunks.data(0)
    assert chunks[0].data["choices"] == [{"text": "\ud83d"}]


def test_a_stream_without_chunks_is_its_end():
    chunks = cast()
    assert [frame.label for frame in chunks] == ["[DONE]"]
    assert chunks.chunked() == b"e\r\ndata: [DONE]\n\n\r\n"


def test_streams_that_say_the_same_share_a_mould_and_differ_in_id_and_padding():
    first = turn(said(Text(pieces("Hel", "lo"))))
    second = replace(first, key="ABCDEFGHIJKLMNOPQRSTUVWXYZ012345")
    one, other = stream.stream(first, asked(), SEED), stream.stream(second, asked(), SEED.child("other"))
    assert one.mould is other.mould
    assert (one[0].data["id"], other[0].data["id"]) == (f"chatcmpl-{first.key[:29]}", f"chatcmpl-{second.key[:29]}")
    assert one[0].data["obfuscation"] != other[0].data["obfuscation"]


def test_what_shapes_the_chunks_of_an_answer_has_a_mould_of_its_own():
    told = turn(said(Text(pieces("Hel", "lo"))))
    usage = asked(stream_options={"include_usage": True})
    bare = asked(stream_options={"include_obfuscation": False})
    moulds = [stream.stream(told, request, SEED).mould for request in (asked(), usage, bare)]
    moulds.append(stream.stream(replace(told, created=5), asked(), SEED).mould)
    assert len({id(mould) for mould in moulds}) == 4


def test_of_long_streams_only_the_last_moulds_are_kept():
    first, second, third = (turn(said(Text(pieces(*map(str, range(513)))))) for _ in range(3))
    mould = stream.stream(first, asked(), SEED).mould
    assert stream.stream(first, asked(), SEED).mould is mould
    for told in (second, third):
        stream.stream(told, asked(), SEED)
    assert stream.stream(first, asked(), SEED).mould is not mould


def long(chunks, *, padded=True):
    """The same chunks as a long stream, which is made as it is looked at."""
    return Chunks(Mould(chunks, HEAD, len(KEY), padded=padded, long=1_000), KEY, PADDING if padded else "")


def words(count):
    """Chunks that say one word each, in one choice."""
    says = {"index": 0, "delta": {"content": HOLE}, "finish_reason": None}
    yield Chunk({"index": 0, "delta": {"role": "assistant"}}, kind="role", label="role")
    for number in range(count):
        yield Chunk(says, tokens=1 + number % 2, label="~", thought=True, piece=f" wörd{number}")
    yield Chunk(rest=USAGE, kind="usage", label="usage")


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("count", [0, 1, 61, 62, 63, 200])
def test_a_long_stream_is_what_it_would_be_if_it_were_short(count, padded):
    short, stretched = cast(*words(count), padded=padded), long(words(count), padded=padded)
    assert stretched.chunked(0, 2) == short.chunked(0, 2)
    assert stretched.chunked() == short.chunked()
    assert list(stretched.mould.outline) == list(short.mould.outline)
    assert list(stretched.mould.offsets) == list(short.mould.offsets)
    assert tuple(stretched) == tuple(short)
    assert len(stretched) == len(short) == count + 3
    for name in ("outline", "offsets"):
        one, other = getattr(stretched.mould, name), getattr(short.mould, name)
        assert (one[-1], one[1:3]) == (other[-1], other[1:3])
        with pytest.raises(IndexError):
            one[count + 4]


LOOKS = {
    "an event": lambda chunks: chunks.data(70),
    "its frame": lambda chunks: chunks.frame(70),
    "where it begins": lambda chunks: chunks.mould.offsets[70],
    "some of them": lambda chunks: chunks.chunked(60, 71),
    "the first": lambda chunks: next(iter(chunks)),
    "whether there are so many": lambda chunks: chunks.reach(71),
    "as many as there can be": lambda chunks: chunks.most,
    "what it weighs": lambda chunks: chunks.mould.weight,
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_of_a_long_stream_no_more_is_made_than_somebody_looks_at(look):
    taken = []
    chunks = long(taken.append(chunk) or chunk for chunk in words(5_000))
    look(chunks)
    assert len(taken) <= 2 * 64
    assert chunks.mould.made == len(taken)


def test_a_long_stream_reaches_as_far_as_there_are_events():
    chunks = long(words(98))
    assert (chunks.reach(64), chunks.reach(101), chunks.reach(102)) == (64, 101, 101)
    assert chunks.most >= len(chunks)
    assert chunks.data(100) == b"data: [DONE]\n\n"


def test_whoever_looks_at_a_long_stream_finds_the_same():
    chunks, seen = long(words(3_000)), []
    looking = [threading.Thread(target=lambda: seen.append(chunks.chunked())) for _ in range(4)]
    for thread in looking:
        thread.start()
    for thread in looking:
        thread.join()
    assert set(seen) == {cast(*words(3_000)).chunked()}


def test_the_outline_of_a_long_stream_is_made_once_for_who_takes_all_of_it():
    mould = long(words(200)).mould
    assert mould.outline[:] == cast(*words(200)).mould.outline
    assert mould.outline[:] is mould.outline[:]


def test_a_short_stream_weighs_by_its_bytes_and_its_events():
    one, other = cast(*words(1)).mould, cast(*words(2)).mould
    assert other.weight - one.weight == 2 * (other.offsets[-1] - one.offsets[-1]) + 450


def test_a_long_stream_weighs_by_what_it_says():
    assert (
        Mould((), HEAD, len(KEY), padded=True, long=2_000).weight
        == 2 * Mould((), HEAD, len(KEY), padded=True, long=1_000).weight
    )
