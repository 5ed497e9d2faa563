import asyncio
import socket

import pytest
import requests

from mockllm import MockLLM, virtual_time
from mockllm.net.virtual.network import Network


def network(external="refuse"):
    return Network(lambda *_: True, tuple, external)


@pytest.mark.parametrize(
    ("host", "kinds", "address"),
    [
        ("localhost", {}, "127.0.0.1"),
        (b"localhost", {}, "127.0.0.1"),
        ("localhost", {"family": socket.AF_INET6}, "::1"),
        ("10.1.2.3", {}, "10.1.2.3"),
        ("::1", {}, "::1"),
        (None, {"family": socket.AF_INET}, "127.0.0.1"),
    ],
)
def test_numbers_and_this_machine_have_addresses(host, kinds, address):
    found = network().resolve(host, 80, type=socket.SOCK_STREAM, **kinds)
    assert {place[0] for *_, place in found} == {address}


def test_any_other_name_has_none():
    with pytest.raises(socket.gaierror, match=r"nothing in this test is called 'api.openai.com'. Point the client"):
        network().resolve("api.openai.com", 443)


def test_with_grace_other_names_are_asked_for_elsewhere():
    assert not network("grace").resolves("api.openai.com")
    assert all(network("grace").resolves(host) for host in (None, "localhost", "127.0.0.1", "fe80::1%eth0"))
    assert network().resolves("api.openai.com")


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_where_nobody_serves_a_connection_is_refused(kind):
    with (
        socket.socket(socket.AF_INET, kind) as sock,
        pytest.raises(ConnectionRefusedError, match=r"nothing in this test serves 127.0.0.1:9. Point the client"),
    ):
        network().connect(None, sock, ("127.0.0.1", 9))


def test_a_path_is_named_as_it_is():
    with (
        socket.socket(socket.AF_UNIX) as sock,
        pytest.raises(ConnectionRefusedError, match=r"nothing in this test serves /tmp/socket. Point"),
    ):
        network().connect(None, sock, "/tmp/socket")


def test_with_grace_a_connection_to_elsewhere_is_made_and_remembered():
    somewhere = network("grace")
    with socket.socket() as sock:
        assert not somewhere.connect(None, sock, ("127.0.0.1", 9))
        assert somewhere.has_foreign()
    assert not somewhere.has_foreign()


def test_what_was_served_may_be_forgotten():
    here = network()
    here.serve("localhost", 80, lambda loop: None)
    assert here.serves(("127.0.0.1", 80))
    assert here.serves(("::1", 80, 0, 0))
    assert not here.serves(("127.0.0.1", 81))
    assert not here.serves("/tmp/socket")
    here.forget("127.0.0.1", 80)
    here.forget("127.0.0.1", 80)
    assert not here.serves(("localhost", 80))


async def shout(reader, writer):
    writer.write((await reader.readline()).upper())
    writer.close()


async def ask(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"hello\n")
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize("listens", ["127.0.0.1", "0.0.0.0"])
async def test_what_the_tests_own_loop_listens_on_can_be_reached(listens):
    before = await asyncio.start_server(shout, listens, 0)
    async with virtual_time() as clock:
        within = await asyncio.start_server(shout, listens, 0)
        for server in (before, within):
            async with asyncio.timeout(5):
                assert await ask("localhost", server.sockets[0].getsockname()[1]) == b"HELLO\n"
        with pytest.raises(ConnectionRefusedError):
            await ask("10.9.8.7" if listens == "127.0.0.1" else "127.0.0.1", 9)
        assert clock.now == 0
        within.close()
    before.close()


def test_two_mocks_are_two_addresses():
    with (
        virtual_time(),
        MockLLM({"name": "a"}) as first,
        MockLLM({"name": "b"}) as second,
        requests.Session() as session,
    ):
        for mock in (first, second):
            assert session.get(f"{mock.url}/_mockllm/health").json()["status"] == "ok"
        assert first.url != second.url
