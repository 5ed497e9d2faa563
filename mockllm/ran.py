"""A request that an endpoint makes itself, such as a line of a batch: how it is put, and what comes of it.

Here: the call inside a call, and what its plan comes to for somebody who waits until it is over. Not here: who asks
(`dialects/base.py`, `run`) and how the plan is made (`decision.py`). Time plays no part: waits are passed over.
"""

from collections.abc import Iterator
from dataclasses import replace

import orjson

from mockllm.address import Address
from mockllm.dialects.base import Ran
from mockllm.dialects.headers import JSON_TYPE
from mockllm.dialects.sse import compact
from mockllm.plan import Close, End, Head, Plan, Raw, Reset, Send
from mockllm.request import JSON, Call, Headers

_DATA, _END = b"data:", b"[DONE]"


def within(outer: Call, address: Address, path: str, body: JSON) -> tuple[Call, Address]:
    """The call of a JSON body to a path under the base, with the headers of the call that it is made for, and its
    address.
    """
    kept = (pair for pair in outer.headers if not pair[0].lower().startswith("content-"))
    call = replace(
        outer,
        method="POST",
        path=outer.path.removesuffix(address.path) + path,
        query="",
        headers=Headers((*kept, ("content-type", JSON_TYPE))),
        body=compact(body).encode(errors="surrogatepass"),
    )
    return call, replace(address, path=path)


def outcome(plan: Plan) -> Ran:
    """The answer that the plan gives. Without a head its status is 0, and a body that a fault cut off, or that is no
    JSON, is None.
    """
    head = next((step for step in plan if isinstance(step, Head)), None)
    if head is None:
        return Ran(0, "", None)
    request_id = Headers(head.headers).get("x-request-id") or ""
    body = b"".join(step.data for step in plan if isinstance(step, Send)) if _is_whole(plan) else b""
    return Ran(head.status, request_id, _json(body), tuple(_events(body)))


def _is_whole(plan: Plan) -> bool:
    """Whether the body ends as HTTP says it should, before anything goes wrong."""
    last = next((step for step in plan if isinstance(step, (End, Close, Reset, Raw))), None)
    return isinstance(last, End)


def _json(data: bytes) -> JSON:
    try:
        value: JSON = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value


def _events(data: bytes) -> Iterator[JSON]:
    """The JSON of the events of a stream that has its end marker; nothing of one that has none."""
    payloads = [line.removeprefix(_DATA).strip() for line in data.splitlines() if line.startswith(_DATA)]
    if _END in payloads:
        yield from map(_json, payloads[: payloads.index(_END)])
