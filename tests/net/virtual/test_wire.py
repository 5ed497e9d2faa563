import select
import socket
import struct

import pytest

from mockllm.net.virtual.wire import End, WireSocket, is_ready, join

RST = struct.pack("ii", 1, 0)


@pytest.fixture
def pair():
    made = []

    def make(timeout_s=0.0, family=socket.AF_INET, waits=lambda sock, event, timeout_s: True):
        client = socket.socket(family)
        client.settimeout(timeout_s)
        server = join(client, ("127.0.0.1", 50_000), ("127.0.0.1", 80), waits)
        made.extend((client, server))
        return client, server

    yield make
    for sock in made:
        sock.close()


@pytest.mark.parametrize("timeout_s", [0.0, 5.0, None])
def test_a_socket_keeps_its_descriptor_its_family_and_its_timeout(timeout_s):
    client = socket.socket(socket.AF_INET6)
    client.settimeout(timeout_s)
    number = client.fileno()
    with client, join(client, ("::1", 50_000), ("::1", 80), lambda *_: True) as server:
        assert isinstance(client, socket.socket)
        assert (client.fileno(), client.family, client.gettimeout()) == (number, socket.AF_INET6, timeout_s)
        assert (client.getpeername(), client.getsockname()) == (("::1", 80), ("::1", 50_000))
        assert (server.getpeername(), server.getsockname()) == (("::1", 50_000), ("::1", 80))
        assert server.gettimeout() == 0


def test_what_is_sent_can_be_read_at_once(pair):
    client, server = pair()
    assert not is_ready(server, select.POLLIN)
    assert client.send(b"abc") == 3
    assert is_ready(server, select.POLLIN)
    assert server.recv(10) == b"abc"
    server.sendall(memoryview(b"defg"))
    buffer = bytearray(10)
    assert client.recv_into(buffer) == 4
    assert client.sendmsg([b"h", b"i"]) == 2
    assert server.recv(10) == b"hi"
    assert server.recv(0) == b""


def test_options_of_tcp_are_there_and_do_nothing(pair):
    client, _ = pair()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
    assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 4) == b"\0\0\0\0"
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    assert client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


def test_a_close_is_a_fin_after_all_that_was_sent(pair):
    client, server = pair()
    server.send(b"last")
    server.close()
    assert (client.recv(10), client.recv(10), client.recv_into(bytearray(1))) == (b"last", b"", 0)
    with pytest.raises(BrokenPipeError):
        client.send(b"x")


def test_a_close_that_lingers_for_no_time_is_an_rst_after_all_that_was_sent(pair):
    client, server = pair()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    server.send(b"last")
    server.close()
    assert client.recv(10) == b"last"
    for call in (
        lambda: client.recv(10),
        lambda: client.recv_into(bytearray(10)),
        lambda: client.send(b"x"),
        lambda: client.sendmsg([b"x"]),
    ):
        with pytest.raises(ConnectionResetError, match="Connection reset by peer"):
            call()


def test_lingering_can_be_taken_back(pair):
    client, server = pair()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
    server.close()
    assert client.recv(10) == b""


def test_a_call_that_blocks_asks_how_to_wait(pair):
    asked = []

    def waits(sock, event, timeout_s):
        asked.append((sock is client, event, timeout_s))
        return len(asked) < 3

    client, server = pair(7.0, waits=waits)
    server.send(b"x")
    assert client.recv(1) == b"x"
    client.sendall(b"y")
    with pytest.raises(TimeoutError, match="timed out"):
        client.recv(1)
    assert asked == [(True, select.POLLIN, 7.0), (True, select.POLLOUT, 7.0), (True, select.POLLIN, 7.0)]


def test_a_duplicate_is_the_same_end(pair):
    client, server = pair()
    with server.dup() as other:
        assert other.getpeername() == server.getpeername()
        other.send(b"x")
    assert client.recv(1) == b"x"


def test_a_closed_socket_is_ready_for_whatever_error_it_gives(pair):
    client, _ = pair()
    client.close()
    assert is_ready(client, select.POLLIN)


def test_an_end_alone_closes_like_any_socket():
    end = End(("a", 1), ("b", 2), socket.AF_INET, lambda *_: True, cut=True)
    near, far = socket.socketpair()
    near.close()
    alone = type("Alone", (WireSocket,), {"__slots__": (), "end": end})(fileno=far.detach())
    alone.close()
    assert alone.fileno() == -1
