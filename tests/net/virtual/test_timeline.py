import _thread
import threading
from itertools import chain, repeat

import pytest

from mockllm.net.virtual import timeline as module
from mockllm.net.virtual.timeline import MOST_US, Timeline, VirtualClock, Waiter

PATIENCE_S = 20


class Sleeper:
    """One who waits on a lock."""

    def __init__(self, timeline, due_us, ready=lambda: False):
        self.timeline = timeline
        self.lock = _thread.allocate_lock()
        self.lock.acquire()
        self.waiter = Waiter(due_us, ready, self.lock.release)

    def wait(self):
        self.timeline.wait(self.waiter, lambda seconds: self.lock.acquire(timeout=seconds))


def in_thread(function):
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def test_time_moves_to_the_deadline_of_the_only_one_who_waits_and_says_so():
    moves = []
    timeline = Timeline(moved=moves.append)
    timeline.join()
    for due_us in (50_000, 60_150_000, 60_150_000):
        Sleeper(timeline, due_us).wait()
    assert moves == [50_000, 60_150_000]
    assert VirtualClock(timeline).now == 60.15
    assert VirtualClock(timeline).now_us == 60_150_000


def test_of_two_the_first_deadline_counts_and_the_other_waits_on():
    timeline = Timeline()
    woken = []
    joined = threading.Barrier(3)

    def sleep(due_us):
        timeline.join()
        joined.wait()
        Sleeper(timeline, due_us).wait()
        woken.append((due_us, timeline.now_us))
        timeline.leave()

    threads = [in_thread(lambda due_us=due_us: sleep(due_us)) for due_us in (2_000_000, 1_000_000)]
    joined.wait()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert woken == [(1_000_000, 1_000_000), (2_000_000, 2_000_000)]


def test_a_thread_that_ceases_to_be_young_while_it_is_looked_at_is_no_reason_to_give_up(monkeypatch):
    """The clock waits 0.5 s for it. It is younger when the clock asks whether to move on, and no more when it asks why
    it did not.
    """
    readings = chain((0.0, 0.1, 0.1, 0.4, 0.45, 0.6), repeat(1.0))
    monkeypatch.setattr(module, "monotonic", lambda: next(readings))
    reports = []
    timeline = Timeline(stuck=reports.append)
    timeline.expect()
    Sleeper(timeline, 5).wait()
    assert reports == []
    assert timeline.now_us == 5


def test_a_thread_that_joined_twice_leaves_twice():
    timeline = Timeline()
    timeline.join()
    timeline.join()
    timeline.leave()
    assert timeline.seen()
    assert timeline.threads() == (threading.get_ident(),)
    timeline.leave()
    assert not timeline.seen()


def test_time_stands_still_while_it_is_held():
    timeline = Timeline()
    clock = VirtualClock(timeline)
    held, release = threading.Event(), threading.Event()
    seen = []

    def work():
        with clock.hold():
            held.set()
            release.wait(PATIENCE_S)
            seen.append(timeline.now_us)

    thread = in_thread(work)
    held.wait(PATIENCE_S)
    threading.Timer(0.02, release.set).start()
    timeline.join()
    Sleeper(timeline, 1_000_000).wait()
    thread.join(PATIENCE_S)
    assert seen == [0]
    assert timeline.now_us == 1_000_000


def test_who_has_something_to_do_goes_on_before_time_moves():
    timeline = Timeline()
    timeline.join()
    Sleeper(timeline, 1_000_000, ready=lambda: True).wait()
    assert timeline.now_us == 0


def test_who_is_roused_goes_on_though_others_are_busy():
    timeline = Timeline()
    timeline.join()
    sleeper = Sleeper(timeline, None)

    def wait():
        timeline.join()
        sleeper.wait()
        timeline.leave()

    thread = in_thread(wait)
    while not timeline._waiting:
        pass
    timeline.rouse(sleeper.waiter)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    timeline.rouse(sleeper.waiter)  # which changes nothing
    assert timeline.now_us == 0


def test_a_thread_that_takes_no_part_may_wait_too():
    timeline = Timeline()
    Sleeper(timeline, 1_000_000).wait()
    assert timeline.now_us == 1_000_000


def test_at_the_end_nobody_waits_any_more():
    timeline = Timeline()
    timeline.take_hold()
    sleeper = Sleeper(timeline, 1_000_000)
    thread = in_thread(sleeper.wait)
    while not timeline._waiting:
        pass
    timeline.end()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    Sleeper(timeline, None).wait()
    assert timeline.now_us == 0


@pytest.mark.parametrize(
    ("due_us", "held", "reason"),
    [
        (None, False, "nothing can ever happen: everybody waits, nobody has a deadline"),
        (1, True, "a thread that holds the clock was not done after 0.2 real seconds"),
        (MOST_US + 1, False, "more than 7 days have passed, and the next deadline is later still"),
    ],
)
def test_who_waits_in_vain_is_told_why(due_us, held, reason):
    reasons = []
    timeline = Timeline(stuck=lambda found: (reasons.append(found), timeline.end()), patience_s=0.2)
    timeline.join()
    if held:
        timeline.take_hold()
    Sleeper(timeline, due_us).wait()
    assert len(reasons) == 1
    assert reasons[0].startswith(reason)
    assert timeline.now_us == 0


def test_after_the_report_of_seven_days_there_are_seven_more():
    reasons = []
    timeline = Timeline(stuck=reasons.append)
    timeline.join()
    Sleeper(timeline, MOST_US + 1).wait()
    assert len(reasons) == 1
    assert timeline.now_us == MOST_US + 1


def test_nothing_is_said_before_nothing_has_happened_for_a_while():
    timeline = Timeline(stuck=pytest.fail)
    timeline.join()
    polls = []

    def block(_seconds):
        polls.append(timeline.now_us)

    timeline.wait(Waiter(None, lambda: len(polls) > 3, lambda: None), block)
    assert len(polls) == 4
