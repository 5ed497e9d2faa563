"""The official Python client: `raw` as its README shows it, `stream` with its `.stream()` helpers.

In `raw` the deltas are put together by the loop of OpenAI's documentation: text by adding, tool calls by their index.
"""

import sys

from lines import CannotError, serve, tokens  # isort: skip - it must come before the client

import openai

INCOMPLETE = {"max_output_tokens": "length", "content_filter": "content_filter"}


def usage_of(usage):
    if usage is None:
        return None
    if hasattr(usage, "prompt_tokens"):
        details = usage.completion_tokens_details
        cached = usage.prompt_tokens_details
        return tokens(
            input=usage.prompt_tokens,
            output=usage.completion_tokens,
            reasoning=details and details.reasoning_tokens,
            cached=cached and cached.cached_tokens,
        )
    details, cached = usage.output_tokens_details, usage.input_tokens_details
    return tokens(
        input=usage.input_tokens,
        output=usage.output_tokens,
        reasoning=details and details.reasoning_tokens,
        cached=cached and cached.cached_tokens,
    )


def call_of(call):
    return {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}


def note_completion(completion, seen):
    choice = completion.choices[0]
    message = choice.message
    seen["finish"] = choice.finish_reason or "unknown"
    seen["text"] = message.content or ""
    seen["refusal"] = message.refusal or ""
    seen["calls"] = [call_of(call) for call in message.tool_calls or ()]
    seen["usage"] = usage_of(completion.usage)


def read_chunks(stream, body, seen):
    seen.update(text="", refusal="", calls=[], finish="unknown", usage=None)
    calls = {}
    for chunk in stream:
        seen["usage"] = usage_of(chunk.usage) or seen["usage"]
        # Who asks for several knows that they come in any order.
        several = body.get("n", 1) > 1
        choices = [choice for choice in chunk.choices or () if not (several and choice.index)]
        if not choices:
            continue
        choice = choices[0]
        seen["finish"] = choice.finish_reason or seen["finish"]
        seen["text"] += choice.delta.content or ""
        seen["refusal"] += choice.delta.refusal or ""
        for call in choice.delta.tool_calls or ():
            if call.index not in calls:
                calls[call.index] = call
            else:
                whole = calls[call.index].function
                whole.arguments = (whole.arguments or "") + (call.function.arguments or "")
    seen["calls"] = [call_of(call) for call in calls.values()]


def note_response(response, seen):
    seen["text"] = response.output_text
    reasoning = [part.text for item in response.output if item.type == "reasoning" for part in item.summary]
    seen["reasoning"] = "".join(reasoning) or None
    seen["calls"] = [
        {"id": item.call_id, "name": item.name, "arguments": item.arguments}
        for item in response.output
        if item.type == "function_call"
    ]
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    seen["refusal"] = "".join(part.refusal for part in parts if part.type == "refusal")
    note_end(response, seen)


def note_end(response, seen):
    seen["usage"] = usage_of(response.usage)
    if response.status == "failed":
        seen["told"] = f"status failed: {response.error and response.error.message}"
    elif response.status == "incomplete":
        reason = response.incomplete_details and response.incomplete_details.reason
        seen["finish"] = INCOMPLETE.get(reason, reason or "unknown")
    elif response.status == "completed":
        seen["finish"] = "tool_calls" if seen["calls"] else "stop"


def read_events(stream, seen):
    seen.update(text="", refusal="", calls=[], finish="unknown", usage=None)
    for event in stream:
        if event.type == "response.output_text.delta":
            seen["text"] += event.delta
        elif event.type == "response.refusal.delta":
            seen["refusal"] += event.delta
        elif event.type == "response.reasoning_summary_text.delta":
            seen["reasoning"] = (seen.get("reasoning") or "") + event.delta
        elif event.type == "response.output_item.done" and event.item.type == "function_call":
            item = event.item
            seen["calls"].append({"id": item.call_id, "name": item.name, "arguments": item.arguments})
        elif event.type in {"response.completed", "response.incomplete", "response.failed"}:
            note_end(event.response, seen)


def raw(client):
    def ask(body, seen):
        api = body.pop("api", "chat")
        if api == "chat":
            answer = client.chat.completions.create(**body)
            read_chunks(answer, body, seen) if body.get("stream") else note_completion(answer, seen)
        elif api == "responses":
            answer = client.responses.create(**body)
            read_events(answer, seen) if body.get("stream") else note_response(answer, seen)
        elif api == "completions":
            answer = client.completions.create(**body)
            for part in answer if body.get("stream") else [answer]:
                choice = part.choices[0]
                seen["text"] = seen.get("text", "") + choice.text
                seen["finish"] = choice.finish_reason or seen.get("finish", "unknown")
                seen["usage"] = usage_of(part.usage) or seen.get("usage")
        elif api == "embeddings":
            seen["data"] = [entry.embedding for entry in client.embeddings.create(**body).data]
        elif api == "models":
            seen["data"] = [model.id for model in client.models.list()]
        else:
            raise CannotError(f"the survey does not play {api}")

    return ask


def helper(client):
    def ask(body, seen):
        api = body.pop("api", "chat")
        if not body.pop("stream", False) or api not in {"chat", "responses"}:
            raise CannotError("nothing to stream; the raw client plays it")
        if api == "chat":
            with client.chat.completions.stream(**body) as stream:
                for _event in stream:
                    pass
                note_completion(stream.get_final_completion(), seen)
        else:
            with client.responses.stream(**body) as stream:
                for _event in stream:
                    pass
                note_response(stream.get_final_response(), seen)

    return ask


def play(job):
    client = openai.OpenAI(base_url=job["base_url"], api_key=job["key"], timeout=job["timeout_s"], max_retries=2)
    return {"raw": raw, "stream": helper}[sys.argv[1]](client)


serve(play, openai.OpenAIError)
