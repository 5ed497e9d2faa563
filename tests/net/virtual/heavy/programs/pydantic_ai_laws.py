"""pydantic-ai: agents on the official client, pointed at the mock.

Where its times come from: `pydantic_ai/providers/openai.py` makes the official client with its two retries, which obey
`retry-after` up to 120 s (`openai/_base_client.py`, `_calculate_retry_timeout`); `timeout` of the model's settings is
that of a read (`pydantic_ai/models/openai.py`); `wait_retry_after` (`pydantic_ai/retries.py`) waits as long as the
header says, at most `max_wait`, and else as the strategy that it is given.
"""

import pytest
from httpx2 import HTTPStatusError
from openai import AsyncOpenAI
from pydantic_ai import Agent, ModelAPIError
from pydantic_ai.models import create_async_httpx2_client
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.retries import AsyncHTTPX2TenacityTransport, RetryConfig, wait_retry_after
from tenacity import retry_if_exception_type, stop_after_attempt, wait_incrementing

from scenarios import SLOW, STALL, limited, overloaded


def agent(mockllm, **options):
    provider = OpenAIProvider(base_url=mockllm.base_url, api_key="any", **options)
    return Agent(OpenAIChatModel("m", provider=provider))


def without_retries(mockllm):
    client = AsyncOpenAI(base_url=mockllm.base_url, api_key="any", max_retries=0)
    return Agent(OpenAIChatModel("m", provider=OpenAIProvider(openai_client=client)))


def asking_again(mockllm):
    """An agent whose connection asks again up to ten times: when it is told to, or a minute later each time."""
    transport = AsyncHTTPX2TenacityTransport(
        RetryConfig(
            retry=retry_if_exception_type(HTTPStatusError),
            wait=wait_retry_after(wait_incrementing(start=60, increment=60), max_wait=45),
            stop=stop_after_attempt(10),
            reraise=True,
        ),
        validate_response=lambda response: response.raise_for_status(),
    )
    return agent(mockllm, http_client=create_async_httpx2_client(transport=transport))


@pytest.mark.mockllm(limited(2), clock="virtual")
async def test_run_comes_again_when_it_is_told_to(mockllm, asked_at):
    assert (await agent(mockllm).run("Hi")).output == "ok"
    assert asked_at() == [0, 60, 120]
    assert mockllm.clock.now == 120


@pytest.mark.mockllm(limited(2), clock="virtual")
def test_run_sync_comes_again_when_it_is_told_to(mockllm, asked_at):
    assert agent(mockllm).run_sync("Hi").output == "ok"
    assert asked_at() == [0, 60, 120]
    assert mockllm.clock.now == 120


@pytest.mark.mockllm(SLOW, clock="virtual")
async def test_run_waits_for_a_slow_answer(mockllm):
    assert (await agent(mockllm).run("Hi")).output == "ok"
    assert mockllm.clock.now == 120


@pytest.mark.mockllm(SLOW, clock="virtual")
async def test_run_is_cut_at_its_timeout(mockllm):
    with pytest.raises(ModelAPIError):
        await without_retries(mockllm).run("Hi", model_settings={"timeout": 60})
    assert mockllm.clock.now == 60


@pytest.mark.mockllm(STALL, clock="virtual")
async def test_a_stream_is_cut_in_a_stall(mockllm):
    pieces = []
    with pytest.raises(ModelAPIError):  # noqa: PT012 - an error anywhere in the stream is what is awaited
        async with without_retries(mockllm).run_stream("Hi", model_settings={"timeout": 60}) as stream:
            async for piece in stream.stream_text(delta=True, debounce_by=None):
                pieces.append((piece, mockllm.clock.now))  # noqa: PERF401 - the time is what it is at each piece
    assert pieces == [("a", 0.05), ("b", 0.1), ("c", 0.15)]
    assert mockllm.clock.now == 60.15


@pytest.mark.mockllm(limited(3), clock="virtual")
async def test_its_transport_waits_as_long_as_the_header_says_at_most(mockllm, asked_at):
    """A minute is more than the 45 s that it waits at most."""
    assert (await asking_again(mockllm).run("Hi")).output == "ok"
    assert asked_at() == [0, 45, 90, 135]


@pytest.mark.mockllm(overloaded(4), clock="virtual")
async def test_its_transport_falls_back_to_waits_of_its_own(mockllm, asked_at):
    """1, 2, 3 and 4 minutes one after the other."""
    assert (await asking_again(mockllm).run("Hi")).output == "ok"
    assert asked_at() == [0, 60, 180, 360, 600]
