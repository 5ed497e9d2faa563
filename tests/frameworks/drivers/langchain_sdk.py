"""langchain-openai: `ChatOpenAI` and its `invoke`, `stream`, `bind_tools`, `with_structured_output`, sync and async."""

from common import KEY, MODEL, PERSON, QUESTION, WEATHER, WEATHERS, Weather, drive
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class Chat:
    def __init__(self, model, is_async):
        self.model = model
        self.is_async = is_async

    async def ask(self, model, asked):
        return await model.ainvoke(asked) if self.is_async else model.invoke(asked)

    async def text(self):
        return {"text": (await self.ask(self.model, QUESTION)).text}

    retryable_error = fatal_error = text

    async def stream(self):
        if self.is_async:
            return {"pieces": [chunk.text async for chunk in self.model.astream(QUESTION)]}
        return {"pieces": [chunk.text for chunk in self.model.stream(QUESTION)]}

    async def loop(self, question):
        weather = Weather()

        @tool
        def get_weather(city: str) -> str:
            """The weather in a city."""
            return weather(city)

        model = self.model.bind_tools([get_weather])
        messages = [HumanMessage(question)]
        while True:
            answer = await self.ask(model, messages)
            messages.append(answer)
            if not answer.tool_calls:
                return {"tool_calls": weather.calls, "final": answer.text}
            messages += [await self.ask(get_weather, call) for call in answer.tool_calls]

    async def tool_round_trip(self):
        return await self.loop(WEATHER)

    async def parallel_tools(self):
        return await self.loop(WEATHERS)

    async def structured(self):
        return {"object": (await self.ask(self.model.with_structured_output(Person), PERSON)).model_dump()}

    async def usage(self):
        told = (await self.ask(self.model, QUESTION)).usage_metadata
        return {"usage": {"input": told["input_tokens"], "output": told["output_tokens"]}}


def make(variant, base_url):
    api, _, manner = variant.partition("-")
    model = ChatOpenAI(model=MODEL, base_url=base_url, api_key=KEY, use_responses_api=api == "responses")
    return Chat(model, manner == "async")


drive(make)
