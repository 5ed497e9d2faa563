"""What a run does: it asks for a chat completion of all that was said, so the scenario's turn is its answer.

Here: the request that a run makes, and what becomes of the run, its messages and its steps by what comes back. Not
here: the endpoints (`runs.py`) and the stream (`events.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mockllm.dialects.assistants.heard import Heard, heard
from mockllm.dialects.assistants.threads import MESSAGE, add_message
from mockllm.dialects.base import Ran, Surroundings
from mockllm.dialects.kept import new_id, values
from mockllm.request import JSON
from mockllm.store import Stored

KIND = "thread.run"
STEP = "thread.run.step"

_OK, _TOO_MANY, _SERVER = 200, 429, 500


def worked(run: Stored, surroundings: Surroundings, *, streamed: bool = False) -> Stored:
    """The run after it has asked and got an answer, whatever that is. One that is `streamed` asks for a stream, so that
    it can tell its texts as they came.
    """
    asked = _asked(run, surroundings)
    if streamed:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    answer = heard(surroundings.run("/chat/completions", asked))
    ran, message = answer.ran, _message(answer.ran)
    if message is None:
        done = Stored(KIND, run.id, {**run.value, **_failed(ran, surroundings)}, run.details)
    else:
        done = _answered(run, message, answer, surroundings)
    surroundings.store.put(done)
    return done


def _asked(run: Stored, surroundings: Surroundings) -> dict[str, JSON]:
    """The request for a chat completion. Tools that the service itself would run are not offered."""
    value: Mapping[str, Any] = run.value
    said = [_chat(message) for message in values(surroundings.store, MESSAGE, thread_id=value["thread_id"])]
    system = [{"role": "system", "content": value["instructions"]}] if value["instructions"] else []
    body: dict[str, JSON] = {"model": value["model"], "messages": [*system, *said, *run.details]}
    if tools := [tool for tool in value["tools"] if tool["type"] == "function"]:
        body |= {"tools": tools, "parallel_tool_calls": value["parallel_tool_calls"]}
        if value["tool_choice"] != "auto":
            body["tool_choice"] = value["tool_choice"]
    if value["response_format"] != "auto":
        body["response_format"] = value["response_format"]
    if value["max_completion_tokens"] is not None:
        body["max_completion_tokens"] = value["max_completion_tokens"]
    return body


def _chat(message: Mapping[str, Any]) -> JSON:
    """A message of a thread as one of a chat; a lone text goes as a string."""
    parts = [_part(part) for part in message["content"]]
    lone = len(parts) == 1 and parts[0]["type"] == "text"
    return {"role": message["role"], "content": parts[0]["text"] if lone else parts}


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    match part["type"]:
        case "text":
            return {"type": "text", "text": part["text"]["value"]}
        case "image_url":
            return {"type": "image_url", "image_url": part["image_url"]}
        case _:
            # A chat has no files of this kind: the id stands for the image.
            return {"type": "text", "text": part["image_file"]["file_id"]}


def _message(ran: Ran) -> Mapping[str, Any] | None:
    """The first choice, None for an answer that has none."""
    choices = ran.body.get("choices") if isinstance(ran.body, Mapping) and ran.status == _OK else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, Mapping) and isinstance(choice.get("message"), Mapping) else None


def _failed(ran: Ran, surroundings: Surroundings) -> dict[str, JSON]:
    error = ran.body.get("error") if isinstance(ran.body, Mapping) else None
    message = error.get("message") if isinstance(error, Mapping) else None
    code = "rate_limit_exceeded" if ran.status == _TOO_MANY else "server_error"
    if _OK < ran.status < _SERVER and code == "server_error":
        code = "invalid_prompt"
    return {
        "status": "failed",
        "failed_at": surroundings.created,
        "started_at": surroundings.created,
        "expires_at": None,
        "last_error": {"code": code, "message": message or "Sorry, something went wrong."},
    }


def _answered(run: Stored, choice: Mapping[str, Any], answer: Heard, surroundings: Surroundings) -> Stored:
    """The run whose model has said something, or wants tools to be called, or both."""
    message, created = choice["message"], surroundings.created
    usage = _usage(answer.ran.body)
    told: dict[str, JSON] = {"started_at": created, "expires_at": None, "usage": usage}
    if text := message.get("content") or message.get("refusal"):
        _add_text(run, answer.texts or str(text), choice, usage, surroundings)
    calls = [call for call in message.get("tool_calls") or () if call.get("type") == "function"]
    if calls:
        shown = [{"id": call["id"], "type": "function", "function": call["function"]} for call in calls]
        action: JSON = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": shown}}
        pending: Sequence[JSON] = [{**call, "function": {**call["function"], "output": None}} for call in shown]
        add_step(run, {"type": "tool_calls", "tool_calls": pending}, surroundings, status="in_progress")
        told |= {"status": "requires_action", "required_action": action, "usage": None, "expires_at": created + 600}
        history = (*run.details, {"role": "assistant", "content": message.get("content"), "tool_calls": shown})
        return Stored(KIND, run.id, {**run.value, **told}, history)
    if choice.get("finish_reason") == "length":
        told |= {"status": "incomplete", "incomplete_details": {"reason": "max_completion_tokens"}}
    else:
        told |= {"status": "completed", "completed_at": created}
    return Stored(KIND, run.id, {**run.value, **told}, run.details)


def _add_text(
    run: Stored, text: str | tuple[str, ...], choice: Mapping[str, Any], usage: JSON, surroundings: Surroundings
) -> None:
    """A message of the run, with the step that tells of it; a text in pieces is kept with them."""
    own: dict[str, JSON] = {"run_id": run.id, "assistant_id": run.value["assistant_id"]}
    if reason := {"length": "max_tokens", "content_filter": "content_filter"}.get(str(choice.get("finish_reason"))):
        own |= {"status": "incomplete", "incomplete_details": {"reason": reason}}
        own |= {"completed_at": None, "incomplete_at": surroundings.created}
    thread_id = str(run.value["thread_id"])
    pieces = () if isinstance(text, str) else text
    said = {"role": "assistant", "content": "".join(text)}
    message = add_message(surroundings, thread_id, said, pieces, **own)
    creation: JSON = {"message_id": message["id"]}
    add_step(run, {"type": "message_creation", "message_creation": creation}, surroundings, usage=usage)


def add_step(
    run: Stored, step: Mapping[str, JSON], surroundings: Surroundings, *, status: str = "completed", usage: JSON = None
) -> None:
    """One more step of a run."""
    key = new_id(surroundings, "step_")
    value: dict[str, JSON] = {
        "id": key,
        "object": STEP,
        "created_at": surroundings.created,
        "run_id": run.id,
        "assistant_id": run.value["assistant_id"],
        "thread_id": run.value["thread_id"],
        "type": step["type"],
        "status": status,
        "cancelled_at": None,
        "completed_at": surroundings.created if status == "completed" else None,
        "expired_at": None,
        "failed_at": None,
        "last_error": None,
        "step_details": step,
        "usage": usage,
        "metadata": {},
    }
    surroundings.store.put(Stored(STEP, key, value))


def _usage(body: JSON) -> JSON:
    told = body.get("usage") if isinstance(body, Mapping) else None
    counts = told if isinstance(told, Mapping) else {}
    return {name: counts.get(name) or 0 for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
