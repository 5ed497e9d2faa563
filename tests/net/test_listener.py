"""An address on which connections are accepted."""

import asyncio
import socket

import pytest

from mockllm.errors import MockLLMError
from mockllm.net.listener import Listener


async def test_an_open_listener_tells_where_it_is_and_a_closed_one_accepts_nobody():
    listener = Listener("127.0.0.1", 0)
    listener.close()  # nothing to close yet
    assert not listener.is_open
    await listener.open(asyncio.Protocol)
    assert listener.is_open
    host, _, port = listener.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10):
        pass
    listener.close()
    assert not listener.is_open
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=10)


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://127.0.0.1:"), ("::", "http://[::1]:")])
async def test_an_address_that_means_all_is_told_as_one_that_clients_can_use(host, url):
    listener = Listener(host, 0)
    await listener.open(asyncio.Protocol)
    assert listener.url.startswith(url)
    listener.close()


async def test_an_address_that_is_taken_is_refused_with_its_cure():
    first = Listener("127.0.0.1", 0)
    await first.open(asyncio.Protocol)
    port = int(first.url.rpartition(":")[2])
    with pytest.raises(MockLLMError, match=r"another program listens there. Give another port"):
        await Listener("127.0.0.1", port).open(asyncio.Protocol)
    first.close()
    with pytest.raises(MockLLMError, match="but the system said: "):
        await Listener("192.0.2.1", 0).open(asyncio.Protocol)


async def test_two_listen_on_one_address_if_both_share_it():
    first = Listener("127.0.0.1", 0, shared=True)
    await first.open(asyncio.Protocol)
    port = int(first.url.rpartition(":")[2])
    second, alone = Listener("127.0.0.1", port, shared=True), Listener("127.0.0.1", port)
    await second.open(asyncio.Protocol)
    assert second.url == first.url
    with pytest.raises(MockLLMError, match="another program listens there"):
        await alone.open(asyncio.Protocol)
    first.close()
    second.close()
