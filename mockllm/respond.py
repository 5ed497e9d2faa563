"""One step of a script becomes an answer and its plan.

Here: the choice of the road by the form of the reply: a turn through fill and dialect, an error, verbatim bytes, a
Python callable. Not here: which step it is (`engine.py`) and each road itself (`fill/`, `answer.py`, `compile.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

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
from mockllm.dialects.headers import HeaderPairs, request_id
from mockllm.errors import MockLLMError
from mockllm.fill import AnswerReply, Filling, fill
from mockllm.request import Request
from mockllm.scenario.document import Scenario
from mockllm.scenario.faults import Fault
from mockllm.scenario.pace import Pace
from mockllm.scenario.reply import (
    AnyReply,
    AutoReply,
    CallReply,
    ContentReply,
    Envelope,
    ErrorReply,
    EventsReply,
    GenerateReply,
    RawReply,
    Reply,
)
from mockllm.scenario.script import Step
from mockllm.seeds import Seed
from mockllm.store import Stored
from mockllm.tokens import Tokenizer, for_model, splitter


class ReplyFailedError(MockLLMError):
    """A reply that cannot answer this request."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What surrounds a step: the scenario, the endpoint that was called, and the seed of this rule, reply and
    request. `told` are the headers that tell limits, which every answer of the API layer has.
    """

    scenario: Scenario
    endpoint: Dialect | Resource
    parameters: Mapping[str, str]
    surroundings: Surroundings
    seed: Seed
    attempt: int
    told: HeaderPairs = ()


Response = tuple[Answer, Compiled, tuple[Stored, ...]]

Fixed = ContentReply | GenerateReply | AutoReply | ErrorReply | RawReply | EventsReply
"""A reply that says itself what it answers: every form but a callable."""


def respond(step: Step, request: Request, around: Circumstances) -> Response:
    """The answer of a step, its plan, and what the server keeps of it.

    Raises MockLLMError when the reply cannot be made for this request.
    """
    reply, faults = step.reply, step.faults
    if isinstance(reply, CallReply):
        reply = _computed(reply, request)
        faults = (*faults, *reply.faults)
    seed = around.seed.child("attempt", around.attempt)
    key = request_id(seed)
    answer, missed, kept = _answer(reply, faults, request, around, key)
    overrides = {**around.scenario.defaults.headers, **reply.headers}
    answer = replace(answer, overrides=tuple(overrides.items()), told=around.told)
    compiled = compile_answer(answer, _pace(reply, around), faults, seed, key)
    return answer, Compiled(compiled.plan, (*missed, *compiled.unfired)), kept


def _answer(
    reply: Fixed, faults: tuple[Fault, ...], request: Request, around: Circumstances, key: str
) -> tuple[Answer, tuple[str, ...], tuple[Stored, ...]]:
    match reply:
        case ContentReply() | GenerateReply() | AutoReply():
            return _turn(reply, faults, request, around, key)
        case ErrorReply():
            return error_answer(scripted_error(reply.error, request, key)), (), ()
        case RawReply():
            return raw_answer(reply), (), ()
        case EventsReply():
            return events_answer(reply), (), ()
        case _:
            assert_never(reply)


def _turn(
    reply: AnswerReply, faults: tuple[Fault, ...], request: Request, around: Circumstances, key: str
) -> tuple[Answer, tuple[str, ...], tuple[Stored, ...]]:
    """The road of a turn; a resource has its own answer, which only `auto: true` stands for."""
    endpoint = around.endpoint
    if not is_dialect(endpoint):
        if not isinstance(reply, AutoReply):
            raise ReplyFailedError(f"a turn cannot answer {request.api}: reply with auto, error or raw")
        data = endpoint.answer(request, around.parameters, around.surroundings)
        return json_answer(data, endpoint.layout, label=f"body {request.api}"), (), ()
    filling = Filling(
        around.seed, tokenizer(around.scenario, request), around.surroundings.created, around.scenario.defaults
    )
    turn, missed = apply_to_turn(fill(reply, request, filling), faults, around.seed)
    counted = _pace(reply, around) != Pace()
    answer = turn_answer(turn, request, endpoint, around.seed, counted=counted)
    return answer, missed, endpoint.stored(turn, request, key)


def tokenizer(scenario: Scenario, request: Request) -> Tokenizer:
    """What counts and splits tokens: the model's own vocabulary if the scenario wants exact counts."""
    return for_model(request.model) if scenario.tokens == "exact" else splitter()


def _pace(reply: Fixed, around: Circumstances) -> Pace:
    """The reply's own pace, or the scenario's; a refusal goes out at once unless it has a pace of its own."""
    if reply.pace is not None:
        return reply.pace
    return Pace() if isinstance(reply, (ErrorReply, RawReply)) else around.scenario.pace


_REPLY: TypeAdapter[Reply] = TypeAdapter(AnyReply)

_INHERITED = ("pace", *Envelope.model_fields)
"""What a computed reply takes from the entry that computes it, unless it says so itself."""


def _computed(reply: CallReply, request: Request) -> Fixed:
    """What the callable returns, as a reply. Its texts are sent as they are, without templates, unless it or its
    entry says `template: true`, because they may hold what a client wrote.

    Raises ReplyFailedError with the callable's own error or with what is wrong with its result.
    """
    try:
        value = reply.call(request)
    except Exception as error:
        raise ReplyFailedError(f"the callable {reply.call!r} raised {type(error).__name__}: {error}") from error
    try:
        computed = _REPLY.validate_python(value)
    except ValidationError as error:
        raise ReplyFailedError(f"the callable {reply.call!r} returned no reply: {error}") from error
    if isinstance(computed, CallReply):
        raise ReplyFailedError(f"the callable {reply.call!r} returned another callable: return what that one returns")
    said: dict[str, object] = {"template": False}
    said |= {name: getattr(reply, name) for name in _INHERITED if name in reply.model_fields_set}
    update = {name: value for name, value in said.items() if name not in computed.model_fields_set}
    return computed.model_copy(update=update)
