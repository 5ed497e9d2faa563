"""instructor: `create` with a response model, and with `response_model=None` where plain words are wanted.

Parallel calls are values too: `Mode.PARALLEL_TOOLS` gives one object for each.
"""

from collections.abc import Iterable

import instructor
from common import KEY, MODEL, PERSON, QUESTION, WEATHERS, Unsupported, drive
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class get_weather(BaseModel):  # noqa: N801 - it is the name of the tool
    """The weather in a city."""

    city: str


class Chat:
    mode = instructor.Mode.TOOLS

    def __init__(self, client, is_async):
        self.raw = client
        self.is_async = is_async

    async def ask(self, question, mode=None, **more):
        client = instructor.from_openai(self.raw, mode=mode or self.mode)
        answer = client.create(model=MODEL, messages=[{"role": "user", "content": question}], **more)
        return await answer if self.is_async else answer

    async def text(self):
        return {"text": (await self.ask(QUESTION, response_model=None)).choices[0].message.content}

    retryable_error = text

    async def stream(self):
        stream = await self.ask(QUESTION, response_model=None, stream=True)
        chunks = [chunk async for chunk in stream] if self.is_async else list(stream)
        return {"pieces": [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]}

    async def tool_round_trip(self):
        raise Unsupported("it makes values of calls and has no loop that executes tools and sends back what they give")

    async def parallel_tools(self):
        found = await self.ask(WEATHERS, instructor.Mode.PARALLEL_TOOLS, response_model=Iterable[get_weather])
        return {"tool_calls": [{"name": type(call).__name__, "arguments": call.model_dump()} for call in found]}

    async def structured(self):
        return {"object": (await self.ask(PERSON, response_model=Person)).model_dump()}

    async def usage(self):
        usage = (await self.ask(QUESTION, response_model=None)).usage
        return {"usage": {"input": usage.prompt_tokens, "output": usage.completion_tokens}}

    async def fatal_error(self):
        return {"object": (await self.ask(PERSON, response_model=Person)).model_dump()}


class Responses(Chat):
    mode = instructor.Mode.RESPONSES_TOOLS

    async def text(self):
        return {"text": (await self.ask(QUESTION, response_model=None)).output_text}

    retryable_error = text

    async def stream(self):
        stream = await self.ask(QUESTION, response_model=None, stream=True)
        events = [event async for event in stream] if self.is_async else list(stream)
        return {"pieces": [event.delta for event in events if event.type == "response.output_text.delta"]}

    async def parallel_tools(self):
        raise Unsupported("its parallel mode is one of Chat Completions")

    async def usage(self):
        usage = (await self.ask(QUESTION, response_model=None)).usage
        return {"usage": {"input": usage.input_tokens, "output": usage.output_tokens}}


def make(variant, base_url):
    api, _, manner = variant.partition("-")
    client = (AsyncOpenAI if manner == "async" else OpenAI)(base_url=base_url, api_key=KEY)
    return (Chat if api == "chat" else Responses)(client, manner == "async")


drive(make)
