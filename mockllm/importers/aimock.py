"""Fixtures of aimock (CopilotKit), in JSON.

Its `fixtures` have a `match` (all of whose fields must hold), a `response` and settings of time and failure; the first
that matches answers. Fields that ask for other endpoints than those of OpenAI, and for code, are left out, and said so.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from mockllm.importers.base import Imported, Mapped, entries, mapping, milliseconds, parsed, unknown

_MATCH = frozenset(
    {
        "userMessage",
        "systemMessage",
        "inputText",
        "toolName",
        "toolCallId",
        "toolResultContains",
        "model",
        "responseFormat",
        "sequenceIndex",
        "turnIndex",
        "hasToolResult",
        "endpoint",
    }
)
_FIXTURE = frozenset({"match", "response", "latency", "streamingProfile", "truncateAfterChunks"})
_RESPONSE = frozenset(
    {
        "content",
        "toolCalls",
        "blocks",
        "reasoning",
        "finishReason",
        "model",
        "usage",
        "systemFingerprint",
        "error",
        "status",
        "embedding",
    }
)
_ENDPOINTS: Mapping[str, str | list[str]] = {
    "chat": ["chat", "responses", "completions"],
    "embedding": "embeddings",
    "image": "images.*",
    "speech": "audio.speech",
    "transcription": "audio.transcriptions",
}
_WORDS: Mapping[str, str] = {"userMessage": "user", "systemMessage": "system"}


def from_aimock(text: str) -> Imported:
    """The scenario of a fixture file. Raises ImportFailedError if the text is none."""
    left_out: list[str] = []
    rules: list[Mapped] = []
    for number, fixture in enumerate(entries(parsed(text), "fixtures"), start=1):
        match, response = mapping(fixture.get("match")), mapping(fixture.get("response"))
        left_out += unknown(number, "", fixture, _FIXTURE)
        left_out += unknown(number, "match.", match, _MATCH)
        if not _RESPONSE & response.keys():
            left_out.append(f"fixture {number}: its response is of no kind that is known, so it is left out")
            continue
        left_out += unknown(number, "response.", response, _RESPONSE)
        rule = {"when": _when(match, response), "replies": [{**_reply(response), **_conduct(fixture)}]}
        _place(rules, rule, "sequenceIndex" in match)
    return Imported({"about": "Imported from fixtures of aimock.", "rules": rules}, tuple(left_out))


def _place(rules: list[Mapped], rule: Mapped, sequential: bool) -> None:
    """Add the rule, or its reply to the rule that has the same `when` where the fixtures are a sequence."""
    same = next((it for it in rules if sequential and it["when"] == rule["when"]), None)
    if same is None:
        rules.append(rule)
    else:
        same["replies"] += rule["replies"]
        same["then"] = "repeat"


def _when(match: Mapping[str, Any], response: Mapping[str, Any]) -> Mapped:
    when: Mapped = {}
    endpoint = match.get("endpoint", "embedding" if "inputText" in match or "embedding" in response else None)
    if endpoint in _ENDPOINTS:
        when["api"] = _ENDPOINTS[endpoint]
    for theirs, ours in _WORDS.items():
        if theirs in match:
            when[ours] = {"contains": match[theirs]}
    if "inputText" in match:
        when["message"] = {"contains": match["inputText"]}
    for theirs, ours in (("toolName", "tools"), ("model", "model"), ("turnIndex", "turn")):
        if theirs in match:
            when[ours] = match[theirs]
    return {**when, **_tool_result(match), **_json(match)}


def _tool_result(match: Mapping[str, Any]) -> Mapped:
    if "toolResultContains" in match or "toolCallId" in match:
        text = {"contains": match["toolResultContains"]} if "toolResultContains" in match else {}
        return {"last": {"role": "tool", **text}}
    if "hasToolResult" not in match:
        return {}
    has: Mapped = {"message": {"role": "tool"}}
    return {"all": [has]} if match["hasToolResult"] else {"not": has}


def _json(match: Mapping[str, Any]) -> Mapped:
    tests: Mapped = {}
    if "toolCallId" in match:
        tests["$.messages[-1].tool_call_id"] = match["toolCallId"]
    if "responseFormat" in match:
        tests["$.response_format.type"] = match["responseFormat"]
    return {"json": tests} if tests else {}


def _reply(response: Mapping[str, Any]) -> Mapped:
    if "error" in response:
        error = mapping(response["error"])
        told = {key: error[key] for key in ("message", "type", "code", "param") if error.get(key) is not None}
        return {"error": {"status": response.get("status", 500), **told}}
    if "embedding" in response:
        data = [{"object": "embedding", "index": 0, "embedding": response["embedding"]}]
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        body = {"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage}
        return {"raw": {"body": body}}
    reply: Mapped = {"template": False}
    if "blocks" in response:
        reply["parts"] = [_part(mapping(block)) for block in response["blocks"]]
    else:
        for key, ours in (("reasoning", "reasoning"), ("content", "text")):
            if response.get(key) is not None:
                reply[ours] = _text(response[key])
        if "toolCalls" in response:
            reply["tool_calls"] = [_call(mapping(call)) for call in response["toolCalls"]]
    for key, ours in (
        ("finishReason", "finish_reason"),
        ("model", "model"),
        ("systemFingerprint", "system_fingerprint"),
    ):
        if key in response:
            reply[ours] = response[key]
    if counts := mapping(response.get("usage")):
        reply["usage"] = {"input": counts.get("prompt_tokens", 0), "output": counts.get("completion_tokens", 0)}
    return reply


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _call(call: Mapping[str, Any]) -> Mapped:
    return {key: call[key] for key in ("name", "arguments", "id") if key in call}


def _part(block: Mapping[str, Any]) -> Mapped:
    return {"text": block.get("text", "")} if block.get("type") == "text" else {"tool_call": _call(block)}


def _conduct(fixture: Mapping[str, Any]) -> Mapped:
    """The times of a fixture and what goes wrong with it."""
    conduct: Mapped = {}
    profile = mapping(fixture.get("streamingProfile"))
    if profile:
        conduct["pace"] = _pace(profile)
    elif "latency" in fixture:
        conduct["pace"] = {"itl": milliseconds(fixture["latency"])}
    faults: list[Mapped] = []
    if "truncateAfterChunks" in fixture:
        faults.append({"close": {"at": {"frame": fixture["truncateAfterChunks"]}}})
    return {**conduct, "faults": faults} if faults else conduct


def _pace(profile: Mapping[str, Any]) -> Mapped:
    words: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
        "ttft": ("ttft", milliseconds),
        "tps": ("tokens_per_second", float),
        "jitter": ("jitter", lambda share: f"{100 * share:g}%"),
    }
    return {ours: read(profile[theirs]) for theirs, (ours, read) in words.items() if theirs in profile}
