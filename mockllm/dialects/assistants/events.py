"""The stream of a run (the SDK's `types/beta/assistant_stream_event.py`).

A run is over before its stream begins, so the events are told from what it left: the run, its new steps and messages.
They come in the order of a run at work, with `event:` lines, and end with `done`. Not here: the work (`work.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockllm.dialects.assistants.work import STEP
from mockllm.dialects.base import Events, Surroundings
from mockllm.dialects.kept import values
from mockllm.plan import Frame
from mockllm.request import JSON
from mockllm.store import Stored


def events(
    begun: Stored,
    done: Stored,
    surroundings: Surroundings,
    *,
    thread: Mapping[str, JSON] | None = None,
    skip: int = 0,
) -> Events:
    """From a run as it began to what became of it; with the thread that was made for it, if one was. One that goes on
    after its tools is not created again, and its first steps, which were told before, are skipped.
    """
    return Events(tuple(_frames(begun, done, surroundings, thread=thread, skip=skip)))


def _frames(
    begun: Stored, done: Stored, surroundings: Surroundings, *, thread: Mapping[str, JSON] | None, skip: int
) -> Iterator[Frame]:
    if thread is not None:
        yield _frame("thread.created", thread)
    if not skip:
        yield _frame("thread.run.created", begun.value)
    yield _frame("thread.run.queued", begun.value)
    yield _frame("thread.run.in_progress", {**begun.value, "status": "in_progress"})
    for step in values(surroundings.store, STEP, run_id=done.id)[skip:]:
        yield from _step(step, surroundings)
    yield _frame(f"thread.run.{done.value['status']}", done.value, kind="finish")
    yield Frame("[DONE]", "done", label="[DONE]", event="done")


def _step(step: Mapping[str, Any], surroundings: Surroundings) -> Iterator[Frame]:
    fresh: Mapping[str, JSON] = {**step, "status": "in_progress", "completed_at": None, "usage": None}
    if step["type"] == "tool_calls":
        details = step["step_details"]
        yield _frame("thread.run.step.created", {**fresh, "step_details": {**details, "tool_calls": []}})
        yield _frame("thread.run.step.in_progress", {**fresh, "step_details": {**details, "tool_calls": []}})
        calls = [{"index": place, **call} for place, call in enumerate(details["tool_calls"])]
        delta: JSON = {"step_details": {**details, "tool_calls": calls}}
        yield _frame("thread.run.step.delta", {"id": step["id"], "object": "thread.run.step.delta", "delta": delta})
        return
    yield _frame("thread.run.step.created", fresh)
    yield _frame("thread.run.step.in_progress", fresh)
    kept = surroundings.store.get("thread.message", step["step_details"]["message_creation"]["message_id"])
    assert kept is not None
    yield from _message(kept.value, kept.details)
    yield _frame("thread.run.step.completed", step)


def _message(message: Mapping[str, Any], pieces: Sequence[JSON]) -> Iterator[Frame]:
    empty = {**message, "status": "in_progress", "content": [], "completed_at": None, "incomplete_at": None}
    empty["incomplete_details"] = None
    yield _frame("thread.message.created", empty)
    yield _frame("thread.message.in_progress", empty)
    for piece in pieces:
        text: JSON = {"value": piece}
        delta: JSON = {"content": [{"index": 0, "type": "text", "text": text}]}
        value: JSON = {"id": message["id"], "object": "thread.message.delta", "delta": delta}
        yield Frame(value, "token", 1, f'"{piece}"', "thread.message.delta")
    yield _frame(f"thread.message.{message['status']}", message)


def _frame(name: str, value: JSON, kind: Any = "event") -> Frame:
    return Frame(value, kind, label=name, event=name)
