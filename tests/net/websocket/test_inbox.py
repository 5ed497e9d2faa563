import pytest
from wsproto.frame_protocol import FrameProtocol

from mockllm.net.websocket.inbox import Farewell, Inbox, Ping, Text, Violation

CLIENT = FrameProtocol(client=True, extensions=[])


def feed(data, most=1_000):
    return list(Inbox(most).feed(bytes(data)))


def text(message, *, whole=True):
    return bytes(CLIENT.send_data(message, fin=whole))


def test_a_message_in_one_frame_and_in_several():
    assert feed(text("Hi")) == [Text("Hi")]
    assert feed(text("H", whole=False) + text("i 🌞")) == [Text("Hi 🌞")]
    assert feed(text("One") + text("Two")) == [Text("One"), Text("Two")]


def test_bytes_may_come_one_by_one():
    inbox = Inbox(100)
    received = [message for byte in text("Hé 🌞") for message in inbox.feed(bytes((byte,)))]
    assert received == [Text("Hé 🌞")]


def test_a_ping_may_come_between_the_parts_of_a_message():
    data = text("H", whole=False) + bytes(CLIENT.ping(b"?")) + text("i")
    assert feed(data) == [Ping(b"?"), Text("Hi")]
    assert feed(bytes(CLIENT.pong(b"!"))) == []


@pytest.mark.parametrize(("code", "found"), [(1000, 1000), (4000, 4000), (None, None)])
def test_a_farewell_has_its_code_and_is_the_last(code, found):
    client = FrameProtocol(client=True, extensions=[])
    inbox = Inbox(100)
    assert list(inbox.feed(bytes(client.close(code)) + text("more"))) == [Farewell(found)]
    assert list(inbox.feed(text("even more"))) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x02Hi", 1002),  # not masked (RFC 6455 §5.1)
        (b"\xc1\x80\x00\x00\x00\x00", 1002),  # a reserved bit (§5.2)
        (b"\x80\x80\x00\x00\x00\x00", 1002),  # a continuation of nothing (§5.4)
        (b"\x09\x80\x00\x00\x00\x00", 1002),  # a ping in parts (§5.5)
        (b"\x81\x82\x00\x00\x00\x00\xff\xfe", 1007),  # no UTF-8 (§8.1)
        (b"\x82\x81\x00\x00\x00\x00x", 1003),  # a binary message
        (b"\x88\x82\x00\x00\x00\x00\x03\xee", 1002),  # a code that may not be sent (§7.4.1)
    ],
)
def test_who_breaks_the_protocol_is_told_with_its_code(data, code):
    (violation,) = feed(data)
    assert isinstance(violation, Violation)
    assert violation.code == code
    assert violation.reason


def test_a_message_has_so_many_bytes_at_most():
    assert feed(text("é" * 50), most=100) == [Text("é" * 50)]
    (violation,) = feed(text("é" * 51), most=100)
    assert violation == Violation(1009, "A message has at most 100 bytes.")


def test_a_message_that_is_too_long_is_not_read_to_its_end():
    head = b"\x81\xff" + (2**40).to_bytes(8, "big") + b"\x00\x00\x00\x00"
    (violation,) = feed(head + b"x" * 101, most=100)
    assert violation.code == 1009
