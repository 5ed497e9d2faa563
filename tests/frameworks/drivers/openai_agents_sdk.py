"""openai-agents: `Runner.run_sync`, `run` and `run_streamed`, over the responses model and the chat-completions model.

Tracing, which reports to the platform, is disabled as its documentation says (`OPENAI_AGENTS_DISABLE_TRACING`).
"""

from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool
from common import KEY, MODEL, PERSON, QUESTION, WEATHER, WEATHERS, Weather, drive
from openai import AsyncOpenAI
from pydantic import BaseModel


class Person(BaseModel):
    name: str
    age: int


class Played:
    def __init__(self, model, is_async):
        self.model = model
        self.is_async = is_async

    def agent(self, **more):
        return Agent(name="Guide", model=self.model, **more)

    def run(self, agent, question, then):
        if not self.is_async:
            return then(Runner.run_sync(agent, question))

        async def run():
            return then(await Runner.run(agent, question))

        return run()

    def text(self):
        return self.run(self.agent(), QUESTION, lambda result: {"text": result.final_output})

    retryable_error = fatal_error = text

    async def stream(self):
        events = Runner.run_streamed(self.agent(), QUESTION).stream_events()
        raw = [event.data async for event in events if event.type == "raw_response_event"]
        return {"pieces": [event.delta for event in raw if event.type == "response.output_text.delta"]}

    def loop(self, question):
        weather = Weather()

        @function_tool
        def get_weather(city: str) -> str:
            """The weather in a city."""
            return weather(city)

        agent = self.agent(tools=[get_weather])
        return self.run(agent, question, lambda result: {"tool_calls": weather.calls, "final": result.final_output})

    def tool_round_trip(self):
        return self.loop(WEATHER)

    def parallel_tools(self):
        return self.loop(WEATHERS)

    def structured(self):
        agent = self.agent(output_type=Person)
        return self.run(agent, PERSON, lambda result: {"object": result.final_output.model_dump()})

    def usage(self):
        def told(result):
            usage = result.context_wrapper.usage
            return {"usage": {"input": usage.input_tokens, "output": usage.output_tokens}}

        return self.run(self.agent(), QUESTION, told)


def make(variant, base_url):
    api, _, manner = variant.partition("-")
    model = OpenAIChatCompletionsModel if api == "chat" else OpenAIResponsesModel
    return Played(model(MODEL, AsyncOpenAI(base_url=base_url, api_key=KEY)), manner == "async")


drive(make)
