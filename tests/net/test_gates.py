"""Waiting at a gate, on a clock that moves only when told to."""

import asyncio

import pytest

from mockllm.exchange import GateVisit
from mockllm.gates import Gates
from mockllm.net.gates import Gatekeeper
from mockllm.plan import Gate

START_US = 1_000


class ManualClock:
    """Time that a test sets."""

    def __init__(self):
        self.at_us = START_US

    def now_us(self):
        return self.at_us


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def gates():
    return Gates()


@pytest.fixture
def visits():
    return []


@pytest.fixture
def keeper(gates, clock, visits):
    return Gatekeeper(gates, "n", clock, START_US, visits.append)


async def turns():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_open_gate_is_passed_at_once(keeper, gates, clock, visits):
    gates.open("n", "g")
    clock.at_us += 7
    assert await keeper.wait(3, Gate("g"))
    assert visits == [GateVisit("g", 3, 7), GateVisit("g", 3, 7, 7)]


async def test_a_closed_gate_is_passed_when_it_opens_and_both_times_are_told(keeper, gates, clock, visits):
    waiting = asyncio.ensure_future(keeper.wait(2, Gate("g")))
    await turns()
    assert visits == [GateVisit("g", 2, 0)]
    clock.at_us += 50
    gates.open("n", "g")
    assert await waiting
    assert visits[1:] == [GateVisit("g", 2, 0, 50)]


async def test_the_gate_of_another_namespace_helps_nobody(keeper, gates):
    gates.open("m", "g")
    waiting = asyncio.ensure_future(keeper.wait(0, Gate("g")))
    await turns()
    assert not waiting.done()
    waiting.cancel()


async def test_after_the_longest_wait_the_gate_is_not_passed(keeper, gates, visits):
    assert not await keeper.wait(0, Gate("g", most_us=1))
    assert visits == [GateVisit("g", 0, 0)]
    assert gates.waiting() == {}


async def test_who_is_cancelled_waits_no_more(keeper, gates):
    waiting = asyncio.ensure_future(keeper.wait(0, Gate("g")))
    await turns()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert gates.waiting() == {}
    gates.open("n", "g", once=True)
    assert gates.is_open("n", "g"), "the pass is for somebody who is there"


async def test_a_pass_for_one_is_not_lost_with_who_is_cancelled_while_it_is_let_through(keeper, gates):
    waiting = asyncio.ensure_future(keeper.wait(0, Gate("g")))
    await turns()
    gates.open("n", "g", once=True)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert gates.is_open("n", "g")


async def test_without_a_report_nobody_is_told(gates, clock):
    gates.open("n", "g")
    assert await Gatekeeper(gates, "n", clock, START_US).wait(0, Gate("g"))


async def test_a_pass_that_comes_when_the_longest_wait_is_just_over_is_for_the_next(keeper, gates):
    loop = asyncio.get_running_loop()
    waiting = asyncio.ensure_future(keeper.wait(0, Gate("g", most_us=1)))
    await asyncio.sleep(0)
    due_s = loop.time() + 2e-6
    loop.call_at(due_s, lambda: gates.open("n", "g", once=True))
    while loop.time() <= due_s + loop._clock_resolution:
        pass  # so that both are due in one turn of the loop
    assert not await waiting
    assert gates.is_open("n", "g")
