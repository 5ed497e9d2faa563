"""The Response object: what a finished or running response looks like (wire-contract §7.2).

Here: the object in the key order of the wire, with the defaults that the real service echoes. Not here: its output
items (`items.py`), the events that carry it (`stream.py`) and the defaults of each model (`defaults.py`).
"""

from collections.abc import Mapping, Sequence

from mockllm.dialects.responses.defaults import defaults
from mockllm.dialects.responses.items import incomplete_reason, output_items, response_id
from mockllm.request import JSON, Request
from mockllm.turn import Turn, Usage

_NO_IMAGE_TOKENS: Mapping[str, JSON] = {"image_tokens": 0, "text_tokens": 0}
_TOOL_USAGE: Mapping[str, JSON] = {
    "image_gen": {
        "input_tokens": 0,
        "input_tokens_details": _NO_IMAGE_TOKENS,
        "output_tokens": 0,
        "output_tokens_details": _NO_IMAGE_TOKENS,
        "total_tokens": 0,
    },
    "web_search": {"num_requests": 0},
}


def body(turn: Turn, request: Request) -> dict[str, JSON]:
    """The finished response as the body of a plain answer, which alone names the payer (§7.2)."""
    return {**finished(turn, request), "billing": {"payer": "developer"}}


def finished(turn: Turn, request: Request) -> dict[str, JSON]:
    """The response at its end: completed, or incomplete with its reason."""
    reason = incomplete_reason(turn.choices[0])
    output = [item.done for item in output_items(turn, request)]
    searches = sum(item["type"] == "web_search_call" for item in output)
    return {
        **_response(turn, request),
        "status": "completed" if reason is None else "incomplete",
        "completed_at": turn.created if reason is None else None,
        "incomplete_details": None if reason is None else {"reason": reason},
        "output": output,
        "service_tier": turn.service_tier,
        "tool_usage": {**_TOOL_USAGE, "web_search": {"num_requests": searches}},
        "usage": usage_json(turn.usage),
    }


def queued(turn: Turn, request: Request) -> dict[str, JSON]:
    """The response before anything of it is made, as a call for one in the background gets it."""
    return {**running(turn, request), "status": "queued"}


def running(turn: Turn, request: Request) -> dict[str, JSON]:
    """The response while it is made: no output and no usage, and a tier that is not yet decided."""
    tier = request.json.get("service_tier")
    undecided = tier in {None, "auto"} and turn.service_tier == "default"
    return {**_response(turn, request), "service_tier": "auto" if undecided else turn.service_tier}


def _response(turn: Turn, request: Request) -> dict[str, JSON]:
    """The object in the key order of the wire, as it is while the answer is made."""
    asked = request.json
    usual = defaults(turn.model)
    conversation = asked.get("conversation")
    head: dict[str, JSON] = {
        "id": response_id(turn),
        "object": "response",
        "created_at": turn.created,
        "status": "in_progress",
        "background": asked.get("background") is True,
        "completed_at": None,
    }
    if conversation is not None:
        head["conversation"] = {"id": conversation} if isinstance(conversation, str) else conversation
    return {
        **head,
        "error": None,
        "frequency_penalty": _given(asked, "frequency_penalty", 0.0),
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        "model": turn.model,
        "moderation": None,
        "output": [],
        "parallel_tool_calls": _given(asked, "parallel_tool_calls", True),
        "presence_penalty": _given(asked, "presence_penalty", 0.0),
        "previous_response_id": asked.get("previous_response_id"),
        "prompt_cache_key": asked.get("prompt_cache_key"),
        "prompt_cache_retention": _given(asked, "prompt_cache_retention", usual.cache_retention),
        "reasoning": _reasoning(asked.get("reasoning"), usual.effort),
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": None,
        "store": request.store,
        "temperature": _given(asked, "temperature", 1.0),
        "text": {"format": {"type": "text"}, "verbosity": "medium", **_told(asked.get("text"))},
        "tool_choice": _given(asked, "tool_choice", "auto"),
        "tool_usage": _TOOL_USAGE,
        "tools": [_tool(tool) for tool in _list(asked.get("tools"))],
        "top_logprobs": _given(asked, "top_logprobs", 0),
        "top_p": _given(asked, "top_p", usual.top_p),
        "truncation": _given(asked, "truncation", "disabled"),
        "usage": None,
        "user": asked.get("user"),
        "metadata": _given(asked, "metadata", {}),
    }


def usage_json(usage: Usage) -> JSON:
    """Token counts with their details (wire-contract §7.2)."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _given(asked: Mapping[str, JSON], name: str, default: JSON) -> JSON:
    value = asked.get(name)
    return default if value is None else value


def _told(value: JSON) -> Mapping[str, JSON]:
    """What an object says; a null says nothing."""
    return {key: told for key, told in value.items() if told is not None} if isinstance(value, Mapping) else {}


def _list(value: JSON) -> Sequence[JSON]:
    return value if isinstance(value, list) else ()


def _reasoning(asked: JSON, effort: str | None) -> JSON:
    """The effort and the summary, for models that reason also the mode and the context (§7.2)."""
    usual: dict[str, JSON] = {"effort": effort, "summary": None}
    if effort is not None:
        usual = {"context": "current_turn", "effort": effort, "mode": "standard", "summary": None}
    return {**usual, **_told(asked)}


def _tool(tool: JSON) -> JSON:
    """A tool in normal form: functions get the keys that they lack (§7.2)."""
    if isinstance(tool, Mapping) and tool.get("type") == "function":
        usual = {"type": "function", "description": None, "name": None, "parameters": None, "strict": True}
        return {**usual, **tool, "strict": tool.get("strict") is not False}
    return tool
