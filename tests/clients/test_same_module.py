"""One module for a server in this process and for one elsewhere: it asks for nothing that only one of them has.

Run by itself it starts its servers; `test_elsewhere.py` runs it again with MOCKLLM_URL.
"""

import asyncio
import json
import urllib.error
import urllib.request

import pytest
from openai import APIConnectionError, AsyncOpenAI, OpenAI, RateLimitError

from mockllm import MockLLM

PATIENCE_S = 20
MESSAGES = [{"role": "user", "content": "How is the weather?"}]
GATED = {"rules": [{"replies": [{"text": ["a", "b"], "faults": [{"gate": {"name": "g", "at": {"token": 1}}}]}]}]}


@pytest.fixture
def client(mockllm):
    with OpenAI(base_url=mockllm.base_url, api_key="any", max_retries=0, timeout=PATIENCE_S) as it:
        yield it


def text(client):
    return client.chat.completions.create(model="gpt-5.1", messages=MESSAGES).choices[0].message.content


@pytest.mark.mockllm("rules: [{replies: [one, two]}]")
def test_a_script_begins_at_its_beginning(mockllm, client):
    assert text(client) == "one"
    assert (
        client.chat.completions.create(model="m", messages=[*MESSAGES, *MESSAGES]).choices[0].message.content == "two"
    )
    mockllm.journal.assert_requests(2)
    mockllm.journal.assert_outcomes("complete", "complete")


@pytest.mark.mockllm({"rules": [{"replies": ["one", "two"]}]}, allow="leftover")
def test_no_other_test_has_taken_a_step(client):
    assert text(client) == "one"


def test_a_mapping_a_text_and_a_name_can_be_loaded(mockllm, client):
    mockllm.load({"rules": [{"replies": ["from a mapping"]}]})
    assert text(client) == "from a mapping"
    mockllm("rules: [{replies: [from a text]}]")
    assert text(client) == "from a text"
    mockllm.load("hello")
    assert text(client).startswith("Hello!")


def test_a_cut_is_seen_on_both_sides(mockllm, client):
    mockllm.load("rules: [{replies: [{text: one two three, faults: [{reset: {at: {token: 2}}}]}]}]")
    with pytest.raises(APIConnectionError):
        list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))
    mockllm.journal.assert_outcomes("cut as scripted")
    exchange = mockllm.journal.last
    assert exchange.request.messages[0].text == "How is the weather?"
    assert exchange.deliveries[-1].due_us == sum(step.us for step in exchange.plan if type(step).__name__ == "Wait")


async def test_a_stream_waits_at_a_gate(mockllm):
    mockllm.load(GATED)
    async with AsyncOpenAI(base_url=mockllm.base_url, api_key="any", max_retries=0, timeout=PATIENCE_S) as client:
        stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
        chunks = [chunk async for chunk in _until(stream, "a")]
        (waiting,) = await mockllm.wait_for_async("gate", gate="g", timeout_s=PATIENCE_S)
        assert waiting.gate == "g"
        mockllm.open("g")
        rest = [chunk async for chunk in stream]
    assert (chunks[-1].choices[0].delta.content, rest[0].choices[0].delta.content) == ("a", "b")
    await asyncio.to_thread(mockllm.wait_idle, PATIENCE_S)


async def _until(stream, content):
    async for chunk in stream:
        yield chunk
        if chunk.choices[0].delta.content == content:
            return


def test_limits_are_this_tests_alone(mockllm, client):
    mockllm.load("{limits: {requests: 1/h}, rules: [{replies: [hi]}]}")
    assert text(client) == "hi"
    with pytest.raises(RateLimitError):
        text(client)
    mockllm.reset()
    mockllm.journal.assert_requests(0)
    assert text(client) == "hi"


def test_the_environment_leads_clients_here(mockllm):
    mockllm.load("rules: [{replies: [hi]}]")
    with mockllm.env():
        assert text(OpenAI(max_retries=0, timeout=PATIENCE_S)) == "hi"
    mockllm.journal.assert_called({"last": "weather"}, times=1)


GENERATED = "{seed: 5, rules: [{replies: [{generate: {tokens: 30}}]}]}"


@pytest.mark.mockllm(GENERATED)
def test_chance_is_the_same_wherever_the_server_runs(mockllm):
    with MockLLM(GENERATED) as here:
        assert body(mockllm.base_url) == body(here.base_url)


def body(base_url):
    request = {"model": "m", "messages": MESSAGES}
    data, headers = json.dumps(request).encode(), {"content-type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{base_url}/chat/completions", data, headers), timeout=PATIENCE_S
    ) as answer:
        return answer.read()


def test_the_strict_checks_know_what_was_not_asked_for(mockllm, client):
    mockllm.load("rules: [{when: {last: nothing}, replies: [no]}, {replies: [one, two]}]")
    text(client)
    (problem,) = mockllm.problems()
    assert problem.startswith("leftover: of the 2 replies that rules[1] of ")
    assert mockllm.problems(allow=("leftover",)) == ()
    client.chat.completions.create(model="m", messages=[*MESSAGES, *MESSAGES])


@pytest.mark.mockllm(allow="unmatched")
def test_an_unmatched_request_is_told(mockllm):
    mockllm.load("rules: [{when: {last: rain}, replies: [no]}]")
    with pytest.raises(urllib.error.HTTPError) as refused:
        body(mockllm.base_url)
    with refused.value as error:
        assert error.status == 400
    (problem,) = mockllm.problems()
    assert problem.startswith("unmatched: #")
