"""What is to be thought of what a client ended up with.

Here: `judge`, for one request, and `worst`, for all requests of a quirk. Both are pure. Not here: how it was found out
(`play.py`), and how it is shown (`pages.py`).

An observation is what an adapter noted: `text`, `reasoning`, `refusal`, `calls`, `finish`, `usage` and `data` of the
answer, or `error` (class, message, and whether it is one of the client's own), `told` (a failure that the client tells
of as a value), `cannot` (it cannot send this request), `hang` or `died`. What a client does not offer is left out.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mockllm.scenario.expect import Expectation
from tests.expected import alike

Word = Literal["right", "details", "error", "crash", "hang", "wrong", "none"]
Seen = Mapping[str, Any]

FROM_BAD_TO_GOOD: tuple[Word, ...] = ("wrong", "hang", "crash", "error", "details", "right", "none")
"""A quirk with several requests has the first of these that any of them has."""

_COMMON_ENDS = frozenset({"stop", "length", "tool_calls", "content_filter"})
_TELLING_ENDS = frozenset(
    {"content_filter", "error", "malformed_function_call", "abort", "network_error", "interrupted"}
)
_NO_END = frozenset({"unknown", "other", None, ""})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word, and why in a line."""

    word: Word
    why: str = ""


def judge(expected: Expectation, seen: Seen) -> Verdict:
    """The verdict on one request.

    `right`: the answer that is expected, or an exception or a value that tells of the failure that is expected.
    `details`: the right answer, but its end, usage or reasoning is another. `error`: one of the client's own exceptions
    instead of the answer. `crash`: an exception that is none of the client's own. `wrong`: another answer and no error,
    or an answer where a failure had to be told. `hang`: no end. `none`: the client cannot send the request.
    """
    if verdict := _without_answer(seen):
        return verdict
    if told := _told(seen):
        return Verdict("error", told) if expected.failure is None else Verdict("right", told)
    if expected.failure is not None:
        sign = _sign_of_failure(seen)
        return Verdict("right", sign) if sign else Verdict("wrong", f"no failure was told ({expected.failure})")
    return _compared(expected, seen)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a quirk, of those on its requests."""
    given = list(verdicts)
    found = min(given, key=lambda verdict: FROM_BAD_TO_GOOD.index(verdict.word))
    number = given.index(found) + 1
    return Verdict(found.word, f"request {number}: {found.why}" if found.why and len(given) > 1 else found.why)


def _without_answer(seen: Seen) -> Verdict | None:
    """The verdict if there is nothing to compare."""
    if "cannot" in seen:
        return Verdict("none", seen["cannot"])
    if "hang" in seen:
        return Verdict("hang", seen["hang"])
    if "died" in seen:
        return Verdict("crash", seen["died"])
    error = seen.get("error")
    return Verdict("crash", f"raises {error['class']}") if error and not error["own"] else None


def _told(seen: Seen) -> str:
    """The failure that the client tells of, in its own way."""
    error = seen.get("error")
    return f"raises {error['class']}" if error else _cut(seen.get("told", ""))


def _sign_of_failure(seen: Seen) -> str:
    """What in an answer tells its reader that it is none."""
    if seen.get("finish") in _TELLING_ENDS:
        return f"the finish is {seen['finish']}"
    if seen.get("refusal"):
        return "there is a refusal"
    broken = [call for call in seen.get("calls", ()) if not _arguments(call)[1]]
    return "the arguments of the call cannot be read" if broken else ""


def _arguments(call: Mapping[str, Any]) -> tuple[Any, bool]:
    """The arguments as a value, and whether they are one."""
    given = call.get("arguments")
    if not isinstance(given, str):
        return ({} if given is None else given), True
    try:
        return (json.loads(given), True) if given else ({}, True)
    except ValueError:
        return given, False


def _compared(expected: Expectation, seen: Seen) -> Verdict:
    texts = [
        f"{name} is {_short(seen[name])}, not {_short(wanted)}"
        for name in ("text", "refusal")
        if (wanted := getattr(expected, name)) is not None and seen.get(name) is not None and seen[name] != wanted
    ]
    wrong = [*texts, *_calls(expected, seen)]
    if expected.data is not None and not alike(expected.data, seen.get("data")):
        wrong.append(f"data is {_short(seen.get('data'))}, not {_short(expected.data)}")
    if wrong:
        return Verdict("wrong", "; ".join(wrong))
    lesser = _details(expected, seen)
    return Verdict("details", "; ".join(lesser)) if lesser else Verdict("right")


def _calls(expected: Expectation, seen: Seen) -> list[str]:
    """How the calls differ. An end by length tells that the last call may be half."""
    if "calls" not in seen:
        return []
    had = [(call, *_arguments(call)) for call in seen["calls"]]
    if seen.get("finish") == "length":
        had = [entry for entry in had if entry[2]]
    if len(had) != len(expected.tool_calls):
        return [f"{len(had)} tool calls, not {len(expected.tool_calls)}: {_short([entry[0] for entry in had])}"]
    lines = []
    for number, (wanted, (call, arguments, _)) in enumerate(zip(expected.tool_calls, had, strict=True)):
        same = alike({} if wanted.arguments is None else wanted.arguments, arguments)
        if wanted.name != call.get("name") or not same or wanted.id not in {None, call.get("id")}:
            lines.append(f"tool_calls[{number}] is {_short(call)}")
    return lines


def _details(expected: Expectation, seen: Seen) -> list[str]:
    lines = []
    finish = seen.get("finish", expected.finish)
    is_common = expected.finish in _COMMON_ENDS
    if expected.finish is not None and finish != expected.finish and (is_common or finish not in _NO_END):
        lines.append(f"finish is {finish}, not {expected.finish}")
    if expected.reasoning is not None and seen.get("reasoning", expected.reasoning) not in {expected.reasoning, None}:
        lines.append(f"reasoning is {_short(seen['reasoning'])}, not {_short(expected.reasoning)}")
    usage = seen.get("usage") or {}
    for name, count in (expected.usage or {}).items():
        if "usage" in seen and usage.get(name, None if name in {"input", "output"} else count) != count:
            lines.append(f"usage.{name} is {usage.get(name)}, not {count}")
    return lines


def _short(value: Any) -> str:
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str, most: int = 120) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
