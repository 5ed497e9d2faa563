"""What virtual time promises: exact times, the same in every run, for clients that know nothing of it."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import anyio
import httpx
import pytest
import requests
import tenacity
from openai import APITimeoutError, AsyncOpenAI, InternalServerError, OpenAI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.net.virtual.conftest import MESSAGES

STALL = {
    "name": "stall",
    "pace": {"ttft": "50ms", "itl": "50ms"},
    "rules": [
        {"replies": [{"text": ["a", "b", "c", "d"], "faults": [{"stall": {"at": {"token": 3}, "for": "600s"}}]}]}
    ],
}
LIMITED = {
    "name": "limited",
    "rules": [
        {
            "replies": [
                {"text": "ok", "attempts": [{"error": {"code": "rate_limit_exceeded", "retry_after": "60s"}}] * 5}
            ]
        }
    ],
}
OVERLOADED = {
    "name": "overloaded",
    "rules": [{"replies": [{"text": "ok", "attempts": [{"error": {"status": 503}}] * 5}]}],
}
SLOW = {"name": "slow", "rules": [{"replies": [{"text": "ok", "pace": {"ttft": "60s"}}]}]}
TOKENS = {
    "name": "tokens",
    "pace": {"ttft": "50ms", "itl": "50ms"},
    "rules": [{"replies": [{"text": [f"{number} " for number in range(10_000)]}]}],
}
CADENCES = {
    "name": "cadences",
    "rules": [
        {
            "when": {"model": f"m{number}"},
            "replies": [{"text": list("abcde"), "pace": {"ttft": f"{10 + number}ms", "itl": f"{7 + number}ms"}}],
        }
        for number in range(50)
    ],
}

# The role chunk rides with the first token, so the first time comes twice.
TO_THE_STALL = [0.05, 0.05, 0.1, 0.15]
LEFT_AT_60_15 = [(0, "LEFT", 60_150_000)]
FIVE_RETRIES = [(number * 60_000_000, "COMPLETE", 0) for number in range(6)]


async def read(client, clock, model="m"):
    """The times at which the chunks of a stream came, and how it ended."""
    times = []
    try:
        async for _ in await client.chat.completions.create(model=model, messages=MESSAGES, stream=True):
            times.append(clock.now)  # noqa: PERF401 - the time is what it is when the chunk has come
    except APITimeoutError as error:
        return times, error.__class__.__name__
    return times, "end"


def test_a_read_timeout_of_60_s_cuts_a_stall_of_600_s(outcome):
    async def client(mock, clock):
        async with AsyncOpenAI(base_url=mock.base_url, api_key="any", timeout=60, max_retries=0) as openai:
            return await read(openai, clock)

    assert outcome(STALL, client) == ((TO_THE_STALL, "APITimeoutError"), 60.15, LEFT_AT_60_15)


def test_a_stall_that_nobody_cuts_takes_its_600_s(outcome):
    async def client(mock, clock):
        async with AsyncOpenAI(base_url=mock.base_url, api_key="any", timeout=None) as openai:
            return (await read(openai, clock))[0][-2:]

    assert outcome(STALL, client) == ([600.2, 600.2], 600.2, [(0, "COMPLETE", 600_200_000)])


def test_five_429s_with_a_retry_after_of_60_s_take_300_s(outcome):
    async def client(mock, clock):
        async with AsyncOpenAI(base_url=mock.base_url, api_key="any", max_retries=5) as openai:
            return (await openai.chat.completions.create(model="m", messages=MESSAGES)).choices[0].message.content

    assert outcome(LIMITED, client) == ("ok", 300.0, FIVE_RETRIES)


def test_ten_thousand_tokens_at_50_ms_come_each_at_its_time(outcome):
    async def client(mock, clock):
        times = []
        call = {"model": "m", "messages": MESSAGES, "stream": True}
        timeout = aiohttp.ClientTimeout(total=None)  # its own would be 300 s
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(f"{mock.base_url}/chat/completions", json=call) as answer,
        ):
            async for line in answer.content:
                if b'"delta":{"content"' in line:
                    times.append(clock.now)  # noqa: PERF401 - the time is what it is when the line has come
        return times

    times, end, _ = outcome(TOKENS, client)
    assert times == [number * 50_000 / 1_000_000 for number in range(1, 10_001)]
    assert end == 500.0


def test_fifty_streams_of_different_cadence_at_once(outcome):
    order = []

    async def client(mock, clock):
        async def one(number):
            times = []
            async for _ in await openai.chat.completions.create(model=f"m{number}", messages=MESSAGES, stream=True):
                times.append(clock.now_us)
                order[-1].append(number)
            return times

        order.append([])
        async with AsyncOpenAI(base_url=mock.base_url, api_key="any") as openai:
            return await asyncio.gather(*map(one, range(50)))

    streams, _, _ = outcome(CADENCES, client)
    for number, times in enumerate(streams):
        tokens = [(10 + number + step * (7 + number)) * 1_000 for step in range(5)]
        assert sorted(set(times)) == tokens
    assert [other for other in order if other != order[0]] == []


def test_localhost_with_a_new_client_for_each_call(outcome):
    async def client(mock, clock):
        times = []
        for _ in range(5):
            url = mock.base_url.replace("127.0.0.1", "localhost")
            async with AsyncOpenAI(base_url=url, api_key="any", timeout=61) as openai:
                await openai.chat.completions.create(model="m", messages=MESSAGES)
                times.append(clock.now)
        return times

    assert outcome(SLOW, client)[0] == [60.0, 120.0, 180.0, 240.0, 300.0]


def test_at_an_exact_tie_the_clients_timeout_wins(outcome):
    async def client(mock, clock):
        async with AsyncOpenAI(base_url=mock.base_url, api_key="any", timeout=60, max_retries=0) as openai:
            with pytest.raises(APITimeoutError):
                await openai.chat.completions.create(model="m", messages=MESSAGES)

    assert outcome(SLOW, client)[1] == 60.0


def test_a_client_that_blocks_in_a_thread_waits_exactly(outcome):
    async def client(mock, clock):
        openai = OpenAI(base_url=mock.base_url, api_key="any", max_retries=5)
        with openai:
            call = asyncio.to_thread(openai.chat.completions.create, model="m", messages=MESSAGES)
            beside = asyncio.create_task(asyncio.sleep(90, "beside"))
            answer = await call
            return answer.choices[0].message.content, await beside

    assert outcome(LIMITED, client) == (("ok", "beside"), 300.0, FIVE_RETRIES)


def test_work_in_a_thread_takes_no_time(outcome):
    async def client(mock, clock):
        timer = asyncio.create_task(asyncio.sleep(1))
        done = [await asyncio.wait_for(asyncio.to_thread(sum, range(200_000)), 0.5) for _ in range(3)]
        done.append(await anyio.to_thread.run_sync(sum, range(200_000)))
        times = clock.now
        await timer
        return done, times

    assert outcome(SLOW, client)[:2] == (([19_999_900_000] * 4, 0.0), 1.0)


def test_threads_hand_over_their_results_in_the_order_in_which_they_were_asked(outcome):
    async def client(mock, clock):
        order = []

        async def job(number):
            await asyncio.to_thread(sum, range(1_000 * (10 - number)))
            order.append(number)

        await asyncio.gather(*map(job, range(10)))
        return order

    assert outcome(SLOW, client)[0] == list(range(10))


def test_clients_in_a_pool_wait_exactly_and_the_end_of_the_pool_takes_no_time(outcome):
    def client(mock, clock):
        def ask(_number):
            with OpenAI(base_url=mock.base_url, api_key="any") as openai:
                return openai.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(ask, range(4)))

    seen = [(at_us, "COMPLETE", 60_000_000) for at_us in (0, 0, 60_000_000, 60_000_000)]
    assert outcome(SLOW, client) == (["ok"] * 4, 120.0, seen)


def test_a_pause_in_a_thread_is_skipped(outcome):
    async def client(mock, clock):
        await asyncio.gather(asyncio.to_thread(time.sleep, 30), asyncio.sleep(10))
        return clock.now

    assert outcome(SLOW, client)[0] == 30.0


def test_clients_that_block_wait_exactly_too(outcome):
    def client(mock, clock):
        times = []
        with (  # noqa: PT012 - an error anywhere in the stream is what is awaited
            OpenAI(base_url=mock.base_url, api_key="any", timeout=60, max_retries=0) as openai,
            pytest.raises(APITimeoutError),
        ):
            for _ in openai.chat.completions.create(model="m", messages=MESSAGES, stream=True):
                times.append(clock.now)  # noqa: PERF401 - the time is what it is when the chunk has come
        return times

    assert outcome(STALL, client) == (TO_THE_STALL, 60.15, LEFT_AT_60_15)


def test_clients_that_block_skip_the_pauses_between_their_tries(outcome):
    def client(mock, clock):
        with OpenAI(base_url=mock.base_url, api_key="any", max_retries=5) as openai:
            return openai.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content

    assert outcome(LIMITED, client) == ("ok", 300.0, FIVE_RETRIES)


def test_requests_is_cut_at_its_read_timeout(outcome):
    def client(mock, clock):
        call = {"model": "m", "messages": MESSAGES, "stream": True}
        with requests.Session() as session, pytest.raises(requests.ConnectionError, match="Read timed out"):
            session.post(f"{mock.base_url}/chat/completions", json=call, timeout=60)

    assert outcome(STALL, client) == (None, 60.15, LEFT_AT_60_15)


def test_a_sync_httpx_client_is_cut_at_its_read_timeout(outcome):
    def client(mock, clock):
        call = {"model": "m", "messages": MESSAGES}
        with httpx.Client(timeout=59) as session, pytest.raises(httpx.ReadTimeout):
            session.post(f"{mock.base_url}/chat/completions", json=call)

    assert outcome(SLOW, client)[1] == 59.0


def test_an_aiohttp_client_is_cut_at_its_read_timeout(outcome):
    async def client(mock, clock):
        call = {"model": "m", "messages": MESSAGES, "stream": True}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            with pytest.raises(aiohttp.SocketTimeoutError):
                async with session.post(f"{mock.base_url}/chat/completions", json=call) as answer:
                    await answer.read()

    assert outcome(STALL, client)[1] == 60.15


def test_tenacity_waits_and_gives_up_by_the_clock(outcome):
    def client(mock, clock):
        call = tenacity.retry(wait=tenacity.wait_fixed(60), stop=tenacity.stop_after_delay(150), reraise=True)
        with (
            OpenAI(base_url=mock.base_url, api_key="any", max_retries=0) as openai,
            pytest.raises(InternalServerError),
        ):
            call(openai.chat.completions.create)(model="m", messages=MESSAGES)

    # Tries at 0, 60, 120 and 180; at 180 more than 150 s have passed.
    assert outcome(OVERLOADED, client) == (None, 180.0, [(number * 60_000_000, "COMPLETE", 0) for number in range(4)])


def test_tenacity_waits_in_coroutines_too(outcome):
    async def client(mock, clock):
        @tenacity.retry(wait=tenacity.wait_fixed(60), stop=tenacity.stop_after_attempt(6))
        async def call():
            await openai.chat.completions.create(model="m", messages=MESSAGES)

        async with AsyncOpenAI(base_url=mock.base_url, api_key="any", max_retries=0) as openai:
            await call()

    assert outcome(OVERLOADED, client)[1] == 300.0


def test_the_clocks_of_the_process_follow(outcome):
    def client(mock, clock):
        before = time.monotonic(), time.perf_counter(), time.time()
        time.sleep(2.5)
        threading.Event().wait(1.5)
        return [
            round(now - then, 3)
            for now, then in zip((time.monotonic(), time.perf_counter(), time.time()), before, strict=False)
        ]

    assert outcome(SLOW, client)[:2] == ([4.0, 4.0, 4.0], 4.0)


def test_an_app_under_its_test_client_calls_the_mock(outcome):
    """The app lives on a loop in a thread of its own, which anyio starts."""

    def client(mock, clock):
        async def ask(_request):
            async with AsyncOpenAI(base_url=mock.base_url, api_key="any", max_retries=5) as openai:
                answer = await openai.chat.completions.create(model="m", messages=MESSAGES)
            return PlainTextResponse(answer.choices[0].message.content)

        with TestClient(Starlette(routes=[Route("/", ask)])) as app:
            return app.get("/").text

    assert outcome(LIMITED, client) == ("ok", 300.0, FIVE_RETRIES)


def test_an_app_on_the_same_loop_calls_the_mock(outcome):
    async def client(mock, clock):
        async def ask(_request):
            async with AsyncOpenAI(base_url=mock.base_url, api_key="any", max_retries=5) as openai:
                answer = await openai.chat.completions.create(model="m", messages=MESSAGES)
            return aiohttp.web.Response(text=answer.choices[0].message.content)

        app = aiohttp.web.Application()
        app.router.add_get("/", ask)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            port = runner.addresses[0][1]
            async with httpx.AsyncClient(timeout=None) as outside:
                return (await outside.get(f"http://127.0.0.1:{port}/")).text
        finally:
            await runner.cleanup()

    assert outcome(LIMITED, client) == ("ok", 300.0, FIVE_RETRIES)
