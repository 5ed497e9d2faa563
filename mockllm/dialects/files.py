"""Files: `POST /files`, the list, one file, its content, and deleting it (wire-contract §2, §6).

Here: the endpoints. Not here: the object in the store (`filed.py`) and uploads in parts (`uploads.py`).
"""

from collections.abc import Mapping

from mockllm.dialects.base import Media, Surroundings
from mockllm.dialects.cursor import page
from mockllm.dialects.filed import KIND, LONGEST_S, PURPOSES, SHORTEST_S, add_file, find_file
from mockllm.dialects.form import files
from mockllm.dialects.kept import Answered, deleted, values
from mockllm.dialects.rules import Choice, Row, Text, check_rows, missing, refusal
from mockllm.request import JSON, Request

MOST_LISTED = 10_000
"""How many files one page may have, and has unless the query says otherwise."""

_PRIVATE = "assistants"

FIELDS: tuple[Row, ...] = (
    Row("purpose", Choice(PURPOSES), required=True),
    Row("expires_after[anchor]", Choice(("created_at",))),
    Row("expires_after[seconds]", Text(pattern="[0-9]{1,9}")),
)
"""Every parameter except the file."""


def _create(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    check_rows(FIELDS, dict(request.json))
    file = next((file for file in files(request.call) if file.field == "file"), None)
    if file is None:
        raise missing("file")
    purpose = str(request.json["purpose"])
    return add_file(surroundings, file.name, purpose, file.data, life_s=_life(request.json))


def _life(body: Mapping[str, JSON]) -> int | None:
    if (told := body.get("expires_after[seconds]")) is None:
        return None
    if not SHORTEST_S <= (seconds := int(str(told))) <= LONGEST_S:
        message = f"Invalid 'expires_after[seconds]': expected a value between {SHORTEST_S} and {LONGEST_S}"
        raise refusal(f"{message}, but got {seconds} instead.", param="expires_after[seconds]")
    return seconds


def _list(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    query = request.call.parameters()
    wanted = {"purpose": query["purpose"]} if "purpose" in query else {}
    items = values(surroundings.store, KIND, **wanted)
    return page(items, query, order="desc", most=MOST_LISTED, default=MOST_LISTED)


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return find_file(surroundings.store, parameters["id"]).value


def _delete(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return deleted(surroundings, find_file(surroundings.store, parameters["id"]), "file")


def _content(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Media:
    kept = find_file(surroundings.store, parameters["id"])
    if kept.value["purpose"] == _PRIVATE:
        raise refusal(f"Not allowed to download files of purpose: {_PRIVATE}")
    return Media((kept.content,), "application/octet-stream")


CREATE = Answered("files", _create)
LIST = Answered("files.list", _list)
RETRIEVE = Answered("files.retrieve", _retrieve)
DELETE = Answered("files.delete", _delete)
CONTENT = Answered("files.content", _content)
