"""litellm as a library: `completion` and `responses`, and their async twins, for an OpenAI-compatible endpoint.

`completion` retries by itself, `responses` with `num_retries`, which needs tenacity. Its price list would be fetched at
the first import; `LITELLM_LOCAL_MODEL_COST_MAP` makes it use the one in the package.
"""

import json

import litellm
from common import KEY, MODEL, PERSON, QUESTION, TOOL, WEATHER, WEATHERS, Weather, drive
from pydantic import BaseModel


class Person(BaseModel):
    name: str
    age: int


class Chat:
    def __init__(self, base_url, is_async):
        self.common = {"model": f"openai/{MODEL}", "api_base": base_url, "api_key": KEY}
        self.is_async = is_async
        self.weather = Weather()

    async def ask(self, messages, **more):
        if self.is_async:
            return await litellm.acompletion(messages=messages, **self.common, **more)
        return litellm.completion(messages=messages, **self.common, **more)

    async def items(self, stream):
        return [item async for item in stream] if self.is_async else list(stream)

    async def text(self):
        return {"text": (await self.ask([{"role": "user", "content": QUESTION}])).choices[0].message.content}

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
        answer = await self.ask([{"role": "user", "content": PERSON}], response_format=Person)
        return {"object": Person.model_validate_json(answer.choices[0].message.content).model_dump()}

    async def usage(self):
        usage = (await self.ask([{"role": "user", "content": QUESTION}])).usage
        return {"usage": {"input": usage.prompt_tokens, "output": usage.completion_tokens}}


def words(answer):
    """The text of a response."""
    return "".join(part.text for item in answer.output if item.type == "message" for part in item.content if part.text)


class Responses(Chat):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.common["num_retries"] = 2

    async def ask(self, asked, **more):
        if self.is_async:
            return await litellm.aresponses(input=asked, **self.common, **more)
        return litellm.responses(input=asked, **self.common, **more)

    async def text(self):
        return {"text": words(await self.ask(QUESTION))}

    retryable_error = fatal_error = text

    async def stream(self):
        events = await self.items(await self.ask(QUESTION, stream=True))
        return {"pieces": [event.delta for event in events if event.type == "response.output_text.delta"]}

    async def loop(self, question):
        items = [{"role": "user", "content": question}]
        while True:
            answer = await self.ask(items, tools=[{"type": "function", **TOOL}])
            items += [item.model_dump() for item in answer.output]
            calls = [item for item in answer.output if item.type == "function_call"]
            if not calls:
                return {"tool_calls": self.weather.calls, "final": words(answer)}
            for call in calls:
                result = self.weather.answer(call.name, json.loads(call.arguments))
                items.append({"type": "function_call_output", "call_id": call.call_id, "output": result})

    async def structured(self):
        answer = await self.ask(PERSON, text_format=Person)
        return {"object": Person.model_validate_json(words(answer)).model_dump()}

    async def usage(self):
        usage = (await self.ask(QUESTION)).usage
        return {"usage": {"input": usage.input_tokens, "output": usage.output_tokens}}


def make(variant, base_url):
    api, _, manner = variant.partition("-")
    return (Chat if api == "chat" else Responses)(base_url, manner == "async")


drive(make)
