"""Runs: an assistant answers a thread (the SDK's `resources/beta/threads/runs`).

A run is `queued` in the answer that makes it and has been worked on when it is looked at, so that a client that polls
never waits, and one that cancels first is in time. Here: the endpoints. Not here: the work (`work.py`) and the stream
(`events.py`).
"""

from collections.abc import Mapping
from typing import Any

from mockllm.dialects.assistants.definitions import COMMON, find_assistant
from mockllm.dialects.assistants.events import events
from mockllm.dialects.assistants.threads import (
    ACTIVE,
    FIELDS,
    SAID,
    add_message,
    add_thread,
    find_in_thread,
    find_thread,
    refuse_while_active,
)
from mockllm.dialects.assistants.work import KIND, STEP, worked
from mockllm.dialects.base import Result, Surroundings
from mockllm.dialects.cursor import page
from mockllm.dialects.kept import METADATA, Answered, changed, new_id, values
from mockllm.dialects.rules import Either, Fields, Flag, Items, Row, Text, Whole, check_rows, refusal
from mockllm.errors import ApiError
from mockllm.request import JSON, Request
from mockllm.store import Stored

_LIFE_S = 600

_OWN: tuple[Row, ...] = (
    Row("assistant_id", Text(filled=True), required=True),
    Row("model", Text(filled=True)),
    Row("additional_instructions", Text()),
    Row("additional_messages", Items(Fields(SAID))),
    Row("max_prompt_tokens", Whole(256)),
    Row("max_completion_tokens", Whole(256)),
    Row("truncation_strategy", Fields((Row("type", Text(), required=True),))),
    Row("tool_choice", Either((Text(), Fields((Row("type", Text(), required=True),))))),
    Row("parallel_tool_calls", Flag()),
    Row("stream", Flag()),
    *COMMON,
)
_OUTPUTS = Row("tool_outputs", Items(Fields((Row("tool_call_id", Text()), Row("output", Text())))), required=True)


def _create(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
    thread = find_thread(surroundings, parameters)
    body = dict(request.json)
    check_rows(_OWN, body)
    find_assistant(surroundings, str(body["assistant_id"]))
    refuse_while_active(surroundings, thread.id, f"Thread {thread.id} already has an active run {{run}}.")
    return _begun(thread.value, body, surroundings)


def _create_with_thread(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
    body: dict[str, Any] = dict(request.json)
    check_rows((*_OWN, Row("thread", Fields(FIELDS))), body)
    find_assistant(surroundings, body["assistant_id"])
    return _begun(add_thread(surroundings, body.get("thread") or {}), body, surroundings, is_new=True)


def _begun(
    thread: Mapping[str, JSON], body: dict[str, Any], surroundings: Surroundings, *, is_new: bool = False
) -> Result:
    """The run as it begins, or with `stream` all that becomes of it."""
    for message in body.get("additional_messages") or ():
        add_message(surroundings, str(thread["id"]), message)
    run = Stored(KIND, new_id(surroundings, "run_"), {})
    run = Stored(KIND, run.id, {"id": run.id, **_fresh(str(thread["id"]), body, surroundings)})
    surroundings.store.put(run)
    if body.get("stream") is not True:
        return run.value
    return events(run, worked(run, surroundings, streamed=True), surroundings, thread=thread if is_new else None)


def _fresh(thread_id: str, body: dict[str, Any], surroundings: Surroundings) -> dict[str, JSON]:
    """What a run says when it begins: what its request says, or else its assistant."""
    assistant = find_assistant(surroundings, body["assistant_id"]).value

    def said(name: str) -> JSON:
        return assistant[name] if body.get(name) is None else body[name]

    more = body.get("additional_instructions")
    instructions = "\n".join(str(text) for text in (said("instructions"), more) if text)
    created = surroundings.created
    return {
        "object": KIND,
        "created_at": created,
        "assistant_id": assistant["id"],
        "thread_id": thread_id,
        "status": "queued",
        "started_at": None,
        "expires_at": created + _LIFE_S,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": said("model"),
        "instructions": instructions,
        "tools": said("tools"),
        "metadata": body.get("metadata") or {},
        "temperature": said("temperature"),
        "top_p": said("top_p"),
        "max_completion_tokens": body.get("max_completion_tokens"),
        "max_prompt_tokens": body.get("max_prompt_tokens"),
        "truncation_strategy": body.get("truncation_strategy") or {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": None,
        "response_format": said("response_format"),
        "tool_choice": body.get("tool_choice") or "auto",
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
    }


def _found(parameters: Mapping[str, str], surroundings: Surroundings) -> Stored:
    return find_in_thread(surroundings, parameters, KIND, "run")


def _looked_at(run: Stored, surroundings: Surroundings) -> Stored:
    """The run, which has been worked on now."""
    if run.value["status"] == "queued":
        return worked(run, surroundings)
    if run.value["status"] == "cancelling":
        changed(surroundings, run, status="cancelled", cancelled_at=surroundings.created, expires_at=None)
    return surroundings.store.get(KIND, run.id) or run


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return _looked_at(_found(parameters, surroundings), surroundings).value


def _list(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    thread = find_thread(surroundings, parameters)
    items = values(surroundings.store, KIND, thread_id=thread.id)
    return page(items, request.call.parameters(), order="desc", before=True)


def _update(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    run = _found(parameters, surroundings)
    check_rows((METADATA,), dict(request.json))
    return changed(surroundings, run, metadata=request.json.get("metadata") or {})


def _cancel(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    run = _found(parameters, surroundings)
    if run.value["status"] not in ACTIVE:
        raise refusal(f"Cannot cancel run with status '{run.value['status']}'.")
    return changed(surroundings, run, status="cancelling", required_action=None)


def _submit(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
    run = _found(parameters, surroundings)
    body: dict[str, Any] = dict(request.json)
    check_rows((_OUTPUTS, Row("stream", Flag())), body)
    action: Any = run.value["required_action"]
    if run.value["status"] != "requires_action":
        raise refusal(f'Runs in status "{run.value["status"]}" do not accept tool outputs.')
    wanted = [call["id"] for call in action["submit_tool_outputs"]["tool_calls"]]
    outputs = {output.get("tool_call_id"): output.get("output") or "" for output in body["tool_outputs"]}
    if sorted(map(str, outputs)) != sorted(wanted):
        raise refusal(f"Expected tool outputs for call_ids {wanted}, got {list(outputs)}")
    _finish_step(run, outputs, surroundings)
    told = ({"role": "tool", "tool_call_id": key, "content": outputs[key]} for key in wanted)
    again: dict[str, JSON] = {**run.value, "status": "queued", "required_action": None}
    resumed = Stored(KIND, run.id, again, (*run.details, *told))
    surroundings.store.put(resumed)
    if body.get("stream") is not True:
        return resumed.value
    skip = len(values(surroundings.store, STEP, run_id=run.id))
    return events(resumed, worked(resumed, surroundings, streamed=True), surroundings, skip=skip)


def _finish_step(run: Stored, outputs: Mapping[Any, str], surroundings: Surroundings) -> None:
    """Notes what the tools gave in the step that waited for it."""
    for step in surroundings.store.all(STEP):
        details: Any = step.value["step_details"]
        if step.value["run_id"] == run.id and step.value["status"] == "in_progress":
            calls = [
                {**call, "function": {**call["function"], "output": outputs[call["id"]]}}
                for call in details["tool_calls"]
            ]
            done: JSON = {**details, "tool_calls": calls}
            changed(surroundings, step, status="completed", completed_at=surroundings.created, step_details=done)


def _steps(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    run = _looked_at(_found(parameters, surroundings), surroundings)
    items = values(surroundings.store, STEP, run_id=run.id)
    return page(items, request.call.parameters(), order="desc", before=True)


def _step(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    run, key = _found(parameters, surroundings), parameters["step"]
    kept = surroundings.store.get(STEP, key)
    if kept is None or kept.value["run_id"] != run.id:
        raise ApiError(404, f"No run step found with id '{key}'.")
    return kept.value


CREATE = Answered("threads.runs", _create)
CREATE_WITH_THREAD = Answered("threads.create_and_run", _create_with_thread)
RETRIEVE = Answered("threads.runs.retrieve", _retrieve)
LIST = Answered("threads.runs.list", _list)
UPDATE = Answered("threads.runs.update", _update)
CANCEL = Answered("threads.runs.cancel", _cancel)
SUBMIT = Answered("threads.runs.submit_tool_outputs", _submit)
STEPS = Answered("threads.runs.steps", _steps)
STEP_RETRIEVE = Answered("threads.runs.steps.retrieve", _step)
