import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mockllm import MockLLM, MockLLMError, virtual_time
from tests.net.virtual.conftest import MESSAGES

SLOW = {"name": "slow", "rules": [{"replies": [{"text": "ok", "pace": {"ttft": "60s"}}]}]}
GATED = {"name": "gated", "rules": [{"replies": [{"text": "ok", "faults": [{"gate": {"name": "go", "at": "start"}}]}]}]}
CALL = {"model": "m", "messages": MESSAGES}


def post(client, mock, **options):
    return client.post(f"{mock.base_url}/chat/completions", json=CALL, **options)


def test_the_address_is_taken_while_it_serves_and_nobody_listens_there():
    with virtual_time(), MockLLM(SLOW) as mock:
        port = int(mock.url.rpartition(":")[2])
        with pytest.raises(MockLLMError, match=f"mockllm was asked for 127.0.0.1:{port}, but the system said: .* Give"):
            MockLLM(SLOW, port=port).start()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", port))


def test_it_serves_at_an_address_of_ipv6():
    with virtual_time(), MockLLM(SLOW, host="::1") as mock, httpx.Client(timeout=None) as client:
        assert mock.url.startswith("http://[::1]:")
        assert post(client, mock).status_code == 200


def test_a_closed_mock_serves_nobody():
    with virtual_time(), httpx.Client() as client:
        mock = MockLLM(SLOW).start()
        url = mock.base_url
        mock.close()
        mock.close()
        with pytest.raises(httpx.ConnectError, match=r"nothing in this test serves 127.0.0.1"):
            client.get(url)


def test_a_loop_that_never_connected_may_be_closed():
    with virtual_time() as clock, MockLLM(SLOW) as mock:
        asyncio.run(asyncio.sleep(5))
        assert clock.now == 5
        assert len(mock.journal) == 0


def test_a_client_that_left_is_seen_at_once():
    with virtual_time(), MockLLM(SLOW) as mock:
        with httpx.Client(timeout=5) as client, pytest.raises(httpx.ReadTimeout):
            post(client, mock)
        assert str(mock.journal[0].outcome).startswith("client left")
        assert mock.journal[0].outcome.at_us == 5_000_000


async def test_in_a_coroutine_it_is_seen_when_the_test_awaits():
    async with virtual_time() as clock:
        with MockLLM(SLOW) as mock:
            async with httpx.AsyncClient(timeout=5) as client:
                with pytest.raises(httpx.ReadTimeout):
                    await post(client, mock)
            [exchange] = await mock.wait_for_async("left")
            assert exchange.outcome.at_us == 5_000_000
            assert clock.now == 5


def test_what_is_open_is_waited_for():
    with (
        virtual_time() as clock,
        MockLLM(SLOW) as mock,
        socket.create_connection(("127.0.0.1", int(mock.url.rpartition(":")[2]))) as sock,
    ):
        body = b'{"model": "m", "messages": [{"role": "user", "content": "Hi"}]}'
        sock.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\n"
            + b"content-length: %d\r\n\r\n" % len(body)
            + body
        )
        [exchange] = mock.wait_for("arrived")
        assert exchange.outcome.ending.name == "OPEN"
        with pytest.raises(TimeoutError, match="after 5 s these exchanges are still open"):
            mock.wait_idle()
        assert clock.now == 5
        mock.wait_idle(100)
        assert clock.now == 60
        mock.wait_idle()
        assert sock.recv(15) == b"HTTP/1.1 200 OK"


async def test_in_a_coroutine_nothing_that_blocks_waits_for_the_server():
    async with virtual_time(), httpx.AsyncClient(timeout=None) as client:
        with MockLLM(SLOW) as mock:
            mock.wait_idle()
            call = asyncio.create_task(post(client, mock))
            await mock.wait_for_async("arrived")
            for wait in (mock.wait_idle, lambda: mock.wait_for("ended")):
                with pytest.raises(
                    MockLLMError, match="was called in a coroutine: in virtual time the server lives on"
                ):
                    wait()
            assert (await call).status_code == 200


async def test_a_gate_opens_for_those_who_wait_on_the_same_loop():
    async with virtual_time() as clock, httpx.AsyncClient(timeout=None) as client:
        with MockLLM(GATED) as mock:
            call = asyncio.create_task(post(client, mock))
            await mock.wait_for_async("gate")
            await asyncio.sleep(30)
            mock.open("go")
            assert (await call).status_code == 200
            assert clock.now == 30


def test_a_gate_opens_for_those_who_wait_on_another_loop():
    async def call(mock):
        async with httpx.AsyncClient(timeout=None) as client:
            call = asyncio.create_task(post(client, mock))
            await mock.wait_for_async("gate")
            await asyncio.to_thread(mock.open, "go")
            return (await call).status_code

    with virtual_time(), MockLLM(GATED) as mock:
        assert asyncio.run(call(mock)) == 200


def test_a_loop_that_is_closed_takes_its_connections_with_it():
    with virtual_time(), MockLLM(GATED) as mock:
        loop = asyncio.new_event_loop()
        client = httpx.AsyncClient(timeout=5)

        async def give_up():
            with pytest.raises(httpx.ReadTimeout):
                await post(client, mock)
            await client.aclose()
            call = asyncio.create_task(asyncio.open_connection("127.0.0.1", int(mock.url.rpartition(":")[2])))
            return await call

        _, writer = loop.run_until_complete(give_up())
        writer.transport.abort()
        loop.close()
        mock.open("go")
        assert [exchange.outcome.ending.name for exchange in mock.journal] == ["LEFT"]


async def test_a_mock_that_is_closed_in_a_coroutine_lets_its_clients_go():
    async with virtual_time():
        mock = MockLLM(SLOW).start()
        async with httpx.AsyncClient(timeout=None) as client:
            call = asyncio.create_task(post(client, mock))
            await mock.wait_for_async("arrived")
            mock.close()
            with pytest.raises(httpx.RemoteProtocolError):
                await call


def test_connections_are_counted_over_all_loops():
    async def call(mock):
        async with httpx.AsyncClient(timeout=None) as client:
            await post(client, mock)
            await post(client, mock)

    with virtual_time(), MockLLM(SLOW) as mock:
        asyncio.run(call(mock))
        asyncio.run(call(mock))
        assert [exchange.call.connection for exchange in mock.journal] == [1, 1, 2, 2]
        assert [exchange.call.reused for exchange in mock.journal] == [False, True, False, True]


def test_what_is_open_on_a_loop_in_another_thread_is_waited_for():
    async def call(mock):
        async with httpx.AsyncClient(timeout=None) as client:
            return (await post(client, mock)).status_code

    with virtual_time() as clock, MockLLM(SLOW) as mock, ThreadPoolExecutor(1) as pool:
        code = pool.submit(asyncio.run, call(mock))
        mock.wait_for("arrived")
        with pytest.raises(TimeoutError, match="after 5 s these exchanges are still open"):
            mock.wait_idle()
        assert clock.now == 5
        mock.wait_idle(100)
        assert clock.now == 60
        assert code.result() == 200


def test_a_mock_that_outlives_virtual_time_has_been_closed_by_it():
    with virtual_time():
        mock = MockLLM(SLOW).start()
    mock.close()
    assert len(mock.journal) == 0
