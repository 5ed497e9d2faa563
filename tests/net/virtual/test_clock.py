"""The clock of a server in virtual time: exact, and nothing rings that was cancelled."""

import asyncio

from mockllm.net.virtual.clock import LoopClock
from mockllm.net.virtual.session import VirtualTime


def test_a_wait_that_is_cancelled_in_the_instant_in_which_it_ends_is_cancelled():
    async def main(time):
        loop = asyncio.get_running_loop()
        wait = asyncio.ensure_future(LoopClock(time, loop).sleep_until(5_000_000))
        loop.call_later(5, wait.cancel)
        await asyncio.wait([wait])
        return wait.cancelled()

    time = VirtualTime()
    with time:
        assert asyncio.run(main(time))
        assert time.clock.now == 5


def test_who_waits_is_woken_at_the_very_time_unless_it_is_cancelled():
    rung = []

    async def main(time):
        clock = LoopClock(time, asyncio.get_running_loop())
        for due_us in (3, 70_000_001, 1_000_000):
            clock.wake_at(due_us, lambda: rung.append(clock.now_us()))
        clock.wake_at(500, lambda: rung.append("cancelled")).cancel()
        await clock.sleep_until(80_000_000)

    time = VirtualTime()
    with time:
        asyncio.run(main(time))
    assert rung == [3, 1_000_000, 70_000_001]


def test_a_timer_that_is_early_is_set_again():
    """Such as one of a loop whose timers are rounded."""
    rung, delays = [], []

    class Loop:
        def call_later(self, delay, callback):
            delays.append(delay)
            asyncio.get_running_loop().call_soon(callback)

    class Time:
        class timeline:  # noqa: N801 - it stands for an attribute
            now_us = 0

    async def main():
        clock = LoopClock(Time, Loop())
        clock.wake_at(1_500_000, lambda: rung.append(clock.now_us()))
        await asyncio.sleep(0)
        Time.timeline.now_us = 1_500_000
        await asyncio.sleep(0)

    asyncio.run(main())
    assert (rung, delays) == ([1_500_000], [1.5, 1.5])
