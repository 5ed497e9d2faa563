import threading

import pytest

from mockllm.net.virtual.jobs import Jobs, State
from mockllm.net.virtual.timeline import Timeline

PATIENCE_S = 20
LOOP = object()  # it is only compared


@pytest.fixture
def jobs():
    return Jobs(Timeline())


def busy(jobs):
    with jobs._timeline.lock:
        return jobs._timeline.is_working_locked()


def run(job):
    found = []
    thread = threading.Thread(target=lambda: found.append(job(1, more=2)), daemon=True)
    thread.start()
    return thread, found


def until(holds):
    for _ in range(10_000_000):
        if holds():
            return
    raise AssertionError


def test_a_job_is_busy_until_its_result_was_taken(jobs):
    go = threading.Event()
    job = jobs.submit(lambda value, more: (go.wait(PATIENCE_S), value + more)[1], "pool", loop=LOOP)
    assert job.state is State.QUEUED
    assert busy(jobs)
    thread, found = run(job)
    until(lambda: job.state is State.RUNNING)
    assert busy(jobs)
    go.set()
    until(lambda: job.state is State.DONE)
    assert not busy(jobs)  # the loop may be asked
    assert jobs.can_hand_over_locked(LOOP)
    assert jobs.hand_over(LOOP)
    assert busy(jobs)
    thread.join(PATIENCE_S)
    assert found == [3]
    jobs.settle(job)
    assert not busy(jobs)
    assert not jobs.hand_over(LOOP)


def test_results_are_handed_over_in_the_order_of_submission(jobs):
    first, second = (jobs.submit(lambda value, more: value, "pool", loop=LOOP) for _ in range(2))
    threads = [run(second), run(first)]
    until(lambda: first.state is second.state is State.DONE)
    jobs.hand_over(LOOP)
    assert (first.state, second.state) == (State.HANDED, State.DONE)
    jobs.settle(first)
    jobs.settle(second)  # nobody wants it any more, so its thread may end
    for thread, _ in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_nothing_is_handed_over_while_an_earlier_job_is_still_at_work(jobs):
    go = threading.Event()
    first = jobs.submit(lambda value, more: go.wait(PATIENCE_S), "pool", loop=LOOP)
    second = jobs.submit(lambda value, more: value, "pool", loop=LOOP)
    threads = [run(first), run(second)]
    until(lambda: (first.state, second.state) == (State.RUNNING, State.DONE))
    assert not jobs.can_hand_over_locked(LOOP)
    go.set()
    until(lambda: first.state is State.DONE)
    assert jobs.can_hand_over_locked(LOOP)
    jobs.end()
    for thread, _ in threads:
        thread.join(PATIENCE_S)


def test_a_job_that_nobody_wants_any_more_ends_by_itself(jobs):
    go = threading.Event()
    job = jobs.submit(lambda value, more: go.wait(PATIENCE_S), "pool", loop=LOOP)
    thread, found = run(job)
    until(lambda: job.state is State.RUNNING)
    jobs.settle(job)
    assert busy(jobs)
    go.set()
    thread.join(PATIENCE_S)
    assert found == [True]
    assert not busy(jobs)


def test_a_job_without_a_loop_does_not_wait_for_its_turn(jobs):
    job = jobs.submit(lambda value, more: value, "pool")
    thread, found = run(job)
    thread.join(PATIENCE_S)
    assert found == [1]
    assert busy(jobs)  # whoever waits for it does not know yet
    jobs.settle(job)
    assert not busy(jobs)


def test_a_job_that_waits_for_a_thread_holds_the_clock_only_if_there_is_one_for_it(jobs):
    go = threading.Event()
    first = jobs.submit(lambda value, more: go.wait(PATIENCE_S), "pool", room=1)
    run(first)
    until(lambda: first.state is State.RUNNING)
    second = jobs.submit(lambda value, more: None, "pool", room=1)
    with jobs._timeline.lock:
        assert not jobs._under_way_locked()
    other = jobs.submit(lambda value, more: None, "other", room=1)
    with jobs._timeline.lock:
        assert jobs._under_way_locked()
    jobs.settle(other)
    go.set()
    until(lambda: first.state is State.HANDED)
    jobs.settle(first)
    assert busy(jobs)
    jobs.settle(second)


def test_at_the_end_all_threads_are_let_go(jobs):
    go = threading.Event()
    running, done, queued = (
        jobs.submit(function, "pool", loop=LOOP)
        for function in (lambda value, more: go.wait(PATIENCE_S), lambda value, more: 1, lambda value, more: 1)
    )
    threads = [run(running), run(done)]
    until(lambda: (running.state, done.state) == (State.RUNNING, State.DONE))
    jobs.end()
    go.set()
    for thread, _ in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert queued.state is State.QUEUED
    jobs.settle(queued)
    assert not busy(jobs)
