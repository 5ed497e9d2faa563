"""One step of a script becomes an answer and its plan.

Here: the choice of the road by the form of the reply: a turn through fill and dialect, an error, verbatim bytes, a
Python callable. Not here: which step it is (`engine.py`) and each road itself (`fill/`, `answer.py`, `compile.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from pydantic import TypeAdapter, ValidationError

from mockllm.answer import (
    Answer,
    apply_to_turn,
    error_answer,
    events_answer,
    json_answer,
    raw_answer,
    scripted_error,
    turn_answer,
)
from mockllm.compile import Compiled, compile_answer
from mockllm.dialects.base import Dialect, Resource, Surroundings, is_dialect
from mockllm.dialects.headers import request_id
from mockllm.errors import MockLLMError
from mockllm.fill import AnswerReply, Filling, fill
from mockllm.request import Request
from mockllm.scenario.document import Scenario
from mockllm.scenario.pace import Pace
from mockllm.scenario.reply import (
    AnyReply,
    AutoReply,
    CallReply,
    ContentReply,
    ErrorReply,
    EventsReply,
    GenerateReply,
    RawReply,
    Reply,
)
from mockllm.scenario.script import Step
from mockllm.seeds import Seed
from mockllm.store import Stored
from mockllm.tokens import for_model, splitter


class ReplyFailedError(MockLLMError):
    """A reply that cannot answer this request."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What surrounds a step: the scenario, the endpoint that was called, and the seed of this rule, reply and
    request.
    """

    scenario: Scenario
    endpoint: Dialect | Resource
    parameters: Mapping[str, str]
    surroundings: Surroundings
    seed: Seed
    attempt: int


Response = tuple[Answer, Compiled, tuple[Stored, ...]]


def respond(step: Step, request: Request, around: Circumstances) -> Response:
    """The answer of a step, its plan, and what the server keeps of it.

    Raises MockLLMError when the reply cannot be made for this request.
    """
    reply = step.reply
    if isinstance(reply, CallReply):
        computed = _computed(reply, request)
        return respond(Step(computed, (*step.faults, *computed.faults), step.last), request, around)
    seed = around.seed.child("attempt", around.attempt)
    key = request_id(seed)
    answer, missed, kept = _answer(reply, step, request, around, key)
    answer = _with_overrides(answer, reply, around.scenario)
    compiled = compile_answer(answer, _pace(reply, around), step.faults, seed, key)
    return answer, Compiled(compiled.plan, (*missed, *compiled.unfired)), kept


def _answer(
    reply: Reply, step: Step, request: Request, around: Circumstances, key: str
) -> tuple[Answer, tuple[str, ...], tuple[Stored, ...]]:
    match reply:
        case ContentReply() | GenerateReply() | AutoReply():
            return _turn(reply, step, request, around, key)
        case ErrorReply():
            return error_answer(scripted_error(reply.error, request, key)), (), ()
        case RawReply():
            return raw_answer(reply), (), ()
        case EventsReply():
            return events_answer(reply), (), ()
        case CallReply():
            raise ReplyFailedError("a callable returned another callable")
        case _:
            assert_never(reply)


def _turn(
    reply: AnswerReply, step: Step, request: Request, around: Circumstances, key: str
) -> tuple[Answer, tuple[str, ...], tuple[Stored, ...]]:
    """The road of a turn; a resource has its own answer, which only `auto: true` stands for."""
    endpoint = around.endpoint
    if not is_dialect(endpoint):
        if not isinstance(reply, AutoReply):
            raise ReplyFailedError(f"a turn cannot answer {request.api}: reply with auto, error or raw")
        data = endpoint.answer(request, around.parameters, around.surroundings)
        return json_answer(data, endpoint.layout, label=f"body {request.api}"), (), ()
    tokenizer = for_model(request.model) if around.scenario.tokens == "exact" else splitter()
    filling = Filling(around.seed, tokenizer, around.surroundings.created, around.scenario.defaults)
    turn, missed = apply_to_turn(fill(reply, request, filling), step.faults, around.seed)
    counted = _pace(reply, around) != Pace()
    answer = turn_answer(turn, request, endpoint, around.seed, counted=counted)
    return answer, missed, endpoint.stored(turn, request, key)


def _pace(reply: Reply, around: Circumstances) -> Pace:
    """The reply's own pace, or the scenario's; a refusal goes out at once unless it has a pace of its own."""
    if reply.pace is not None:
        return reply.pace
    return Pace() if isinstance(reply, (ErrorReply, RawReply)) else around.scenario.pace


def _with_overrides(answer: Answer, reply: Reply, scenario: Scenario) -> Answer:
    overrides = {**scenario.defaults.headers, **reply.headers}
    if not overrides:
        return answer
    return Answer(
        answer.status,
        answer.headers,
        answer.frames,
        answer.layout,
        answer.layer,
        answer.paced,
        tuple(overrides.items()),
    )


_REPLY: TypeAdapter[Any] = TypeAdapter(AnyReply)


def _computed(reply: CallReply, request: Request) -> Any:
    """What the callable returns, as a reply. Raises ReplyFailedError with its own error or with what is wrong with
    its result.
    """
    try:
        value = reply.call(request)
    except Exception as error:
        raise ReplyFailedError(f"the callable {reply.call!r} raised {type(error).__name__}: {error}") from error
    try:
        return _REPLY.validate_python(value)
    except ValidationError as error:
        raise ReplyFailedError(f"the callable {reply.call!r} returned no reply: {error}") from error
