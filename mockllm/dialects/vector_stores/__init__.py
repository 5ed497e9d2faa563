"""Vector stores: files that can be searched by what they say (wire-contract §6).

Here: the stores themselves and the search. Not here: the files in them (`attached.py`, `bundles.py`) and how near a
text is to a question (`chunks.py`).
"""

from collections.abc import Mapping
from typing import Any

from mockllm.dialects.base import Surroundings
from mockllm.dialects.cursor import page
from mockllm.dialects.filed import find_file
from mockllm.dialects.kept import METADATA, Answered, changed, deleted, fresh, given
from mockllm.dialects.rules import Choice, Either, Fields, Flag, Items, Row, Text, Whole, check_rows
from mockllm.dialects.vector_stores import attached as files
from mockllm.dialects.vector_stores import bundles
from mockllm.dialects.vector_stores.attached import LAYOUT, STORE, attach, attached, chunks, counts, detach, find_store
from mockllm.dialects.vector_stores.chunks import RANKING, STRATEGY, check_filter, fits, ranked
from mockllm.request import JSON, Request
from mockllm.store import Stored

__all__ = ["CREATE", "DELETE", "LIST", "RETRIEVE", "SEARCH", "UPDATE", "bundles", "files"]

MOST_FILES = 500
"""How many files a new store may begin with."""

_DAY_S = 24 * 3_600
_USUAL_RESULTS, _MOST_RESULTS = 10, 50

_CHANGEABLE: tuple[Row, ...] = (
    Row("name", Text()),
    Row(
        "expires_after",
        Fields(
            (
                Row("anchor", Choice(("last_active_at",)), required=True),
                Row("days", Whole(1, 365), required=True),
            )
        ),
    ),
    METADATA,
)
FIELDS: tuple[Row, ...] = (
    Row("file_ids", Items(Text(filled=True), most=MOST_FILES)),
    Row("description", Text()),
    *_CHANGEABLE,
    STRATEGY,
)
"""Every parameter of a new store."""

SEARCHED: tuple[Row, ...] = (
    Row("query", Either((Text(filled=True), Items(Text(filled=True), filled=True))), required=True),
    Row("max_num_results", Whole(1, _MOST_RESULTS)),
    Row("rewrite_query", Flag()),
    RANKING,
)
"""Every parameter of a search except its filters."""


def _create(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    body: dict[str, Any] = dict(request.json)
    check_rows(FIELDS, body)
    names = list(dict.fromkeys(body.get("file_ids") or ()))
    for name in names:
        find_file(surroundings.store, name)
    key = f"vs_{fresh(surroundings, 'vs').hex(32)}"
    expiry = body.get("expires_after")
    value: dict[str, JSON] = {
        "id": key,
        "object": STORE,
        "created_at": surroundings.created,
        "name": body.get("name") or "",
        "description": body.get("description"),
        "usage_bytes": 0,
        "file_counts": {},
        "status": "completed",
        "expires_after": expiry,
        "expires_at": None,
        "last_active_at": surroundings.created,
        "metadata": body.get("metadata") or {},
    }
    kept = Stored(STORE, key, value)
    surroundings.store.put(kept)
    told = [attach(surroundings, key, name, body) for name in names]
    return {**_shown(kept, surroundings), "file_counts": counts(told), "status": _status(told), "usage_bytes": 0}


def _status(told: list[Mapping[str, JSON]]) -> str:
    return "in_progress" if any(file["status"] == "in_progress" for file in told) else "completed"


def _shown(kept: Stored, surroundings: Surroundings) -> dict[str, JSON]:
    """The store with what follows from its files and from the time."""
    told = attached(surroundings.store, kept.id)
    active, expiry = kept.value["last_active_at"], kept.value["expires_after"]
    sizes = [size for file in told if isinstance(size := file["usage_bytes"], int)]
    shown = {**kept.value, "usage_bytes": sum(sizes), "file_counts": counts(told), "status": _status(told)}
    if isinstance(expiry, Mapping) and isinstance(active, int) and isinstance(days := expiry["days"], int):
        shown["expires_at"] = active + days * _DAY_S
        if surroundings.created >= active + days * _DAY_S:
            shown["status"] = "expired"
    return shown


def _list(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    items = [_shown(kept, surroundings) for kept in surroundings.store.all(STORE)]
    return page(items, request.call.parameters(), order="desc", before=True)


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return _shown(find_store(surroundings, parameters), surroundings)


def _update(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = find_store(surroundings, parameters)
    check_rows(_CHANGEABLE, dict(request.json))
    said = given(request, "name", "expires_after", "metadata")
    usual: dict[str, JSON] = {"name": "", "expires_after": None, "metadata": {}}
    changed(surroundings, kept, **{name: value or usual[name] for name, value in said.items()})
    return _shown(find_store(surroundings, parameters), surroundings)


def _delete(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = find_store(surroundings, parameters)
    for file in attached(surroundings.store, kept.id):
        detach(surroundings, file)
    return deleted(surroundings, kept, "vector_store.deleted")


def _search(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    kept = find_store(surroundings, parameters)
    body: dict[str, Any] = dict(request.json)
    check_rows(SEARCHED, body)
    condition = body.get("filters")
    if condition is not None:
        check_filter(condition)
    queries = [body["query"]] if isinstance(body["query"], str) else body["query"]
    told = attached(surroundings.store, kept.id)
    pieces = [
        chunk
        for file in told
        if condition is None or fits(condition, file["attributes"])
        for chunk in chunks(surroundings.store, file)
    ]
    least = float((body.get("ranking_options") or {}).get("score_threshold") or 0)
    most = body.get("max_num_results") or _USUAL_RESULTS
    found = list(ranked(pieces, queries, least))
    data: list[JSON] = [
        {
            "file_id": chunk.file_id,
            "filename": chunk.filename,
            "score": score,
            "attributes": chunk.attributes,
            "content": [{"type": "text", "text": chunk.text}],
        }
        for score, chunk in found[:most]
    ]
    return {
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": data,
        "has_more": len(found) > most,
        "next_page": None,
    }


CREATE = Answered("vector_stores", _create, LAYOUT)
LIST = Answered("vector_stores.list", _list, LAYOUT)
RETRIEVE = Answered("vector_stores.retrieve", _retrieve, LAYOUT)
UPDATE = Answered("vector_stores.update", _update, LAYOUT)
DELETE = Answered("vector_stores.delete", _delete, LAYOUT)
SEARCH = Answered("vector_stores.search", _search, LAYOUT)
