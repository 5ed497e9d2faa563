import asyncio
import errno
import queue
import selectors
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
import requests

from mockllm import MockLLM, virtual_time
from tests.net.virtual.conftest import MESSAGES

SLOW = {"name": "slow", "rules": [{"replies": [{"text": "ok", "pace": {"ttft": "60s"}}]}]}
LARGE = {"name": "large", "rules": [{"replies": [{"raw": {"body": "x" * 8_000_000}}]}]}


SELECTORS = [selectors.DefaultSelector, selectors.PollSelector, selectors.SelectSelector]
REQUEST = b"GET /v1/models HTTP/1.1\r\nhost: mock\r\nauthorization: Bearer any\r\n\r\n"


def ask(mock, timeout_s=None):
    call = {"model": "m", "messages": MESSAGES}
    return requests.post(f"{mock.base_url}/chat/completions", json=call, timeout=timeout_s)


def test_pauses_and_waits_of_the_tests_thread_are_skipped():
    with virtual_time() as clock:
        time.sleep(60)
        time.sleep(0)
        assert not threading.Event().wait(30)
        with pytest.raises(queue.Empty):
            queue.Queue().get(timeout=10)
        condition = threading.Condition()
        with condition:
            assert not condition.wait_for(lambda: False, timeout=5)
            assert not condition._waiters
        assert clock.now == 105


def test_a_condition_must_be_held_to_wait_for_it():
    with virtual_time(), pytest.raises(RuntimeError, match="cannot wait on un-acquired lock"):
        threading.Condition().wait()


def test_what_is_noted_before_it_is_waited_for_counts():
    with virtual_time() as clock:
        done = queue.Queue()
        pool = ThreadPoolExecutor(1)
        pool.submit(done.put, "done")
        assert done.get(timeout=60) == "done"
        pool.shutdown()
        assert clock.now == 0


def test_a_pause_in_a_coroutine_lets_the_time_pass_as_it_would():
    async def main():
        async with virtual_time() as clock:
            rings = []
            asyncio.get_running_loop().call_later(10, lambda: rings.append(clock.now))
            time.sleep(30)  # noqa: ASYNC251 - what is tested: the loop stands still meanwhile
            await asyncio.sleep(0)
            return rings

    assert asyncio.run(main()) == [30]


def test_clients_in_the_threads_of_a_pool_wait_side_by_side():
    with virtual_time() as clock, MockLLM(SLOW) as mock, ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(ask, mock) for _ in range(3)]
        assert [future.result().status_code for future in as_completed(answers)] == [200] * 3
        assert clock.now == 60


def test_a_pool_that_is_left_waits_for_its_threads():
    done = []
    with virtual_time() as clock, MockLLM(SLOW) as mock:
        with ThreadPoolExecutor(2) as pool:
            for _ in range(4):
                pool.submit(lambda: done.append(ask(mock).status_code))
        # Four calls of 60 s in two threads.
        assert (done, clock.now) == ([200] * 4, 120)
        pool.shutdown()
        pool.shutdown(wait=False)
        with pytest.raises(RuntimeError, match="after shutdown"):
            pool.submit(print)


def test_threads_may_wait_for_each_other():
    with virtual_time() as clock, ThreadPoolExecutor(2) as pool:
        gate = threading.Event()

        def open_it():
            time.sleep(30)
            gate.set()
            return clock.now

        def wait():
            return gate.wait(60), clock.now

        waits, opens = pool.submit(wait), pool.submit(open_it)
        assert (opens.result(), waits.result()) == (30, (True, 30))
        assert not pool.submit(threading.Event().wait, 5).result()
        assert clock.now == 35


def test_a_client_in_a_thread_is_cut_at_its_timeout():
    async def main():
        async with virtual_time() as clock:
            with MockLLM(SLOW) as mock, pytest.raises(requests.ReadTimeout):
                await asyncio.to_thread(ask, mock, 59)
            return clock.now

    assert asyncio.run(main()) == 59


def test_a_large_answer_comes_whole_and_takes_no_time():
    with virtual_time() as clock, MockLLM(LARGE) as mock:
        assert len(ask(mock).content) == 8_000_000
        assert clock.now == 0


def test_a_large_request_goes_whole_and_takes_no_time():
    with virtual_time() as clock, MockLLM({"name": "ok", "rules": [{"replies": [{"text": "ok"}]}]}) as mock:
        call = {"model": "m", "messages": [{"role": "user", "content": "x" * 8_000_000}]}
        assert requests.post(f"{mock.base_url}/chat/completions", json=call, timeout=5).status_code == 200
        assert len(mock.journal[0].call.body) > 8_000_000
        assert clock.now == 0


def test_nobody_else_can_be_reached():
    with virtual_time():
        with socket.socket() as sock:
            assert sock.connect_ex(("127.0.0.1", 9)) == errno.ECONNREFUSED
        with pytest.raises(ConnectionRefusedError, match=r"nothing in this test serves 127.0.0.1:9"):
            socket.create_connection(("127.0.0.1", 9))
        with pytest.raises(socket.gaierror, match=r"nothing in this test is called 'example.com'"):
            socket.create_connection(("example.com", 80))
        assert socket.getaddrinfo("localhost", 80, 0, socket.SOCK_STREAM)[0][4] == ("127.0.0.1", 80)


def test_a_connection_may_be_asked_for_by_its_error_number():
    with virtual_time(), MockLLM(SLOW) as mock, socket.socket() as sock:
        host, _, port = mock.url.removeprefix("http://").partition(":")
        assert sock.connect_ex((host, int(port))) == 0
        assert sock.getpeername() == (host, int(port))


def test_threads_that_take_no_part_keep_the_real_network_and_the_real_clock():
    found = {}
    go, done = threading.Event(), threading.Event()

    def outside():
        go.wait()
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
            client.connect(server.getsockname())
            found["peer"] = client.getpeername() == server.getsockname()
            with socket.socket() as other:
                found["number"] = other.connect_ex(("127.0.0.1", 1)) != 0
            found["name"] = socket.getaddrinfo("localhost", 1)[0][4][1]
        before = time.monotonic()
        time.sleep(0.001)
        found["passed"] = time.monotonic() > before
        with ThreadPoolExecutor(1) as pool:
            found["pool"] = pool.submit(max, 1, 2).result()
        inner = threading.Thread(target=lambda: None)
        inner.start()
        inner.join()
        done.set()

    thread = threading.Thread(target=outside)
    thread.start()
    with virtual_time() as clock:
        go.set()
        while not done.is_set():
            pass
        assert clock.now == 0
    thread.join()
    assert found == {"peer": True, "number": True, "name": 1, "passed": True, "pool": 2}


def test_a_client_in_a_thread_of_ones_own_is_served_exactly_too():
    with virtual_time() as clock, MockLLM(SLOW) as mock:
        times = []

        def call():
            for _ in range(3):
                ask(mock)
                times.append(clock.now)
            time.sleep(5)

        thread = threading.Thread(target=call)
        thread.start()
        thread.join(100)
        assert thread.is_alive()
        thread.join()
        assert not thread.is_alive()
        assert times == [60, 120, 180]
        assert clock.now == 185


def connected(mock):
    host, _, port = mock.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)))


@pytest.mark.parametrize("kind", SELECTORS)
def test_a_selector_waits_for_connections_to_the_mock_in_virtual_time(kind):
    with virtual_time() as clock, MockLLM(SLOW) as mock, connected(mock) as sock, kind() as selector:
        selector.register(sock, selectors.EVENT_READ, "answer")
        assert selector.select(30) == []
        assert clock.now == 30
        sock.sendall(REQUEST)
        ((key, events),) = selector.select()
        assert (key.data, events, clock.now) == ("answer", selectors.EVENT_READ, 30)
        assert sock.recv(8) == b"HTTP/1.1"
        assert selector.select(0)


def test_a_selector_waits_until_there_is_room_for_what_is_sent():
    with (
        virtual_time() as clock,
        MockLLM(SLOW) as mock,
        connected(mock) as sock,
        selectors.SelectSelector() as selector,
    ):
        sock.setblocking(False)
        sock.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-length: 8000000\r\n\r\n")
        with pytest.raises(BlockingIOError):
            sock.sendall(b" " * 8_000_000)
        selector.register(sock, selectors.EVENT_WRITE)
        assert [events for _, events in selector.select(5)] == [selectors.EVENT_WRITE]
        assert clock.now == 0


@pytest.mark.parametrize("kind", SELECTORS)
def test_a_selector_in_a_thread_of_ones_own_is_waited_for_too(kind):
    with virtual_time() as clock, MockLLM(SLOW) as mock, connected(mock) as sock, kind() as selector:
        selector.register(sock, selectors.EVENT_READ)
        found = []

        def watch():
            found.append((selector.select(30), clock.now))
            found.append((bool(selector.select()), clock.now))

        thread = threading.Thread(target=watch)
        thread.start()
        time.sleep(40)
        sock.sendall(REQUEST)
        thread.join(1_000)
        assert found == [([], 30), (True, 40)]
        assert clock.now == 40


def test_a_selector_that_waits_at_the_end_of_virtual_time_sees_the_end_of_the_connection():
    found = []
    with virtual_time(), MockLLM(SLOW) as mock:
        sock, selector = connected(mock), selectors.DefaultSelector()
        selector.register(sock, selectors.EVENT_READ)
        thread = threading.Thread(target=lambda: found.append((len(selector.select()), sock.recv(1))))
        thread.start()
        time.sleep(60)
    thread.join()
    with sock, selector:
        assert found == [(1, b"")]


def test_what_else_a_selector_watches_is_waited_for_for_real():
    """As the output of another process, which the standard library reads with one."""
    script = "import sys; print('out'); print('err', file=sys.stderr)"
    with virtual_time() as clock:
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        assert (ended.stdout, ended.stderr, clock.now) == (b"out\n", b"err\n", 0)


def test_with_grace_a_real_address_can_be_reached_by_code_that_blocks():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        virtual_time(external="grace"),
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()
