"""The real clock: never early on any loop, exact deadlines on a stock one, whole milliseconds elsewhere."""

import asyncio
import time
from types import SimpleNamespace

import pytest
import uvloop

from mockllm.net import clock as clock_module
from mockllm.net.clock import RealClock


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def runner(request):
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner


def test_a_sleep_never_ends_before_its_time(runner):
    async def early_sleeps():
        clock = RealClock(asyncio.get_running_loop())
        early = []
        for us in (1, 250, 499, 500, 501, 999, 1000, 1001, 1499, 1500, 2750) * 5:
            due = clock.now_us() + us
            await clock.sleep_until(due)
            if clock.now_us() < due:
                early.append(us)
        return early

    assert runner.run(early_sleeps()) == []


def test_a_time_that_has_come_takes_no_turn_of_the_loop(runner):
    async def turns():
        clock = RealClock(asyncio.get_running_loop())
        with pytest.raises(StopIteration):
            clock.sleep_until(clock.now_us()).send(None)

    runner.run(turns())


def test_the_time_is_whole_microseconds_and_never_goes_back(runner):
    async def readings():
        clock = RealClock(asyncio.get_running_loop())
        return [clock.now_us() for _ in range(1000)]

    times = runner.run(readings())
    assert all(type(time) is int for time in times)
    assert times == sorted(times)
    assert len(set(times)) > 1


def test_a_cancelled_sleep_takes_its_timer_along(runner):
    async def timers_left():
        loop = asyncio.get_running_loop()
        timers = []

        class Recorder:
            create_future = staticmethod(loop.create_future)

            @staticmethod
            def call_later(delay, callback, woken):
                timers.append(loop.call_later(delay, callback, woken))
                return timers[-1]

        sleep = asyncio.ensure_future(RealClock(Recorder()).sleep_until(10**18))
        await asyncio.sleep(0)
        sleep.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleep
        return [timer.cancelled() for timer in timers]

    assert runner.run(timers_left()) == [True]


class StillLoop(asyncio.SelectorEventLoop):
    """A stock loop whose time moves only to the deadlines it is asked for."""

    def __init__(self):
        super().__init__()
        self.at = 1000.0
        self.deadlines = []

    def time(self):
        return self.at

    def call_at(self, when, callback, *args, context=None):
        self.deadlines.append(when)
        self.at = when
        return super().call_at(when, callback, *args, context=context)


def test_a_stock_loop_is_asked_for_the_deadline_itself():
    with asyncio.Runner(loop_factory=StillLoop) as runner:

        async def sleep():
            clock = RealClock(asyncio.get_running_loop())
            assert clock.now_us() == 1_000_000_000
            await clock.sleep_until(1_000_000_123)
            return clock.now_us()

        assert runner.run(sleep()) == 1_000_000_123
        assert runner.get_loop().deadlines[0] == 1000.000123


async def test_other_loops_are_asked_for_the_deadlines_millisecond_and_then_for_the_next(monkeypatch):
    # Now 10.0004 s, due 10.0025 s: from the millisecond 10,000 to the millisecond 10,002. It comes early, at 10.0021 s:
    # one more. Each wake comes twice, which changes nothing.
    readings = iter([10.0004, 10.0021, 10.0030])
    monkeypatch.setattr(clock_module, "time", SimpleNamespace(monotonic=lambda: next(readings)))
    loop = asyncio.get_running_loop()
    delays = []

    class Coarse:
        create_future = staticmethod(loop.create_future)

        @staticmethod
        def call_later(delay, callback, woken):
            delays.append(delay)
            loop.call_soon(callback, woken)
            return loop.call_soon(callback, woken)

    await RealClock(Coarse()).sleep_until(10_002_500)
    assert delays == [0.002, 0.001]


def test_the_time_of_day_is_the_system_s(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_767_225_600.75)
    loop = asyncio.new_event_loop()
    assert RealClock(loop).wall_s() == 1_767_225_600
    loop.close()
