"""Batches: a file of requests whose answers come as files (wire-contract §6).

A batch really asks: each line goes through the same rules, scripts and faults as a request of its own. Here: the
endpoints. Not here: the reading of the lines (`lines.py`) and the path of a batch (`progress.py`).
"""

from collections.abc import Mapping

from mockllm.dialects.base import Surroundings
from mockllm.dialects.batches.lines import ENDPOINTS
from mockllm.dialects.batches.progress import KIND, begun_cancelling, polled
from mockllm.dialects.cursor import page
from mockllm.dialects.filed import EXPIRES_AFTER
from mockllm.dialects.filed import KIND as FILE
from mockllm.dialects.kept import METADATA, Answered, kept_or_404, new_id, values
from mockllm.dialects.rules import Choice, Row, Text, check_rows, refusal
from mockllm.request import JSON, Request
from mockllm.store import Stored

LIFE_S = 24 * 3_600

FIELDS: tuple[Row, ...] = (
    Row("input_file_id", Text(filled=True), required=True),
    Row("endpoint", Choice(ENDPOINTS), required=True),
    Row("completion_window", Choice(("24h",)), required=True),
    METADATA,
    Row("output_expires_after", EXPIRES_AFTER.shape),
)
"""Every parameter of a new batch."""

_TIMES = (
    "expires_at",
    "in_progress_at",
    "finalizing_at",
    "completed_at",
    "failed_at",
    "expired_at",
    "cancelling_at",
    "cancelled_at",
)


def _create(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    body = dict(request.json)
    check_rows(FIELDS, body)
    file = surroundings.store.get(FILE, str(body["input_file_id"]))
    if file is None or file.value["purpose"] != "batch":
        why = "is not there" if file is None else f"has the purpose '{file.value['purpose']}'"
        message = (
            f"Invalid 'input_file_id': expected a file with the purpose 'batch', but '{body['input_file_id']}' {why}."
        )
        raise refusal(message, code="invalid_value", param="input_file_id")
    created = surroundings.created
    key = new_id(surroundings, "batch_", 32)
    value: dict[str, JSON] = {
        "id": key,
        "object": "batch",
        "endpoint": body["endpoint"],
        "errors": None,
        "input_file_id": file.id,
        "completion_window": body["completion_window"],
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": created,
        **dict.fromkeys(_TIMES),
        "expires_at": created + LIFE_S,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": body.get("metadata"),
    }
    # The client may delete the file while the batch is at work, so the batch has what is in it.
    surroundings.store.put(Stored(KIND, key, value, (body.get("output_expires_after"),), content=file.content))
    return value


def _retrieve(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return polled(_found(parameters, surroundings), surroundings)


def _list(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    query = {key: value for key, value in request.call.parameters().items() if key != "order"}
    return page(values(surroundings.store, KIND), query, order="desc")


def _cancel(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> JSON:
    return begun_cancelling(_found(parameters, surroundings), surroundings)


def _found(parameters: Mapping[str, str], surroundings: Surroundings) -> Stored:
    key = parameters["id"]
    return kept_or_404(surroundings.store, KIND, key, f"No batch found with id '{key}'.")


CREATE = Answered("batches", _create)
LIST = Answered("batches.list", _list)
RETRIEVE = Answered("batches.retrieve", _retrieve)
CANCEL = Answered("batches.cancel", _cancel)
