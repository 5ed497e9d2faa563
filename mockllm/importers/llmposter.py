"""Fixtures of llmposter, in YAML.

Its `fixtures` have a `match`, and a `response`, an `error` or a `refusal`, with `streaming` and `failure` beside it;
the first that matches answers, those with `catch_all` after all others and those with more `priority` before. States of
a `scenario` that follow each other become the replies of one rule.
"""

from collections.abc import Mapping
from typing import Any

from mockllm.importers.base import Imported, Mapped, entries, mapping, milliseconds, parsed, unknown

_FIXTURE = frozenset(
    {
        "match",
        "response",
        "error",
        "refusal",
        "streaming",
        "failure",
        "provider",
        "catch_all",
        "scenario",
        "priority",
    }
)
_MATCH = frozenset({"user_message", "model"})
_RESPONSE = frozenset({"content", "tool_calls", "stop_reason", "finish_reason"})
_FAILURE = frozenset(
    {
        "latency_ms",
        "corrupt_body",
        "truncate_after_frames",
        "truncate_after_chunks",
        "latency_jitter_ms",
        "duplicate_frames",
    }
)
_STREAMING = frozenset({"latency", "chunk_size"})
_APIS: Mapping[str, str] = {"openai": "chat", "responses": "responses"}
_REASONS: Mapping[str, str] = {"max_tokens": "length", "end_turn": "stop", "tool_use": "tool_calls"}
_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_request_error", "invalid_request"),
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_denied_error", "permission_denied"),
    404: ("not_found_error", "not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    500: ("server_error", "server_error"),
    502: ("server_error", "bad_gateway"),
    503: ("server_error", "service_unavailable"),
    529: ("server_error", "overloaded"),
}


def from_llmposter(text: str) -> Imported:
    """The scenario of a fixture file. Raises ImportFailedError if the text is none."""
    left_out: list[str] = []
    rules: list[Mapped] = []
    flows: dict[str, Mapped] = {}
    numbered = enumerate(entries(parsed(text), "fixtures"), start=1)
    for number, fixture in sorted(numbered, key=lambda entry: _rank(entry[1])):
        left_out += _unknown(number, fixture)
        provider = fixture.get("provider")
        if provider is not None and provider not in _APIS:
            left_out.append(f"fixture {number}: it is for {provider}, whose API is not served, so it is left out")
            continue
        match = mapping(fixture.get("match"))
        when: Mapped = {} if provider is None else {"api": _APIS[provider]}
        when |= _when(match)
        rule: Mapped = {"when": when, "replies": [_reply(fixture)]}
        flow = mapping(fixture.get("scenario")).get("name")
        before = flows.get(f"{flow} {when}")
        if flow is not None and before is not None:
            before["replies"] += rule["replies"]
            before["then"] = "repeat"
            continue
        if flow is not None:
            flows[f"{flow} {when}"] = rule
        rules.append(rule)
    return Imported({"about": "Imported from fixtures of llmposter.", "rules": rules}, tuple(left_out))


def _rank(fixture: Mapping[str, Any]) -> tuple[bool, float]:
    return bool(fixture.get("catch_all")), -float(fixture.get("priority", 0))


def _unknown(number: int, fixture: Mapping[str, Any]) -> list[str]:
    parts = (("match", _MATCH), ("response", _RESPONSE), ("failure", _FAILURE), ("streaming", _STREAMING))
    inner = (unknown(number, f"{key}.", mapping(fixture.get(key)), known) for key, known in parts)
    return [*unknown(number, "", fixture, _FIXTURE), *(told for part in inner for told in part)]


def _when(match: Mapping[str, Any]) -> Mapped:
    when: Mapped = {}
    if "user_message" in match:
        when["user"] = _test(match["user_message"])
    if "model" in match:
        when["json"] = {"$.model": _test(match["model"])}
    return when


def _test(value: Any) -> Mapped:
    """A text is a part of what is looked for; a mapping has a regular expression."""
    return {"regex": value["regex"]} if isinstance(value, Mapping) else {"contains": value}


def _reply(fixture: Mapping[str, Any]) -> Mapped:
    if "error" in fixture:
        error = mapping(fixture["error"])
        status = int(error.get("status", 500))
        kind, code = _ERRORS.get(status, ("server_error", "error"))
        headers = {"headers": dict(error["headers"])} if "headers" in error else {}
        return {
            "error": {"status": status, "type": kind, "code": code, "message": str(error.get("message", "")), **headers}
        }
    if "refusal" in fixture:
        return {"refusal": mapping(fixture["refusal"]).get("reason", ""), "template": False}
    response = mapping(fixture.get("response"))
    reply: Mapped = {"template": False}
    if "content" in response:
        reply["text"] = _cut(response["content"], mapping(fixture.get("streaming")).get("chunk_size"))
    if "tool_calls" in response:
        reply["tool_calls"] = [
            {"name": call["name"], "arguments": call.get("arguments", {})} for call in response["tool_calls"]
        ]
    reason = response.get("stop_reason", response.get("finish_reason"))
    if reason is not None:
        reply["finish_reason"] = _REASONS.get(reason, reason)
    return {**reply, **_conduct(mapping(fixture.get("streaming")), mapping(fixture.get("failure")))}


def _cut(text: str, size: int | None) -> str | list[str]:
    """The text in pieces of so many characters, if they have a size."""
    return text if not size else [text[start : start + size] for start in range(0, len(text), size)]


def _conduct(streaming: Mapping[str, Any], failure: Mapping[str, Any]) -> Mapped:
    """The times of an answer and what goes wrong with it."""
    pace: Mapped = {}
    if streaming.get("latency"):
        pace["itl"] = milliseconds(streaming["latency"])
        if "latency_jitter_ms" in failure:
            pace["jitter"] = f"{min(100, 100 * failure['latency_jitter_ms'] / streaming['latency']):g}%"
    if "latency_ms" in failure:
        pace["ttft"] = milliseconds(failure["latency_ms"])
    faults: list[Mapped] = []
    if failure.get("corrupt_body"):
        faults.append({"body": {"text": "overloaded", "content_type": "text/plain"}})
    if failure.get("duplicate_frames"):
        faults.append({"duplicate": "all"})
    frames = failure.get("truncate_after_frames", failure.get("truncate_after_chunks"))
    if frames is not None:
        faults.append({"truncate": {"at": {"frame": frames}}})
    return {**({"pace": pace} if pace else {}), **({"faults": faults} if faults else {})}
