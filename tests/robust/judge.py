"""The last look at a turn that came to its end: is it an answer?

Here: what an end without an error may still hide. Not here: how turns are put together (`chat.py`, `responses.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.robust.outcome import Failure, Outcome, Problem, ProblemError, ToolCall
from tests.robust.tools import Schemas, ToolCalls

# Words for the end that say that it is none.
_FAILING: Mapping[str, Failure] = {
    "content_filter": "filtered",
    "error": "reported",
    "malformed_function_call": "reported",
    "abort": "cut",
    "network_error": "cut",
}
# Other words for the same.
_SAME: Mapping[str, str] = {
    "function_call": "tool_calls",
    "sensitive": "content_filter",
    "guardrail_intervened": "content_filter",
}


def judged(
    outcome: Outcome,
    calls: Sequence[ToolCalls],
    tools: Schemas,
    *,
    native: str = "",
    leaked: str = "",
    lacks_usage: bool = False,
) -> Outcome:
    """The outcome with its calls if they may be run, or with the problem that it has.

    No call is given from a turn that failed or that the token limit cut, and a call written into the text cannot be
    run. An empty turn is an answer, which its user sees to be empty, but for two signs that somebody made it up:
    `native`, the reason in the words of the model's own server, tells of a failure, or usage was asked for and lacks.
    """
    outcome = replace(outcome, finish=_SAME.get(outcome.finish, outcome.finish))
    if outcome.problem is not None or outcome.finish == "length":
        return outcome
    problem = _hidden(outcome.finish, leaked)
    finished: tuple[ToolCall, ...] = ()
    try:
        finished = tuple(call for turn in calls for call in turn.finished(tools))
    except ProblemError as error:
        problem = problem or error.problem
    if not (problem or finished or outcome.text.strip() or outcome.reasoning or outcome.refusal):
        problem = _invented(native, lacks_usage=lacks_usage)
    return replace(outcome, problem=problem, tool_calls=() if problem else finished)


def _hidden(finish: str, leaked: str) -> Problem | None:
    """The problem of a turn that ended with a word for an error, or with a call that nobody made of its text."""
    if finish in _FAILING:
        return Problem(_FAILING[finish], f"the turn ended with {finish}")
    return Problem("unreadable", f"a tool call that was written as text: {leaked}") if leaked else None


def _invented(native: str, *, lacks_usage: bool) -> Problem | None:
    """The problem of an empty turn whose end somebody made up."""
    if native.lower() in _FAILING:
        return Problem(_FAILING[native.lower()], f"nothing was said, because of {native}")
    return Problem("unreadable", "nothing was said, and nothing was counted") if lacks_usage else None
