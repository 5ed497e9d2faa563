"""The clock of a server elsewhere. It stands still wherever a time is exact, so nothing here depends on real time."""

import asyncio

import pytest

from mockllm.client.aremote import AsyncRemoteMockLLM
from mockllm.client.awaiting import AsyncControlClient
from mockllm.client.base import Place
from mockllm.client.blocking import ControlClient
from mockllm.client.clock import AsyncRemoteClock, RemoteClock
from mockllm.client.remote import RemoteMockLLM
from mockllm.control.base import ControlError
from mockllm.errors import MockLLMError
from mockllm.net.mock import MockLLM
from mockllm.net.virtual.real import RealSeconds
from mockllm.scenario.library import Library
from tests.waking import Waking

SLOW = "rules: [{replies: [{text: ok, pace: {ttft: 60s}}]}]"


class OwnClock(Waking):
    """A clock that a server was given, and that nobody steers."""

    def now_us(self):
        return 0

    def wall_s(self):
        return 0

    async def sleep_until(self, due_us):
        """At once."""


@pytest.fixture
def remote(elsewhere):
    with RemoteMockLLM(elsewhere.url, "mine", SLOW, library=Library()) as it:
        yield it


@pytest.fixture
async def asynchronous(elsewhere):
    async with AsyncRemoteMockLLM(elsewhere.url, "mine", SLOW, library=Library()) as it:
        yield it


@pytest.fixture
def unsteered():
    with MockLLM(library=Library(), clock=OwnClock()) as mock:
        yield Place.of(mock.url)


def test_it_stands_still_and_is_moved_on(remote):
    remote.clock.pause()
    before_us = remote.clock.now_us
    assert before_us >= 0
    assert remote.clock.now_us == before_us
    remote.clock.advance(60.15)
    assert remote.clock.now_us == before_us + 60_150_000
    assert isinstance(remote.clock.now, RealSeconds)
    remote.clock.resume()
    assert not remote.clock.state().paused


def test_its_speed_can_be_changed(remote):
    remote.clock.scale(10)
    assert remote.clock.state().scale == 10
    with pytest.raises(ValueError, match="less than or equal to 1000"):
        remote.clock.scale(5_000)


def test_a_slow_answer_is_there_when_the_clock_has_been_moved_on(remote, ask):
    async def wait():
        asked = asyncio.ensure_future(asyncio.to_thread(ask, remote.base_url))
        await remote.wait_for_async("arrived")
        moved_s = await asyncio.to_thread(remote.clock.run_until_idle, most_s=3_600)
        return await asked, moved_s

    remote.clock.pause()
    assert asyncio.run(wait()) == ("ok", 60)


def test_it_goes_on_after_it_was_held_unless_it_stood_still_before(remote):
    for paused in (False, True):
        if paused:
            remote.clock.pause()
        with remote.clock.hold():
            assert remote.clock.state().paused
        assert remote.clock.state().paused == paused


def test_there_is_none_before_the_run_has_begun(elsewhere):
    with pytest.raises(MockLLMError, match=r"has no clock, because its run has not begun: call start\(\)"):
        _ = RemoteMockLLM(elsewhere.url, "mine", library=Library()).clock


def test_one_that_the_server_was_given_is_not_steered(unsteered):
    clock = RemoteClock(ControlClient(unsteered))
    with pytest.raises(ControlError, match="was given a OwnClock, which cannot be steered"):
        clock.pause()


async def test_nor_with_coroutines(unsteered):
    clock = AsyncRemoteClock(AsyncControlClient(unsteered))
    await clock.start()
    with pytest.raises(ControlError, match="was given a OwnClock, which cannot be steered"):
        await clock.now()


async def test_with_coroutines_it_is_the_same(asynchronous, ask):
    clock = asynchronous.clock
    await clock.pause()
    before_us = await clock.now_us()
    assert before_us >= 0
    await clock.advance(60)
    assert await clock.now_us() == before_us + 60_000_000
    assert isinstance(await clock.now(), RealSeconds)
    asked = asyncio.ensure_future(asyncio.to_thread(ask, asynchronous.base_url))
    await asynchronous.wait_for("arrived")
    assert await clock.run_until_idle(most_s=3_600) == 60
    assert await asked == "ok"
    async with clock.hold():
        assert (await clock.state()).paused
    assert (await clock.state()).paused
    await clock.resume()
    await clock.scale(2)
    async with clock.hold():
        assert (await clock.state()).paused
    state = await clock.state()
    assert (state.paused, state.scale) == (False, 2)
