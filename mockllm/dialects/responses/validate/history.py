"""What the items of a conversation demand of each other (wire-contract §7.7).

Here: the pairing of calls with their outputs, and reasoning with what follows it. Not here: the shape of one item
(`items.py`). The functions take items that have passed the tables.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mockllm.dialects.rules import refusal

Item = Mapping[str, Any]

_CALLS: Mapping[str, str] = {"function_call": "function call", "custom_tool_call": "custom tool call"}
_OUTPUTS: Mapping[str, str] = {f"{kind}_output": kind for kind in _CALLS}


def check_pairing(earlier: Sequence[Item], own: Sequence[Item]) -> None:
    """Raise ApiError unless each call has an output and each output a call before it, in the input or in what it
    continues, and each reasoning item of the input is followed by what was reasoned out.
    """
    items = [*earlier, *own]
    _check_outputs(items)
    _check_calls(items)
    _check_reasoning(own)


def _check_outputs(items: Sequence[Item]) -> None:
    called: set[tuple[str, str]] = set()
    for item in items:
        kind = _kind(item)
        if kind in _CALLS:
            called.add((kind, item["call_id"]))
        elif kind in _OUTPUTS and (_OUTPUTS[kind], item["call_id"]) not in called:
            noun = _CALLS[_OUTPUTS[kind]]
            raise refusal(f"No tool call found for {noun} output with call_id {item['call_id']}.", param="input")


def _check_calls(items: Sequence[Item]) -> None:
    answered = {(_OUTPUTS[_kind(item)], item["call_id"]) for item in items if _kind(item) in _OUTPUTS}
    for item in items:
        kind = _kind(item)
        if kind in _CALLS and (kind, item["call_id"]) not in answered:
            raise refusal(f"No tool output found for {_CALLS[kind]} {item['call_id']}.", param="input")


def _check_reasoning(items: Sequence[Item]) -> None:
    for item, after in zip(items, [*items[1:], None], strict=False):
        if _kind(item) == "reasoning" and item.get("id") is not None and not _is_reasoned(after):
            raise refusal(
                f"Item '{item['id']}' of type 'reasoning' was provided without its required following item.",
                param="input",
            )


def _is_reasoned(item: Item | None) -> bool:
    """Whether the item is one that the model makes."""
    if item is None:
        return False
    return item["role"] == "assistant" if _kind(item) == "message" else _kind(item) not in _OUTPUTS


def _kind(item: Item) -> str:
    return str(item.get("type") or "message")
