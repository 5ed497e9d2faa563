"""autogen: `AssistantAgent` of autogen-agentchat over `OpenAIChatCompletionClient` of autogen-ext; all is async."""

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.messages import ModelClientStreamingChunkEvent, StructuredMessage
from autogen_ext.models.openai import OpenAIChatCompletionClient
from common import KEY, MODEL, PERSON, QUESTION, WEATHER, WEATHERS, Weather, drive
from pydantic import BaseModel


class Person(BaseModel):
    name: str
    age: int


class Played:
    def __init__(self, client):
        self.client = client

    def agent(self, **more):
        return AssistantAgent("guide", model_client=self.client, **more)

    async def text(self):
        result = await self.agent().run(task=QUESTION)
        return {"text": result.messages[-1].content}

    retryable_error = fatal_error = text

    async def stream(self):
        agent = self.agent(model_client_stream=True)
        events = [event async for event in agent.run_stream(task=QUESTION)]
        return {"pieces": [event.content for event in events if isinstance(event, ModelClientStreamingChunkEvent)]}

    async def loop(self, question):
        weather = Weather()

        async def get_weather(city: str) -> str:
            """The weather in a city."""
            return weather(city)

        agent = self.agent(tools=[get_weather], max_tool_iterations=3)
        result = await agent.run(task=question)
        return {"tool_calls": weather.calls, "final": result.messages[-1].content}

    async def tool_round_trip(self):
        return await self.loop(WEATHER)

    async def parallel_tools(self):
        return await self.loop(WEATHERS)

    async def structured(self):
        result = await self.agent(output_content_type=Person).run(task=PERSON)
        message = result.messages[-1]
        assert isinstance(message, StructuredMessage)
        return {"object": message.content.model_dump()}

    async def usage(self):
        result = await self.agent().run(task=QUESTION)
        usage = result.messages[-1].models_usage
        return {"usage": {"input": usage.prompt_tokens, "output": usage.completion_tokens}}


def make(variant, base_url):
    return Played(OpenAIChatCompletionClient(model=MODEL, base_url=base_url, api_key=KEY))


drive(make)
