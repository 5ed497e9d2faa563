"""Files that are attached many at once: the file batches of a vector store (OpenAI's description).

A batch is `in_progress` until it is looked at, and can be cancelled until then. Not here: one attached file
(`attached.py`).
"""

from collections.abc import Mapping
from typing import Any

from mockllm.dialects.base import Surroundings
from mockllm.dialects.kept import Answered, changed, details, fresh
from mockllm.dialects.rules import Fields, Items, Row, Text, check_rows, missing
from mockllm.dialects.vector_stores.attached import (
    FIELDS,
    LAYOUT,
    attach,
    attached,
    counts,
    find_store,
    listed,
    put_attached,
)
from mockllm.errors import ApiError
from mockllm.request import JSON, Request
from mockllm.store import Stored

KIND = "vector_store.files_batch"

MOST_FILES = 2_000
"""How many files one batch may have."""

_FILE = Fields((Row("file_id", Text(filled=True), required=True), *FIELDS))
_ROWS = (
    Row("file_ids", Items(Text(filled=True), filled=True, most=MOST_FILES)),
    Row("files", Items(_FILE, filled=True, most=MOST_FILES)),
    *FIELDS,
)


def _create(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    store = find_store(surroundings, parameters)
    body: dict[str, Any] = dict(request.json)
    check_rows(_ROWS, body)
    said = body.get("files") or [{**body, "file_id": key} for key in body.get("file_ids") or ()]
    if not said:
        raise missing("file_ids")
    files = [attach(surroundings, store.id, each["file_id"], each) for each in said]
    key = f"vsfb_{fresh(surroundings, 'vsfb').hex(32)}"
    value: dict[str, JSON] = {
        "id": key,
        "object": KIND,
        "created_at": surroundings.created,
        "vector_store_id": store.id,
        "status": "in_progress",
        "file_counts": counts(files),
    }
    surroundings.store.put(Stored(KIND, key, value, tuple({"id": file["id"]} for file in files)))
    return value


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return _looked_at(parameters, surroundings).value


def _cancel(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = _found(parameters, surroundings)
    if kept.value["status"] != "in_progress":
        return kept.value
    files = _files(kept, surroundings)
    for file in files:
        put_attached(surroundings, {**file, "status": "cancelled", "usage_bytes": 0, "last_error": None})
    counted = counts(_files(kept, surroundings))
    return changed(surroundings, kept, status="cancelled", file_counts=counted)


def _list_files(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return listed(_files(_looked_at(parameters, surroundings), surroundings), request)


def _looked_at(parameters: Mapping[str, str], surroundings: Surroundings) -> Stored:
    """The batch, whose files have been worked on now."""
    kept = _found(parameters, surroundings)
    if kept.value["status"] == "in_progress":
        counted = counts(_files(kept, surroundings))
        changed(surroundings, kept, status="completed", file_counts=counted)
    return _found(parameters, surroundings)


def _found(parameters: Mapping[str, str], surroundings: Surroundings) -> Stored:
    store = find_store(surroundings, parameters)
    key = parameters["batch"]
    kept = surroundings.store.get(KIND, key)
    if kept is None or kept.value["vector_store_id"] != store.id:
        raise ApiError(404, f"No file batch found with id '{key}' in vector store '{store.id}'.")
    return kept


def _files(kept: Stored, surroundings: Surroundings) -> list[Mapping[str, JSON]]:
    names = {detail["id"] for detail in details(kept)}
    return [file for file in attached(surroundings.store, str(kept.value["vector_store_id"])) if file["id"] in names]


CREATE = Answered("vector_stores.file_batches", _create, LAYOUT)
RETRIEVE = Answered("vector_stores.file_batches.retrieve", _retrieve, LAYOUT)
CANCEL = Answered("vector_stores.file_batches.cancel", _cancel, LAYOUT)
LIST_FILES = Answered("vector_stores.file_batches.files", _list_files, LAYOUT)
