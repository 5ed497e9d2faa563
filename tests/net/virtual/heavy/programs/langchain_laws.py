"""langchain-openai: its own client, pointed at the mock.

Where its times come from: `langchain_openai/chat_models/base.py` gives `timeout` and `max_retries` to the official
client, which obeys `retry-after` up to 120 s (`openai/_base_client.py`, `_calculate_retry_timeout`) and whose timeout
is that of a read; `stream_chunk_timeout` is `asyncio.wait_for` around each chunk
(`langchain_openai/chat_models/_client_utils.py`); `with_retry` waits initial * exp_base ** (attempt - 1) s
(`langchain_core/runnables/retry.py`, tenacity's `wait_exponential_jitter`).
"""

import openai
import pytest
from langchain_openai import ChatOpenAI, StreamChunkTimeoutError

from scenarios import SLOW, STALL, limited, overloaded


def chat(mockllm, **options):
    return ChatOpenAI(model="m", base_url=mockllm.base_url, api_key="any", **options)


@pytest.mark.mockllm(SLOW, clock="virtual")
async def test_ainvoke_is_cut_at_its_timeout(mockllm):
    with pytest.raises(openai.APITimeoutError):
        await chat(mockllm, timeout=60, max_retries=0).ainvoke("Hi")
    assert mockllm.clock.now == 60


@pytest.mark.mockllm(SLOW, clock="virtual")
def test_invoke_is_cut_at_its_timeout(mockllm):
    with pytest.raises(openai.APITimeoutError):
        chat(mockllm, timeout=60, max_retries=0).invoke("Hi")
    assert mockllm.clock.now == 60


@pytest.mark.mockllm(limited(5), clock="virtual")
async def test_ainvoke_comes_again_when_it_is_told_to(mockllm, asked_at):
    assert (await chat(mockllm, max_retries=5).ainvoke("Hi")).content == "ok"
    assert asked_at() == [0, 60, 120, 180, 240, 300]
    assert mockllm.clock.now == 300


@pytest.mark.mockllm(limited(5), clock="virtual")
def test_invoke_comes_again_when_it_is_told_to(mockllm, asked_at):
    assert chat(mockllm, max_retries=5).invoke("Hi").content == "ok"
    assert asked_at() == [0, 60, 120, 180, 240, 300]


@pytest.mark.mockllm(STALL, clock="virtual")
async def test_astream_is_cut_in_a_stall(mockllm):
    pieces = []
    with pytest.raises(openai.APITimeoutError):  # noqa: PT012 - an error anywhere in the stream is what is awaited
        async for chunk in chat(mockllm, timeout=60, max_retries=0).astream("Hi"):
            if chunk.content:
                pieces.append((chunk.content, mockllm.clock.now))  # noqa: PERF401 - the time is what it is at each piece
    assert pieces == [("a", 0.05), ("b", 0.1), ("c", 0.15)]
    assert mockllm.clock.now == 60.15


@pytest.mark.mockllm(STALL, clock="virtual")
def test_stream_is_cut_in_a_stall(mockllm):
    pieces = []
    with pytest.raises(openai.APITimeoutError):  # noqa: PT012 - an error anywhere in the stream is what is awaited
        for chunk in chat(mockllm, timeout=60, max_retries=0).stream("Hi"):
            if chunk.content:
                pieces.append((chunk.content, mockllm.clock.now))  # noqa: PERF401 - the time is what it is at each piece
    assert pieces == [("a", 0.05), ("b", 0.1), ("c", 0.15)]
    assert mockllm.clock.now == 60.15


@pytest.mark.mockllm(STALL, clock="virtual")
async def test_a_chunk_that_is_late_is_given_up(mockllm):
    with pytest.raises(StreamChunkTimeoutError):
        async for _ in chat(mockllm, stream_chunk_timeout=45, max_retries=0).astream("Hi"):
            pass
    assert mockllm.clock.now == 45.15


@pytest.mark.mockllm(overloaded(3), clock="virtual")
async def test_with_retry_waits_longer_each_time(mockllm, asked_at):
    """20 s, then three times as long, and again: tries at 0, 20, 20 + 60 and 20 + 60 + 180."""
    again = chat(mockllm, max_retries=0).with_retry(
        stop_after_attempt=4, exponential_jitter_params={"initial": 20, "exp_base": 3, "jitter": 0}
    )
    assert (await again.ainvoke("Hi")).content == "ok"
    assert asked_at() == [0, 20, 80, 260]


@pytest.mark.mockllm(overloaded(3), clock="virtual")
def test_with_retry_blocks_just_as_long(mockllm, asked_at):
    again = chat(mockllm, max_retries=0).with_retry(
        stop_after_attempt=4, exponential_jitter_params={"initial": 20, "exp_base": 3, "jitter": 0}
    )
    assert again.invoke("Hi").content == "ok"
    assert asked_at() == [0, 20, 80, 260]


@pytest.mark.mockllm(SLOW, clock="virtual")
def test_batch_asks_in_several_threads_at_once(mockllm, asked_at):
    answers = chat(mockllm, timeout=None).batch(["Hi"] * 4, config={"max_concurrency": 2})
    assert [answer.content for answer in answers] == ["ok"] * 4
    assert sorted(asked_at()) == [0, 0, 120, 120]
    assert mockllm.clock.now == 240
