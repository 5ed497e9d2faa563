"""dspy: `Predict` and `ReActV2` over `LM`, which asks Chat Completions or Responses, without dspy's cache.

Tools are called by the API (`use_native_function_calling`) and not in the text, which is the only way for calls to come
and go as such. The value has its fields in the signature, and `JSONAdapter` asks for them with a schema.
"""

import asyncio
import os
import tempfile

os.environ["DSPY_CACHEDIR"] = tempfile.mkdtemp()

import dspy
from common import KEY, MODEL, PERSON, QUESTION, WEATHER, WEATHERS, Weather, drive


class Played:
    def __init__(self, lm, is_async):
        self.lm = lm
        self.is_async = is_async

    def run(self, program, then, adapter=None, **inputs):
        with dspy.context(lm=self.lm, adapter=adapter or dspy.ChatAdapter(), track_usage=True):
            return then(asyncio.run(program.acall(**inputs)) if self.is_async else program(**inputs))

    def text(self):
        return self.run(dspy.Predict("question -> answer"), lambda found: {"text": found.answer}, question=QUESTION)

    retryable_error = fatal_error = text

    def stream(self):
        listener = dspy.streaming.StreamListener(signature_field_name="answer")
        program = dspy.streamify(
            dspy.Predict("question -> answer"), stream_listeners=[listener], async_streaming=self.is_async
        )

        async def items():
            return [item async for item in program(question=QUESTION)]

        with dspy.context(lm=self.lm, adapter=dspy.ChatAdapter()):
            found = asyncio.run(items()) if self.is_async else list(program(question=QUESTION))
        return {"pieces": [item.chunk for item in found if isinstance(item, dspy.streaming.StreamResponse)]}

    def loop(self, question):
        weather = Weather()

        def get_weather(city: str) -> str:
            """The weather in a city."""
            return weather(city)

        agent = dspy.ReActV2("question -> answer", tools=[get_weather])
        return self.run(
            agent,
            lambda found: {"tool_calls": weather.calls, "final": found.answer},
            dspy.ChatAdapter(use_native_function_calling=True),
            question=question,
        )

    def tool_round_trip(self):
        return self.loop(WEATHER)

    def parallel_tools(self):
        return self.loop(WEATHERS)

    def structured(self):
        return self.run(
            dspy.Predict("question -> name: str, age: int"),
            lambda found: {"object": {"name": found.name, "age": found.age}},
            dspy.JSONAdapter(),
            question=PERSON,
        )

    def usage(self):
        def told(found):
            (usage,) = found.get_lm_usage().values()
            is_chat = "prompt_tokens" in usage
            names = ("prompt_tokens", "completion_tokens") if is_chat else ("input_tokens", "output_tokens")
            return {"usage": dict(zip(("input", "output"), map(usage.get, names), strict=True))}

        return self.run(dspy.Predict("question -> answer"), told, question=QUESTION)


def make(variant, base_url):
    api, _, manner = variant.partition("-")
    lm = dspy.LM(f"openai/{MODEL}", api_base=base_url, api_key=KEY, model_type=api, cache=False)
    return Played(lm, manner == "async")


drive(make)
