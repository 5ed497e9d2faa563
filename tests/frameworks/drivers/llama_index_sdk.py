"""llama-index: the LLMs `OpenAI`, `OpenAIResponses` and `OpenAILike`, by their chat methods and `structured_predict`.

Tools go the way of its function-calling LLMs: `chat_with_tools`, `get_tool_calls_from_response`, and messages of the
role `tool`. OpenAILike must be told that the model has tools, as its documentation says.
"""

from common import KEY, MODEL, PERSON, QUESTION, WEATHER, WEATHERS, Weather, drive
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI, OpenAIResponses
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class Played:
    def __init__(self, llm, is_async):
        self.llm = llm
        self.is_async = is_async

    async def call(self, method, *arguments, **more):
        if self.is_async:
            return await getattr(self.llm, f"a{method}")(*arguments, **more)
        return getattr(self.llm, method)(*arguments, **more)

    async def ask(self):
        return await self.call("chat", [ChatMessage(role="user", content=QUESTION)])

    async def text(self):
        return {"text": (await self.ask()).message.content}

    retryable_error = fatal_error = text

    async def stream(self):
        stream = await self.call("stream_chat", [ChatMessage(role="user", content=QUESTION)])
        chunks = [chunk async for chunk in stream] if self.is_async else list(stream)
        return {"pieces": [chunk.delta for chunk in chunks]}

    async def loop(self, question):
        weather = Weather()

        def get_weather(city: str) -> str:
            """The weather in a city."""
            return weather(city)

        tool = FunctionTool.from_defaults(get_weather)
        messages = [ChatMessage(role="user", content=question)]
        while True:
            answer = await self.call("chat_with_tools", [tool], chat_history=messages, allow_parallel_tool_calls=True)
            messages.append(answer.message)
            calls = self.llm.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
            if not calls:
                return {"tool_calls": weather.calls, "final": answer.message.content}
            for call in calls:
                result = str(tool(**call.tool_kwargs))
                messages.append(
                    ChatMessage(role="tool", content=result, additional_kwargs={"tool_call_id": call.tool_id})
                )

    async def tool_round_trip(self):
        return await self.loop(WEATHER)

    async def parallel_tools(self):
        return await self.loop(WEATHERS)

    async def structured(self):
        found = await self.call("structured_predict", Person, PromptTemplate(PERSON))
        return {"object": found.model_dump()}

    async def usage(self):
        usage = (await self.ask()).raw.usage
        if isinstance(self.llm, OpenAIResponses):
            return {"usage": {"input": usage.input_tokens, "output": usage.output_tokens}}
        return {"usage": {"input": usage.prompt_tokens, "output": usage.completion_tokens}}


def make(variant, base_url):
    kind, _, manner = variant.partition("-")
    settings = {"model": MODEL, "api_base": base_url, "api_key": KEY}
    match kind:
        case "chat":
            llm = OpenAI(**settings)
        case "responses":
            llm = OpenAIResponses(**settings)
        case _:
            llm = OpenAILike(**settings, is_chat_model=True, is_function_calling_model=True)
    return Played(llm, manner == "async")


drive(make)
