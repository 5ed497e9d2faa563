import pytest

from mockllm.net.websocket.line import Line, Wire
from mockllm.websocket import frame_bytes


class Recorder:
    """A connection that keeps what it is told."""

    def __init__(self):
        self.sent = b""
        self.did = []
        self.left = False
        self.full = True

    def write(self, data):
        self.sent += bytes(data)

    async def drain(self):
        self.did.append("drain")

    async def flush(self):
        self.did.append("flush")

    def close(self):
        self.did.append("close")

    def reset(self):
        self.did.append("reset")


@pytest.fixture
def lines():
    connection = Recorder()
    wire = Wire(connection)
    return connection, Line(wire), Line(wire)


@pytest.mark.parametrize("size", [0, 5, 126, 65_536])
def test_nobody_is_interrupted_in_the_middle_of_a_frame(lines, size):
    connection, first, second = lines
    data, other = frame_bytes(1, b"x" * size), frame_bytes(1, b"other")
    for cut in {1, 2, len(data) // 2, len(data) - 1} - {0, len(data)}:
        connection.sent = b""
        first.write(data[:cut])
        second.write(other)
        assert connection.sent == data[:cut]
        first.write(data[cut:])
        assert connection.sent == data + other


def test_whole_frames_go_out_as_they_come(lines):
    connection, first, second = lines
    data = frame_bytes(1, b"one") + frame_bytes(1, b"two")
    first.write(memoryview(data))
    second.write(data)
    assert connection.sent == data * 2


def test_who_waited_may_begin_a_frame_and_is_not_interrupted_either(lines):
    connection, first, second = lines
    data = frame_bytes(1, b"data")
    first.write(data[:1])
    second.write(data[:3])
    first.write(data[1:])
    assert connection.sent == data + data[:3]
    first.write(data)
    assert connection.sent == data + data[:3]
    second.write(data[3:])
    assert connection.sent == data * 3


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_before_the_end_all_that_waits_goes_out(lines, end):
    connection, first, second = lines
    first.write(b"\x81")
    second.write(b"rest")
    await first.flush()
    assert connection.sent == b"\x81"
    getattr(second, end)()
    assert connection.sent == b"\x81rest"
    assert connection.did == ["flush", end]


async def test_all_else_is_the_connection(lines):
    connection, line, _ = lines
    assert (line.left, line.full) == (False, True)
    connection.left, connection.full = True, False
    assert (line.left, line.full) == (True, False)
    await line.drain()
    line.close()
    line.reset()
    assert connection.did == ["drain", "close", "reset"]
