"""Configurations of mock-llm (dwmkerr), in YAML or JSON.

Its `rules` have a `path`, a `match` in JMESPath and a `response` of a status and a template of a body; the last one
that matches answers. Of JMESPath the forms that its documentation uses are taken: `@`, and `contains` and `==` on the
last message and on fields of the body, joined by `&&`. Of templates the model and the last message are taken.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from mockllm.importers.base import Imported, Mapped, entries, mapping, parsed, unknown

_RULE = frozenset({"path", "match", "response", "method", "sequence"})
_LAST = re.compile(r"(?:body\.)?messages\[-1\]\.content")
_CONTAINS = re.compile(r"contains\(\s*([\w.\[\]-]+)\s*,\s*(?:'([^']*)'|`\"([^\"]*)\"`)\s*\)")
_EQUALS = re.compile(r"([\w.\[\]-]+)\s*==\s*(?:'([^']*)'|`([^`]*)`)")
_TEMPLATE = re.compile(r"\{\{\s*jmes\s+request\s+([\w.\[\]-]+)\s*\}\}")
_ANY_TEMPLATE = re.compile(r"\{\{.*?\}\}")
_TIMESTAMP = re.compile(r"\{\{\s*timestamp\s*\}\}")
_NOW = "1767225600000"
_APIS: Mapping[str, str] = {
    "/chat/completions": "chat",
    "/responses": "responses",
    "/completions": "completions",
    "/embeddings": "embeddings",
    "/models": "models",
}
_WORDS: Mapping[str, str] = {
    "body.model": "{{ request.model }}",
    "body.messages[-1].content": "{{ request.messages[-1].text }}",
}
_OK = 200


def from_mock_llm(text: str) -> Imported:
    """The scenario of a configuration. Raises ImportFailedError if the text is none."""
    left_out: list[str] = []
    rules: list[Mapped] = []
    for number, theirs in enumerate(entries(parsed(text), "rules"), start=1):
        left_out += unknown(number, "", theirs, _RULE)
        api = _APIS.get(re.sub(r"^.*/v1(?=/)", "", str(theirs.get("path", ""))))
        when = _when(str(theirs.get("match", "@")))
        reply = _reply(mapping(theirs.get("response")))
        if api is None or when is None or reply is None:
            what = "path" if api is None else "match" if when is None else "template"
            left_out.append(f"fixture {number}: its {what} is of no kind that is known, so it is left out")
            continue
        rule = {"when": {"api": api, **when}, "replies": [reply]}
        same = next((it for it in rules if "sequence" in theirs and it["when"] == rule["when"]), None)
        if same is None:
            # Their last match wins and ours is the first.
            rules.insert(0, rule)
        else:
            same["replies"].append(reply)
            same["then"] = "repeat"
    return Imported({"about": "Imported from a configuration of mock-llm.", "rules": rules}, tuple(left_out))


def _when(match: str) -> Mapped | None:
    """What a JMESPath wants; None for one that has another form."""
    when: Mapped = {}
    tests: Mapped = {}
    for part in (part.strip() for part in match.split("&&")):
        if part == "@":
            continue
        contains, equals = _CONTAINS.fullmatch(part), _EQUALS.fullmatch(part)
        if contains is not None:
            place, test = contains[1], {"contains": contains[2] or contains[3]}
        elif equals is not None:
            place, test = equals[1], {"equals": equals[2] if equals[2] is not None else equals[3].strip('"')}
        else:
            return None
        if _LAST.fullmatch(place):
            when["last"] = test
        else:
            tests[f"$.{place.removeprefix('body.')}"] = test
    return {**when, **({"json": tests} if tests else {})}


def _reply(response: Mapping[str, Any]) -> Mapped | None:
    """The answer: a turn where the body is a completion, an error where it is one, or else the body. None for a
    template that has no form here.
    """
    status = int(response.get("status", _OK))
    content = _TIMESTAMP.sub(_NOW, str(response.get("content", "")))
    content = _TEMPLATE.sub(lambda found: _WORDS.get(found[1], found[0]), content)
    has_templates = "{{" in content
    if any(found not in _WORDS.values() for found in _ANY_TEMPLATE.findall(content)):
        return None
    try:
        body = json.loads(content)
    except ValueError:
        body = content
    error = mapping(mapping(body).get("error"))
    if status != _OK and error:
        told = {key: error[key] for key in ("message", "type", "code", "param") if error.get(key) is not None}
        return {"error": {"status": status, **told}}
    message, finish = _message(body)
    if status != _OK or message is None:
        return None if has_templates else {"raw": {"status": status, "body": body}}
    reply: Mapped = {"template": has_templates}
    if message.get("content") is not None:
        reply["text"] = message["content"]
    calls = [{**mapping(call.get("function")), "id": call.get("id")} for call in message.get("tool_calls") or ()]
    if calls:
        reply["tool_calls"] = [
            {key: call[key] for key in ("name", "arguments", "id") if call.get(key)} for call in calls
        ]
    return reply if finish is None else {**reply, "finish_reason": finish}


def _message(body: Any) -> tuple[Mapping[str, Any] | None, str | None]:
    """The message of a completion with one choice and why it ended; None if the body is something else."""
    choices = mapping(body).get("choices")
    if not isinstance(choices, list) or len(choices) != 1:
        return None, None
    choice = mapping(choices[0])
    message = choice.get("message")
    return (message if isinstance(message, Mapping) else None), choice.get("finish_reason")
