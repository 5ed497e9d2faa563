"""Waiting for events, in blocking code and on event loops, while another thread records them."""

import asyncio
import threading

import pytest

from mockllm.exchange import Ending, Exchange, GateVisit, Outcome
from mockllm.journal import Journal
from mockllm.journal.query import Awaited, Event
from mockllm.net.waits import wait_for, wait_for_async
from mockllm.request import Call

PATIENCE_S = 20.0
AT_ONCE_S = 0.0


def exchange(number):
    return Exchange(number, "n", Call("GET", "/"), None, 200, ())


class Recorder:
    """Another thread that records one thing after the other, each when somebody watches and has seen the one before."""

    def __init__(self, journal, *steps):
        self.journal = journal
        self.thread = threading.Thread(target=self.run, args=steps)

    def run(self, *steps):
        while not self.journal._watchers:
            pass
        for step in steps:
            step()

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *error):
        self.thread.join()


@pytest.fixture(params=["blocking", "on a loop"])
def wait(request):
    """Both ways to wait, called the same."""
    if request.param == "blocking":
        return wait_for
    return lambda *asked: asyncio.run(wait_for_async(*asked))


def test_what_has_happened_already_is_not_waited_for(wait):
    journal = Journal()
    journal.open(exchange(1))
    assert wait(journal, Awaited(Event.ARRIVED), AT_ONCE_S) == (exchange(1),)


def test_the_wait_is_over_when_there_are_enough(wait):
    journal = Journal()
    with Recorder(journal, *(lambda number=number: journal.open(exchange(number)) for number in (1, 2, 3))):
        found = wait(journal, Awaited(Event.ARRIVED, 3), PATIENCE_S)
    assert [it.number for it in found] == [1, 2, 3]


def test_the_wait_hears_of_gates_and_of_ends(wait):
    journal = Journal()
    journal.open(exchange(1))
    visit = GateVisit("g", 0, 5)
    with Recorder(journal, lambda: journal.visit(1, visit)):
        assert wait(journal, Awaited(Event.GATE), PATIENCE_S)[0].gates == (visit,)
    with Recorder(journal, lambda: journal.end(1, (), Outcome(Ending.LEFT))):
        assert wait(journal, Awaited(Event.LEFT), PATIENCE_S)[0].outcome.ending is Ending.LEFT


def test_waiting_in_vain_tells_what_happened(wait):
    journal = Journal()
    journal.open(exchange(1))
    with pytest.raises(TimeoutError, match=r"waited 0 s for 1 exchange whose client left, found 0\. This is what happ"):
        wait(journal, Awaited(Event.LEFT), AT_ONCE_S)
    assert journal._watchers == ()


def test_what_happens_beside_does_not_end_the_wait(wait):
    journal = Journal()
    with Recorder(journal, lambda: journal.open(exchange(1))), pytest.raises(TimeoutError, match="found 1"):
        wait(journal, Awaited(Event.ARRIVED, 2), 0.05)


async def test_the_loop_goes_on_while_it_waits():
    journal = Journal()
    waiting = asyncio.ensure_future(wait_for_async(journal, Awaited(Event.ARRIVED), PATIENCE_S))
    await asyncio.sleep(0)
    journal.open(exchange(1))
    assert await waiting == (exchange(1),)


def test_a_loop_that_is_closed_already_is_not_told():
    journal = Journal()
    loop = asyncio.new_event_loop()
    waiting = wait_for_async(journal, Awaited(Event.ARRIVED), PATIENCE_S)
    task = loop.create_task(waiting)
    loop.run_until_complete(asyncio.sleep(0))
    task.cancel()
    watchers = journal._watchers
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    journal.open(exchange(1))
    watchers[0](exchange(1))


def test_what_changes_while_the_earlier_is_looked_at_is_not_lost(wait):
    class Changing(Journal):
        """A record to which something happens just before it is read."""

        def now(self):
            earlier = super().now()
            if self._watchers and not earlier[0].gates:
                self.visit(1, GateVisit("g", 0, 5))
            return earlier

    journal = Changing()
    journal.open(exchange(1))
    [found] = wait(journal, Awaited(Event.ARRIVED), PATIENCE_S)
    assert found.gates == (GateVisit("g", 0, 5),)
