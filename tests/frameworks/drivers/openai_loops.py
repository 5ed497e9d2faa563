"""The exercises with the openai SDK, for the SDK itself and for what stands between it and a server.

Here: its loops as its README has them: `create`, `parse`, iterating a stream, and tools by hand.
"""

import json

from common import MODEL, PERSON, QUESTION, TOOL, WEATHER, WEATHERS, Weather
from openai import AsyncOpenAI
from pydantic import BaseModel


class Person(BaseModel):
    name: str
    age: int


class Chat:
    """Chat Completions. `done` awaits what the async client gives; the sync one gives values."""

    def __init__(self, client, model=MODEL):
        self.client = client
        self.model = model
        self.weather = Weather()

    async def done(self, value):
        return await value if isinstance(self.client, AsyncOpenAI) else value

    async def items(self, stream):
        if isinstance(self.client, AsyncOpenAI):
            return [item async for item in stream]
        return list(stream)

    async def ask(self, messages, **more):
        return await self.done(self.client.chat.completions.create(model=self.model, messages=messages, **more))

    async def text(self):
        answer = await self.ask([{"role": "user", "content": QUESTION}])
        return {"text": answer.choices[0].message.content}

    retryable_error = fatal_error = text

    async def stream(self):
        chunks = await self.items(await self.ask([{"role": "user", "content": QUESTION}], stream=True))
        return {"pieces": [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]}

    async def loop(self, question):
        messages = [{"role": "user", "content": question}]
        while True:
            answer = await self.ask(messages, tools=[{"type": "function", "function": TOOL}])
            message = answer.choices[0].message
            messages.append(message)
            if not message.tool_calls:
                return {"tool_calls": self.weather.calls, "final": message.content}
            for call in message.tool_calls:
                result = self.weather.answer(call.function.name, json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})

    async def tool_round_trip(self):
        return await self.loop(WEATHER)

    async def parallel_tools(self):
        return await self.loop(WEATHERS)

    async def structured(self):
        messages = [{"role": "user", "content": PERSON}]
        answer = await self.done(
            self.client.chat.completions.parse(model=self.model, messages=messages, response_format=Person)
        )
        return {"object": answer.choices[0].message.parsed.model_dump()}

    async def usage(self):
        answer = await self.ask([{"role": "user", "content": QUESTION}])
        return {"usage": {"input": answer.usage.prompt_tokens, "output": answer.usage.completion_tokens}}


class Responses(Chat):
    """The Responses API."""

    async def ask(self, messages, **more):
        return await self.done(self.client.responses.create(model=self.model, input=messages, **more))

    async def text(self):
        return {"text": (await self.ask(QUESTION)).output_text}

    retryable_error = fatal_error = text

    async def stream(self):
        events = await self.items(await self.ask(QUESTION, stream=True))
        return {"pieces": [event.delta for event in events if event.type == "response.output_text.delta"]}

    async def loop(self, question):
        items = [{"role": "user", "content": question}]
        while True:
            answer = await self.ask(items, tools=[{"type": "function", **TOOL, "strict": True}])
            items += answer.output
            calls = [item for item in answer.output if item.type == "function_call"]
            if not calls:
                return {"tool_calls": self.weather.calls, "final": answer.output_text}
            for call in calls:
                result = self.weather.answer(call.name, json.loads(call.arguments))
                items.append({"type": "function_call_output", "call_id": call.call_id, "output": result})

    async def structured(self):
        answer = await self.done(self.client.responses.parse(model=self.model, input=PERSON, text_format=Person))
        return {"object": answer.output_parsed.model_dump()}

    async def usage(self):
        answer = await self.ask(QUESTION)
        return {"usage": {"input": answer.usage.input_tokens, "output": answer.usage.output_tokens}}
