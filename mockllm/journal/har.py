"""The record as an HTTP Archive, which browsers and many tools can show.

Here: HAR 1.2 (the specification's names and required fields), one entry an exchange. What HAR has no word for stands in
fields that begin with `_mockllm`, as the specification asks. Not here: the full record (`export.py`).
"""

import datetime as dt
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote

from mockllm.exchange import Exchange
from mockllm.http1 import reason
from mockllm.journal.export import Record, sent_body, sent_head, text_of
from mockllm.plan import Head, Microseconds, Raw, Send
from mockllm.request import JSON

VERSION = "1.2"
"""The version of the format."""

_US_PER_MS = 1_000
_UNKNOWN = -1


def har(exchanges: Iterable[Exchange], *, version: str) -> Record:
    """The exchanges as the value of a HAR file; `version` is this program's own."""
    every = tuple(exchanges)
    entries: list[JSON] = [_entry(exchange, every[0]) for exchange in every]
    return {"log": {"version": VERSION, "creator": {"name": "mockllm", "version": version}, "entries": entries}}


def _entry(exchange: Exchange, first: Exchange) -> Record:
    waited_us, took_us = _first_us(exchange), _took_us(exchange)
    return {
        "startedDateTime": _moment(exchange, first),
        "time": took_us / _US_PER_MS,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": waited_us / _US_PER_MS, "receive": (took_us - waited_us) / _US_PER_MS},
        "connection": str(exchange.call.connection),
        "_mockllm_number": exchange.number,
        "_mockllm_namespace": exchange.namespace,
        "_mockllm_rule": exchange.rule,
        "_mockllm_outcome": str(exchange.outcome),
    }


def _request(exchange: Exchange) -> Record:
    call = exchange.call
    text, encoding = text_of(call.body)
    query = f"?{call.query}" if call.query else ""
    kind = call.headers.get("content-type") or ""
    posted: Record = {"mimeType": kind, "text": text, "params": []}
    if encoding != "utf-8":
        posted["comment"] = f"encoding: {encoding}"
    return {
        "method": call.method,
        "url": f"http://{call.headers.get('host') or 'localhost'}{quote(call.path)}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(call.headers.pairs),
        "queryString": [
            {"name": name, "value": value} for name, value in parse_qsl(call.query, keep_blank_values=True)
        ],
        **({"postData": posted} if call.body else {}),
        "headersSize": _UNKNOWN,
        "bodySize": len(call.body),
    }


def _response(exchange: Exchange) -> Record:
    """Status 0 says that no answer came, as browsers write it."""
    head = sent_head(exchange) or Head(0)
    body = sent_body(exchange)
    text, encoding = text_of(body)
    kind = next((value for name, value in head.headers if name.lower() == "content-type"), "")
    content: Record = {"size": len(body), "mimeType": kind, "text": text}
    if encoding != "utf-8":
        content["encoding"] = encoding
    return {
        "status": head.status,
        "statusText": reason(head.status),
        "httpVersion": f"HTTP/{head.version}",
        "cookies": [],
        "headers": _headers(head.headers),
        "content": content,
        "redirectURL": next((value for name, value in head.headers if name.lower() == "location"), ""),
        "headersSize": _UNKNOWN,
        "bodySize": len(body),
    }


def _headers(pairs: Iterable[tuple[str, str]]) -> list[JSON]:
    return [{"name": name, "value": value} for name, value in pairs]


def _moment(exchange: Exchange, first: Exchange) -> str:
    """When the request had arrived, in ISO 8601: the time of day is known in whole seconds, so the first exchange has
    it, and the others are as far from it as the server's clock says.
    """
    since_us = exchange.call.at_us - first.call.at_us
    start = dt.datetime.fromtimestamp(first.call.wall_s, tz=dt.UTC)
    return (start + dt.timedelta(microseconds=since_us)).isoformat(timespec="milliseconds")


def _first_us(exchange: Exchange) -> Microseconds:
    """When the first byte of the answer went out; all of the time if none did."""
    done = zip(exchange.plan, exchange.deliveries, strict=False)
    return next((it.done_us for step, it in done if isinstance(step, (Head, Raw, Send))), _took_us(exchange))


def _took_us(exchange: Exchange) -> Microseconds:
    last_us = max((delivery.done_us for delivery in exchange.deliveries), default=0)
    return max(last_us, exchange.outcome.at_us)
