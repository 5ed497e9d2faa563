"""semantic-kernel: `ChatCompletionAgent` and `OpenAIResponsesAgent`; all of it is async.

Its tools have the name of their plugin before their own: `WeatherPlugin-get_weather`.
"""

from common import KEY, MODEL, PERSON, QUESTION, WEATHER, WEATHERS, Weather, drive
from openai import AsyncOpenAI
from pydantic import BaseModel
from semantic_kernel.agents import ChatCompletionAgent, OpenAIResponsesAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
from semantic_kernel.functions import KernelArguments, kernel_function


class Person(BaseModel):
    name: str
    age: int


class WeatherPlugin:
    def __init__(self, weather):
        self.weather = weather

    @kernel_function(description="The weather in a city.")
    def get_weather(self, city: str) -> str:
        return self.weather(city)


class Played:
    def __init__(self, client):
        self.client = client

    def agent(self, **more):
        raise NotImplementedError

    async def ask(self, question, plugins=(), **more):
        return await self.agent(plugins=list(plugins)).get_response(messages=question, **more)

    async def text(self):
        return {"text": (await self.ask(QUESTION)).message.content}

    retryable_error = fatal_error = text

    async def stream(self):
        return {"pieces": [str(item.message) async for item in self.agent().invoke_stream(messages=QUESTION)]}

    async def loop(self, question):
        weather = Weather()
        answer = await self.ask(question, plugins=[WeatherPlugin(weather)])
        return {"tool_calls": weather.calls, "final": answer.message.content}

    async def tool_round_trip(self):
        return await self.loop(WEATHER)

    async def parallel_tools(self):
        return await self.loop(WEATHERS)


class Chat(Played):
    def agent(self, **more):
        service = OpenAIChatCompletion(ai_model_id=MODEL, async_client=self.client)
        return ChatCompletionAgent(service=service, name="guide", **more)

    async def structured(self):
        settings = OpenAIChatPromptExecutionSettings(response_format=Person)
        answer = await self.ask(PERSON, arguments=KernelArguments(settings=settings))
        return {"object": Person.model_validate_json(answer.message.content).model_dump()}

    async def usage(self):
        usage = (await self.ask(QUESTION)).message.metadata["usage"]
        return {"usage": {"input": usage.prompt_tokens, "output": usage.completion_tokens}}


class Responses(Played):
    def agent(self, **more):
        return OpenAIResponsesAgent(ai_model_id=MODEL, client=self.client, name="guide", **more)

    async def structured(self):
        shape = OpenAIResponsesAgent.configure_response_format(Person)
        answer = await self.ask(PERSON, text=shape)
        return {"object": Person.model_validate_json(answer.message.content).model_dump()}

    async def usage(self):
        usage = (await self.ask(QUESTION)).message.metadata["usage"]
        return {"usage": {"input": usage["input_tokens"], "output": usage["output_tokens"]}}


def make(variant, base_url):
    client = AsyncOpenAI(base_url=base_url, api_key=KEY)
    return (Chat if variant.startswith("chat") else Responses)(client)


drive(make)
