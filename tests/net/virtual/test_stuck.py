import asyncio
import threading

from mockllm.net.virtual.stuck import report


async def wait_deeply(event):
    await wait_inside(event)


async def wait_inside(event):
    await event.wait()


def test_the_report_says_where_tasks_and_threads_are():
    go = threading.Event()

    def wait_in_a_thread():
        go.wait()

    async def look():
        event = asyncio.Event()
        task = asyncio.create_task(wait_deeply(event), name="the-client")
        thread = threading.Thread(target=wait_in_a_thread, name="the-thread")
        thread.start()
        await asyncio.sleep(0)
        text = report("a reason", 60.15, [asyncio.get_running_loop()], [thread.ident, threading.get_ident(), 1])
        go.set()
        thread.join()
        event.set()
        await task
        return text

    first, *rest = asyncio.run(look()).splitlines()
    assert first == "virtual time is stuck at 60.15 s: a reason."
    [task] = [line for line in rest if "the-client" in line]
    assert task.startswith("  the-client (wait_deeply) waits in wait (")
    assert task.index("in wait_inside (") < task.index("in wait_deeply (")
    [thread] = [line for line in rest if "the-thread" in line]
    assert "in wait_in_a_thread (" in thread
    assert rest[-1].startswith("Work in a thread of your own is not seen: put it into `with mockllm.clock.hold():`.")


def test_of_many_tasks_only_the_first_are_shown():
    async def look():
        tasks = [asyncio.create_task(asyncio.sleep(0.01)) for _ in range(25)]
        text = report("a reason", 0, [asyncio.get_running_loop()], [])
        await asyncio.gather(*tasks)
        return text

    lines = asyncio.run(look()).splitlines()
    assert len(lines) == 1 + 20 + 1 + 1
    assert lines[-2] == "  and 6 more tasks"  # 25 and the one that looks


def test_a_task_that_has_not_begun_or_is_over_is_nowhere():
    async def pieces():
        yield 1

    async def look():
        task = asyncio.create_task(anext(pieces()), name="agen")
        text = report("a reason", 0, [asyncio.get_running_loop()], [])
        assert await task == 1
        return text

    assert "agen (" in asyncio.run(look())
