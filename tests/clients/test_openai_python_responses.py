"""The official Python client, unmodified, on the Responses API: what it makes of every kind of answer.

Expected values are the scenarios' own words; the scenarios of the gallery answer Chat Completions too.
"""

import json

import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError, RateLimitError, pydantic_function_tool
from pydantic import BaseModel

QUESTION = "How is the weather in Paris?"
GREETING = "Hello! I am a scripted answer, and I will say exactly this every time. 🌞"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


class GetWeather(BaseModel):
    city: str


class Event(BaseModel):
    title: str
    day: str


class Responder:
    """The client's `responses` behind coroutines, sync and async alike."""

    def __init__(self, ask):
        self.ask = ask
        self.responses = ask.client.responses
        self.body = {"model": "gpt-4.1", "input": QUESTION}

    async def create(self, **body):
        return await self.ask.done(self.responses.create(**{**self.body, **body}))

    async def parse(self, **body):
        return await self.ask.done(self.responses.parse(**{**self.body, **body}))

    async def events(self, **body):
        return await self.ask.items(await self.create(stream=True, **body))

    async def helper(self, **body):
        """The events of the `.stream()` helper, and the response that it ends with."""
        manager = self.responses.stream(**{**self.body, **body})
        if isinstance(self.ask.client, AsyncOpenAI):
            async with manager as stream:
                return await self.ask.items(stream), await stream.get_final_response()
        with manager as stream:
            return await self.ask.items(stream), stream.get_final_response()

    async def every_way(self, **body):
        """The response as the body, as the end of the raw stream, and from the helper."""
        whole = await self.create(**body)
        last = (await self.events(**body))[-1].response
        _, final = await self.helper(**body)
        return whole, last, final


@pytest.fixture
def responder(ask):
    return Responder(ask)


async def test_text_in_every_way(responder, mockllm):
    mockllm.load("hello")
    for response in await responder.every_way():
        assert (response.status, response.output_text) == ("completed", GREETING)
    events = await responder.events()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == GREETING


@pytest.mark.parametrize("scenario", ["hello", "tool-call", "parallel-calls", "refused", "reasoning"])
async def test_one_scenario_file_answers_both_apis(ask, responder, mockllm, scenario):
    mockllm.load(scenario)
    nested = {"type": "function", "function": {key: WEATHER[key] for key in ("name", "parameters", "strict")}}
    completion = await ask.create(tools=[nested])
    response = await responder.create(model="gpt-4o", input=ask.body["messages"], tools=[WEATHER])
    message = completion.choices[0].message
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    assert (message.content or "") == response.output_text
    assert message.refusal == next((part.refusal for part in parts if part.type == "refusal"), None)
    assert [(call.function.name, call.function.arguments) for call in message.tool_calls or ()] == [
        (item.name, item.arguments) for item in response.output if item.type == "function_call"
    ]
    thought = [part.text for item in response.output if item.type == "reasoning" for part in item.summary]
    assert getattr(message, "reasoning_content", None) == (thought[0] if thought else None)
    usage = completion.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (response.usage.input_tokens, response.usage.output_tokens)


async def test_a_tool_call(responder, mockllm):
    mockllm.load("tool-call")
    for response in await responder.every_way(tools=[WEATHER]):
        [call] = response.output
        assert (call.type, call.name, call.arguments) == ("function_call", "get_weather", '{"city":"Paris"}')
        assert call.call_id.startswith("call_")
    events = await responder.events(tools=[WEATHER])
    fragments = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    assert "".join(fragments) == '{"city":"Paris"}'


async def test_parallel_calls(responder, mockllm):
    mockllm.load("parallel-calls")
    for response in await responder.every_way(tools=[WEATHER]):
        cities = [json.loads(call.arguments)["city"] for call in response.output]
        assert cities == ["Paris", "Rome"]
        assert len({call.call_id for call in response.output}) == 2


async def test_the_helpers_parse_arguments(responder, mockllm):
    mockllm.load({"rules": [{"replies": [{"tool_calls": [{"name": "GetWeather", "arguments": {"city": "Paris"}}]}]}]})
    tool = pydantic_function_tool(GetWeather)["function"]
    body = await responder.parse(tools=[{"type": "function", **tool}])
    assert body.output[0].parsed_arguments == {"city": "Paris"}
    _, final = await responder.helper(tools=[{"type": "function", **tool}])
    assert final.output[0].parsed_arguments == {"city": "Paris"}


async def test_a_refusal(responder, mockllm):
    mockllm.load("refused")
    for response in await responder.every_way():
        [part] = response.output[0].content
        assert (part.type, part.refusal) == ("refusal", "I'm sorry, I cannot help with that.")
    body = await responder.parse(text_format=Event)
    assert body.output_parsed is None


async def test_reasoning_then_text(responder, mockllm):
    mockllm.load("reasoning")
    for response in await responder.every_way(model="gpt-5"):
        reasoning, message = response.output
        assert [part.text for part in reasoning.summary] == ["The user greets me. I should greet back."]
        assert (message.type, response.output_text) == ("message", "Hello to you too!")
        assert response.usage.output_tokens_details.reasoning_tokens > 0
    encrypted = await responder.create(model="gpt-5", include=["reasoning.encrypted_content"])
    assert encrypted.output[0].encrypted_content


async def test_structured_output(responder, reply):
    reply(text='{"title": "Party", "day": "Friday"}')
    expected = Event(title="Party", day="Friday")
    assert (await responder.parse(text_format=Event)).output_parsed == expected
    events, final = await responder.helper(text_format=Event)
    assert final.output_parsed == expected
    assert [event.parsed for event in events if event.type == "response.output_text.done"] == [expected]


async def test_data_for_the_schema_of_the_request(responder, reply):
    reply(auto=True)
    assert isinstance((await responder.parse(text_format=Event)).output_parsed, Event)


async def test_a_call_of_a_custom_tool(responder, mockllm):
    mockllm.load("custom-tool")
    for response in await responder.every_way(tools=[{"type": "custom", "name": "run_sql"}]):
        [call] = response.output
        assert (call.type, call.name, call.input) == ("custom_tool_call", "run_sql", "SELECT count(*) FROM users;")


@pytest.mark.parametrize("streamed", [False, True], ids=["body", "stream"])
async def test_a_tool_round_trip_that_continues_the_earlier_response(responder, mockllm, streamed):
    mockllm.load("round-trip")

    async def turn(**body):
        return (await responder.helper(**body))[1] if streamed else await responder.create(**body)

    first = await turn(tools=[WEATHER])
    [call] = first.output
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny in Paris"}
    second = await turn(tools=[WEATHER], input=[result], previous_response_id=first.id)
    assert second.output_text == "It is sunny in Paris. 🌞"
    assert second.previous_response_id == first.id
    mockllm.journal.assert_called({"tool_result": {"name": "get_weather", "equals": "sunny in Paris"}}, times=1)


async def test_a_tool_round_trip_that_sends_everything_back(responder, mockllm):
    mockllm.load("round-trip")
    question = {"role": "user", "content": QUESTION}
    first = await responder.create(tools=[WEATHER], input=[question], store=False)
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"} for call in first.output]
    second = await responder.create(tools=[WEATHER], input=[question, *first.output, *results], store=False)
    assert second.output_text == "It is sunny in Paris. 🌞"


async def test_a_cut_answer_is_incomplete(responder, reply):
    reply(text="word " * 40)
    response = await responder.create(max_output_tokens=16)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.usage.output_tokens == 16
    last = (await responder.events(max_output_tokens=16))[-1]
    assert (last.type, last.response.output_text) == ("response.incomplete", response.output_text)
    with pytest.raises(RuntimeError, match=r"response\.completed"):
        await responder.helper(max_output_tokens=16)


async def test_log_probabilities(responder, reply):
    reply(text="Yes 🌞")
    wanted = {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
    tokens = (await responder.create(**wanted)).output[0].content[0].logprobs
    assert bytes(byte for token in tokens for byte in token.bytes).decode() == "Yes 🌞"
    assert all(len(token.top_logprobs) == 2 for token in tokens)
    _, final = await responder.helper(**wanted)
    assert final.output[0].content[0].logprobs == tokens


async def test_citations(responder, mockllm):
    mockllm.load("cited")
    whole, last, final = await responder.every_way()
    annotations = whole.output[0].content[0].annotations
    assert [annotation.type for annotation in annotations] == ["url_citation"] * len(annotations)
    assert len(annotations) > 0
    assert last.output[0].content[0].annotations == final.output[0].content[0].annotations == annotations


async def test_kept_responses(ask, responder, reply):
    reply(text="Noted.")
    texts = ["one", "two", "three"]
    kept = await responder.create(input=[{"role": "user", "content": text} for text in texts])
    again = await ask.done(responder.responses.retrieve(kept.id))
    assert again == kept
    pages = responder.responses.input_items.list(kept.id, limit=2)
    assert [item.content[0].text for item in await ask.items(pages)] == texts[::-1]
    await ask.done(responder.responses.delete(kept.id))
    with pytest.raises(NotFoundError, match="not found"):
        await ask.done(responder.responses.retrieve(kept.id))
    with pytest.raises(BadRequestError) as caught:
        await responder.create(previous_response_id=kept.id)
    assert (caught.value.code, caught.value.param) == ("previous_response_not_found", "previous_response_id")


async def test_input_tokens_are_counted(ask, responder, reply):
    reply(text="Noted.")
    counted = await ask.done(responder.responses.input_tokens.count(model="gpt-4.1", input=QUESTION))
    assert counted.input_tokens == (await responder.create()).usage.input_tokens


async def test_refusals_have_the_words_of_the_service(responder, mockllm):
    mockllm.load({"strict": True, "models": {"ids": ["gpt-4.1"], "only": True}, "rules": [{"replies": ["Hi"]}]})
    for body, code, param in (
        ({"model": "gpt-9"}, "model_not_found", "model"),
        ({"max_output_tokens": 1}, "integer_below_min_value", "max_output_tokens"),
        ({"extra_body": {"magic": 1}}, "unknown_parameter", "magic"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "missing_required_parameter", "tools[0].name"),
    ):
        for stream in (False, True):
            with pytest.raises(BadRequestError) as caught:
                await responder.create(stream=stream, **body)
            assert (caught.value.code, caught.value.param) == (code, param)


async def test_scripted_errors_come_before_the_stream(responder, reply):
    reply(error="rate_limit_exceeded")
    with pytest.raises(RateLimitError) as caught:
        await responder.events()
    assert caught.value.code == "rate_limit_exceeded"
