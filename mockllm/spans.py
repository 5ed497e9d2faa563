"""An exchange as a span of a distributed trace, in the words of OpenTelemetry's semantic conventions.

Here: the name, the times, the attributes and the events of a span, which follow from the exchange alone. Not here: the
SDK that exports it (`cli/tracing.py`). The attributes are those of HTTP server spans (`http.*`, `url.*`), of generative
AI (`gen_ai.*`, https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/) and, as `mockllm.*`, what only the
scenario knows. What an answer says is read from the bytes that were sent, so that it is what a client could know.
Neither prompts nor answers, keys, nor the query, which may carry keys, are told.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import orjson

from mockllm.exchange import Ending, Exchange
from mockllm.plan import Gate, Messages, Microseconds, Raw, Send, Wait, duration
from mockllm.request import JSON, Request

Value: TypeAlias = str | bool | int | float | Sequence[str]
"""What an attribute may be."""

_OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "chat": "chat",
        "responses": "chat",
        "completions": "text_completion",
        "embeddings": "embeddings",
    }
)
_ASKED = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed")
_CAUSE = re.compile(r"\w[\w ]*: [a-z]")
_DATA = re.compile(rb"^data:[ ]?([^\r\n]*)", re.MULTILINE)
_FIRST_ERROR = 400
_FIRST_OWN_ERROR = 500
_US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a moment of an exchange, counted from its start."""

    name: str
    at_us: Microseconds
    attributes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Span:
    """A server's side of an exchange. `start_us` is on the server's clock, and `length_us` how long it took.
    `carrier` are the headers, by name in small letters, in which a parent may be. `failure` says why the server's side
    went wrong, if it did.
    """

    name: str
    start_us: Microseconds
    length_us: Microseconds
    attributes: Mapping[str, Value]
    events: tuple[Event, ...]
    carrier: Mapping[str, str]
    failure: str | None = None


def span_of(exchange: Exchange) -> Span:
    """The span of an exchange that has ended."""
    said = tuple(_said(exchange))
    attributes = {
        **_http(exchange),
        **_asked(exchange.request),
        **_answered(said),
        **_scripted(exchange),
    }
    events = tuple(sorted(_events(exchange), key=lambda event: event.at_us))
    first = next((event for event in events if event.name == "mockllm.first_chunk"), None)
    if first is not None and "gen_ai.operation.name" in attributes:
        attributes["gen_ai.response.time_to_first_chunk"] = first.at_us / _US_PER_S
    failure = _failure(exchange)
    if (error := _error_type(exchange, said) or failure) is not None:
        attributes["error.type"] = error
    attributes = {name: _encodable(value) for name, value in attributes.items()}
    operation, model = attributes.get("gen_ai.operation.name"), attributes.get("gen_ai.request.model", "")
    name = f"{operation} {model}".rstrip() if operation else f"{exchange.call.method} {attributes['url.path']}"
    carrier = {key.lower(): value for key, value in reversed(exchange.call.headers.pairs)}
    return Span(name, exchange.call.at_us, exchange.outcome.at_us, attributes, events, carrier, failure)


def _encodable(value: Value) -> Value:
    """The value without what UTF-8 cannot say: a path or a header may hold any byte."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return tuple(item.encode(errors="replace").decode() for item in value) if isinstance(value, Sequence) else value


def _http(exchange: Exchange) -> dict[str, Value]:
    """What HTTP's conventions ask of a server's span."""
    call = exchange.call
    told: dict[str, Value] = {"http.request.method": call.method, "url.path": call.path, "url.scheme": "http"}
    if exchange.status:
        told["http.response.status_code"] = exchange.status
    host, _, port = (call.headers.get("host") or "").rpartition(":")
    if host and port.isdigit():
        told |= {"server.address": host.strip("[]"), "server.port": int(port)}
    if (agent := call.headers.get("user-agent")) is not None:
        told["user_agent.original"] = agent
    return told


def _asked(request: Request | None) -> dict[str, Value]:
    """What the request asks of the model."""
    if request is None or (operation := _OPERATIONS.get(request.api)) is None:
        return {}
    told: dict[str, Value] = {"gen_ai.operation.name": operation, "gen_ai.provider.name": "openai"}
    if request.model:
        told["gen_ai.request.model"] = request.model
    if request.stream:
        told["gen_ai.request.stream"] = True
    if request.max_tokens is not None:
        told["gen_ai.request.max_tokens"] = request.max_tokens
    if request.choices != 1:
        told["gen_ai.request.choice.count"] = request.choices
    if request.stop:
        told["gen_ai.request.stop_sequences"] = request.stop
    for name in _ASKED:
        value = request.json.get(name)
        if isinstance(value, (int, float)):
            told[f"gen_ai.request.{name}"] = value
    return told


def _said(exchange: Exchange) -> Iterator[Mapping[str, JSON]]:
    """The JSON objects of the answer as far as it was sent; what faults made unreadable is passed over."""
    sent = [exchange.plan[delivery.step] for delivery in exchange.deliveries]
    pieces = [step.data for step in sent if isinstance(step, Send)]
    body = b"".join(pieces)
    if any(isinstance(step, Messages) for step in sent):
        texts = [piece[piece.find(b"{") :] for piece in pieces]  # a message follows the head of its frame
    else:
        texts = [body] if body[:1] == b"{" else _DATA.findall(body)
    for text in texts:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, dict):
            yield value


def _answered(said: tuple[Mapping[str, JSON], ...]) -> dict[str, Value]:
    """What the answer tells of itself; of the Responses API the object inside its events counts."""
    told: dict[str, Value] = {}
    reasons: dict[JSON, str] = {}
    for item in said:
        inner = item.get("response")
        whole = inner if isinstance(inner, Mapping) else item
        for key in ("id", "model"):
            if isinstance(value := whole.get(key), str):
                told[f"gen_ai.response.{key}"] = value
        reasons |= _reasons(whole)
        told |= _usage(whole.get("usage"))
    if reasons:
        told["gen_ai.response.finish_reasons"] = tuple(reasons.values())
    return told


def _reasons(whole: Mapping[str, JSON]) -> dict[JSON, str]:
    """Why each choice ended; a response ends as its status says, or for the reason that made it incomplete."""
    choices, status = whole.get("choices"), whole.get("status")
    if isinstance(choices, list):
        ended = (choice for choice in choices if isinstance(choice, Mapping))
        return {
            choice.get("index"): reason for choice in ended if isinstance(reason := choice.get("finish_reason"), str)
        }
    if "output" not in whole or not isinstance(status, str) or status in {"in_progress", "queued"}:
        return {}
    details = whole.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, Mapping) else None
    return {0: reason if isinstance(reason, str) else status}


def _usage(usage: JSON) -> dict[str, Value]:
    """The tokens, under the names of Chat Completions or those of the Responses API (wire-contract §5.1)."""
    if not isinstance(usage, Mapping):
        return {}
    names = {
        "gen_ai.usage.input_tokens": ("prompt_tokens", "input_tokens"),
        "gen_ai.usage.output_tokens": ("completion_tokens", "output_tokens"),
    }
    told: dict[str, Value] = {}
    for name, keys in names.items():
        count = next((usage[key] for key in keys if key in usage), None)
        if isinstance(count, int):
            told[name] = count
    return told


def _scripted(exchange: Exchange) -> dict[str, Value]:
    """What only the scenario knows, and what became of it."""
    told: dict[str, Value] = {
        "mockllm.exchange": exchange.number,
        "mockllm.namespace": exchange.namespace,
        "mockllm.attempt": exchange.attempt,
        "mockllm.outcome": exchange.outcome.ending.value,
        "mockllm.bytes.planned": exchange.bytes_planned,
        "mockllm.bytes.sent": exchange.bytes_sent,
        "mockllm.planned_us": duration(exchange.plan),
        "mockllm.actual_us": exchange.outcome.at_us,
    }
    if exchange.rule is not None:
        told["mockllm.rule"] = exchange.rule
    if exchange.trouble is not None:
        told["mockllm.trouble"] = exchange.trouble.value  # not why: that quotes the prompt
    lists = {
        "mockllm.faults": tuple(dict.fromkeys(step.cause for step in exchange.plan if _CAUSE.match(step.cause))),
        "mockllm.faults.struck": exchange.struck,
        "mockllm.faults.unfired": exchange.unfired,
    }
    return told | {name: value for name, value in lists.items() if value}


def _events(exchange: Exchange) -> Iterator[Event]:
    """The first chunk, each fault when it first did something or began to wait, and gates."""
    seen: set[str] = set()
    before_us = 0
    for delivery in exchange.deliveries:
        step = exchange.plan[delivery.step]
        if isinstance(step, (Send, Raw)) and step.data and "" not in seen:
            seen.add("")
            yield Event("mockllm.first_chunk", delivery.done_us, {"mockllm.due_us": delivery.due_us})
        if _CAUSE.match(step.cause) and step.cause not in seen and not isinstance(step, Gate):
            seen.add(step.cause)
            at_us = before_us if isinstance(step, Wait) else delivery.done_us
            yield Event("mockllm.fault", at_us, {"mockllm.fault": step.cause})
        before_us = delivery.done_us
    for visit in exchange.gates:
        yield Event("mockllm.gate.reached", visit.reached_us, {"mockllm.gate": visit.name})
        if visit.passed_us is not None:
            yield Event("mockllm.gate.passed", visit.passed_us, {"mockllm.gate": visit.name})


def _failure(exchange: Exchange) -> str | None:
    """Why a client would say that the server failed it: a status of 5xx, or an answer that was not brought to its end
    though the client stayed.
    """
    if exchange.status >= _FIRST_OWN_ERROR:
        return str(exchange.status)
    ending = exchange.outcome.ending
    return None if ending in {Ending.COMPLETE, Ending.LEFT} else ending.value


def _error_type(exchange: Exchange, said: tuple[Mapping[str, JSON], ...]) -> str | None:
    """The code of an error that the answer is, or that came in its stream."""
    for item in said:
        error = item.get("error")
        if isinstance(error, Mapping):
            code = error.get("code") or error.get("type")
            return str(code) if code is not None else "error"
    return str(exchange.status) if exchange.status >= _FIRST_ERROR else None
