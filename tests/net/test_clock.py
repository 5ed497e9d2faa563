"""The real clock: never early on any loop, exact deadlines on a stock one, whole milliseconds elsewhere."""

import asyncio
import operator
import time
from functools import partial
from types import SimpleNamespace

import pytest
import uvloop

from mockllm.net import clock as clock_module
from mockllm.net.clock import RealClock, SteeredClock


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
            def call_later(delay, callback):
                timers.append(loop.call_later(delay, callback))
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
    readings = iter([10_000_400_000, 10_002_100_000, 10_003_000_000])
    monkeypatch.setattr(clock_module, "time", SimpleNamespace(monotonic_ns=lambda: next(readings)))
    loop = asyncio.get_running_loop()
    delays = []

    class Coarse:
        create_future = staticmethod(loop.create_future)

        @staticmethod
        def call_later(delay, callback):
            delays.append(delay)
            loop.call_soon(callback)
            return loop.call_soon(callback)

    await RealClock(Coarse()).sleep_until(10_002_500)
    assert delays == [0.002, 0.001]


def test_the_time_of_day_is_the_system_s(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_767_225_600.75)
    loop = asyncio.new_event_loop()
    assert RealClock(loop).wall_s() == 1_767_225_600
    loop.close()


class Hand:
    """A real clock that moves only by hand; its timers are kept."""

    def __init__(self):
        self.at_us = 1_000
        self.timers = []

    def now_us(self):
        return self.at_us

    def wall_s(self):
        return 1_767_225_600

    def timer(self, now_us, due_us, wake):
        assert now_us == self.at_us
        self.timers.append(due_us)
        return asyncio.get_running_loop().call_later(3600, wake)


async def asleep(clock, due_us):
    sleep = asyncio.ensure_future(clock.sleep_until(due_us))
    await asyncio.sleep(0)
    return sleep


async def test_a_clock_that_nobody_steers_is_the_real_one():
    real = Hand()
    clock = SteeredClock(real)
    real.at_us = 5_000
    assert (clock.now_us(), clock.wall_s(), clock.scale, clock.paused) == (5_000, 1_767_225_600, 1.0, False)
    sleep = await asleep(clock, 7_001)
    assert (real.timers, clock.sleepers, clock.next_due_us) == ([7_001], 1, 7_001)
    sleep.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleep
    assert (clock.sleepers, clock.next_due_us) == (0, None)


async def test_a_scaled_clock_runs_faster_from_now_on_and_sets_timers_anew():
    real = Hand()
    clock = SteeredClock(real)
    sleep = await asleep(clock, 1_000 + 3_000)
    real.at_us += 1_000
    clock.steer(scale=4)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    # 2,000 us are left of the clock, which are 500 us of real time.
    assert real.timers == [4_000, 2_500]
    real.at_us = 2_250
    assert clock.now_us() == 2_000 + 1_000
    real.at_us = 2_500
    assert clock.now_us() == 4_000
    clock.steer(scale=4)  # whoever is due wakes
    await asyncio.wait_for(sleep, 10)
    clock.steer(scale=0.5)
    real.at_us += 1_000
    assert clock.now_us() == 4_500


async def test_a_timer_of_a_scaled_clock_is_never_early():
    real = Hand()
    clock = SteeredClock(real)
    clock.steer(scale=3)
    sleep = await asleep(clock, 1_000 + 10)
    assert real.timers == [1_004]  # 10 / 3 rounded up
    sleep.cancel()


async def test_a_paused_clock_stands_still_and_is_moved_on_by_hand():
    real = Hand()
    clock = SteeredClock(real)
    clock.steer(paused=True)
    sleep = await asleep(clock, 3_000)
    real.at_us = 900_000
    assert (clock.now_us(), real.timers) == (1_000, [])
    clock.move_to(2_000)
    clock.move_to(1_500)  # never back
    await asyncio.sleep(0)
    assert (clock.now_us(), sleep.done()) == (2_000, False)
    clock.move_to(3_000)
    await asyncio.wait_for(sleep, 10)
    assert clock.wall_s() == 1_767_225_600 - 1  # 897 ms behind the real clock
    clock.steer(paused=False)
    real.at_us += 10
    assert clock.now_us() == 3_010


async def test_a_running_clock_can_be_moved_on_too():
    real = Hand()
    clock = SteeredClock(real)
    clock.move_to(10_000)
    real.at_us += 5
    assert clock.now_us() == 10_005


@pytest.mark.parametrize("scale", [0, -1, 0.0001, 1_001, float("nan"), float("inf")])
async def test_a_scale_that_is_no_speed_is_refused(scale):
    with pytest.raises(ValueError, match=r"give 0.001 to 1000, or pause it"):
        SteeredClock(Hand()).steer(scale=scale)


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
async def woken(hand):
    """A clock, the names of those that it woke, and a way to add one."""
    clock, names = SteeredClock(hand), []
    return clock, names, lambda name, due_us: clock.wake_at(due_us, partial(names.append, name))


async def test_one_timer_serves_all_and_they_wake_in_their_order(hand, woken):
    clock, names, add = woken
    for name, due_us in (("late", 9_000), ("first", 5_000), ("second", 5_000), ("third", 5_000)):
        add(name, due_us)
    assert hand.timers == [9_000, 5_000]  # one that comes earlier sets it anew
    clock.move_to(5_000)
    assert (names, clock.sleepers, clock.next_due_us) == (["first", "second", "third"], 1, 9_000)
    assert hand.timers[2:] == [1_000 + 4_000]  # 4,000 us are left


async def test_who_is_woken_may_wait_again_and_comes_after_those_before_it(woken):
    clock, names, add = woken

    def again():
        names.append("again")
        add("next", 2_000)

    clock.wake_at(2_000, again)
    add("beside", 2_000)
    clock.move_to(2_000)
    assert names == ["again", "beside", "next"]


async def test_a_paused_clock_wakes_those_that_are_due_already_however_many(hand, woken):
    clock, names, add = woken
    clock.steer(paused=True)
    for name in range(600):
        add(name, 1_500)
    add("late", 1_501)
    assert hand.timers == []
    clock.move_to(1_500)
    assert names == list(range(256))  # then others have their turn
    assert hand.timers == [1_000]


async def test_one_that_is_cancelled_is_not_woken_and_takes_no_room(woken):
    clock, names, add = woken
    add("kept", 5_000)
    alarms = [add(name, 4_000) for name in range(1_000)]
    for alarm in alarms:
        alarm.cancel()
        alarm.cancel()  # once is enough
    assert (clock.sleepers, clock.next_due_us, len(clock._alarms) < 200) == (1, 5_000, True)
    add("gone", 4_500).cancel()
    clock.move_to(6_000)
    assert (names, clock.sleepers) == (["kept"], 0)


async def test_one_that_fails_keeps_no_other_from_being_woken(hand, woken):
    clock, names, add = woken
    clock.wake_at(2_000, partial(operator.truediv, 1, 0))
    add("other", 2_000)
    with pytest.raises(ZeroDivisionError):
        clock.move_to(2_000)
    assert (names, hand.timers) == ([], [2_000, 1_000])  # a timer is set, for now


async def test_a_steered_clock_waits_for_real():
    loop = asyncio.get_running_loop()
    clock = SteeredClock(RealClock(loop))
    clock.steer(scale=1_000)
    due_us = clock.now_us() + 5_000_000
    await asyncio.wait_for(clock.sleep_until(due_us), 20)
    assert clock.now_us() >= due_us
