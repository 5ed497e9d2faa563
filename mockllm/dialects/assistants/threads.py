"""Threads and their messages (the SDK's `resources/beta/threads`).

Here: the objects and their endpoints. A thread on which a run is at work takes no messages. Not here: runs (`runs.py`).
"""

from collections.abc import Mapping
from typing import Any

from mockllm.dialects.base import Surroundings
from mockllm.dialects.cursor import page
from mockllm.dialects.kept import METADATA, Answered, changed, deleted, given, kept_or_404, new_id, values
from mockllm.dialects.rules import Choice, Either, Fields, Items, Row, Tagged, Text, check_rows, refusal
from mockllm.errors import ApiError
from mockllm.request import JSON, Request
from mockllm.store import Stored

THREAD = "thread"
MESSAGE = "thread.message"
RUN = "thread.run"

ACTIVE = ("queued", "in_progress", "requires_action", "cancelling")
"""The states of a run that is at work."""

_PART = Tagged(
    "type",
    {
        "text": (Row("text", Text(), required=True),),
        "image_url": (Row("image_url", Fields((Row("url", Text(), required=True),)), required=True),),
        "image_file": (Row("image_file", Fields((Row("file_id", Text(), required=True),)), required=True),),
    },
)
SAID: tuple[Row, ...] = (
    Row("role", Choice(("user", "assistant")), required=True),
    Row("content", Either((Text(filled=True), Items(_PART, filled=True))), required=True),
    Row("attachments", Items(Fields())),
    METADATA,
)
"""Every parameter of a message."""

_RESOURCES = Row("tool_resources", Fields())
FIELDS: tuple[Row, ...] = (Row("messages", Items(Fields(SAID))), _RESOURCES, METADATA)
"""Every parameter of a thread."""


def find_thread(surroundings: Surroundings, parameters: Mapping[str, str]) -> Stored:
    """The thread of a path. Raises ApiError 404."""
    key = parameters["id"]
    return kept_or_404(surroundings.store, THREAD, key, f"No thread found with id '{key}'.")


def find_in_thread(surroundings: Surroundings, parameters: Mapping[str, str], kind: str, noun: str) -> Stored:
    """What a path names in its thread: the message or the run, by the parameter of its `noun`. Raises ApiError 404."""
    thread, key = find_thread(surroundings, parameters), parameters[noun]
    kept = surroundings.store.get(kind, key)
    if kept is None or kept.value["thread_id"] != thread.id:
        raise ApiError(404, f"No {noun} found with id '{key}'.")
    return kept


def add_thread(surroundings: Surroundings, said: Mapping[str, Any]) -> Mapping[str, JSON]:
    """A new thread with the messages that it begins with."""
    key = new_id(surroundings, "thread_")
    value: dict[str, JSON] = {
        "id": key,
        "object": THREAD,
        "created_at": surroundings.created,
        "metadata": said.get("metadata") or {},
        "tool_resources": said.get("tool_resources") or {},
    }
    surroundings.store.put(Stored(THREAD, key, value))
    for message in said.get("messages") or ():
        add_message(surroundings, key, message)
    return value


def add_message(
    surroundings: Surroundings, thread_id: str, said: Mapping[str, Any], pieces: tuple[str, ...] = (), **own: JSON
) -> dict[str, JSON]:
    """A new message at the end of a thread; `own` are the members of one that a run wrote, and `pieces` those in which
    its text came.
    """
    key = new_id(surroundings, "msg_")
    content = said["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    value: dict[str, JSON] = {
        "id": key,
        "object": MESSAGE,
        "created_at": surroundings.created,
        "assistant_id": None,
        "thread_id": thread_id,
        "run_id": None,
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": surroundings.created,
        "role": said["role"],
        "content": [_shown(part) for part in parts],
        "attachments": said.get("attachments") or [],
        "metadata": said.get("metadata") or {},
        **own,
    }
    surroundings.store.put(Stored(MESSAGE, key, value, pieces))
    return value


def _shown(part: Mapping[str, Any]) -> JSON:
    if part["type"] == "text":
        return {"type": "text", "text": {"value": part["text"], "annotations": []}}
    return part


def refuse_while_active(surroundings: Surroundings, thread_id: str, what: str) -> None:
    """Raise ApiError 400 if a run is at work on the thread; `what` has `{run}` for the id of the run."""
    for run in values(surroundings.store, RUN, thread_id=thread_id):
        if run["status"] in ACTIVE:
            raise refusal(what.format(run=run["id"]))


def _create(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    check_rows(FIELDS, dict(request.json))
    return add_thread(surroundings, request.json)


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return find_thread(surroundings, parameters).value


def _update(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = find_thread(surroundings, parameters)
    check_rows((_RESOURCES, METADATA), dict(request.json))
    said = given(request, "metadata", "tool_resources")
    return changed(surroundings, kept, **{name: value or {} for name, value in said.items()})


def _delete(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = find_thread(surroundings, parameters)
    for kind in (MESSAGE, RUN, "thread.run.step"):
        for value in values(surroundings.store, kind, thread_id=kept.id):
            surroundings.store.delete(kind, str(value["id"]))
    return deleted(surroundings, kept, "thread.deleted")


def _say(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    thread = find_thread(surroundings, parameters)
    check_rows(SAID, dict(request.json))
    refuse_while_active(surroundings, thread.id, f"Can't add messages to {thread.id} while a run {{run}} is active.")
    return add_message(surroundings, thread.id, request.json)


def _list_messages(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    thread = find_thread(surroundings, parameters)
    query = request.call.parameters()
    wanted: dict[str, JSON] = {"run_id": query["run_id"]} if "run_id" in query else {}
    items = values(surroundings.store, MESSAGE, thread_id=thread.id, **wanted)
    return page(items, query, order="desc", before=True)


def _find_message(parameters: Mapping[str, str], surroundings: Surroundings) -> Stored:
    return find_in_thread(surroundings, parameters, MESSAGE, "message")


def _retrieve_message(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return _find_message(parameters, surroundings).value


def _update_message(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = _find_message(parameters, surroundings)
    check_rows((METADATA,), dict(request.json))
    return changed(surroundings, kept, metadata=request.json.get("metadata") or {})


def _delete_message(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return deleted(surroundings, _find_message(parameters, surroundings), "thread.message.deleted")


CREATE = Answered("threads", _create)
RETRIEVE = Answered("threads.retrieve", _retrieve)
UPDATE = Answered("threads.update", _update)
DELETE = Answered("threads.delete", _delete)
SAY = Answered("threads.messages", _say)
MESSAGES = Answered("threads.messages.list", _list_messages)
MESSAGE_RETRIEVE = Answered("threads.messages.retrieve", _retrieve_message)
MESSAGE_UPDATE = Answered("threads.messages.update", _update_message)
MESSAGE_DELETE = Answered("threads.messages.delete", _delete_message)
