"""Where the wire is known to differ from the SDK's models or from OpenAI's description, each with its reason."""

# What the wire has beside the SDK's models, by the section of the wire contract that says so.
BEYOND_CHUNK = {
    "choices[].delta.reasoning_content": "§5.4, vendors' reasoning",
    "choices[].delta.reasoning": "§5.4, vendors' reasoning",
    "choices[].delta.annotations": "§5.4, provider keys",
    "choices[].delta.tool_calls[].custom": "§5.1, custom tools; §15, no recorded stream",
    "choices[].delta.tool_calls[].type": "§5.1, custom tools; §15, no recorded stream",
}
BEYOND_BODY = {
    "choices[].message.reasoning_content": "§5.4, vendors' reasoning",
    "choices[].message.reasoning": "§5.4, vendors' reasoning",
}
# Where the wire is not what OpenAI's description says.
NOT_DESCRIBED_CHUNK = {
    "system_fingerprint": "§5.1, null on gpt-5",
    "choices[].delta.tool_calls[].type": "§5.1, custom tools; §15, no recorded stream",
}
NOT_DESCRIBED_BODY = {
    "system_fingerprint": "§5.1, null on gpt-5",
    "choices[].logprobs": "§5.1, gpt-5 omits the key",
}

# The same of Responses.
BEYOND_RESPONSE = {
    "billing": "§7.2, in every finished body",
    "frequency_penalty": "§7.2, recorded",
    "presence_penalty": "§7.2, recorded",
    "store": "§7.2, recorded",
    "output[].status": "§7.3, on the wire also for custom tools",
}
BEYOND_EVENT = {
    "item.action": "§7.5, a web search is added without its action",
    "obfuscation": "§7.1, on every delta",
    "item.status": BEYOND_RESPONSE["output[].status"],
    **{f"response.{path}": why for path, why in BEYOND_RESPONSE.items() if path != "billing"},
}
NOT_DESCRIBED_RESPONSE = {
    "user": "§7.2, null",
    "response.user": "§7.2, null",
    "usage": "§7.2, null until the end",
    "response.usage": "§7.2, null until the end",
}
UNKNOWN = frozenset(
    {
        "response.apply_patch_call_operation_diff.delta",
        "response.apply_patch_call_operation_diff.done",
    }
)
"""Events that are on the wire and in no SDK (wire-contract §7.4)."""

UNDESCRIBED = UNKNOWN | {"response.compaction.compacting"}
"""Events that the description does not have, the last because it is newer (wire-contract §1)."""

# What the description demands of items and the wire does not have (wire-contract §7.3, §7.5): an action when a search
# is added, the environment of a local shell, an image that is not there yet.
_DEMANDED = {
    "web_search_call": {"action": {"type": "search", "query": ""}},
    "shell_call": {"environment": None},
    "image_generation_call": {"result": None},
}

UNNAMED = "response.function_call_arguments.done"
"""The event that the description wants to have a name, which the wire does not send (wire-contract §7.4)."""

UNPLACED = ("response.audio.done", "response.audio.transcript.delta", "response.audio.transcript.done")
"""The events that the description wants to have a response's id, which it does not describe (wire-contract §7.4)."""


def described(value):
    """An event, a response or an item, with what the description demands and the wire does not have."""
    filled = {**_DEMANDED.get(value.get("type"), {}), **value}
    if value.get("type") == UNNAMED:
        filled["name"] = "f"
    if value.get("type") in UNPLACED:
        filled["response_id"] = "resp_1"
    for name in ("item", "response"):
        if isinstance(inner := value.get(name), dict):
            filled[name] = described(inner)
    if value.get("object") == "response":
        filled["output"] = [described(item) for item in value["output"]]
    return filled
