import asyncio
import sys
import time

import anyio
import anyio.to_thread

from mockllm import virtual_time
from mockllm.net.virtual.jobs import Jobs
from mockllm.net.virtual.patches import Patches
from mockllm.net.virtual.timeline import Timeline
from mockllm.net.virtual.workers import install_workers


def test_worker_threads_hold_the_clock_and_hand_over_in_order():
    async def main():
        order = []
        async with virtual_time() as clock:

            async def job(number):
                await anyio.to_thread.run_sync(sum, range(1_000 * (10 - number)))
                order.append(number)

            with anyio.fail_after(1):
                async with anyio.create_task_group() as group:
                    for number in range(10):
                        group.start_soon(job, number)
            return order, clock.now

    for _ in range(5):
        assert asyncio.run(main()) == (list(range(10)), 0)


def test_pauses_in_worker_threads_are_skipped_and_a_limit_is_obeyed():
    async def main():
        async with virtual_time() as clock:
            limiter = anyio.CapacityLimiter(2)
            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(lambda: anyio.to_thread.run_sync(time.sleep, 30, limiter=limiter))
            return clock.now

    assert asyncio.run(main()) == 60


def test_loops_that_take_no_part_are_left_alone():
    async def main():
        return await anyio.to_thread.run_sync(sum, [1, 2])

    patches = Patches()
    jobs = Jobs(Timeline())
    install_workers(patches, jobs, lambda loop: False)
    try:
        assert asyncio.run(main()) == 3
    finally:
        patches.undo()


def test_without_anyio_there_is_nothing_to_do(monkeypatch):
    monkeypatch.delitem(sys.modules, "anyio")
    patches = Patches()
    install_workers(patches, Jobs(Timeline()), lambda loop: True)
    assert patches._before == []
