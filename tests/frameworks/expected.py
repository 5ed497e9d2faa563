"""What must come out of each exercise: for the framework's user, and on the wire.

Here: `judge`, which lists how an exercise went differently; pure. The values are those of `exercises/`, written down by
hand. Not here: how it is played (`play.py`), and which deviations are known (`known.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Seen = Mapping[str, Any]
"""The line of a driver; see `clients.py`. `died` is there in its place if the driver gave none."""

SENTENCE = "Paris is the capital of France."
PIECES = ["Par", "is", " is", " the", " capital", ".", " 🌞"]
PARIS = {"name": "get_weather", "arguments": {"city": "Paris"}}
ROME = {"name": "get_weather", "arguments": {"city": "Rome"}}
ANSWER = "It is sunny in Paris."
ANSWER_TO_BOTH = "It is sunny in Paris and raining in Rome."
ADA = {"name": "Ada", "age": 36}
USAGE = {"input": 11, "output": 7}
FATAL = {"chat": "maximum context length", "responses": "exceeds the context window"}
"""A part of the message, which is another in each API."""

Word = Literal["ok", "cannot", "wrong"]


@dataclass(frozen=True, slots=True)
class Sent:
    """One call of the client as the server's journal has it.

    `results` are the tool results since the last assistant message, by the id of the call. `is_shaped` says that the
    request asks for a value of some schema, by a response format or by a tool. `is_whole` says that the answer was read
    to its end.
    """

    api: str
    stream: bool = False
    status: int = 200
    results: tuple[tuple[str, str], ...] = ()
    is_shaped: bool = False
    is_whole: bool = True
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word, and how it went differently or why it is impossible."""

    word: Word
    why: str = ""


def judge(exercise: str, api: str, seen: Seen, sent: Sequence[Sent]) -> Verdict:
    """The verdict on an exercise that was played through this API."""
    if reason := seen.get("unsupported"):
        return Verdict("cannot", reason)
    problems = [*_outside(seen), *_wire(api, sent), *_CHECKS[exercise](seen, sent)]
    if died := seen.get("died"):
        problems = [died]
    return Verdict("wrong", "; ".join(problems)) if problems else Verdict("ok")


def _outside(seen: Seen) -> Iterator[str]:
    if hosts := [*seen.get("outside", ()), *seen.get("asked of a proxy", ())]:
        yield f"it wanted to reach {', '.join(hosts)}"


def _wire(api: str, sent: Sequence[Sent]) -> Iterator[str]:
    """What holds for the calls of every exercise."""
    if other := sorted({call.api for call in sent} - {api}):
        yield f"it called {', '.join(other)} too, or instead of {api}"
    for number, call in enumerate(sent, 1):
        if call.trouble is not None:
            yield f"call {number} met: {call.trouble}"
        if not call.is_whole:
            yield f"the answer of call {number} was not read to its end"


def _is(seen: Seen, key: str, wanted: Any) -> Iterator[str]:
    if error := seen.get("error"):
        yield f"{error['type']}: {_short(error['message'])}"
    elif seen.get(key) != wanted:
        yield f"{key} is {_short(seen.get(key))}"


def _calls(sent: Sequence[Sent], number: int) -> Iterator[str]:
    if len(sent) != number:
        yield f"{len(sent)} calls, not {number}"


def _text(seen: Seen, sent: Sequence[Sent]) -> Iterator[str]:
    yield from _is(seen, "text", SENTENCE)
    yield from _calls(sent, 1)


def _stream(seen: Seen, sent: Sequence[Sent]) -> Iterator[str]:
    """The pieces as they were sent; empty ones, which carry something else, do not count."""
    yield from _is({**seen, "pieces": [piece for piece in seen.get("pieces") or () if piece]}, "pieces", PIECES)
    yield from _calls(sent, 1)
    if not all(call.stream for call in sent):
        yield "it asked for no stream"


def _tools(wanted: Sequence[Any], answer: str, results: Mapping[str, str]) -> Callable[..., Iterator[str]]:
    """A check of a tool loop: the calls, in any order as some run side by side, the answer, and the results in the
    second request.
    """

    def check(seen: Seen, sent: Sequence[Sent]) -> Iterator[str]:
        yield from _is(seen, "final", answer)
        if not seen.get("error"):
            yield from _is({"tool_calls": sorted(seen.get("tool_calls") or (), key=str)}, "tool_calls", wanted)
        yield from _calls(sent, 2)
        if len(sent) > 1 and _plain(sent[1].results) != results:
            yield f"the results in call 2 are {_short(dict(sent[1].results))}"

    return check


def _plain(results: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """The results by call id; a text that was put into quotes or a list of parts is the same text."""
    return {id_: text.strip().strip('"') for id_, text in results}


def _structured(seen: Seen, sent: Sequence[Sent]) -> Iterator[str]:
    yield from _is(seen, "object", ADA)
    yield from _calls(sent, 1)
    if sent and not sent[0].is_shaped:
        yield "the request carries no schema"


def _usage(seen: Seen, sent: Sequence[Sent]) -> Iterator[str]:
    yield from _is(seen, "usage", USAGE)
    yield from _calls(sent, 1)


def _retryable_error(seen: Seen, sent: Sequence[Sent]) -> Iterator[str]:
    yield from _is(seen, "text", SENTENCE)
    yield from _calls(sent, 2)


def _fatal_error(seen: Seen, sent: Sequence[Sent]) -> Iterator[str]:
    """An exception that tells what the server said and its status, after one call."""
    error = seen.get("error")
    if error is None:
        yield f"no error, but {_short({key: value for key, value in seen.items() if value and key != 'exercise'})}"
    else:
        if not any(FATAL.get(call.api, "") in error["message"] for call in sent):
            yield f"the message is lost: {error['type']}: {_short(error['message'])}"
        if error["status"] != 400:
            yield f"the status is {error['status']} in {error['type']}"
    yield from _calls(sent, 1)


_CHECKS: Mapping[str, Callable[[Seen, Sequence[Sent]], Iterator[str]]] = {
    "text": _text,
    "stream": _stream,
    "tool_round_trip": _tools([PARIS], ANSWER, {"call_paris": "sunny"}),
    "parallel_tools": _tools([PARIS, ROME], ANSWER_TO_BOTH, {"call_paris": "sunny", "call_rome": "rain"}),
    "structured": _structured,
    "usage": _usage,
    "retryable_error": _retryable_error,
    "fatal_error": _fatal_error,
}


def _short(value: Any, most: int = 160) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
