"""Files as objects of a namespace, whoever makes them: an upload, a batch, a client (wire-contract §6).

Here: the object, how it comes into the store and how it is found there. Not here: the endpoints (`files.py`,
`uploads.py`) and the files of a form (`form.py`).
"""

from collections.abc import Mapping

from mockllm.dialects.base import Surroundings
from mockllm.dialects.kept import kept_or_404, new_id
from mockllm.dialects.rules import Choice, Fields, Row, Whole
from mockllm.request import JSON
from mockllm.store import Store, Stored

KIND = "file"

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
"""What a client may upload a file for."""

SHORTEST_S, LONGEST_S = 3_600, 2_592_000
"""The bounds of a file's life, in seconds."""

EXPIRES_AFTER = Row(
    "expires_after",
    Fields(
        (
            Row("anchor", Choice(("created_at",)), required=True),
            Row("seconds", Whole(SHORTEST_S, LONGEST_S), required=True),
        )
    ),
)

_BATCH_LIFE_S = 30 * 24 * 3_600


def add_file(
    surroundings: Surroundings, name: str, purpose: str, content: bytes, *, life_s: int | None = None, label: str = ""
) -> Mapping[str, JSON]:
    """A new file in the store, as the API shows it. It expires after `life_s` seconds; those of batches do so after 30
    days, others never. `label` tells apart the files of one request.
    """
    if life_s is None and purpose == "batch":
        life_s = _BATCH_LIFE_S
    key = new_id(surroundings, "file-", 22, label)
    created = surroundings.created
    value: dict[str, JSON] = {
        "id": key,
        "object": "file",
        "bytes": len(content),
        "created_at": created,
        "expires_at": None if life_s is None else created + life_s,
        "filename": name,
        "purpose": purpose,
        "status": "processed",
        "status_details": None,
    }
    surroundings.store.put(Stored(KIND, key, value, content=content))
    return value


def find_file(store: Store, key: str) -> Stored:
    """The file of this id. Raises ApiError 404 if there is none."""
    return kept_or_404(store, KIND, key, f"No such File object: {key}", param="id")
