"""The mock beside the test on one loop: neither is in the other's way, as if the mock had a thread of its own."""

import asyncio
import json
import socket
import time
from contextvars import ContextVar
from urllib.parse import urlsplit

import httpx
import pytest

from mockllm import MockLLM, virtual_time
from mockllm.net.virtual.side import hide, is_ours, own_context, take_turns
from tests.net.virtual.conftest import MESSAGES

SLOW = {"name": "slow", "rules": [{"replies": [{"text": "ok", "pace": {"ttft": "60s"}}]}]}
LONG = {"name": "long", "rules": [{"replies": [{"text": "x" * 4_000_000}]}]}


def request(**options):
    body = json.dumps({"model": "m", "messages": MESSAGES, **options}).encode()
    return (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%s" % (len(body), body)
    )


async def connect(mock):
    sock = socket.socket()
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", urlsplit(mock.url).port))
    return sock


def endings(mock):
    return [(exchange.outcome.ending.name, exchange.outcome.at_us) for exchange in mock.journal]


async def test_a_coroutine_finds_in_the_journal_what_its_client_has_just_done():
    """Nothing is awaited between what the client does and the look at the journal."""
    async with virtual_time():
        with MockLLM(SLOW) as mock:
            sock = await connect(mock)
            sock.send(request())
            assert endings(mock) == [("OPEN", 0)]
            await asyncio.sleep(7)
            sock.close()
            assert endings(mock) == [("LEFT", 7_000_000)]


async def test_so_does_a_callback():
    found = []
    async with virtual_time():
        with MockLLM(SLOW) as mock:
            sock = await connect(mock)
            sock.send(request())
            asyncio.get_running_loop().call_soon(lambda: found.extend(endings(mock)))
            await asyncio.sleep(0)
            assert found == [("OPEN", 0)]
            sock.close()


async def test_an_answer_that_does_not_fit_goes_on_while_the_coroutine_looks():
    async with virtual_time():
        with MockLLM(LONG) as mock:
            sock = await connect(mock)
            sock.send(request())
            size, ending = 0, "OPEN"
            while ending == "OPEN":
                [(ending, _)] = endings(mock)
                try:
                    while data := sock.recv(1 << 20):
                        size += len(data)
                except BlockingIOError:
                    continue
            assert ending == "COMPLETE"
            assert size > 4_000_000
            sock.close()


async def test_what_the_test_has_in_its_loop_stays_where_it_is():
    order = []
    loop = asyncio.get_running_loop()
    async with virtual_time():
        with MockLLM(SLOW) as mock:
            sock = await connect(mock)
            ours, theirs = socket.socketpair()
            loop.add_reader(ours, order.append, "reader")
            theirs.send(b"x")
            loop.call_soon(order.append, "callback")
            task = asyncio.create_task(asyncio.sleep(0))
            sock.send(request())
            assert endings(mock) == [("OPEN", 0)]
            assert order == []
            await task
            loop.remove_reader(ours)
            assert set(order) == {"reader", "callback"}
            for one in (sock, ours, theirs):
                one.close()


async def test_the_mocks_tasks_are_not_those_of_the_test():
    async with virtual_time():
        with MockLLM(SLOW) as mock:
            sock = await connect(mock)
            sock.send(request())
            assert endings(mock) == [("OPEN", 0)]
            assert asyncio.all_tasks() == {asyncio.current_task()}
            sock.close()


def test_a_client_that_leaves_as_its_loop_ends_is_seen_to_have_left():
    """The end of a run cancels the test's tasks, not those of the mock, which then sees the connection close."""

    async def leave(mock):
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(mock.url).port)
        writer.write(request())
        await asyncio.sleep(7)
        writer.close()

    with virtual_time(), MockLLM(SLOW) as mock:
        asyncio.run(leave(mock))
        assert endings(mock) == [("LEFT", 7_000_000)]


async def test_a_thread_finds_in_the_journal_what_happened_on_the_loop_at_the_same_time():
    def look(mock):
        time.sleep(5)
        with mock.clock.hold():
            assert len(mock.journal) == 1
        return endings(mock)

    async with virtual_time():
        with MockLLM(SLOW) as mock:
            looking = asyncio.create_task(asyncio.to_thread(look, mock))
            async with httpx.AsyncClient(timeout=5) as client:
                with pytest.raises(httpx.ReadTimeout):
                    await client.post(f"{mock.base_url}/chat/completions", json={"model": "m", "messages": MESSAGES})
            assert await looking == [("LEFT", 5_000_000)]


def test_the_mocks_context_has_nothing_of_the_tests():
    mine = ContextVar("mine", default="unset")
    mine.set("set")
    assert own_context().run(mine.get) == "unset"
    assert own_context().run(is_ours)
    assert not is_ours()


async def test_the_mock_itself_takes_no_turns_of_its_own():
    called = []
    context = own_context()
    asyncio.get_running_loop().call_soon(called.append, 1, context=context)
    context.run(take_turns, asyncio.get_running_loop())
    assert called == []
    take_turns(asyncio.get_running_loop())
    assert called == [1]
    await asyncio.sleep(0)
    assert called == [1]


async def test_turns_without_an_end_are_ended():
    loop, context, called = asyncio.get_running_loop(), own_context(), []

    def again():
        called.append(1)
        if len(called) < 5_000:
            loop.call_soon(again, context=context)

    loop.call_soon(again, context=context)
    take_turns(loop)
    assert len(called) == 1_000
    while len(called) < 5_000:  # noqa: ASYNC110 - nobody tells when it is so
        await asyncio.sleep(0)


async def test_a_hidden_task_runs_all_the_same():
    task = asyncio.create_task(asyncio.sleep(0, "done"))
    hide(task)
    assert task not in asyncio.all_tasks()
    assert await task == "done"
