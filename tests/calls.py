"""Calls, engines and what comes back, in the few forms that many tests need."""

from collections.abc import Mapping
from typing import Any

import orjson

from mockllm.engine import Engine
from mockllm.exchange import Exchange
from mockllm.plan import Head, Send
from mockllm.request import Call, Headers
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text

JSON_HEADERS = (("content-type", "application/json"), ("authorization", "Bearer sk-test"))
ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def call(method: str, path: str, body: object = None, headers: tuple[tuple[str, str], ...] = JSON_HEADERS) -> Call:
    """An HTTP request; a body that is no bytes goes as JSON. A query in the path is split off."""
    path, _, query = path.partition("?")
    data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
    return Call(method, path, query, Headers(headers), data)


def chat(base: str = "/v1", **fields: object) -> Call:
    """A chat completion of one greeting, with other fields as given."""
    return call("POST", f"{base}/chat/completions", {**ASK, **fields})


def engine(*scenarios: str) -> Engine:
    """An engine that serves scenarios in YAML; the first is the default."""
    return Engine(Library(scenarios=[load_text(text) for text in scenarios]))


def head(exchange: Exchange) -> Head:
    return next(step for step in exchange.plan if isinstance(step, Head))


def header(exchange: Exchange, name: str) -> str | None:
    return Headers(head(exchange).headers).get(name)


def sent(exchange: Exchange) -> bytes:
    """All body bytes of the plan."""
    return b"".join(step.data for step in exchange.plan if isinstance(step, Send))


def body(exchange: Exchange) -> Any:
    """The plain JSON body."""
    return orjson.loads(sent(exchange))


def error(exchange: Exchange) -> Mapping[str, Any]:
    """The status and the error object of a refusal."""
    return {"status": exchange.status, **body(exchange)["error"]}


def chunks(exchange: Exchange) -> list[Any]:
    """The JSON payloads of a stream, which must end with `[DONE]`."""
    payloads = [line.removeprefix("data: ") for line in sent(exchange).decode().split("\n\n") if line]
    assert payloads[-1] == "[DONE]"
    return [orjson.loads(payload) for payload in payloads[:-1]]


def text(exchange: Exchange) -> str:
    """The content of an answer's first choice, streamed or not."""
    if exchange.request is not None and exchange.request.stream:
        deltas = [choice["delta"] for chunk in chunks(exchange) for choice in chunk["choices"]]
        return "".join(delta.get("content") or "" for delta in deltas)
    content: str = body(exchange)["choices"][0]["message"]["content"]
    return content
