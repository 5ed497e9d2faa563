"""Every profile over a real socket, to the official Python client: plain, streamed, a tool call, an error."""

import json

import openai
import pytest

from mockllm.scenario.profile import profile_names
from tests.profiles.play import BODY

TALK = """
profile: {name}
rules:
  - when: {{last: fail}}
    replies: [{{error: rate_limit_exceeded}}]
  - when: {{tools: get_weather}}
    replies: [{{tool_calls: [{{name: get_weather, arguments: {{city: Paris}}}}]}}]
  - replies: [{{text: [Hel, lo, ' you.']}}]
"""
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
# With these a call has no index in the stream, which the client's own helper for streams needs.
WITHOUT_INDEX = {"mistral", "gemini"}

pytestmark = pytest.mark.parametrize("name", profile_names())


@pytest.fixture
def client(mockllm, name):
    scenario = mockllm.load(TALK.format(name=name))
    with openai.OpenAI(base_url=scenario.base_url, api_key="sk-test", max_retries=0) as client:
        yield client


@pytest.fixture(autouse=True)
def _relaxed(request):
    request.applymarker(pytest.mark.mockllm(allow=["leftover", "idle"]))


def test_a_plain_answer(client):
    completion = client.chat.completions.create(**BODY)
    assert completion.choices[0].message.content == "Hello you."
    assert completion.choices[0].finish_reason == "stop"


def test_a_streamed_answer(client):
    stream = client.chat.completions.create(**BODY, stream=True, stream_options={"include_usage": True})
    choices = [choice for chunk in stream for choice in chunk.choices]
    texts = [choice.delta.content for choice in choices if getattr(choice, "delta", None) is not None]
    assert "".join(text for text in texts if text) == "Hello you."
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]


def test_a_tool_call(client, name):
    body = {**BODY, "tools": TOOLS}
    completion = client.chat.completions.create(**body)
    assert [call.function.name for call in completion.choices[0].message.tool_calls] == ["get_weather"]
    assert json.loads(completion.choices[0].message.tool_calls[0].function.arguments) == {"city": "Paris"}
    stream = client.chat.completions.create(**body, stream=True)
    choices = [choice for chunk in stream for choice in chunk.choices]
    deltas = [choice.delta for choice in choices if getattr(choice, "delta", None) is not None]
    calls = [call for delta in deltas for call in delta.tool_calls or ()]
    assert [call.function.name for call in calls if call.function.name] == ["get_weather"]
    assert json.loads("".join(call.function.arguments or "" for call in calls)) == {"city": "Paris"}
    assert all(call.index == 0 for call in calls) == (name not in WITHOUT_INDEX)


def test_an_error(client):
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "fail"}])
    assert caught.value.status_code == 429


def test_the_list_of_models(client):
    models = client.models.list().data
    assert models
    assert client.models.retrieve(models[0].id).id == models[0].id
