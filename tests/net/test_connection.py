"""A connection over a real transport, on both loops: what was written before an end arrives before that end."""

import asyncio
import contextlib
import errno
import importlib.util
import logging
import socket
import struct
import sys

import pytest
import uvloop

from mockllm.net import connection as connection_module
from mockllm.net.connection import SocketConnection

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def runner(request):
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner


class Reporting(asyncio.Protocol):
    """Reports to the connection as the server's protocol does, and keeps what arrives."""

    def __init__(self, made):
        self.made = made
        self.received = b""
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(65_536, 16_384)
        self.connection = SocketConnection(transport, 7)
        self.made.set_result(self)

    def data_received(self, data):
        self.received += data

    def eof_received(self):
        self.connection.hung_up()
        return True

    def connection_lost(self, exc):
        self.connection.hung_up()
        if not self.lost.done():
            self.lost.set_result(exc)

    def pause_writing(self):
        self.connection.paused()

    def resume_writing(self):
        self.connection.resumed()


@contextlib.asynccontextmanager
async def connected(receive_bytes=None):
    """The server's side of a connection, and the client's socket."""
    loop = asyncio.get_running_loop()
    made = loop.create_future()
    server = await loop.create_server(lambda: Reporting(made), "127.0.0.1", 0)
    client = socket.socket()
    client.setblocking(False)
    if receive_bytes is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    await loop.sock_connect(client, server.sockets[0].getsockname())
    side = await made
    try:
        yield side, client
    finally:
        client.close()
        side.connection.abort()
        server.close()
        await side.lost


async def read_to_end(client, piece=65_536):
    """All that arrives, and how it ended."""
    received = bytearray()
    try:
        while data := await asyncio.get_running_loop().sock_recv(client, piece):
            received += data
    except ConnectionResetError:
        return bytes(received), "RST"
    return bytes(received), "FIN"


@pytest.mark.parametrize(("end", "seen"), [("close", "FIN"), ("reset", "RST")])
def test_what_was_written_arrives_before_the_end(runner, end, seen):
    async def main():
        outcomes = set()
        for _ in range(50):
            async with connected() as (side, client):
                side.connection.write(b"one")
                side.connection.write(b"two")
                await side.connection.flush()
                getattr(side.connection, end)()
                outcomes.add(await read_to_end(client))
        return outcomes

    assert runner.run(main()) == {(b"onetwo", seen)}


@pytest.mark.parametrize(("end", "seen"), [("close", "FIN"), ("reset", "RST")])
def test_two_megabytes_arrive_before_the_end_at_a_slow_reader(runner, end, seen):
    data = bytes(range(256)) * 8192

    async def main():
        async with connected(receive_bytes=4096) as (side, client):

            async def write():
                side.connection.write(data)
                await side.connection.flush()
                getattr(side.connection, end)()

            writing = asyncio.ensure_future(write())
            received = await read_to_end(client, 9000)
            await writing
            return received

    assert runner.run(main()) == (data, seen)


@pytest.mark.parametrize(("discards", "follows"), [(64, 0), (1, errno.EPIPE)])
def test_a_close_is_a_fin_even_if_what_the_client_sent_was_not_read(runner, monkeypatch, discards, follows):
    # An RST after the FIN, which the client's socket reports as EPIPE, says that there was more than is discarded.
    monkeypatch.setattr(connection_module, "_MOST_DISCARDS", discards)

    async def main():
        async with connected() as (side, client):
            side.transport.pause_reading()
            await asyncio.get_running_loop().sock_sendall(client, b"x" * 200_000)
            side.connection.write(b"answer")
            await side.connection.flush()
            side.connection.close()
            await side.lost
            return *await read_to_end(client), client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    assert runner.run(main()) == (b"answer", "FIN", follows)


def test_a_close_after_the_client_half_closed_ends_at_once(runner):
    async def main():
        async with connected() as (side, client):
            side.transport.pause_reading()
            client.shutdown(socket.SHUT_WR)
            side.connection.close()
            await side.lost
            return await read_to_end(client), side.connection.left

    assert runner.run(main()) == ((b"", "FIN"), False)


def test_small_writes_do_not_wait_for_each_other(runner):
    async def main():
        async with connected() as (side, _):
            return side.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert runner.run(main()) != 0


def test_a_flush_with_nothing_unsent_takes_no_turn_of_the_loop(runner):
    async def main():
        async with connected() as (side, _):
            with pytest.raises(StopIteration):
                side.connection.flush().send(None)

    runner.run(main())


def test_a_flush_gives_up_on_a_client_that_reads_nothing_and_says_so(runner, monkeypatch, caplog):
    monkeypatch.setattr(connection_module, "PATIENCE_S", 0.01)

    async def main():
        async with connected(receive_bytes=4096) as (side, _):
            side.connection.write(b"x" * 8_000_000)
            await side.connection.flush()

    with caplog.at_level(logging.WARNING, "mockllm"):
        runner.run(main())
    assert "it has read nothing for 0.01 s" in caplog.text


def test_a_flush_ends_when_the_client_leaves(runner):
    async def main():
        async with connected(receive_bytes=4096) as (side, client):
            side.connection.write(b"x" * 8_000_000)
            flushing = asyncio.ensure_future(side.connection.flush())
            await asyncio.sleep(0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            await flushing
            return side.connection.left

    assert runner.run(main()) is True


def test_a_full_connection_drains_as_the_client_reads(runner):
    async def main():
        async with connected(receive_bytes=4096) as (side, client):
            assert side.connection.full is False
            side.connection.write(b"x" * 8_000_000)
            assert side.connection.full is True
            draining = asyncio.ensure_future(side.connection.drain())
            reading = asyncio.ensure_future(read_to_end(client))
            await draining
            assert side.connection.full is False
            side.connection.close()
            await reading

    runner.run(main())


def test_a_connection_with_room_drains_at_once(runner):
    async def main():
        async with connected() as (side, _):
            with pytest.raises(StopIteration):
                side.connection.drain().send(None)

    runner.run(main())


@pytest.mark.parametrize("leave", ["close", "half-close", "reset"])
def test_a_drain_ends_when_the_client_leaves_without_reading(runner, leave):
    async def main():
        async with connected(receive_bytes=4096) as (side, client):
            side.connection.write(b"x" * 8_000_000)
            draining = asyncio.ensure_future(side.connection.drain())
            await asyncio.sleep(0)
            if leave == "half-close":
                client.shutdown(socket.SHUT_WR)
            else:
                if leave == "reset":
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
            await draining
            return side.connection.left

    assert runner.run(main()) is True


def test_a_connection_that_the_server_ended_was_not_left(runner):
    async def main():
        async with connected() as (side, client):
            side.connection.reset()
            side.connection.close()
            await side.lost
            side.connection.write(b"dropped")
            await side.connection.flush()
            return side.connection.left, side.connection.dead, (await read_to_end(client))[0]

    assert runner.run(main()) == (False, True, b"")


def test_a_connection_that_the_client_ended_stays_left_when_the_server_lets_go(runner):
    async def main():
        async with connected() as (side, client):
            client.close()
            while not side.connection.dead:  # noqa: ASYNC110 - the connection has no event for it
                await asyncio.sleep(0)
            side.connection.abort()
            side.connection.reset()
            return side.connection.left

    assert runner.run(main()) is True


def test_where_the_kernel_cannot_be_asked_only_the_transport_is(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    spec = importlib.util.spec_from_file_location("connection_elsewhere", connection_module.__file__)
    elsewhere = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(elsewhere)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as sender:
        sender.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                sender.send(b"x" * 65_536)
        assert connection_module._unsent_in_kernel(sender) > 0
        assert elsewhere._unsent_in_kernel(sender) == 0


def test_a_socket_pair_has_nothing_unsent():
    one, other = socket.socketpair()
    with one, other:
        one.send(b"x")
        assert connection_module._unsent_in_kernel(one) == 0
