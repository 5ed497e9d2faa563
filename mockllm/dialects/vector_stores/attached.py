"""Files that are attached to a vector store (wire-contract §6).

A file is `in_progress` in the answer that attaches it and has been worked on when anybody looks again, so that a client
which polls sees both and never waits. Here: the attachments and their endpoints. Not here: many at once (`bundles.py`),
the stores themselves (`__init__.py`) and how a file is cut (`chunks.py`).
"""

from collections.abc import Mapping
from typing import Any

from mockllm.dialects.base import Layout, Surroundings
from mockllm.dialects.cursor import page
from mockllm.dialects.filed import KIND as FILE
from mockllm.dialects.filed import find_file
from mockllm.dialects.kept import Answered, changed, deleted, kept_or_404, values
from mockllm.dialects.rules import Choice, Row, Text, check_rows, missing
from mockllm.dialects.vector_stores.chunks import ATTRIBUTES, STRATEGY, USUAL_STRATEGY, Chunk, cut
from mockllm.request import JSON, Request
from mockllm.store import Store, Stored

STORE = "vector_store"
KIND = "vector_store.file"
LAYOUT = Layout(newline=False)

STATES = ("in_progress", "completed", "failed", "cancelled")
"""The states of an attached file, in the order in which they are counted."""

FIELDS: tuple[Row, ...] = (ATTRIBUTES, STRATEGY)
"""What can be said of every file that is attached."""


def find_store(surroundings: Surroundings, parameters: Mapping[str, str]) -> Stored:
    """The vector store of a path. Raises ApiError 404."""
    key = parameters["id"]
    return kept_or_404(surroundings.store, STORE, key, f"Vector store with id '{key}' not found.")


def find_attached(surroundings: Surroundings, parameters: Mapping[str, str]) -> Stored:
    """The attached file of a path. Raises ApiError 404."""
    store = find_store(surroundings, parameters)
    message = f"No file found with id '{parameters['file']}' in vector store '{store.id}'."
    return kept_or_404(surroundings.store, KIND, _key(store.id, parameters["file"]), message)


def attach(surroundings: Surroundings, store_id: str, file_id: str, said: Mapping[str, Any]) -> Mapping[str, JSON]:
    """Attaches a file, and the attachment as it is at that moment. Raises ApiError 404 for a file that is not there."""
    file = find_file(surroundings.store, file_id)
    strategy = said.get("chunking_strategy")
    fresh: dict[str, JSON] = {
        "id": file.id,
        "object": KIND,
        "usage_bytes": 0,
        "created_at": surroundings.created,
        "vector_store_id": store_id,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": strategy if strategy and strategy["type"] == "static" else USUAL_STRATEGY,
        "attributes": said.get("attributes") or {},
    }
    done: dict[str, JSON] = {"status": "completed", "usage_bytes": len(file.content)}
    if not file.content:
        error: JSON = {"code": "invalid_file", "message": "The file could not be parsed because it is empty."}
        done = {"status": "failed", "last_error": error}
    put_attached(surroundings, {**fresh, **done})
    return fresh


def put_attached(surroundings: Surroundings, value: Mapping[str, JSON]) -> None:
    """Keeps an attached file as it is now."""
    surroundings.store.put(Stored(KIND, _key(value["vector_store_id"], value["id"]), value))


def detach(surroundings: Surroundings, value: Mapping[str, JSON]) -> None:
    """Forgets an attached file; the file itself stays."""
    surroundings.store.delete(KIND, _key(value["vector_store_id"], value["id"]))


def attached(store: Store, store_id: str) -> list[Mapping[str, JSON]]:
    """The files of a vector store, oldest first."""
    return values(store, KIND, vector_store_id=store_id)


def counts(files: list[Mapping[str, JSON]]) -> dict[str, JSON]:
    """How many files there are in each state."""
    told: dict[str, JSON] = {state: sum(file["status"] == state for file in files) for state in STATES}
    return {**told, "total": len(files)}


def chunks(store: Store, file: Mapping[str, JSON]) -> list[Chunk]:
    """The pieces of an attached file; none if the file is gone or was never read."""
    kept = store.get(FILE, str(file["id"]))
    strategy = file["chunking_strategy"]
    if kept is None or file["status"] != "completed":
        return []
    assert isinstance(strategy, Mapping)
    name, attributes = str(kept.value["filename"]), file["attributes"]
    return [Chunk(kept.id, name, attributes, text) for text in cut(kept.content, strategy)]


def listed(files: list[Mapping[str, JSON]], request: Request) -> JSON:
    """The page of attached files that the query asks for."""
    query = request.call.parameters()
    check_rows((Row("filter", Choice(STATES)),), query)
    return page([f for f in files if query.get("filter", f["status"]) == f["status"]], query, order="desc", before=True)


def _key(store_id: JSON, file_id: JSON) -> str:
    # A file can be attached to several stores, so its own id is not enough.
    return f"{store_id}/{file_id}"


def _create(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    store = find_store(surroundings, parameters)
    body: dict[str, Any] = dict(request.json)
    check_rows((Row("file_id", Text(filled=True), required=True), *FIELDS), body)
    return attach(surroundings, store.id, body["file_id"], body)


def _list(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return listed(attached(surroundings.store, find_store(surroundings, parameters).id), request)


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return find_attached(surroundings, parameters).value


def _update(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = find_attached(surroundings, parameters)
    if "attributes" not in request.json:
        raise missing("attributes")
    check_rows((ATTRIBUTES,), dict(request.json))
    return changed(surroundings, kept, attributes=request.json["attributes"] or {})


def _delete(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = find_attached(surroundings, parameters)
    return deleted(surroundings, kept, "vector_store.file.deleted", parameters["file"])


def _content(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = find_attached(surroundings, parameters)
    data: list[JSON] = [{"type": "text", "text": chunk.text} for chunk in chunks(surroundings.store, kept.value)]
    return {"object": "vector_store.file_content.page", "data": data, "has_more": False, "next_page": None}


ATTACH = Answered("vector_stores.files", _create, LAYOUT)
LIST = Answered("vector_stores.files.list", _list, LAYOUT)
RETRIEVE = Answered("vector_stores.files.retrieve", _retrieve, LAYOUT)
UPDATE = Answered("vector_stores.files.update", _update, LAYOUT)
DELETE = Answered("vector_stores.files.delete", _delete, LAYOUT)
CONTENT = Answered("vector_stores.files.content", _content, LAYOUT)
