"""Cursor pages, the form of every list with `after` and `limit` (wire-contract §2).

Here: one function from all items to the page that was asked for. Not here: what the items are.
"""

import re
from collections.abc import Mapping, Sequence

from mockllm.errors import ApiError
from mockllm.request import JSON

_DEFAULT_LIMIT = 20
_MOST = 100

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def page(
    items: Sequence[Mapping[str, JSON]],
    query: Mapping[str, str],
    *,
    order: str,
    most: int = _MOST,
    default: int = _DEFAULT_LIMIT,
    before: bool = False,
) -> JSON:
    """The page of `items` (oldest first) that the query asks for; `order` is the list's default. `before` says that the
    list has that cursor too: alone it gives the page in front of it, and `has_more` tells what is in front of that.

    Raises ApiError for a limit, an order or a cursor that cannot be used. `has_more` is always sent, because Node's
    client stops without it.
    """
    limit = _limit(query.get("limit"), most, default)
    chosen = query.get("order", order)
    if chosen not in {"asc", "desc"}:
        raise ApiError(
            400,
            f"Invalid value: '{chosen}'. Supported values are: 'asc' and 'desc'.",
            code="invalid_value",
            param="order",
        )
    ordered = list(items) if chosen == "asc" else list(reversed(items))
    start, end = 0, len(ordered)
    if "after" in query:
        start = _place(ordered, query, "after") + 1
    is_ended = before and "before" in query
    if is_ended:
        end = _place(ordered, query, "before")
    # The page that ends at the one cursor, unless the other says where it begins.
    is_backward = is_ended and "after" not in query
    first = max(end - limit, 0) if is_backward else start
    chunk = ordered[first : min(first + limit, end)]
    return {
        "object": "list",
        "data": chunk,
        "first_id": chunk[0]["id"] if chunk else None,
        "last_id": chunk[-1]["id"] if chunk else None,
        "has_more": first > 0 if is_backward else first + limit < end,
    }


def _place(ordered: Sequence[Mapping[str, JSON]], query: Mapping[str, str], name: str) -> int:
    ids = [str(item["id"]) for item in ordered]
    if query[name] not in ids:
        raise ApiError(400, f"No object found with id '{query[name]}'.", code="invalid_value", param=name)
    return ids.index(query[name])


def _limit(text: str | None, most: int, default: int) -> int:
    if text is None:
        return default
    if _WHOLE.fullmatch(text) is None:
        raise ApiError(
            400,
            f"Invalid type for 'limit': expected an integer, but got '{text}' instead.",
            code="invalid_type",
            param="limit",
        )
    limit = int(text)
    if limit < 1:
        message = f"Invalid 'limit': integer below minimum value. Expected a value >= 1, but got {limit} instead."
        raise ApiError(400, message, code="integer_below_min_value", param="limit")
    if limit > most:
        message = f"Invalid 'limit': integer above maximum value. Expected a value <= {most}, but got {limit} instead."
        raise ApiError(400, message, code="integer_above_max_value", param="limit")
    return limit
