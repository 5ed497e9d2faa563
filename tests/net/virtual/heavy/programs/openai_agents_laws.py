"""openai-agents: its runner on the official client, pointed at the mock, with its tracing as it comes.

Where its times come from: the official client (`openai/_base_client.py`, `_calculate_retry_timeout`) obeys
`retry-after` up to 120 s; the runner's own retries (`agents/run_internal/model_retry.py`, `_default_retry_delay`) wait
initial_delay * multiplier ** (attempt - 1) s, at most max_delay, and come after those of the client, which are off
here.
"""

import openai
import pytest
from agents import (
    Agent,
    ModelRetryBackoffSettings,
    ModelRetrySettings,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    retry_policies,
)
from openai import AsyncOpenAI

from scenarios import SLOW, STALL, limited, overloaded


def agent(mockllm, model=OpenAIChatCompletionsModel, settings=None, **options):
    client = AsyncOpenAI(base_url=mockllm.base_url, api_key="any", **options)
    return Agent(name="a", model=model("m", openai_client=client), model_settings=settings or ModelSettings())


AGAIN = ModelSettings(
    retry=ModelRetrySettings(
        max_retries=3,
        backoff=ModelRetryBackoffSettings(initial_delay=10, multiplier=3, max_delay=1_000, jitter=False),
        policy=retry_policies.http_status([503]),
    )
)


@pytest.mark.parametrize("model", [OpenAIChatCompletionsModel, OpenAIResponsesModel])
@pytest.mark.mockllm(limited(2), clock="virtual")
async def test_run_comes_again_when_it_is_told_to(mockllm, asked_at, model):
    assert (await Runner.run(agent(mockllm, model), "Hi")).final_output == "ok"
    assert asked_at() == [0, 60, 120]
    assert mockllm.clock.now == 120


@pytest.mark.mockllm(limited(2), clock="virtual")
def test_run_sync_comes_again_when_it_is_told_to(mockllm, asked_at):
    assert Runner.run_sync(agent(mockllm), "Hi").final_output == "ok"
    assert asked_at() == [0, 60, 120]


@pytest.mark.mockllm(overloaded(3), clock="virtual")
async def test_its_own_retries_wait_longer_each_time(mockllm, asked_at):
    """10, 30 and 90 s."""
    assert (await Runner.run(agent(mockllm, settings=AGAIN, max_retries=0), "Hi")).final_output == "ok"
    assert asked_at() == [0, 10, 40, 130]


@pytest.mark.mockllm(SLOW, clock="virtual")
async def test_run_is_cut_at_its_timeout(mockllm):
    with pytest.raises(openai.APITimeoutError):
        await Runner.run(agent(mockllm, timeout=60, max_retries=0), "Hi")
    assert mockllm.clock.now == 60


@pytest.mark.mockllm(STALL, clock="virtual")
async def test_a_stream_is_cut_in_a_stall(mockllm):
    pieces = []
    stream = Runner.run_streamed(agent(mockllm, timeout=60, max_retries=0), "Hi")
    with pytest.raises(openai.APITimeoutError):  # noqa: PT012 - an error anywhere in the stream is what is awaited
        async for event in stream.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                pieces.append((event.data.delta, mockllm.clock.now))  # noqa: PERF401 - the time is what it is at each piece
    assert pieces == [("a", 0.05), ("b", 0.1), ("c", 0.15)]
    assert mockllm.clock.now == 60.15
