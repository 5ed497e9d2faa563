"""litellm: its OpenAI provider, pointed at the mock.

Where its times come from: `litellm/llms/openai/openai.py` gives `timeout` and `max_retries` to the official client,
which obeys `retry-after` up to 120 s (`openai/_base_client.py`, `_calculate_retry_timeout`); `litellm.Router` waits
`retry-after` up to 60 s, and else INITIAL_RETRY_DELAY * 2 ** retries up to MAX_RETRY_DELAY, plus up to JITTER
(`litellm/utils.py`, `calculate_retry_after`; the constants are read from the environment, which sets JITTER to 0 here).
"""

import litellm
import pytest
from litellm.exceptions import MidStreamFallbackError

from scenarios import SLOW, STALL, limited, overloaded

CALL = {"model": "openai/m", "api_key": "any", "messages": [{"role": "user", "content": "Hi"}]}


def router(mockllm, **options):
    deployment = {"model": "openai/m", "api_key": "any", "api_base": mockllm.base_url, "max_retries": 0}
    return litellm.Router([{"model_name": "m", "litellm_params": deployment}], disable_cooldowns=True, **options)


@pytest.mark.mockllm(SLOW, clock="virtual")
async def test_acompletion_is_cut_at_its_timeout(mockllm):
    with pytest.raises(litellm.Timeout):
        await litellm.acompletion(**CALL, api_base=mockllm.base_url, timeout=60, max_retries=0)
    assert mockllm.clock.now == 60


@pytest.mark.mockllm(SLOW, clock="virtual")
def test_completion_is_cut_at_its_timeout(mockllm):
    with pytest.raises(litellm.Timeout):
        litellm.completion(**CALL, api_base=mockllm.base_url, timeout=60, max_retries=0)
    assert mockllm.clock.now == 60


@pytest.mark.mockllm(limited(3), clock="virtual")
async def test_acompletion_comes_again_when_it_is_told_to(mockllm, asked_at):
    answer = await litellm.acompletion(**CALL, api_base=mockllm.base_url, max_retries=3)
    assert answer.choices[0].message.content == "ok"
    assert asked_at() == [0, 60, 120, 180]


@pytest.mark.mockllm(limited(3), clock="virtual")
def test_completion_comes_again_when_it_is_told_to(mockllm, asked_at):
    answer = litellm.completion(**CALL, api_base=mockllm.base_url, max_retries=3)
    assert answer.choices[0].message.content == "ok"
    assert asked_at() == [0, 60, 120, 180]


@pytest.mark.mockllm(STALL, clock="virtual")
async def test_a_stream_is_cut_in_a_stall(mockllm):
    pieces = []
    with pytest.raises(MidStreamFallbackError):  # noqa: PT012 - an error anywhere in the stream is what is awaited
        stream = await litellm.acompletion(**CALL, api_base=mockllm.base_url, stream=True, timeout=60, max_retries=0)
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                pieces.append((chunk.choices[0].delta.content, mockllm.clock.now))  # noqa: PERF401 - the time is what it is at each piece
    assert pieces == [("a", 0.05), ("b", 0.1), ("c", 0.15)]
    assert mockllm.clock.now == 60.15


@pytest.mark.mockllm(limited(3), clock="virtual")
async def test_the_router_comes_again_when_it_is_told_to(mockllm, asked_at):
    answer = await router(mockllm, num_retries=3).acompletion("m", CALL["messages"])
    assert answer.choices[0].message.content == "ok"
    assert asked_at() == [0, 60, 120, 180]


@pytest.mark.mockllm(overloaded(5), clock="virtual")
async def test_the_router_waits_longer_each_time(mockllm, asked_at):
    """0.5 s, then twice as long each time up to 8 s: 0.5, 1, 2, 4 and 8."""
    answer = await router(mockllm, num_retries=5).acompletion("m", CALL["messages"])
    assert answer.choices[0].message.content == "ok"
    assert asked_at() == [0, 0.5, 1.5, 3.5, 7.5, 15.5]
