"""LangChain for Python: `ChatOpenAI` (also over Responses) and `OpenAIEmbeddings`."""

from lines import CannotError, serve, tokens  # isort: skip - it must come before the client

import openai
from langchain_core.exceptions import LangChainException
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

INCOMPLETE = {"max_output_tokens": "length", "content_filter": "content_filter"}


def reasoning_of(message):
    found = [block.get("reasoning", "") for block in message.content_blocks if block["type"] == "reasoning"]
    return "".join(found) or None


def finish_of(message):
    metadata = message.response_metadata
    if metadata.get("finish_reason"):
        return metadata["finish_reason"]
    status = metadata.get("status")
    if status == "incomplete":
        return INCOMPLETE.get((metadata.get("incomplete_details") or {}).get("reason"), "unknown")
    if status == "completed":
        return "tool_calls" if message.tool_calls else "stop"
    return "unknown"


def note(message, seen):
    seen["text"] = str(message.text)
    seen["reasoning"] = reasoning_of(message)
    seen["refusal"] = message.additional_kwargs.get("refusal") or ""
    seen["calls"] = [{"id": call["id"], "name": call["name"], "arguments": call["args"]} for call in message.tool_calls]
    if message.invalid_tool_calls:
        seen["told"] = f"invalid_tool_calls: {message.invalid_tool_calls[0]['args']}"
    if message.response_metadata.get("status") == "failed":
        seen["told"] = "status failed"
    seen["finish"] = finish_of(message)
    if usage := message.usage_metadata:
        seen["usage"] = tokens(
            input=usage.get("input_tokens"),
            output=usage.get("output_tokens"),
            reasoning=(usage.get("output_token_details") or {}).get("reasoning"),
            cached=(usage.get("input_token_details") or {}).get("cache_read"),
        )


def play(job):
    common = {"base_url": job["base_url"], "api_key": job["key"], "timeout": job["timeout_s"], "max_retries": 2}

    def ask(body, seen):
        api, model, streamed = body.pop("api", "chat"), body.pop("model"), body.pop("stream", False)
        if api == "embeddings":
            given = body["input"]
            embeddings = OpenAIEmbeddings(
                model=model, dimensions=body.get("dimensions"), check_embedding_ctx_length=False, **common
            )
            seen["data"] = embeddings.embed_documents(given if isinstance(given, list) else [given])
            return
        if api not in {"chat", "responses"}:
            raise CannotError(f"the client has no {api}, or the survey does not play it")
        messages = body.pop("messages", None) or body.pop("input")
        usage = bool(body.pop("stream_options", {}).get("include_usage"))
        chat = ChatOpenAI(model=model, use_responses_api=api == "responses", stream_usage=usage, **common)
        if not streamed:
            note(chat.invoke(messages, **body), seen)
            return
        whole = None
        for chunk in chat.stream(messages, **body):
            whole = chunk if whole is None else whole + chunk
        note(whole, seen)

    return ask


serve(play, (openai.OpenAIError, LangChainException))
