"""The official Python client in tests that depend on who comes first, with gates and events in place of sleeps.

Each of the three is repeated 500 times on one server, each time in a run of its own. A test that depended on time would
fail now and then; these have nothing to wait for but what they name.
"""

import asyncio
import threading

import openai

from mockllm import MockLLM

TIMES = 500
PATIENCE_S = 20.0

CANCELLED = """
name: cancelled
rules:
  - replies: [{text: [one, " two", " three"], faults: [{gate: {name: middle, at: {token: 2}}}]}]
"""
ORDERED = """
name: ordered
rules:
  - {when: {last: slow}, replies: [{text: slow, faults: [gate: slow]}]}
  - {when: {last: fast}, replies: [{text: fast, faults: [{gate: {name: fast, at: headers}}]}]}
"""
RACE = """
name: race
rules:
  - replies: [{text: you are first, faults: [gate: first]}, you are second]
"""


def body(scenario, run, text="hi"):
    """A request to a run of its own; the model names it, so one client can ask them all."""
    return {"model": f"mockllm/{scenario}@{run}", "messages": [{"role": "user", "content": text}]}


def text_of(answer):
    return answer.choices[0].message.content


async def test_a_client_that_is_cancelled_in_the_middle_of_a_stream_has_left_at_just_that_point():
    async def read(run):
        async for chunk in await client.chat.completions.create(**body("cancelled", run), stream=True):
            received.append(chunk.choices[0].delta.content)
            if chunk.choices[0].delta.content == " two":
                enough.set()

    with MockLLM(CANCELLED) as mock:
        async with openai.AsyncOpenAI(base_url=mock.base_url, api_key="any", max_retries=0) as client:
            for run in range(TIMES):
                received: list[str] = []
                enough = asyncio.Event()
                reading = asyncio.create_task(read(run))
                await enough.wait()
                [waiting] = await mock.wait_for_async("gate", gate="middle", run=str(run), timeout_s=PATIENCE_S)
                assert waiting.gate == "middle"
                reading.cancel()
                [left] = await mock.wait_for_async("left", run=str(run), timeout_s=PATIENCE_S)
                assert left.outcome.step == left.gates[0].step
                assert left.gates[0].passed_us is None
                assert received == ["", "one", " two"]
        assert mock.problems() == ()


async def test_answers_arrive_in_the_order_in_which_their_gates_are_opened():
    async def ask(run, text):
        arrived.append(text_of(await client.chat.completions.create(**body("ordered", run, text))))

    with MockLLM(ORDERED) as mock:
        async with openai.AsyncOpenAI(base_url=mock.base_url, api_key="any", max_retries=0) as client:
            for run in range(TIMES):
                arrived: list[str] = []
                slow = asyncio.create_task(ask(run, "slow"))
                await mock.wait_for_async("gate", gate="slow", run=str(run), timeout_s=PATIENCE_S)
                fast = asyncio.create_task(ask(run, "fast"))
                await mock.wait_for_async("gate", gate="fast", run=str(run), timeout_s=PATIENCE_S)
                mock.open("fast", run=str(run))
                await fast
                assert arrived == ["fast"]
                mock.open("slow", run=str(run))
                await slow
                assert arrived == ["fast", "slow"]
        assert mock.problems() == ()


def test_of_two_clients_in_two_threads_the_second_overtakes_the_first():
    def ask(run, who, client):
        answers[run, who] = text_of(client.chat.completions.create(**body("race", run, who)))

    answers: dict[tuple[int, str], str] = {}
    with (
        MockLLM(RACE) as mock,
        openai.OpenAI(base_url=mock.base_url, api_key="one", max_retries=0) as first_client,
        openai.OpenAI(base_url=mock.base_url, api_key="two", max_retries=0) as second_client,
    ):
        for run in range(TIMES):
            first = threading.Thread(target=ask, args=(run, "first", first_client))
            first.start()
            mock.wait_for("gate", run=str(run), timeout_s=PATIENCE_S)
            second = threading.Thread(target=ask, args=(run, "second", second_client))
            second.start()
            second.join()
            assert answers == {(run, "second"): "you are second"}
            mock.open("first", run=str(run))
            first.join()
            assert answers.pop((run, "first")) == "you are first"
            answers.clear()
        assert mock.problems() == ()
