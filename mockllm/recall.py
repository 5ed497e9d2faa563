"""Responses that were made before, for requests that are the same in everything that a response follows from.

A plan is a pure function of scenario, step, seed and request (design law 1), so it can be kept and given again: it is
the value that would be made anew. Here: what it follows from, which replies keep to that, and a bounded memory. Not
here: making a response (`respond.py`) and what an engine remembers of its clients (`namespace.py`).
"""

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from mockllm.bounded import Bounded
from mockllm.dialects.base import is_dialect
from mockllm.dialects.headers import HeaderPairs
from mockllm.fill.template import has_marks
from mockllm.request import Message, Request
from mockllm.respond import Circumstances, Response, respond
from mockllm.scenario.document import Scenario
from mockllm.scenario.reply import (
    AutoReply,
    CallReply,
    ContentReply,
    ErrorReply,
    EventsReply,
    GenerateReply,
    RawReply,
    ReplayReply,
    Reply,
)
from mockllm.scenario.script import Step
from mockllm.score import Score
from mockllm.seeds import Seed

MOST_STEPS = 20_000
"""How many steps all plans that are kept have together, about; the oldest are forgotten first."""

MOST_SEEN = 10_000
"""How many requests are known to have come once."""

_BYTES_PER_STEP = 1_024

_Key: TypeAlias = tuple[Seed, int, int, int, HeaderPairs, float, bytes, tuple[Message, ...]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A response, and what it was made from beside its key."""

    scenario: Scenario
    step: Step
    response: Response


class Recall:
    """The way to `respond` that remembers a response when it is asked for again."""

    def __init__(self, most_steps: int = MOST_STEPS) -> None:
        self._kept: Bounded[_Key, _Kept] = Bounded(most_steps)
        self._seen: Bounded[int, bool] = Bounded(MOST_SEEN)

    def respond(self, step: Step, request: Request, around: Circumstances) -> Response:
        """What `respond.respond` gives, from memory if it was given before. Raises what that raises."""
        return self.recall(step, request, around)[0]

    def recall(self, step: Step, request: Request, around: Circumstances) -> tuple[Response, bool]:
        """What `respond` gives, and whether it was remembered."""
        if not is_dialect(around.endpoint):
            return respond(step, request, around), False
        key = _key(request, around)
        kept = self._kept.get(key)
        if kept is not None and kept.scenario is around.scenario and kept.step == step:
            return kept.response, True
        response = respond(step, request, around)
        if self._comes_again(key) and _is_repeatable(step.reply):
            self._kept.put(key, _Kept(around.scenario, step, response), _weight(request, response))
        return response, False

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._seen.clear()

    def _comes_again(self, key: _Key) -> bool:
        """Whether the key was seen before: most requests come once, and nothing is to be kept of them."""
        mark = hash(key)
        again = self._seen.get(mark) is not None
        self._seen.put(mark, value=True)
        return again


def _key(request: Request, around: Circumstances) -> _Key:
    """What a response follows from beside the scenario and the step. The seed stands for the namespace, the rule and
    the fingerprint. The body is here too, as the order of its keys may show, and the messages, as some may come from
    the store.
    """
    made = around.seed, around.attempt, around.copy, around.surroundings.created
    return *made, around.told, around.slowness, request.call.body, request.messages


def _is_repeatable(reply: Reply) -> bool:
    """Whether the reply makes nothing of the moment of a request and of its connection, which templates and callables
    can see, and errors that tell a date.
    """
    match reply:
        case GenerateReply() | AutoReply() | RawReply() | EventsReply() | ReplayReply():
            return True
        case ContentReply():
            return not has_marks(repr(reply))
        case ErrorReply() | CallReply():
            return False
        case _:
            assert_never(reply)


def _weight(request: Request, response: Response) -> int:
    _, compiled, _ = response
    steps = compiled.plan.most_steps if isinstance(compiled.plan, Score) else len(compiled.plan)
    return steps + len(request.call.body) // _BYTES_PER_STEP + 1
