import time

from mockllm import Journal, virtual_time
from mockllm.engine import Engine
from mockllm.net.served import Served
from mockllm.net.server import MOST_BODY_BYTES
from mockllm.net.virtual.real import RealTimeClock
from mockllm.net.virtual.timeline import VirtualClock
from mockllm.scenario.library import Library


def served():
    return Served(
        Engine(Library([]), Journal()), host="127.0.0.1", port=0, clock=None, max_body=MOST_BODY_BYTES, control=None
    )


def test_by_itself_it_is_a_thread_with_a_real_clock_that_begins_when_it_is_started():
    here = served()
    before = here.clock
    here.start()
    assert isinstance(here.clock, RealTimeClock)
    assert here.clock is not before
    assert here.call(max, 1, 2) == 2
    here.settle()
    here.wait_idle(5)
    here.check_wait("this")
    here.close()


def test_started_in_virtual_time_it_has_that_clock():
    here = served()
    with virtual_time():
        here.start()
        assert isinstance(here.clock, VirtualClock)
        time.sleep(5)
        assert here.clock.now == 5
        here.close()
    here.start()
    assert isinstance(here.clock, RealTimeClock)
    here.close()


def test_while_it_serves_it_moves_into_virtual_time_and_back():
    here = served()
    here.start()
    url, clock = here.url, here.clock
    with here.virtual_time() as virtual:
        assert here.url == url
        assert here.clock is virtual
    assert here.url == url
    assert here.clock is clock
    here.close()


def test_what_does_not_serve_yet_has_nothing_to_move():
    here = served()
    with here.virtual_time():
        assert isinstance(here.clock, RealTimeClock)
