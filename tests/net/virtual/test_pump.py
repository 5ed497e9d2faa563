import asyncio

import pytest

from mockllm.net.virtual.pump import Pump, settle


@pytest.fixture
def pump():
    pump = Pump(lambda: ValueError("it can never happen"))
    yield pump
    pump.close()
    pump.close()


def test_it_runs_until_it_has_happened_and_disarms(pump):
    disarmed = []

    def arm(loop, future):
        loop.call_soon(settle, future)
        loop.call_soon(settle, future)  # the second time changes nothing
        return lambda: disarmed.append(True)

    assert pump.run(arm, None)
    assert pump.run(arm, 3_600)
    assert disarmed == [True, True]


def test_what_takes_too_long_has_not_happened(pump):
    assert not pump.run(lambda loop, future: lambda: None, -1)


def test_what_is_cancelled_raises_the_error_it_was_given(pump):
    def arm(loop, future):
        loop.call_soon(future.cancel)
        return lambda: None

    with pytest.raises(ValueError, match="it can never happen"):
        pump.run(arm, None)
    assert isinstance(pump.loop, asyncio.SelectorEventLoop)
