"""Whether a client ended up with what a scenario expects, and if not, in which way."""

import math
from collections.abc import Mapping

from mockllm.scenario.expect import Expectation, ExpectedCall
from tests.robust.loose import JSON
from tests.robust.outcome import Outcome, ToolCall

_NAMES = ("text", "reasoning", "refusal", "finish", "requests")


def unmet(expected: Expectation, outcome: Outcome) -> list[str]:
    """What is not as it should be, a line each. Keys that are left out are not compared, but a failure has to be
    expected, and so have tool calls.
    """
    pairs = [(name, getattr(expected, name), getattr(outcome, name)) for name in _NAMES]
    lines = [_line(name, wanted, had) for name, wanted, had in pairs if wanted is not None and wanted != had]
    if expected.failure != outcome.failure:
        lines.append(_line("failure", expected.failure, outcome.problem or outcome.failure))
    if expected.data is not None and not alike(expected.data, outcome.data):
        lines.append(_line("data", expected.data, outcome.data))
    for name, count in (expected.usage or {}).items():
        if outcome.usage.get(name) != count:
            lines.append(_line(f"usage.{name}", count, outcome.usage.get(name)))
    return lines + _unmet_calls(expected.tool_calls, outcome.tool_calls)


def _line(name: str, wanted: object, had: object) -> str:
    return f"{name}: expected {wanted!r}, the client has {had!r}"


def _unmet_calls(expected: tuple[ExpectedCall, ...], had: tuple[ToolCall, ...]) -> list[str]:
    if len(expected) != len(had):
        return [_line("tool_calls", expected, had)]
    lines = []
    for number, (wanted, call) in enumerate(zip(expected, had, strict=True)):
        arguments = call.arguments if wanted.arguments is not None or call.arguments != {} else None
        if (wanted.name, wanted.arguments) != (call.name, arguments) or wanted.id not in {None, call.id}:
            lines.append(_line(f"tool_calls[{number}]", wanted, call))
    return lines


def alike(wanted: object, had: JSON) -> bool:
    """Equal, where numbers may have gone through 32 bits."""
    if isinstance(wanted, Mapping) and isinstance(had, Mapping):
        return wanted.keys() == had.keys() and all(alike(wanted[key], had[key]) for key in wanted)
    if isinstance(wanted, (list, tuple)) and isinstance(had, list):
        return len(wanted) == len(had) and all(map(alike, wanted, had))
    if isinstance(wanted, float) or isinstance(had, float):
        return (
            isinstance(wanted, (int, float))
            and isinstance(had, (int, float))
            and math.isclose(wanted, had, rel_tol=1e-6, abs_tol=1e-12)
        )
    return wanted == had
