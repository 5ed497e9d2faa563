"""Faults of the content encoding: what is sent is decoded by decoders that are not ours."""

import gzip
import zlib

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Close, End, Head, Send, Wait
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.http.encoding import Br, Garble, Gzip
from mockllm.seeds import Seed
from tests.plans import BODY, body, sent, stream
from tests.raw_http import receive, reply

SEED = Seed.of("fault")
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
WITHOUT_HEAD = [(), (Wait(5), Close())]
DECODERS = {Gzip: gzip.decompress, Br: brotli.decompress}


@pytest.mark.parametrize("kind", [Gzip, Br])
class TestBoth:
    @pytest.mark.parametrize("flush", [True, False])
    @pytest.mark.parametrize("plan", [stream(), stream(split=3), body(), body(bytes(200_000))])
    def test_the_body_decodes_to_what_it_was(self, kind, plan, flush):
        assert DECODERS[kind](sent(kind(flush=flush).apply(plan, SEED))) == sent(plan)

    def test_without_flush_all_comes_at_the_end(self, kind):
        sends = [step for step in kind(flush=False).apply(stream(), SEED) if isinstance(step, Send)]
        assert [bool(send.data) for send in sends] == [False] * 5 + [True]
        assert [send.frame.ordinal for send in sends] == list(range(6))
        assert [send.cause for send in sends] == [f"fault: {kind.kind} holds it back"] * 5 + [""]

    @pytest.mark.parametrize("plan", [*WITHOUT_HEAD, (Head(204, (), "length"), End()), body(b"")])
    def test_an_answer_without_a_body_is_reported(self, kind, plan):
        assert kind().apply(plan, SEED) is None

    @settings(deadline=None)
    @given(parts=st.lists(st.binary(max_size=20), min_size=1), flush=st.booleans())
    def test_any_body_decodes(self, kind, parts, flush):
        plan = (Head(200), *(Send(part, BODY[0]) for part in parts), End())
        changed = kind(flush=flush).apply(plan, SEED)
        assert (b"" if changed is None else DECODERS[kind](sent(changed))) == b"".join(parts)

    @pytest.mark.parametrize("stream_", [True, False])
    def test_a_client_gets_what_it_would_have_got(self, kind, stream_):
        whole = receive(reply(""), stream=stream_)
        received = receive(reply(f"{{{kind.kind}: {{}}}}"), stream=stream_)
        assert received.header("content-encoding") == kind.kind
        data = received.data if stream_ else received.body
        assert DECODERS[kind](data) == (whole.data if stream_ else whole.body)
        assert received.header("content-length") == (None if stream_ else str(len(received.body)))


def test_with_flush_each_frame_of_gzip_decodes_when_it_comes():
    decoder = zlib.decompressobj(wbits=31)
    pieces = [decoder.decompress(step.data) for step in Gzip().apply(stream(), SEED) if isinstance(step, Send)]
    assert pieces == [step.data for step in stream() if isinstance(step, Send)]
    assert decoder.eof


def test_with_flush_each_frame_of_brotli_decodes_when_it_comes():
    decoder = brotli.Decompressor()
    pieces = [decoder.process(step.data) for step in Br().apply(stream(), SEED) if isinstance(step, Send)]
    assert pieces == [step.data for step in stream() if isinstance(step, Send)]
    assert decoder.is_finished()


def test_the_bytes_of_gzip_are_stored():
    """RFC 1952 and RFC 1951 by hand: a head, one stored block of two bytes, an empty last block, crc and size."""
    plan = (Head(200, (("content-length", "2"),), "length"), Send(b"hi", BODY[0]), End())
    expected = (
        bytes.fromhex("1f8b08 00 00000000 00ff")
        + bytes.fromhex("00 0200 fdff") + b"hi"
        + bytes.fromhex("01 0000 ffff")
        + zlib.crc32(b"hi").to_bytes(4, "little")
        + bytes.fromhex("02000000")
    )  # fmt: skip
    changed = Gzip().apply(plan, SEED)
    head = Head(200, (("content-length", "30"), ("content-encoding", "gzip")), "length", "fault: gzip")
    assert changed == (head, Send(expected, BODY[0]), End())


def test_the_bytes_of_brotli_are_stored():
    """RFC 7932 §9.1 and §9.2 by hand, lowest bit first: window 0; metadata 0 11 0 00; then 0 00, a length less one of
    1 in sixteen bits, 1 for uncompressed; last and empty 1 1.
    """
    plan = (Head(200, (("content-length", "2"),), "length"), Send(b"hi", BODY[0]), End())
    expected = bytes([0b0000_1100]) + (1 << 3 | 1 << 19).to_bytes(3, "little") + b"hi" + bytes([0b11])
    assert sent(Br().apply(plan, SEED)) == expected


@pytest.mark.parametrize("kind", ["gzip", "br"])
def test_what_is_wrong_is_told(kind):
    with pytest.raises(ValidationError) as caught:
        FAULT.validate_python({kind: {"flush": "no"}})
    (problem,) = caught.value.errors(include_url=False)
    assert (problem["loc"], problem["msg"]) == ((kind, "flush"), "expected true or false, found 'no'")


class TestGarble:
    def test_bytes_after_the_position_have_their_bits_turned(self):
        changed = Garble(at={"byte": 3}, bytes=2).apply(body(b"012345"), SEED)
        assert sent(changed) == b"012" + bytes([ord("3") ^ 0xFF, ord("4") ^ 0xFF]) + b"5"
        assert [step.cause for step in changed if isinstance(step, Send)] == ["", "fault: garble"]

    def test_they_may_go_on_in_the_next_frame_and_stop_at_the_end(self):
        whole = sent(stream())
        changed = sent(Garble(at={"frame": 4}, bytes=10_000).apply(stream(), SEED))
        assert changed == whole[:40] + bytes(byte ^ 0xFF for byte in whole[40:])
        few = sent(Garble(at={"frame": 4}, bytes=11).apply(stream(), SEED))
        assert few == whole[:40] + bytes(byte ^ 0xFF for byte in whole[40:51]) + whole[51:]

    @pytest.mark.parametrize("at", [{"frame": 9}, "end"])
    def test_where_no_byte_follows_it_is_reported(self, at):
        assert Garble(at=at).apply(stream(), SEED) is None
