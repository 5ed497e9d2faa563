"""Input items as the real service lists them, in a response's input, in a conversation, after compaction.

Here: an item with what it may leave out: its id, and a message's status and list of parts. Not here: output items
(`items.py`) and who keeps what (`stored.py`, `conversations.py`).
"""

from collections.abc import Callable, Mapping, Sequence

from mockllm.dialects.responses.hosted import PREFIXES
from mockllm.dialects.responses.read import Item, kind
from mockllm.request import JSON

# The beginnings of ids by the type of the item (wire-contract §7.2); those of outputs are made up in the same manner.
_PREFIXES: Mapping[str, str] = {
    **PREFIXES,
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
}


def listed(items: Sequence[Item], new_id: Callable[[str, int], str]) -> tuple[JSON, ...]:
    """The items with what they lack; `new_id` makes an id from its beginning and the item's place."""
    return tuple(
        _listed(item, item.get("id") or new_id(_PREFIXES.get(kind(item), "item"), index))
        for index, item in enumerate(items)
    )


def _listed(item: Item, key: str) -> JSON:
    if kind(item) != "message":
        return {**item, "id": key}
    content = item["content"]
    if isinstance(content, str):
        content = [_part(item["role"], content)]
    status = item.get("status") or "completed"
    return {**item, "id": key, "type": "message", "status": status, "content": content, "role": item["role"]}


def _part(role: str, text: str) -> JSON:
    if role == "assistant":
        return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    return {"type": "input_text", "text": text}
