"""smolagents: `OpenAIModel` by itself and under `ToolCallingAgent`, whose runs end with a call of `final_answer`."""

from common import KEY, MODEL, PERSON, QUESTION, WEATHER, WEATHERS, Weather, drive
from pydantic import BaseModel
from smolagents import ChatMessage, MessageRole, OpenAIModel, ToolCallingAgent, tool


class Person(BaseModel):
    name: str
    age: int


class Played:
    def __init__(self, model):
        self.model = model

    def ask(self, question, **more):
        return self.model([ChatMessage(role=MessageRole.USER, content=[{"type": "text", "text": question}])], **more)

    def text(self):
        return {"text": self.ask(QUESTION).content}

    retryable_error = fatal_error = text

    def stream(self):
        messages = [ChatMessage(role=MessageRole.USER, content=[{"type": "text", "text": QUESTION}])]
        return {"pieces": [delta.content for delta in self.model.generate_stream(messages)]}

    def loop(self, question):
        weather = Weather()

        @tool
        def get_weather(city: str) -> str:
            """The weather in a city.

            Args:
                city: The city.
            """
            return weather(city)

        agent = ToolCallingAgent(tools=[get_weather], model=self.model, verbosity_level=0, max_steps=4)
        return {"final": agent.run(question), "tool_calls": weather.calls}

    def tool_round_trip(self):
        return self.loop(WEATHER)

    def parallel_tools(self):
        return self.loop(WEATHERS)

    def structured(self):
        schema = {"name": "Person", "strict": True, "schema": Person.model_json_schema()}
        answer = self.ask(PERSON, response_format={"type": "json_schema", "json_schema": schema})
        return {"object": Person.model_validate_json(answer.content).model_dump()}

    def usage(self):
        usage = self.ask(QUESTION).token_usage
        return {"usage": {"input": usage.input_tokens, "output": usage.output_tokens}}


def make(variant, base_url):
    return Played(OpenAIModel(model_id=MODEL, api_base=base_url, api_key=KEY))


drive(make)
