"""What was decided about a call, and the decision to refuse it.

Here: `Decision`, and the two ways to refuse: as the real service does, and because a scenario is wrong. Both speak in
the manner of the scenario's profile. Not here: deciding (`decision.py`).
"""

from dataclasses import dataclass, replace

from mockllm.answer import Answer
from mockllm.carried import carried
from mockllm.compile import Compiled, compile_answer
from mockllm.dialects.headers import HeaderPairs, request_id
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Trouble
from mockllm.limits import Place
from mockllm.profiled import refusal
from mockllm.request import Call, Request, fingerprint
from mockllm.scenario.pace import Pace
from mockllm.scenario.profile import Context
from mockllm.seeds import Seed
from mockllm.usage import FREE, Charge


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a call. `place` is the one that it has among those that are limited, if they are. Where
    it is `settled`, calls of the same bytes get the same from the rule at this `number`, but for their attempts.
    """

    answer: Answer
    compiled: Compiled
    request: Request | None = None
    rule: str | None = None
    why: str = ""
    attempt: int = 1
    trouble: Trouble | None = None
    place: Place | None = None
    struck: tuple[str, ...] = ()
    number: int | None = None
    settled: bool = False


def refused(
    call: Call,
    error: ApiError,
    request: Request | None,
    trouble: Trouble | None,
    *,
    rule: str | None = None,
    why: str = "",
    told: HeaderPairs = (),
    profile: str | None = None,
) -> Decision:
    """The decision to answer with an error, whatever was scripted. `told` are the headers that tell limits."""
    seed = Seed.of("refused", call.path, fingerprint("", call, None))
    key = request_id(seed)
    context = Context(request, seed, facts={"request_id": key})
    answer = carried(replace(refusal(error, profile, context), told=told), call)
    compiled = compile_answer(answer, Pace(), (), seed, key)
    return Decision(answer, compiled, request, rule, why or error.message, 1, trouble)


def failed(
    call: Call,
    error: MockLLMError,
    request: Request | None,
    rule: str | None = None,
    charge: Charge = FREE,
    *,
    profile: str | None = None,
) -> Decision:
    """A refusal that the real service makes too, or else one that says what is wrong with the scenario."""
    if isinstance(error, ApiError):
        return refused(call, error, request, None, rule=rule, told=charge.told, profile=profile)
    told = ApiError(500, f"mockllm: {error}", type_="server_error", code="reply_failed")
    return refused(call, told, request, Trouble.FAILED, rule=rule, told=charge.told, profile=profile)
