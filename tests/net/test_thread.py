"""A server in a thread: started, reached and stopped from outside."""

import asyncio
import importlib.util
import sys
import threading

import pytest

from mockllm.errors import MockLLMError
from mockllm.net import thread as thread_module
from mockllm.net.thread import ServerThread
from mockllm.plan import FOREVER_US, End, Head, Wait


def test_a_thread_serves_from_start_to_close_and_again(answers, client, plain):
    thread = ServerThread(answers({"/": plain()}))
    for _ in range(2):
        thread.start()
        with client(thread.url) as browser:
            browser.get("/", "connection: close")
            assert browser.read_to_end()[0].endswith(b"ok")
        thread.close()
        thread.close()
        with pytest.raises(ConnectionRefusedError):
            client(thread.url)
    assert "mockllm" not in {other.name for other in threading.enumerate()}


def test_an_error_of_start_is_raised_in_the_caller_and_leaves_no_thread(serve, answers):
    port = int(serve(answers({})).url.rpartition(":")[2])
    before = threading.active_count()
    thread = ServerThread(answers({}), port=port)
    with pytest.raises(MockLLMError, match="another program listens there"):
        thread.start()
    assert threading.active_count() == before
    thread.close()


def test_a_running_server_is_not_started_twice(serve, answers):
    thread = serve(answers({}))
    with pytest.raises(MockLLMError, match=r"it runs at http://127\.0\.0\.1:\d+\. Close it first\."):
        thread.start()


def test_a_call_runs_in_the_servers_thread_and_returns_there_if_it_comes_from_it(serve, answers):
    thread = serve(answers({}))
    inside = thread.call(threading.get_ident)
    assert inside != threading.get_ident()
    assert thread.call(lambda: thread.call(threading.get_ident)) == inside


def test_a_call_has_the_arguments_the_result_and_the_exception_of_its_function(serve, answers):
    thread = serve(answers({}))
    assert thread.call(int, "ff", base=16) == 255
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 // 0)
    with pytest.raises(TimeoutError, match="mine"):
        thread.call(lambda: (_ for _ in ()).throw(TimeoutError("mine")))


def test_a_call_to_a_server_that_does_not_run_runs_here(answers):
    thread = ServerThread(answers({}))
    assert thread.call(threading.get_ident) == threading.get_ident()
    thread.start()
    thread.close()
    assert thread.call(threading.get_ident) == threading.get_ident()


def test_a_call_waits_for_a_busy_server(serve, answers, monkeypatch):
    monkeypatch.setattr(thread_module, "_CHECK_S", 0.001)
    thread = serve(answers({}))
    asked = threading.Event()

    def busy():
        asked.set()
        threading.Event().wait(0.02)

    other = threading.Thread(target=thread.call, args=(busy,))
    other.start()
    asked.wait()
    assert thread.call(lambda: "done") == "done"
    other.join()


def test_a_call_that_the_closing_server_did_not_get_to_is_refused(serve, answers, monkeypatch):
    monkeypatch.setattr(thread_module, "_CHECK_S", 0.001)
    thread = serve(answers({}))

    class Closed(asyncio.AbstractEventLoop):
        """A loop that takes a call and stops before it runs."""

        def call_soon_threadsafe(self, callback, *args, context=None):
            loop.call_soon_threadsafe(thread._stopping.set)
            thread._thread.join()

    loop, thread._loop = thread._loop, Closed()
    with pytest.raises(MockLLMError, match="closed before it did"):
        thread.call(lambda: None)
    thread._loop = thread._thread = None


def test_a_coroutine_runs_in_the_servers_loop(serve, answers):
    thread = serve(answers({}))

    async def inside():
        await asyncio.sleep(0)
        return threading.get_ident()

    async def failing():
        raise LookupError("not here")

    assert thread.run(inside, 20) == thread.call(threading.get_ident)
    with pytest.raises(LookupError, match="not here"):
        thread.run(failing, 20)


def test_a_coroutine_that_takes_too_long_is_cancelled(serve, answers):
    thread = serve(answers({}))
    cancelled = threading.Event()

    async def endless():
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError, match=r"was given 0\.01 s and is not done"):
        thread.run(endless, 0.01)
    assert cancelled.wait(20)


def test_a_coroutine_needs_a_server_that_runs(answers):
    async def anything():
        """Never awaited."""

    with pytest.raises(MockLLMError, match=r"does not run\. Start it first"):
        ServerThread(answers({})).run(anything, 1)


def test_what_a_caller_left_running_in_the_loop_is_cancelled_at_close(serve, answers):
    thread = serve(answers({}))
    ended = threading.Event()

    async def stay():
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()

    tasks = []
    thread.call(lambda: tasks.append(asyncio.ensure_future(stay())))
    thread.call(lambda: None)
    thread.close()
    assert ended.is_set()


def test_the_state_of_a_closed_server_can_be_read_here(serve, answers, client):
    engine = answers({"/": (Head(200), Wait(FOREVER_US), End())})
    thread = serve(engine)
    with client(thread.url) as browser:
        browser.get("/")
        browser.read(1)
        thread.close()
    assert thread.call(lambda: len(engine.finished)) == 1


def test_without_uvloop_the_loop_is_asyncios(monkeypatch, answers):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    spec = importlib.util.spec_from_file_location("thread_without_uvloop", thread_module.__file__)
    without = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(without)
    thread = without.ServerThread(answers({}))
    thread.start()
    assert isinstance(thread._loop, asyncio.BaseEventLoop)
    thread.close()
