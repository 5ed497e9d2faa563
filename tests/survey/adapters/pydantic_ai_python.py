"""pydantic-ai: its models for Chat Completions and Responses, asked directly, without an agent around them."""

from lines import CannotError, prompt_of, serve  # isort: skip - it must come before the client

import asyncio

import openai
from pydantic_ai import exceptions
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import ModelRequest, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.tools import ToolDefinition

FINISH = {"tool_call": "tool_calls", "error": "error", None: "unknown"}
MODELS = {"chat": OpenAIChatModel, "responses": OpenAIResponsesModel}


def note(response, seen):
    parts = response.parts
    seen["text"] = "".join(part.content for part in parts if isinstance(part, TextPart))
    seen["reasoning"] = "".join(part.content for part in parts if isinstance(part, ThinkingPart))
    seen["calls"] = [
        {"id": part.tool_call_id, "name": part.tool_name, "arguments": part.args if part.args is not None else "{}"}
        for part in parts
        if isinstance(part, ToolCallPart)
    ]
    seen["finish"] = FINISH.get(response.finish_reason, response.finish_reason)
    if response.state != "complete":
        seen["finish"] = "interrupted"  # it tells in `state` that the answer was cut off
    usage = response.usage
    if usage.input_tokens or usage.output_tokens:
        seen["usage"] = {"input": usage.input_tokens, "output": usage.output_tokens, "cached": usage.cache_read_tokens}


def offered(body):
    definitions = []
    for tool in body.get("tools", ()):
        function = tool.get("function", tool)
        definitions.append(ToolDefinition(name=function["name"], parameters_json_schema=function["parameters"]))
    return ModelRequestParameters(function_tools=definitions)


async def asked(job, api, body, seen):
    async with openai.AsyncOpenAI(
        base_url=job["base_url"], api_key=job["key"], timeout=job["timeout_s"], max_retries=2
    ) as client:
        model = MODELS[api](body["model"], provider=OpenAIProvider(openai_client=client))
        messages = [ModelRequest.user_text_prompt(prompt_of(body))]
        parameters = offered(body)
        if body.get("stream"):
            async with model_request_stream(model, messages, model_request_parameters=parameters) as stream:
                async for _event in stream:
                    pass
                note(stream.get(), seen)
        else:
            note(await model_request(model, messages, model_request_parameters=parameters), seen)
    if api == "responses" and seen["finish"] == "stop" and seen["calls"]:
        seen["finish"] = "tool_calls"  # that API itself has no word for it


def play(job):
    def ask(body, seen):
        api = body.pop("api", "chat")
        if api not in MODELS:
            raise CannotError(f"the client has no {api}, or the survey does not play it")
        asyncio.run(asked(job, api, body, seen))

    return ask


serve(play, (exceptions.AgentRunError, exceptions.UserError, exceptions.ModelRetry))
