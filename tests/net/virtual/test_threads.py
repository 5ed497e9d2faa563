import asyncio
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from openai import AsyncOpenAI, OpenAI

from mockllm import MockLLM, virtual_time
from mockllm.net.virtual import threads


def test_a_thread_that_pauses_is_waited_for_and_its_pause_is_skipped():
    ends = []
    with virtual_time() as clock:

        def pause():
            time.sleep(30)
            ends.append(clock.now)

        thread = threading.Thread(target=pause)
        thread.start()
        thread.join()
        assert (ends, clock.now) == ([30], 30)


def test_a_thread_that_works_for_others_is_waited_for():
    """What it was asked for holds the clock until it asks for more."""
    asked, answered = queue.Queue(), queue.Queue()

    def work():
        while (number := asked.get()) is not None:
            time.sleep(number)
            answered.put(sum(range(100_000)))

    with virtual_time() as clock:
        thread = threading.Thread(target=work)
        thread.start()
        for number in (10, 20, 30):
            asked.put(number)
            assert answered.get(timeout=number + 1) == 4_999_950_000
        assert clock.now == 60
        asked.put(None)
        thread.join()


def test_a_thread_that_never_comes_to_the_clock_does_not_hold_it():
    go = threading.Lock()
    go.acquire()
    with virtual_time() as clock:
        thread = threading.Thread(target=go.acquire)
        thread.start()
        time.sleep(60)
        assert clock.now == 60
        thread.join(5)
        assert thread.is_alive()
        assert clock.now == 65
        go.release()
        thread.join()


def test_a_thread_from_before_is_joined_for_real():
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    with virtual_time() as clock:
        go.set()
        thread.join()
        assert clock.now == 0


def test_a_pool_may_be_left_without_waiting_or_with_work_that_is_given_up():
    with virtual_time() as clock:
        pool = ThreadPoolExecutor(1)
        futures = [pool.submit(time.sleep, 10) for _ in range(3)]
        pool.shutdown(wait=True, cancel_futures=True)
        assert clock.now == 10
        assert [future.cancelled() for future in futures] == [False, True, True]


def test_the_end_of_a_pool_takes_no_time_whatever_else_waits():
    """Its threads end by themselves when nothing is left to do; a timer elsewhere does not ring meanwhile."""
    with virtual_time() as clock:
        far = threading.Thread(target=time.sleep, args=(1_000,))
        far.start()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(time.sleep, [5] * 4))
        assert clock.now == 10
        far.join()
        assert clock.now == 1_000


def test_a_pool_that_a_loop_used_is_shut_down_too():
    async def work(pool):
        await asyncio.get_running_loop().run_in_executor(pool, time.sleep, 5)

    with virtual_time() as clock:
        pool = ThreadPoolExecutor(1)
        asyncio.run(work(pool))
        pool.shutdown()
        assert clock.now == 5


STALLED = {
    "name": "stalled",
    "rules": [{"replies": [{"text": ["Hello", " you"], "faults": [{"stall": {"at": {"token": 1}, "for": "60s"}}]}]}],
}


def heard(connection):
    connection.response.create(model="gpt-5.1", input="Hi")
    return next(event.response.output_text for event in connection if event.type == "response.completed")


def test_the_threads_of_a_client_over_a_websocket_wait_in_virtual_time():
    with virtual_time() as clock, MockLLM(STALLED) as mock, OpenAI(base_url=mock.base_url, api_key="sk-test") as client:
        with client.responses.connect() as connection:
            assert heard(connection) == "Hello you"
            assert clock.now == 60
        assert clock.now == 60


def test_a_client_over_a_websocket_is_closed_in_no_time_on_a_busy_machine():
    """Threads that work for themselves let those of the client be late: the end of the connection is waited for."""
    busy, over = threading.Event(), threading.Event()

    def work():
        busy.wait()
        while not over.is_set():
            pass

    workers = [threading.Thread(target=work, daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        with virtual_time() as clock, MockLLM("hello") as mock, OpenAI(base_url=mock.base_url, api_key="k") as client:
            with client.responses.connect():
                time.sleep(100)
                busy.set()
            assert clock.now == 100
    finally:
        over.set()
        busy.set()
        for worker in workers:
            worker.join()


def test_a_client_over_a_websocket_that_reads_nothing_does_not_hold_the_clock():
    """It takes in as much as it has room for, and then waits to be asked; the server waits for nobody."""
    replies = [{"text": [f"{number} " for number in range(100)], "pace": {"itl": "100ms"}}]
    with (
        virtual_time() as clock,
        MockLLM({"name": "long", "rules": [{"replies": replies}]}) as mock,
        OpenAI(base_url=mock.base_url, api_key="sk-test") as client,
        client.responses.connect() as connection,
    ):
        connection.response.create(model="gpt-5.1", input="Hi")
        time.sleep(15)
        assert clock.now == 15
        kinds = [event.type for event in until(connection, "response.completed")]
        assert (kinds.count("response.output_text.delta"), clock.now) == (100, 15)


def until(connection, kind):
    for event in connection:
        yield event
        if event.type == kind:
            return


def test_a_thread_that_joins_another_takes_part():
    """What it does after that is virtual too, although its first wait was for a thread."""
    with virtual_time() as clock:
        first = threading.Thread(target=time.sleep, args=(1_000,))
        first.start()
        ends = []

        def await_it():
            first.join(20)
            ends.append(clock.now)

        second = threading.Thread(target=await_it)
        second.start()
        second.join()
        assert ends == [20]
        first.join()
        assert clock.now == 1_000


async def up_to(connection, kind):
    async for event in connection:
        yield event
        if event.type == kind:
            return


def test_a_coroutine_over_a_websocket_waits_in_virtual_time():
    async def ask(mock):
        async with (
            AsyncOpenAI(base_url=mock.base_url, api_key="sk-test") as client,
            client.responses.connect() as connection,
        ):
            await connection.response.create(model="gpt-5.1", input="Hi")
            done = [event async for event in up_to(connection, "response.completed")][-1]
            return done.response.output_text

    with virtual_time() as clock, MockLLM(STALLED) as mock:
        assert asyncio.run(ask(mock)) == "Hello you"
        assert clock.now == 60


def test_without_that_client_nothing_is_put_in_its_place(monkeypatch):
    monkeypatch.setattr(threads, "find_spec", lambda _name: None)
    with virtual_time() as clock:
        time.sleep(5)
        assert clock.now == 5
