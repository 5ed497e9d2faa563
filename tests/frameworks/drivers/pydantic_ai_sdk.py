"""pydantic-ai: `Agent` with `run_sync`, `run` and `run_stream`, over the chat model and the responses model."""

from common import KEY, MODEL, PERSON, QUESTION, WEATHER, WEATHERS, Weather, drive
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider


class Person(BaseModel):
    name: str
    age: int


class Played:
    def __init__(self, model, is_async):
        self.model = model
        self.is_async = is_async

    def run(self, agent, question, then):
        """What `then` makes of the result, in the manner of this variant."""
        if not self.is_async:
            return then(agent.run_sync(question))

        async def run():
            return then(await agent.run(question))

        return run()

    def text(self):
        return self.run(Agent(self.model), QUESTION, lambda result: {"text": result.output})

    retryable_error = fatal_error = text

    def stream(self):
        if not self.is_async:
            with_stream = Agent(self.model).run_stream_sync(QUESTION)
            return {"pieces": list(with_stream.stream_text(delta=True, debounce_by=None))}

        async def run():
            async with Agent(self.model).run_stream(QUESTION) as result:
                return {"pieces": [piece async for piece in result.stream_text(delta=True, debounce_by=None)]}

        return run()

    def loop(self, question):
        weather = Weather()

        def get_weather(city: str) -> str:
            """The weather in a city."""
            return weather(city)

        agent = Agent(self.model, tools=[get_weather])
        return self.run(agent, question, lambda result: {"tool_calls": weather.calls, "final": result.output})

    def tool_round_trip(self):
        return self.loop(WEATHER)

    def parallel_tools(self):
        return self.loop(WEATHERS)

    def structured(self):
        agent = Agent(self.model, output_type=Person)
        return self.run(agent, PERSON, lambda result: {"object": result.output.model_dump()})

    def usage(self):
        def told(result):
            usage = result.usage() if callable(result.usage) else result.usage
            return {"usage": {"input": usage.input_tokens, "output": usage.output_tokens}}

        return self.run(Agent(self.model), QUESTION, told)


def make(variant, base_url):
    api, _, manner = variant.partition("-")
    model = OpenAIChatModel if api == "chat" else OpenAIResponsesModel
    return Played(model(MODEL, provider=OpenAIProvider(base_url=base_url, api_key=KEY)), manner == "async")


drive(make)
