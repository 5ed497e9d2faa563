"""litellm as a library: `completion`, `responses` and `embedding` for an OpenAI-compatible endpoint."""

from lines import CannotError, serve, tokens  # isort: skip - it must come before the client

import litellm
import openai

litellm.suppress_debug_info = True
litellm.telemetry = False

INCOMPLETE = {"max_output_tokens": "length", "content_filter": "content_filter"}


def usage_of(usage):
    if usage is None:
        return None
    details = getattr(usage, "completion_tokens_details", None)
    cached = getattr(usage, "prompt_tokens_details", None)
    return tokens(
        input=usage.prompt_tokens,
        output=usage.completion_tokens,
        reasoning=getattr(details, "reasoning_tokens", None),
        cached=getattr(cached, "cached_tokens", None),
    )


def note(completion, seen):
    choice = completion.choices[0]
    message = choice.message
    seen["text"] = message.content or ""
    seen["reasoning"] = getattr(message, "reasoning_content", None) or None
    seen["calls"] = [
        {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
        for call in message.tool_calls or ()
    ]
    seen["finish"] = choice.finish_reason or "unknown"
    seen["usage"] = usage_of(getattr(completion, "usage", None))


def note_response(response, seen):
    seen.update(text="", calls=[])
    for item in response.output:
        if item.type == "message":
            seen["text"] += "".join(part.text for part in item.content if part.type == "output_text")
        elif item.type == "function_call":
            seen["calls"].append({"id": item.call_id, "name": item.name, "arguments": item.arguments})
        elif item.type == "reasoning":
            seen["reasoning"] = (seen.get("reasoning") or "") + "".join(part.text for part in item.summary or ())
    note_end(response, seen)


def note_end(response, seen):
    status = response.status
    if status == "failed":
        seen["told"] = f"status failed: {response.error}"
    elif status == "incomplete":
        reason = response.incomplete_details and response.incomplete_details.reason
        seen["finish"] = INCOMPLETE.get(reason, "unknown")
    elif status == "completed":
        seen["finish"] = "tool_calls" if seen["calls"] else "stop"
    if response.usage is not None:
        seen["usage"] = tokens(input=response.usage.input_tokens, output=response.usage.output_tokens)


def read_events(stream, seen):
    seen.update(text="", calls=[], finish="unknown", usage=None)
    for event in stream:
        kind = str(getattr(event.type, "value", event.type))
        if kind == "response.output_text.delta":
            seen["text"] += event.delta
        elif kind == "response.output_item.done":
            item = event.item if isinstance(event.item, dict) else event.item.model_dump()
            if item.get("type") == "function_call":
                seen["calls"].append({"id": item["call_id"], "name": item["name"], "arguments": item["arguments"]})
        elif kind in {"response.completed", "response.incomplete", "response.failed"}:
            note_end(event.response, seen)
        elif kind == "error":
            seen["told"] = f"error event: {getattr(event, 'error', None) or getattr(event, 'message', '')}"


def play(job):
    common = {"api_base": job["base_url"], "api_key": job["key"], "timeout": job["timeout_s"]}

    def ask(body, seen):
        api, model = body.pop("api", "chat"), f"openai/{body.pop('model')}"
        if api == "embeddings":
            if isinstance(body["input"], str):
                body["input"] = [body["input"]]
            answer = litellm.embedding(model=model, **body, **common)
            seen["data"] = [entry["embedding"] for entry in answer.data]
        elif api == "responses":
            answer = litellm.responses(model=model, **body, **common)
            read_events(answer, seen) if body.get("stream") else note_response(answer, seen)
        elif api != "chat":
            raise CannotError(f"the client has no {api}, or the survey does not play it")
        elif body.get("stream"):
            chunks = list(litellm.completion(model=model, max_retries=2, **body, **common))
            note(litellm.stream_chunk_builder(chunks, messages=body["messages"]), seen)
        else:
            note(litellm.completion(model=model, max_retries=2, **body, **common), seen)

    return ask


serve(play, openai.OpenAIError)
