"""haystack: the generators `OpenAIChatGenerator` and `OpenAIResponsesChatGenerator`, and `Agent` for the tools."""

from common import KEY, MODEL, PERSON, QUESTION, WEATHER, WEATHERS, Weather, drive
from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator, OpenAIResponsesChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import tool
from haystack.utils import Secret
from pydantic import BaseModel


class Person(BaseModel):
    name: str
    age: int


class Played:
    def __init__(self, make, is_async, schema_key):
        self.make = make
        self.is_async = is_async
        self.schema_key = schema_key

    async def run(self, component, question, **more):
        messages = [ChatMessage.from_user(question)]
        if self.is_async:
            return await component.run_async(messages=messages, **more)
        return component.run(messages=messages, **more)

    async def ask(self, question, **more):
        return (await self.run(self.make(**more), question))["replies"][0]

    async def text(self):
        return {"text": (await self.ask(QUESTION)).text}

    retryable_error = fatal_error = text

    async def stream(self):
        pieces = []

        def keep(chunk):
            pieces.append(chunk.content)

        async def keep_async(chunk):
            pieces.append(chunk.content)

        await self.ask(QUESTION, streaming_callback=keep_async if self.is_async else keep)
        return {"pieces": pieces}

    async def loop(self, question):
        weather = Weather()

        @tool
        def get_weather(city: str) -> str:
            """The weather in a city."""
            return weather(city)

        agent = Agent(chat_generator=self.make(), tools=[get_weather])
        agent.warm_up()
        result = await self.run(agent, question)
        return {"tool_calls": weather.calls, "final": result["last_message"].text}

    async def tool_round_trip(self):
        return await self.loop(WEATHER)

    async def parallel_tools(self):
        return await self.loop(WEATHERS)

    async def structured(self):
        reply = await self.ask(PERSON, generation_kwargs={self.schema_key: Person})
        return {"object": Person.model_validate_json(reply.text).model_dump()}

    async def usage(self):
        usage = (await self.ask(QUESTION)).meta["usage"]
        if "input_tokens" in usage:
            return {"usage": {"input": usage["input_tokens"], "output": usage["output_tokens"]}}
        return {"usage": {"input": usage["prompt_tokens"], "output": usage["completion_tokens"]}}


def make(variant, base_url):
    api, _, manner = variant.partition("-")
    generator = OpenAIChatGenerator if api == "chat" else OpenAIResponsesChatGenerator

    def generator_of(**more):
        return generator(api_key=Secret.from_token(KEY), model=MODEL, api_base_url=base_url, **more)

    return Played(generator_of, manner == "async", "response_format" if api == "chat" else "text_format")


drive(make)
