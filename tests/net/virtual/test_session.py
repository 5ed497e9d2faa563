import asyncio
import datetime as dt
import threading
import time

import pytest
import trio
import uvloop
from openai import APIConnectionError, AsyncOpenAI, OpenAI

from mockllm import MockLLM, MockLLMError, RefusedLoopError, StuckError, VirtualTime, virtual_time
from mockllm.net.virtual.blocking import BlockingCallError
from tests.net.virtual.conftest import MESSAGES

OK = {"name": "ok", "rules": [{"replies": [{"text": "ok"}]}]}

REAL = {
    (owner, name): getattr(owner, name)
    for owner, names in {
        asyncio.BaseEventLoop: ("run_forever", "run_until_complete"),
        asyncio.Runner: ("run",),
        threading.Condition: ("wait",),
        threading.Thread: ("start",),
        time: ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep", "time", "time_ns"),
    }.items()
    for name in names
}


@pytest.fixture(autouse=True)
def _unharmed():
    """Whatever happened, nothing of it stays."""
    yield
    assert VirtualTime.current() is None
    assert {key: getattr(*key) for key in REAL} == REAL
    assert abs(dt.datetime.now(dt.UTC).timestamp() - time.time()) < 10


def test_the_clock_begins_at_0_and_what_waits_takes_no_real_time():
    with virtual_time() as clock:
        assert clock.now == 0
        time.sleep(3_600)
        assert clock.now == 3_600


async def test_it_can_be_put_on_in_a_coroutine_and_its_loop_goes_on_from_there():
    loop = asyncio.get_running_loop()
    before = loop.time()
    async with virtual_time() as clock:
        await asyncio.sleep(60.15)
        assert clock.now == 60.15
        assert time.monotonic() == loop.time()
    assert loop.time() >= before + 60.15
    assert "call_at" not in vars(loop)
    await asyncio.sleep(0.001)


async def test_a_coroutine_may_also_put_it_on_with_a_plain_with():
    with virtual_time() as clock:
        await asyncio.sleep(60.15)
        assert clock.now == 60.15


async def test_timers_that_are_left_keep_their_distance():
    rung = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with virtual_time():
        timer = loop.call_later(1_000, rung.set)
        await asyncio.sleep(999)
        left = timer.when() - loop.time()
    assert left == 1
    assert 0 < timer.when() - loop.time() <= 1
    assert not rung.is_set()
    timer.cancel()


async def test_it_can_be_put_on_twice_in_a_row_on_one_loop():
    for _ in range(2):
        async with virtual_time() as clock:
            async with asyncio.timeout(60):
                await asyncio.sleep(59)
            assert clock.now == 59


async def test_timers_from_before_ring_in_virtual_time():
    loop = asyncio.get_running_loop()
    rung = asyncio.Event()
    loop.call_later(1_000, rung.set)
    async with virtual_time() as clock:
        await rung.wait()
        assert 998 < clock.now <= 1_000


def test_it_is_on_once_in_a_process():
    with virtual_time(), pytest.raises(MockLLMError, match="it is on already in this process: end the first one"):
        virtual_time().start()
    VirtualTime().end()  # which never began


def test_what_has_ended_does_not_begin_again():
    time = VirtualTime()
    with time:
        pass
    with pytest.raises(MockLLMError, match="this virtual time has ended, and cannot begin again: make a new one"):
        time.start()


async def wait_for_ever():
    async with virtual_time():
        await asyncio.Event().wait()


NOTHING = "virtual time is stuck at 0 s: nothing can ever happen: everybody waits, nobody has a deadline"


@pytest.mark.parametrize("debug", [False, True], ids=["plain", "debug"])
def test_a_wait_without_an_end_is_ended_and_reported(debug):
    with pytest.raises(StuckError, match=NOTHING) as caught:
        asyncio.run(wait_for_ever(), debug=debug)
    assert "(wait_for_ever) waits in wait (" in str(caught.value)


def test_a_coroutine_that_is_run_within_is_ended_too():
    with pytest.raises(StuckError, match=NOTHING), virtual_time():
        asyncio.run(asyncio.Event().wait())


def test_code_that_blocks_is_ended_where_it_blocks():
    reached = []
    with pytest.raises(StuckError, match=NOTHING), virtual_time() as clock:  # noqa: PT012 - what comes after the error is tested too
        with pytest.raises(StuckError, match=NOTHING):
            threading.Event().wait()
        time.sleep(1)
        reached.append(clock.now)
    assert reached == [1]


def test_a_test_that_passes_over_its_end_is_failed_all_the_same():
    async def ignore():
        async with virtual_time():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await asyncio.sleep(5)

    with pytest.raises(StuckError, match=NOTHING):
        asyncio.run(ignore())


def test_a_test_that_fails_for_its_end_shows_both():
    async def fail():
        async with virtual_time():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise ValueError("cleaning up failed") from None

    with pytest.raises(StuckError) as caught:
        asyncio.run(fail())
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_test_that_does_not_end_is_told_so_again():
    async def insist():
        async with virtual_time():
            for _ in range(3):
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    continue

    with pytest.raises(StuckError, match=NOTHING):
        asyncio.run(insist())


def test_an_endless_loop_without_time_is_ended():
    async def spin():
        async with virtual_time():
            while True:  # noqa: ASYNC110 - the endless loop is what is tested
                await asyncio.sleep(0)

    with pytest.raises(
        StuckError, match="stuck at 0 s: something asks for the loop's next turn again and again"
    ) as caught:
        asyncio.run(spin())
    assert "200,000 turns without anything to read, and without time" in str(caught.value)


def test_an_endless_loop_over_time_is_ended_after_seven_days():
    async def tick():
        async with virtual_time():
            while True:  # noqa: ASYNC110 - the endless loop is what is tested
                await asyncio.sleep(3_600)

    with pytest.raises(StuckError, match="stuck at 604800 s: more than 7 days have passed"):
        asyncio.run(tick())


def test_a_thread_that_does_not_end_is_shown():
    go = threading.Event()
    blocked = go._cond._lock  # a lock that virtual time knows nothing of

    async def wait():
        with blocked:
            async with VirtualTime(patience_s=0.2):
                await asyncio.to_thread(blocked.acquire)

    with pytest.raises(
        StuckError, match=r"a thread that holds the clock was not done after 0.2 real seconds"
    ) as caught:
        asyncio.run(wait())
    assert "thread asyncio_0 is in" in str(caught.value)


def test_a_client_that_blocks_in_a_coroutine_is_told_so():
    async def block():
        async with virtual_time():
            with MockLLM(OK) as mock, OpenAI(base_url=mock.base_url, api_key="any", max_retries=0) as openai:
                openai.chat.completions.create(model="m", messages=MESSAGES)

    with pytest.raises(BlockingCallError, match=r"a client that blocks was used in a coroutine: .* asyncio.to_thread"):
        asyncio.run(block())


@pytest.mark.parametrize(
    ("host", "message"),
    [("127.0.0.1", "virtual time: nothing in this test serves 127.0.0.1:9. Point the client at the mock"),
     ("example.com", "virtual time: nothing in this test is called 'example.com'. Point the client at the mock")],
)  # fmt: skip
def test_nobody_else_can_be_reached(host, message):
    async def ask():
        async with virtual_time(), AsyncOpenAI(base_url=f"http://{host}:9/v1", api_key="any", max_retries=0) as openai:
            await openai.chat.completions.create(model="m", messages=MESSAGES)

    with pytest.raises(APIConnectionError) as caught:
        asyncio.run(ask())
    error, texts = caught.value, []
    while error is not None:
        texts.append(str(error))
        error = error.__cause__ or error.__context__
    assert message in "\n".join(texts)


def test_other_loops_are_refused_by_name():
    selector = "virtual time needs asyncio's own selector loop, but this one is uvloop.Loop"
    with pytest.raises(RefusedLoopError, match=selector):
        uvloop.run(wait_for_ever())
    with (
        virtual_time(),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        pytest.raises(RefusedLoopError, match=selector),
    ):
        runner.run(wait_for_ever())


def test_trio_is_refused_by_name():
    async def wait():
        with virtual_time():
            raise AssertionError

    with pytest.raises(
        RefusedLoopError, match="virtual time needs asyncio's own selector loop, but this test runs on trio"
    ):
        trio.run(wait)


def test_a_loop_that_belongs_to_looptime_is_refused():
    class Loop(asyncio.SelectorEventLoop):
        pass

    Loop.__module__ = "looptime._internal.loops"
    with (
        pytest.raises(RefusedLoopError, match="belongs to looptime, which moves time by itself: use one of the two"),
        asyncio.Runner(loop_factory=Loop) as runner,
    ):
        runner.run(wait_for_ever())


def test_a_loop_without_a_selector_is_refused_when_it_runs():
    class Loop(asyncio.BaseEventLoop):
        """As the Proactor's: not a selector in sight."""

    loop = Loop()
    with (
        virtual_time(),
        pytest.raises(RefusedLoopError, match=r"this one is tests.*Loop, which waits where nothing can"),
    ):
        loop.run_forever()
    loop.close()


def test_a_running_mock_moves_into_virtual_time_and_back():
    with MockLLM(OK) as mock:
        url, clock = mock.url, mock.clock
        with OpenAI(base_url=mock.base_url, api_key="any") as openai:
            openai.chat.completions.create(model="m", messages=MESSAGES)
        with mock.virtual_time() as virtual, OpenAI(base_url=mock.base_url, api_key="any") as openai:
            openai.chat.completions.create(model="m", messages=MESSAGES)
            time.sleep(60)
            assert mock.clock is virtual
            assert mock.clock.now == 60
            assert mock.url == url
            assert len(mock.journal) == 2
        assert mock.clock is clock
        with OpenAI(base_url=mock.base_url, api_key="any") as openai:
            openai.chat.completions.create(model="m", messages=MESSAGES)
        assert len(mock.journal) == 3


def test_a_mock_that_does_not_run_yet_may_be_started_within():
    mock = MockLLM(OK)
    with mock.virtual_time() as clock, mock:
        time.sleep(5)
        assert mock.clock.now == clock.now == 5


def test_a_loop_may_be_closed_within():
    with virtual_time() as clock, MockLLM(OK) as mock:
        loop = asyncio.new_event_loop()

        async def ask():
            async with AsyncOpenAI(base_url=mock.base_url, api_key="any") as openai:
                await openai.chat.completions.create(model="m", messages=MESSAGES)
                await asyncio.sleep(5)

        loop.run_until_complete(ask())
        loop.close()
        loop.close()
        assert clock.now == 5
        with pytest.raises(RuntimeError, match="closed"):
            loop.run_until_complete(ask_nothing := asyncio.sleep(0))
        ask_nothing.close()


def test_a_loop_may_outlive_it():
    loop = asyncio.new_event_loop()
    with virtual_time():
        loop.run_until_complete(asyncio.sleep(60))
    loop.run_until_complete(asyncio.sleep(0.001))
    loop.close()


def test_a_future_may_be_what_is_run_until_complete():
    loop = asyncio.new_event_loop()
    with virtual_time() as clock:
        future = loop.create_future()
        loop.call_later(7, future.set_result, "done")
        assert loop.run_until_complete(future) == "done"
        assert clock.now == 7
        with pytest.raises(TypeError):
            loop.run_until_complete(None)
    loop.close()


def test_a_report_that_finds_nobody_to_end_is_kept_and_there_are_not_many():
    time = VirtualTime()
    time.start()
    try:
        for _ in range(100):
            time._stuck("a reason")
        assert len(time._reports) == 20
        with pytest.raises(StuckError, match="virtual time is stuck at 0 s: a reason"), time.test():
            pass
    finally:
        time.end()
