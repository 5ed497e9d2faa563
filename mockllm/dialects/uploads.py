"""Uploads: a file that comes in parts (the SDK's `resources/uploads`, OpenAI's description).

An upload is pending until it is completed or cancelled. Here: the endpoints and the checks of the whole: size, order
and checksum. Not here: the file that comes of it (`filed.py`).
"""

import hashlib
from collections.abc import Mapping, Sequence

from mockllm.dialects.base import Surroundings
from mockllm.dialects.filed import EXPIRES_AFTER, PURPOSES, add_file
from mockllm.dialects.form import files
from mockllm.dialects.kept import Answered, changed, kept_or_404, new_id
from mockllm.dialects.rules import Choice, Items, Row, Text, Whole, check_rows, missing, refusal
from mockllm.request import JSON, Request
from mockllm.store import Store, Stored

KIND = "upload"
PART = "upload.part"

MOST_BYTES = 8 * 1024**3
"""The largest upload."""

MOST_PART_BYTES = 64 * 1024**2
"""The largest part of one."""

_LIFE_S = 3_600

FIELDS: tuple[Row, ...] = (
    Row("purpose", Choice(PURPOSES), required=True),
    Row("filename", Text(filled=True), required=True),
    Row("bytes", Whole(0, MOST_BYTES), required=True),
    Row("mime_type", Text(filled=True), required=True),
    EXPIRES_AFTER,
)
"""Every parameter of a new upload."""


def _create(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    body = dict(request.json)
    check_rows(FIELDS, body)
    key = new_id(surroundings, "upload_", 24)
    value: dict[str, JSON] = {
        "id": key,
        "object": "upload",
        "bytes": body["bytes"],
        "created_at": surroundings.created,
        "filename": body["filename"],
        "purpose": body["purpose"],
        "status": "pending",
        "expires_at": surroundings.created + _LIFE_S,
    }
    surroundings.store.put(Stored(KIND, key, value, (body.get("expires_after"),)))
    return value


def _add_part(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    upload = _pending(surroundings.store, parameters["id"])
    data = next((file.data for file in files(request.call) if file.field == "data"), None)
    if data is None:
        raise missing("data")
    if len(data) > MOST_PART_BYTES:
        raise refusal(f"Invalid 'data': expected at most {MOST_PART_BYTES} bytes, but got {len(data)}.", param="data")
    key = new_id(surroundings, "part_", 24)
    value: dict[str, JSON] = {"id": key, "object": PART, "created_at": surroundings.created, "upload_id": upload.id}
    surroundings.store.put(Stored(PART, key, value, content=data))
    return value


def _complete(request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    upload = _pending(surroundings.store, parameters["id"])
    body = dict(request.json)
    check_rows((Row("part_ids", Items(Text(), filled=True), required=True), Row("md5", Text())), body)
    content = _joined(surroundings.store, upload, request)
    if len(content) != upload.value["bytes"]:
        message = f"The upload was announced with {upload.value['bytes']} bytes, but its parts have {len(content)}."
        raise refusal(message, param="part_ids")
    # The checksum is the API's own, and guards against nothing but accidents.
    if "md5" in body and body["md5"] != hashlib.md5(content, usedforsecurity=False).hexdigest():
        raise refusal("The md5 checksum of the parts is not the one that was given.", param="md5")
    (expiry,) = upload.details
    life = expiry["seconds"] if isinstance(expiry, Mapping) else None
    name, purpose = str(upload.value["filename"]), str(upload.value["purpose"])
    file = add_file(surroundings, name, purpose, content, life_s=life if isinstance(life, int) else None)
    _forget_parts(surroundings.store, upload.id)
    return changed(surroundings, upload, status="completed", file=file)


def _joined(store: Store, upload: Stored, request: Request) -> bytes:
    """The parts in the order in which the request names them."""
    names = request.json["part_ids"]
    assert isinstance(names, Sequence)
    parts = [store.get(PART, str(name)) for name in names]
    for name, part in zip(names, parts, strict=True):
        if part is None or part.value["upload_id"] != upload.id:
            raise refusal(f"No part with id '{name}' found in upload '{upload.id}'.", param="part_ids")
    return b"".join(part.content for part in parts if part is not None)


def _cancel(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    upload = _pending(surroundings.store, parameters["id"])
    _forget_parts(surroundings.store, upload.id)
    return changed(surroundings, upload, status="cancelled")


def _pending(store: Store, key: str) -> Stored:
    upload = kept_or_404(store, KIND, key, f"No such Upload object: {key}", param="id")
    if upload.value["status"] != "pending":
        raise refusal(f"Upload '{key}' is {upload.value['status']}: only a pending one can be changed.")
    return upload


def _forget_parts(store: Store, upload_id: str) -> None:
    for part in store.all(PART):
        if part.value["upload_id"] == upload_id:
            store.delete(PART, part.id)


CREATE = Answered("uploads", _create)
ADD_PART = Answered("uploads.parts", _add_part)
COMPLETE = Answered("uploads.complete", _complete)
CANCEL = Answered("uploads.cancel", _cancel)
