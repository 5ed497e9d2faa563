"""One step of a script becomes an answer and its plan.

Here: the choice of the road by the form of the reply: a turn through fill and dialect, an error, verbatim bytes, a
Python callable. Not here: which step it is (`engine.py`) and each road itself (`fill/`, `answer.py`, `compile.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from pydantic import ConfigDict, TypeAdapter, ValidationError

from mockllm.answer import (
    Answer,
    apply_to_turn,
    events_answer,
    raw_answer,
    resource_answer,
    scripted_error,
    turn_answer,
)
from mockllm.bounded import Same
from mockllm.carried import carried
from mockllm.catalogue import KNOWN_ERRORS
from mockllm.compile import Compiled, compile_answer, event_dues
from mockllm.dialects.base import Dialect, Resource, Surroundings, Written, is_dialect
from mockllm.dialects.headers import HeaderPairs, request_id
from mockllm.errors import MockLLMError
from mockllm.fill import AnswerReply, Filling, fill
from mockllm.plan import Frame, stamp
from mockllm.profiled import asking, refusal, styled
from mockllm.replayed import replay_answer, replay_pace
from mockllm.request import Request
from mockllm.scenario.document import Scenario
from mockllm.scenario.faults import Fault, FrameFault
from mockllm.scenario.pace import Pace, Work
from mockllm.scenario.profile import Context
from mockllm.scenario.reply import (
    AnyReply,
    AutoReply,
    CallReply,
    ContentReply,
    Envelope,
    ErrorReply,
    ErrorSpec,
    EventsReply,
    GenerateReply,
    RawReply,
    ReplayReply,
    Reply,
)
from mockllm.scenario.script import Step
from mockllm.seeds import Seed
from mockllm.store import Stored
from mockllm.times import AT_ONCE, is_at_once
from mockllm.tokens import Tokenizer, for_model, splitter
from mockllm.turn import chunked


class ReplyFailedError(MockLLMError):
    """A reply that cannot answer this request."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What surrounds a step: the scenario, the endpoint that was called, and the seed of this rule, reply and
    request. `told` are the headers that tell limits, which every answer of the API layer has, and `copy` counts the
    answers to this very request that are kept already. `profile` is the vendor in whose manner it is answered,
    and `slowness` how many times longer it takes because of others.
    """

    scenario: Scenario
    endpoint: Dialect | Resource
    parameters: Mapping[str, str]
    surroundings: Surroundings
    seed: Seed
    attempt: int
    told: HeaderPairs = ()
    copy: int = 0
    profile: str | None = None
    slowness: float = 1.0


Response = tuple[Answer, Compiled, tuple[Stored, ...]]

Fixed = ContentReply | GenerateReply | AutoReply | ErrorReply | RawReply | EventsReply | ReplayReply
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
    if around.told or around.scenario.defaults.headers or reply.headers:
        overrides = {**around.scenario.defaults.headers, **reply.headers}
        answer = replace(answer, overrides=tuple(overrides.items()), told=around.told)
    answer = carried(answer, request.call)
    compiled = compile_answer(answer, _pace(reply, around), faults, seed, key, slowness=around.slowness)
    if not faults and not kept:
        return answer, compiled, ()
    unfired = (*(faults[index].title for index in missed), *compiled.unfired)
    lasting = tuple(
        (fault, seed.child("fault", index))
        for index, fault in enumerate(faults)
        if isinstance(fault, FrameFault) and fault.lasting and index not in compiled.missed
    )
    work = Work(answer.input_tokens, around.slowness)
    kept = tuple(_as_it_came(stored, lasting, _pace(reply, around), seed, work) for stored in kept)
    return answer, Compiled(compiled.plan, unfired, (*missed, *compiled.missed)), kept


def _as_it_came(
    stored: Stored, lasting: Sequence[tuple[FrameFault, Seed]], pace: Pace, seed: Seed, work: Work
) -> Stored:
    """The object with what went wrong with the answer itself, and with the times of its events, if it has any."""
    made = stamp(stored.frames)
    frames, value = made, stored.value
    for fault, chance in lasting:
        changed = fault.apply(frames, chance) if frames else frames
        body = None if changed is None else fault.apply((Frame(value, "body"),), chance)
        if changed is not None and body is not None and isinstance(told := body[0].data, Mapping):
            frames, value = changed, told
    return replace(stored, value=value, frames=frames, dues=event_dues(made, frames, pace, seed, work))


def _answer(
    reply: Fixed, faults: tuple[Fault, ...], request: Request, around: Circumstances, key: str
) -> tuple[Answer, tuple[int, ...], tuple[Stored, ...]]:
    match reply:
        case ContentReply() | GenerateReply() | AutoReply():
            return _turn(reply, faults, request, around, key)
        case ErrorReply():
            said = _said(reply.error)
            error = scripted_error(reply.error, request, key)
            return refusal(error, around.profile, _context(request, around, key), said), (), ()
        case RawReply():
            return raw_answer(reply), (), ()
        case ReplayReply():
            return replay_answer(reply.replay, timed=reply.pace is None), (), ()
        case EventsReply():
            context = _context(request, around, key)
            return styled(events_answer(reply), around.profile, context, verbatim=True), (), ()
        case _:
            assert_never(reply)


def _turn(
    reply: AnswerReply, faults: tuple[Fault, ...], request: Request, around: Circumstances, key: str
) -> tuple[Answer, tuple[int, ...], tuple[Stored, ...]]:
    """The road of a turn; a resource has its own answer, which only `auto: true` stands for."""
    endpoint = around.endpoint
    if not is_dialect(endpoint):
        if not isinstance(reply, AutoReply):
            raise ReplyFailedError(f"a turn cannot answer {request.api}: reply with auto, error or raw")
        data = endpoint.answer(request, around.parameters, around.surroundings)
        return styled(resource_answer(data, endpoint), around.profile, _context(request, around, key)), (), ()
    filling = Filling(
        around.seed,
        tokenizer(around.scenario, request),
        around.surroundings.created,
        around.scenario.defaults,
        around.copy,
    )
    turn, missed = apply_to_turn(fill(reply, request, filling), faults, around.seed)
    pace = _pace(reply, around)
    turn = chunked(turn, pace.chunk_tokens)
    counted = not is_at_once(Same(pace))
    answer = turn_answer(turn, asking(request, around.profile), endpoint, around.seed, counted=counted)
    if around.profile is not None:
        body = endpoint.body(turn, request)
        body = body.value() if isinstance(body, Written) else body
        told = body if isinstance(body, Mapping) else None
        answer = styled(answer, around.profile, replace(_context(request, around, key), answer=told))
    return answer, missed, endpoint.stored(turn, request, key)


def _context(request: Request, around: Circumstances, key: str) -> Context:
    """What the values of a profile follow from."""
    return Context(request, around.seed.child("profile", around.attempt), facts={"request_id": key})


def _said(error: ErrorSpec) -> frozenset[str]:
    """What the author says of an error himself; the code of a known one is its name here."""
    given = frozenset(error.model_fields_set)
    return given - {"code"} if error.code in KNOWN_ERRORS else given


def tokenizer(scenario: Scenario, request: Request) -> Tokenizer:
    """What counts and splits tokens: the model's own vocabulary if the scenario wants exact counts."""
    return for_model(request.model) if scenario.tokens == "exact" else splitter()


def _pace(reply: Fixed, around: Circumstances) -> Pace:
    """The reply's own pace, or the scenario's; a refusal goes out at once unless it has a pace of its own."""
    if reply.pace is not None:
        return reply.pace
    if isinstance(reply, ReplayReply):
        return replay_pace(reply.replay)
    return AT_ONCE if isinstance(reply, (ErrorReply, RawReply)) else around.scenario.pace


_REPLY: TypeAdapter[Reply] = TypeAdapter(AnyReply, config=ConfigDict(defer_build=True))

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
