import asyncio
import math
import multiprocessing
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from mockllm import RefusedLoopError, virtual_time
from mockllm.net.virtual.loops import PRIVATE, RunningPatch, check_loop


def test_the_private_names_of_asyncio_are_there_in_this_version():
    loop = asyncio.SelectorEventLoop()
    try:
        assert [name for name in (*PRIVATE, "_accept_connection") if not hasattr(loop, name)] == []
        assert callable(loop._selector.select)
        timer = loop.call_later(1, print)
        assert loop._scheduled == [timer]
        assert isinstance(timer._when, float)
        check_loop(loop)
    finally:
        loop.close()


def test_no_patch_is_on_by_itself():
    assert RunningPatch.owner() is None


def test_what_is_no_loop_of_asyncio_is_refused():
    class Loop(asyncio.AbstractEventLoop):
        pass

    with pytest.raises(RefusedLoopError, match="Loop, which waits where nothing can step in"):
        check_loop(Loop())


async def test_deadlines_lie_on_the_grid_of_microseconds():
    async with virtual_time() as clock:
        await asyncio.sleep(0.1 + 0.2)  # 0.30000000000000004
        assert clock.now == 0.3
        await asyncio.sleep(1e-7)
        assert clock.now == 0.3
        for _ in range(1_000):
            await asyncio.sleep(0.000_001)
        assert clock.now_us == 301_000


async def test_a_deadline_that_never_comes_is_none():
    loop = asyncio.get_running_loop()
    async with virtual_time() as clock:
        loop.call_later(math.inf, print)
        with pytest.raises(TypeError):
            loop.call_at(None, print)
        await asyncio.to_thread(sum, [1, 2])
        assert clock.now == 0


async def test_cancelled_timers_do_not_move_the_clock():
    loop = asyncio.get_running_loop()
    async with virtual_time() as clock:
        for number in range(200):
            loop.call_later(number, print).cancel()
        await asyncio.sleep(150.5)
        assert clock.now == 150.5


async def test_a_job_that_cannot_be_submitted_holds_nothing():
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor()
    pool.shutdown()
    async with virtual_time() as clock:
        with pytest.raises(RuntimeError, match="after shutdown"):
            loop.run_in_executor(pool, print)
        await asyncio.sleep(5)
        assert clock.now == 5


async def test_jobs_of_a_pool_of_ones_own_hold_the_clock():
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as pool:
        async with virtual_time() as clock:
            # Four pauses in two threads: two of them wait until a thread is free.
            await asyncio.gather(*(loop.run_in_executor(pool, time.sleep, 30) for _ in range(4)))
            assert clock.now == 60


async def test_a_job_that_is_given_up_is_waited_for():
    async with virtual_time() as clock:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(time.sleep, 30), 10)
        assert clock.now == 10
        await asyncio.sleep(30)
        assert clock.now == 40


def plus(left, right):
    return left + right


async def test_a_job_is_done_also_while_the_clock_is_held():
    async with virtual_time() as clock:
        with clock.hold():
            assert await asyncio.to_thread(sum, [1, 2]) == 3
        assert clock.now == 0


async def test_jobs_of_processes_hold_the_clock():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        await loop.run_in_executor(pool, max, 1, 2)  # the process takes its time to begin
        async with virtual_time() as clock:
            async with asyncio.timeout(1):
                assert await loop.run_in_executor(pool, max, 1, 2) == 2
            assert clock.now == 0


def test_threads_are_joined_at_the_end_of_a_run_without_a_warning():
    """From 3.12 on asyncio.run gives them 300 s, which must not be over at once."""

    async def use_a_thread():
        return await asyncio.to_thread(sum, [1, 2])

    with virtual_time() as clock:
        for _ in range(20):
            assert asyncio.run(use_a_thread()) == 3
        assert clock.now == 0


async def test_names_are_answered_without_a_thread():
    loop = asyncio.get_running_loop()
    async with virtual_time():
        found = await loop.getaddrinfo("localhost", 80, type=1)
        assert [address for *_, address in found] == [("127.0.0.1", 80)]
        assert loop._default_executor is None


async def test_names_of_elsewhere_are_asked_for_if_that_is_allowed():
    loop = asyncio.get_running_loop()
    async with virtual_time(external="grace") as clock:
        assert loop._default_executor is None
        with pytest.raises(UnicodeError):  # from the system's own, which refuses it without asking a network
            await loop.getaddrinfo("a..b", 80)
        assert clock.now == 0


async def test_a_connection_to_elsewhere_gets_a_little_real_time_if_it_is_allowed():
    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    ready, done = threading.Event(), asyncio.Event()
    address, other = [], asyncio.new_event_loop()

    def serve():
        server = other.run_until_complete(asyncio.start_server(echo, "127.0.0.1", 0))
        address.extend(server.sockets[0].getsockname())
        ready.set()
        other.run_forever()
        server.close()
        other.run_until_complete(server.wait_closed())
        other.run_until_complete(asyncio.sleep(0.01))
        other.close()

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait(20)
    try:
        async with virtual_time(external="grace") as clock:
            async with asyncio.timeout(3_600):
                reader, writer = await asyncio.open_connection(*address)
                writer.write(b"there and back\n")
                assert await reader.readline() == b"there and back\n"
                writer.close()
                await writer.wait_closed()
            assert clock.now == 0
            await asyncio.sleep(60)
            assert clock.now == 60
        done.set()
    finally:
        other.call_soon_threadsafe(other.stop)
        thread.join()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with 3.12")
async def test_eager_tasks_do_no_harm():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    async with virtual_time() as clock:
        await asyncio.gather(*(asyncio.sleep(number) for number in range(5)))
        assert clock.now == 4
    loop.set_task_factory(None)


async def test_a_deadline_from_before_between_two_microseconds_is_not_early():
    loop = asyncio.get_running_loop()
    whole = math.ceil(loop.time()) + 100
    rung = asyncio.Event()
    loop.call_at(whole + 0.3e-6, rung.set)
    async with virtual_time() as clock:
        await rung.wait()
        assert clock.now_us % 1_000_000 == 1
