import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from mockllm import virtual_time


def test_a_thread_that_pauses_is_waited_for_and_its_pause_is_skipped():
    ends = []
    with virtual_time() as clock:

        def pause():
            time.sleep(30)
            ends.append(clock.now)

        thread = threading.Thread(target=pause)
        thread.start()
        thread.join()
        assert (ends, clock.now) == ([30], 30)


def test_a_thread_that_works_for_others_is_waited_for():
    """What it was asked for holds the clock until it asks for more."""
    asked, answered = queue.Queue(), queue.Queue()

    def work():
        while (number := asked.get()) is not None:
            time.sleep(number)
            answered.put(sum(range(100_000)))

    with virtual_time() as clock:
        thread = threading.Thread(target=work)
        thread.start()
        for number in (10, 20, 30):
            asked.put(number)
            assert answered.get(timeout=number + 1) == 4_999_950_000
        assert clock.now == 60
        asked.put(None)
        thread.join()


def test_a_thread_that_never_comes_to_the_clock_does_not_hold_it():
    go = threading.Lock()
    go.acquire()
    with virtual_time() as clock:
        thread = threading.Thread(target=go.acquire)
        thread.start()
        time.sleep(60)
        assert clock.now == 60
        thread.join(5)
        assert thread.is_alive()
        assert clock.now == 65
        go.release()
        thread.join()


def test_a_thread_from_before_is_joined_for_real():
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    with virtual_time() as clock:
        go.set()
        thread.join()
        assert clock.now == 0


def test_a_pool_may_be_left_without_waiting_or_with_work_that_is_given_up():
    with virtual_time() as clock:
        pool = ThreadPoolExecutor(1)
        futures = [pool.submit(time.sleep, 10) for _ in range(3)]
        pool.shutdown(wait=True, cancel_futures=True)
        assert clock.now == 10
        assert [future.cancelled() for future in futures] == [False, True, True]
