"""The official Python client, unmodified, over a real socket: what it makes of every kind of answer.

Errors and retries are in `test_openai_python_errors.py`. Expected values are the scenarios' own words.
"""

import base64
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from openai import (
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    NotFoundError,
    pydantic_function_tool,
)
from pydantic import BaseModel

WORDS = "It is sunny in Paris. 🌞"
DELTA = "tool_calls.function.arguments.delta"
DONE = "tool_calls.function.arguments.done"


class Event(BaseModel):
    title: str
    day: str


class GetWeather(BaseModel):
    city: str


WEATHER = pydantic_function_tool(GetWeather, name="get_weather")
FAIR = Event(title="Science fair", day="Friday")


def text_of(chunks):
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def finishes(chunks):
    return [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]


def folded_calls(chunks):
    """(id, name, arguments) of each tool call, put together by index as a client must."""
    calls = {}
    for fragment in (call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()):
        call = calls.setdefault(fragment.index, [fragment.id, fragment.function.name, ""])
        call[2] += fragment.function.arguments
    return [tuple(calls[index]) for index in sorted(calls)]


def calls_of(completion):
    calls = completion.choices[0].message.tool_calls
    return [(call.id, call.function.name, call.function.arguments) for call in calls]


async def test_a_text_comes_as_a_body(ask, reply):
    reply(text=WORDS)
    completion = await ask.create()
    [choice] = completion.choices
    assert (choice.message.role, choice.message.content, choice.message.refusal) == ("assistant", WORDS, None)
    assert (choice.finish_reason, choice.message.tool_calls, choice.index) == ("stop", None, 0)
    assert (completion.object, completion.model) == ("chat.completion", "gpt-4o")
    assert completion.id.startswith("chatcmpl-")
    assert completion._request_id.startswith("req_")
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


async def test_an_answer_can_be_of_today(ask, mockllm):
    mockllm.load({"created": "now", "rules": [{"replies": [WORDS]}]})
    created = datetime.fromtimestamp((await ask.create()).created, UTC)
    assert abs(created - datetime.now(UTC)) < timedelta(days=1)


async def test_a_text_comes_as_a_stream(ask, reply):
    reply(text=["It is", " sunny", " in Paris.", " 🌞"])
    chunks = await ask.chunks()
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert [delta.content for delta in deltas] == ["", "It is", " sunny", " in Paris.", " 🌞", None]
    assert [delta.role for delta in deltas] == ["assistant", *[None] * 5]
    assert finishes(chunks) == ["stop"]
    assert {(chunk.object, chunk.model) for chunk in chunks} == {("chat.completion.chunk", "gpt-4o")}
    assert len({(chunk.id, chunk.created) for chunk in chunks}) == 1
    assert not any("usage" in chunk.model_fields_set for chunk in chunks)


async def test_a_stream_has_the_request_id_of_its_head(ask, reply):
    reply(text=WORDS)
    raw = await ask.done(ask.completions.with_raw_response.create(**ask.body, stream=True))
    assert raw.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert raw.request_id.startswith("req_")
    assert text_of(await ask.items(raw.parse())) == WORDS


async def test_the_body_and_the_stream_are_one_answer(ask, reply):
    reply(text=WORDS)
    completion, chunks = await ask.create(), await ask.chunks(stream_options={"include_usage": True})
    assert text_of(chunks) == completion.choices[0].message.content
    assert chunks[-1].usage == completion.usage
    assert {chunk.id for chunk in chunks} == {completion.id}


async def test_the_stream_helper_ends_with_the_body(ask, reply):
    reply(text=["It is", " sunny"])
    body = await ask.create()
    events, final = await ask.helper()
    told = [event for event in events if event.type != "chunk"]
    assert [event.type for event in told] == [*["content.delta"] * 3, "content.done"]
    assert [event.delta for event in told[:3]] == ["", "It is", " sunny"]
    assert told[2].snapshot == told[3].content == "It is sunny"
    assert final.choices[0].message.content == body.choices[0].message.content
    assert (final.choices[0].finish_reason, final.id) == ("stop", body.id)


async def test_usage_comes_last_and_only_if_asked_for(ask, reply):
    reply(text=WORDS, usage={"input": 128, "output": 7, "cached": 64})
    chunks = await ask.chunks(stream_options={"include_usage": True})
    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in chunks[:-1])
    last = chunks[-1]
    assert last.choices == []
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (128, 7, 135)
    assert last.usage.prompt_tokens_details.cached_tokens == 64
    _, final = await ask.helper(stream_options={"include_usage": True})
    assert final.usage == last.usage


async def test_an_answer_in_a_schema_is_parsed(ask, mockllm):
    mockllm.load("structured")
    completion = await ask.parse(response_format=Event)
    assert completion.choices[0].message.parsed == FAIR
    events, final = await ask.helper(response_format=Event)
    assert [event.parsed for event in events if event.type == "content.done"] == [FAIR]
    assert final.choices[0].message.parsed == FAIR


async def test_an_answer_made_from_the_schema_is_parsed(ask, mockllm):
    mockllm.load("auto")
    completion = await ask.parse(response_format=Event)
    assert isinstance(completion.choices[0].message.parsed, Event)


async def test_a_refusal_is_not_parsed(ask, mockllm):
    mockllm.load("refused")
    sorry = "I'm sorry, I cannot help with that."
    completion = await ask.parse(response_format=Event)
    message = completion.choices[0].message
    assert (message.refusal, message.content, message.parsed) == (sorry, None, None)
    assert completion.choices[0].finish_reason == "stop"
    events, final = await ask.helper(response_format=Event)
    deltas = [event.delta for event in events if event.type == "refusal.delta"]
    assert len(deltas) > 1
    assert "".join(deltas) == sorry
    assert [event.refusal for event in events if event.type == "refusal.done"] == [sorry]
    assert (final.choices[0].message.refusal, final.choices[0].message.content) == (sorry, None)


async def test_json_that_the_limit_cuts_is_an_error_of_its_own(ask, mockllm):
    mockllm.load("cut-json")
    with pytest.raises(LengthFinishReasonError) as caught:
        await ask.parse(response_format=Event, max_completion_tokens=6)
    assert caught.value.completion.choices[0].finish_reason == "length"
    with pytest.raises(LengthFinishReasonError):
        await ask.helper(response_format=Event, max_completion_tokens=6)


async def test_a_filtered_answer_is_an_error_of_its_own(ask, mockllm):
    mockllm.load("filtered")
    with pytest.raises(ContentFilterFinishReasonError):
        await ask.parse(response_format=Event)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_is_a_field_beside_the_content(ask, reply, field):
    reply(reasoning={"text": "The user greets me. I should greet back.", "field": field}, text="Hello to you too!")
    message = (await ask.create()).choices[0].message
    assert message.model_extra == {field: "The user greets me. I should greet back."}
    assert message.content == "Hello to you too!"
    deltas = [chunk.choices[0].delta for chunk in await ask.chunks()]
    thought = [delta.model_extra[field] for delta in deltas if field in delta.model_extra]
    assert len(thought) > 1
    assert "".join(thought) == "The user greets me. I should greet back."
    assert "".join(delta.content or "" for delta in deltas) == "Hello to you too!"
    last_thought = max(index for index, delta in enumerate(deltas) if field in delta.model_extra)
    assert not any(delta.content for delta in deltas[:last_thought])
    _, final = await ask.helper()
    assert getattr(final.choices[0].message, field) == "The user greets me. I should greet back."


async def test_one_tool_call(ask, mockllm):
    mockllm.load("tool-call")
    completion = await ask.create(tools=[WEATHER])
    [(key, name, arguments)] = calls_of(completion)
    assert (name, arguments) == ("get_weather", '{"city":"Paris"}')
    assert key.startswith("call_")
    assert completion.choices[0].message.content is None
    chunks = await ask.chunks(tools=[WEATHER])
    assert folded_calls(chunks) == [(key, name, arguments)]
    assert finishes(chunks) == [completion.choices[0].finish_reason] == ["tool_calls"]
    first = chunks[0].choices[0].delta
    assert (first.role, first.content, first.tool_calls[0].id) == ("assistant", None, key)


@pytest.mark.parametrize(
    ("scenario", "cities"), [("tool-call", ["Paris"]), ("parallel-calls", ["Paris", "Rome"])], ids=["one", "two"]
)
async def test_the_helper_parses_the_arguments_of_tool_calls(ask, mockllm, scenario, cities):
    mockllm.load(scenario)
    body = await ask.parse(tools=[WEATHER])
    parsed = [call.function.parsed_arguments for call in body.choices[0].message.tool_calls]
    assert parsed == [GetWeather(city=city) for city in cities]
    events, final = await ask.helper(tools=[WEATHER])
    fragments = Counter(event.index for event in events if event.type == DELTA)
    whole = [event for event in events if event.type == DONE]
    assert [(event.index, event.parsed_arguments) for event in whole] == list(enumerate(parsed))
    assert set(fragments) == set(range(len(cities)))
    assert min(fragments.values()) > 1
    assert calls_of(final) == calls_of(body)


async def test_two_tool_calls(ask, mockllm):
    mockllm.load("parallel-calls")
    completion = await ask.create(tools=[WEATHER])
    calls = calls_of(completion)
    assert [(name, json.loads(arguments)) for _, name, arguments in calls] == [
        ("get_weather", {"city": "Paris"}),
        ("get_weather", {"city": "Rome"}),
    ]
    assert len({key for key, _, _ in calls}) == 2
    chunks = await ask.chunks(tools=[WEATHER])
    assert folded_calls(chunks) == calls
    fragments = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [call.index for call in fragments] == sorted(call.index for call in fragments)
    assert [call.id for call in fragments if call.id] == [key for key, _, _ in calls]
    assert finishes(chunks) == [completion.choices[0].finish_reason] == ["tool_calls"]


async def test_text_and_then_a_call(ask, mockllm):
    mockllm.load("text-then-call")
    message = (await ask.create(tools=[WEATHER])).choices[0].message
    assert (message.content, len(message.tool_calls)) == ("Let me look that up.", 1)
    _, final = await ask.helper(tools=[WEATHER])
    assert final.choices[0].message.content == "Let me look that up."
    assert calls_of(final)[0][1:] == ("get_weather", '{"city":"Paris"}')


@pytest.mark.parametrize("streamed", [False, True], ids=["body", "stream"])
async def test_a_tool_round_trip(ask, mockllm, streamed):
    mockllm.load("round-trip")

    async def turn(messages):
        body = {"messages": messages, "tools": [WEATHER]}
        completion = (await ask.helper(**body))[1] if streamed else await ask.create(**body)
        return completion.choices[0].message

    messages = [*ask.body["messages"]]
    message = await turn(messages)
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"sunny in {json.loads(call.function.arguments)['city']}"}
        for call in message.tool_calls
    ]
    answer = await turn([*messages, message, *results])
    assert (answer.content, answer.tool_calls) == (WORDS, None)
    mockllm.journal.assert_called({"tool_result": {"name": "get_weather", "equals": "sunny in Paris"}}, times=1)


async def test_two_choices(ask, mockllm):
    mockllm.load("choices")
    completion = await ask.create(n=2)
    texts = {choice.index: choice.message.content for choice in completion.choices}
    assert texts == {0: "Heads, I win.", 1: "Tails, you lose."}
    _, final = await ask.helper(n=2)
    assert {choice.index: choice.message.content for choice in final.choices} == texts
    assert [choice.finish_reason for choice in final.choices] == ["stop", "stop"]


async def test_log_probabilities(ask, mockllm):
    mockllm.load("logprobs")
    completion = await ask.create(logprobs=True, top_logprobs=2)
    tokens = completion.choices[0].logprobs.content
    assert bytes(byte for token in tokens for byte in token.bytes).decode() == "Yes 🌞"
    assert len(tokens) > 1
    assert all(len(token.top_logprobs) == 2 and token.logprob < 0 for token in tokens)
    events, final = await ask.helper(logprobs=True, top_logprobs=2)
    assert final.choices[0].logprobs.content == tokens
    assert [event.content for event in events if event.type == "logprobs.content.done"] == [tokens]


async def test_speech(ask, mockllm):
    mockllm.load("spoken")
    voice = {"voice": "alloy", "format": "pcm16"}
    asked = {"model": "gpt-4o-audio-preview", "modalities": ["text", "audio"], "audio": voice}
    message = (await ask.create(**asked)).choices[0].message
    assert (message.audio.transcript, message.content) == ("Good morning.", None)
    sound = base64.b64decode(message.audio.data, validate=True)
    assert len(sound) > 0
    assert len(sound) % 2 == 0
    deltas = [chunk.choices[0].delta for chunk in await ask.chunks(**asked)]
    pieces = [delta.audio for delta in deltas if delta.audio]
    assert "".join(piece.transcript or "" for piece in pieces) == "Good morning."
    assert b"".join(base64.b64decode(piece.data or "", validate=True) for piece in pieces) == sound
    assert {piece.id for piece in pieces if piece.id} == {message.audio.id}
    assert [piece.expires_at for piece in pieces if piece.expires_at] == [message.audio.expires_at]


async def test_a_legacy_function_call(ask, mockllm):
    mockllm.load("legacy-function")
    offered = {"functions": [{"name": "get_time", "parameters": {"type": "object", "properties": {}}}]}
    choice = (await ask.create(**offered)).choices[0]
    call = choice.message.function_call
    assert (call.name, call.arguments, choice.finish_reason) == ("get_time", '{"zone":"UTC"}', "function_call")
    assert choice.message.tool_calls is None
    chunks = await ask.chunks(**offered)
    pieces = [chunk.choices[0].delta.function_call for chunk in chunks if chunk.choices[0].delta.function_call]
    assert [piece.name for piece in pieces if piece.name] == ["get_time"]
    assert "".join(piece.arguments for piece in pieces) == '{"zone":"UTC"}'
    assert finishes(chunks) == ["function_call"]


async def test_a_call_of_a_custom_tool(ask, mockllm):
    mockllm.load("custom-tool")
    offered = {"tools": [{"type": "custom", "custom": {"name": "run_sql"}}]}
    [call] = (await ask.create(**offered)).choices[0].message.tool_calls
    assert (call.type, call.custom.name, call.custom.input) == ("custom", "run_sql", "SELECT count(*) FROM users;")
    chunks = await ask.chunks(**offered)
    fragments = [part for chunk in chunks for part in chunk.choices[0].delta.tool_calls or ()]
    assert [part.id for part in fragments if part.id] == [call.id]
    assert "".join(part.model_extra["custom"]["input"] for part in fragments) == call.custom.input
    assert finishes(chunks) == ["tool_calls"]


async def test_stored_completions(ask, mockllm):
    mockllm.load({"rules": [{"replies": [{"text": "Noted: {{ user }}"}]}]})
    kept = []
    for word in ("one", "two", "three"):
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": word}]
        kept.append(await ask.create(messages=messages, store=True, metadata={"word": word}))
    await ask.create(messages=[{"role": "user", "content": "not kept"}])
    ids = [completion.id for completion in kept]

    first_page = await ask.done(ask.completions.list(limit=2))
    assert ([item.id for item in first_page.data], first_page.has_more) == (ids[:2], True)
    assert [item.id for item in await ask.items(ask.completions.list(limit=2))] == ids
    assert [item.id for item in await ask.items(ask.completions.list(limit=2, order="desc"))] == ids[::-1]
    assert [item.id for item in await ask.items(ask.completions.list(metadata={"word": "two"}))] == [ids[1]]

    again = await ask.done(ask.completions.retrieve(ids[0]))
    assert again.choices == kept[0].choices
    assert (again.metadata, again.usage) == ({"word": "one"}, kept[0].usage)
    messages = await ask.items(ask.completions.messages.list(ids[0], limit=1))
    assert [(message.role, message.content) for message in messages] == [("system", "Be brief."), ("user", "one")]

    updated = await ask.done(ask.completions.update(ids[0], metadata={"word": "uno"}))
    assert (updated.id, updated.metadata) == (ids[0], {"word": "uno"})
    deleted = await ask.done(ask.completions.delete(ids[0]))
    assert (deleted.id, deleted.deleted) == (ids[0], True)
    with pytest.raises(NotFoundError):
        await ask.done(ask.completions.retrieve(ids[0]))
    assert [item.id for item in await ask.items(ask.completions.list())] == ids[1:]


async def test_a_connection_is_used_again(ask, mockllm, reply):
    reply(text=WORDS)
    await ask.create()
    await ask.create()
    assert [exchange.call.reused for exchange in mockllm.journal] == [False, True]


async def test_models(ask, mockllm):
    mockllm.load({"models": ["gpt-5.1", "openai/gpt-5.1", "ft:gpt-4o@v2"]})
    models = await ask.items(ask.client.models.list())
    assert [(model.id, model.owned_by) for model in models] == [
        ("gpt-5.1", "openai"),
        ("openai/gpt-5.1", "openai"),
        ("ft:gpt-4o@v2", "openai"),
    ]
    for model in models:
        assert await ask.done(ask.client.models.retrieve(model.id)) == model
    # What makes the slash worth a test: the client escapes it, and the path must still name one model.
    paths = [exchange.call.path for exchange in mockllm.journal]
    assert paths[2].endswith("/models/openai/gpt-5.1")
    gone = await ask.done(ask.client.models.delete("openai/gpt-5.1"))
    assert (gone.id, gone.object, gone.deleted) == ("openai/gpt-5.1", "model", True)


async def test_an_unknown_model_is_not_found(ask, mockllm):
    mockllm.load({"models": ["gpt-5.1"]})
    with pytest.raises(NotFoundError) as caught:
        await ask.done(ask.client.models.retrieve("openai/gpt-6"))
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
