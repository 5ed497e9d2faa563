import pytest
from wsproto.frame_protocol import FrameProtocol, Opcode

from mockllm.plan import Frame, Framing
from mockllm.websocket import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    accepted,
    close_bytes,
    frame_bytes,
    is_key,
    message_bytes,
    size_of,
    text_bytes,
)


def decoded(data):
    """What a client reads, by a library that is not ours: opcode, payload and whether the message is whole."""
    reader = FrameProtocol(client=True, extensions=[])
    reader.receive_bytes(data)
    return [(frame.opcode, frame.payload, frame.message_finished) for frame in reader.received_frames()]


def test_the_answer_to_a_key_is_the_one_of_the_rfc():
    # RFC 6455 §1.3
    assert accepted("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        ("dGhlIHNhbXBsZSBub25jZQ==", True),
        ("c2hvcnQ=", False),
        ("dGhlIHNhbXBsZSBub25jZQ==x", False),
        ("not base64 at all!!!!!!!!", False),
        ("ü", False),
        ("", False),
        (None, False),
    ],
)
def test_a_key_is_sixteen_bytes_in_base64(key, fits):
    assert is_key(key) is fits


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_the_length_of_a_frame_has_one_of_three_forms(size, head):
    data = frame_bytes(TEXT, b"x" * size)
    assert data == head + b"x" * size
    assert decoded(data)[-1][2] is True
    assert size_of(data[:10]) == (len(head), size)
    assert size_of(head[:-1]) is None


def test_a_value_is_compact_json_in_raw_utf8():
    assert text_bytes({"a": ["🌞", None]}) == b'\x81\x13{"a":["\xf0\x9f\x8c\x9e",null]}'
    huge = 2**70
    assert decoded(text_bytes({"a": huge})) == [(Opcode.TEXT, f'{{"a":{huge}}}', True)]


@pytest.mark.parametrize(
    ("code", "reason", "data"),
    [
        (None, "", b"\x88\x00"),
        (1000, "", b"\x88\x02\x03\xe8"),
        (1011, "no", b"\x88\x04\x03\xf3no"),
        (1011, "é" * 100, b"\x88\x7c\x03\xf3" + "é".encode() * 61),
    ],
)
def test_a_farewell_has_a_code_and_as_much_of_its_reason_as_fits(code, reason, data):
    assert close_bytes(code, reason) == data
    assert decoded(data)[0][0] is Opcode.CLOSE
    assert data[0] & 0xF == CLOSE


@pytest.mark.parametrize(
    ("frame", "opcode", "payload"),
    [
        (Frame({"type": "a", "b": 1}), TEXT, b'{"type":"a","b":1}'),
        (Frame("[DONE]", "done"), TEXT, b"[DONE]"),
        (Frame('{"cut', "raw"), TEXT, b'{"cut'),
        (Frame(b"\xff\xfe", "raw"), TEXT, b"\xff\xfe"),
        (Frame(": ping", "comment"), PING, b": ping"),
        (Frame("x" * 200, "comment"), PING, b"x" * 125),
        (Frame({"error": {"code": "c"}}, "error"), TEXT, b'{"type":"error","error":{"code":"c"}}'),
        (Frame({"type": "error", "error": 1}, "error"), TEXT, b'{"type":"error","error":1}'),
        (Frame({"a": [1]}, framing=Framing(indent=1)), TEXT, b'{\n "a": [\n  1\n ]\n}'),
        (Frame([1]), TEXT, b"[1]"),
    ],
)
def test_a_frame_of_a_plan_is_one_message(frame, opcode, payload):
    assert message_bytes(frame) == bytes((0x80 | opcode, len(payload))) + payload


def test_pongs_are_like_any_frame():
    assert decoded(frame_bytes(PONG, b"hi")) == [(Opcode.PONG, b"hi", True)]
