"""A fault at every single place of an answer: one scenario for each, in order.

Here: `placements`, which finds the places by asking an engine what the scenario answers, and `sweep`, the same as
pytest parameters. Not here: the positions (`scenario/position.py`), the faults, and the command (`cli/sweep.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

from mockllm.errors import MockLLMError
from mockllm.exchange import Exchange
from mockllm.explain import visits
from mockllm.plan import Send
from mockllm.scenario.base import nearest
from mockllm.scenario.document import Scenario
from mockllm.scenario.faults import FAULTS, AnyFault, Fault
from mockllm.scenario.library import Library
from mockllm.scenario.position import At
from mockllm.scenario.reply import Reply
from mockllm.scenario.script import first_match, reply_index
from mockllm.scenario.source import Source, scenario_of

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

Over: TypeAlias = Literal["frames", "tokens", "bytes", "attempts"]
"""What is counted: places between frames, tokens or bytes, or how many of the first tries fail."""

Blow: TypeAlias = Fault | Mapping[str, Any] | str
"""A fault: one of `mockllm.faults`, what YAML says of it, or its kind alone. Its position is set by the sweep."""

MOST_PLACEMENTS = 10_000
"""How many scenarios one sweep may make."""

MOST_ATTEMPTS = 3
"""How many failing tries a sweep over attempts goes up to, unless it is told."""

_FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
_AT: TypeAdapter[At] = TypeAdapter(At)

_Value = TypeVar("_Value")


def sweep(
    source: Source, fault: Blow, *, over: Over = "frames", most: int | None = None, library: Library | None = None
) -> "tuple[ParameterSet, ...]":
    """The placements as parameters for `pytest.mark.parametrize`, each a scenario to load, with its name as its id.

    `source` is whatever `MockLLM.load` takes. Raises what `placements` and `scenario_of` raise.
    """
    import pytest  # noqa: PLC0415 # only tests ask for parameters

    scenario = scenario_of(source, library if library is not None else Library.gallery())
    return tuple(pytest.param(placed, id=placed.name) for placed in placements(scenario, fault, over=over, most=most))


def placements(
    scenario: Scenario, fault: Blow, *, over: Over = "frames", most: int | None = None
) -> tuple[Scenario, ...]:
    """The scenario with the fault at one place, for every place that the answers to its examples have.

    Over frames, tokens and bytes the places are those before the first, between any two, and after the last, so 40
    frames make 41. Over attempts the first 1, 2, ... `most` tries fail. `most` bounds the places of each answer in the
    other sweeps too. The names tell the place: `tool-call.reset.frame-3`, and before it the request, if there are
    several. Raises MockLLMError for a fault that there is not, that has no position, or that leads to too many.
    """
    unit = _unit(over)
    kind, strike = _striking(fault, unit)
    made: list[Scenario] = []
    answers = tuple(_answers(scenario))
    for answer in answers:
        which = f"request-{answer.number}." if len(answers) > 1 else ""
        for place in _places(answer, over, most):
            if len(made) == MOST_PLACEMENTS:
                raise MockLLMError(
                    f"a sweep of {kind} over {over} has more than {MOST_PLACEMENTS} places here: bound it with `most`"
                )
            name = f"{scenario.name}.{kind}.{which}{unit}-{place}"
            made.append(_changed(scenario, answer, name, strike(place)))
    return tuple(made)


_UNITS: Mapping[Over, str] = {"frames": "frame", "tokens": "token", "bytes": "byte", "attempts": "attempt"}


@dataclass(frozen=True, slots=True)
class _Answered:
    """The answer to one example request, and which reply of which rule gave it. Numbers count from 1."""

    number: int
    rule: int
    reply: int
    exchange: Exchange


_Update: TypeAlias = Callable[[Reply], dict[str, Any]]
"""What changes in a reply."""


def _answers(scenario: Scenario) -> Iterator[_Answered]:
    """The last answer to each example request, after its scripted attempts. Raises MockLLMError for a request that no
    rule answers.
    """
    taken: dict[int, int] = {}
    for number, exchanges in enumerate(visits(scenario, scenario.requests()), start=1):
        exchange = exchanges[-1]
        rule = None if exchange.request is None else first_match(scenario, exchange.request).rule
        index = None if rule is None else reply_index(scenario.rules[rule], taken.get(rule, 0))
        if rule is None or index is None:
            raise MockLLMError(
                f"no rule of '{scenario.name}' answers its example request {number}, so there is nothing to sweep: "
                f"{exchange.why}"
            )
        taken[rule] = taken.get(rule, 0) + 1
        yield _Answered(number, rule, index, exchange)


def _unit(over: Over) -> str:
    if over not in _UNITS:
        raise MockLLMError(f"a sweep goes over {', '.join(_UNITS)}, not over {over!r}")
    return _UNITS[over]


def _striking(fault: Blow, unit: str) -> tuple[str, Callable[[int], _Update]]:
    """The kind of the fault, and what a reply becomes with it at a place. Raises MockLLMError for what is no fault."""
    if isinstance(fault, Fault):
        kind, written = fault.kind, fault
    else:
        named = {fault: {}} if isinstance(fault, str) else dict(fault)
        if len(named) != 1:
            raise MockLLMError(f"a sweep has one fault, found {len(named)}: {', '.join(named) or 'none'}")
        kind = next(iter(named))
        written = _written(kind, named[kind], unit)
    if unit == "attempt":
        return kind, lambda place: lambda _reply: {"attempts": (written,) * place}
    if "at" not in type(written).model_fields:
        placed = ", ".join(known for known, fault in FAULTS.items() if "at" in fault.model_fields)
        raise MockLLMError(f"the fault '{kind}' has no position `at`: sweep it over attempts, or one of {placed}")
    return kind, lambda place: lambda reply: {"faults": (*reply.faults, _moved(written, {unit: place}))}


def _written(kind: str, body: object, unit: str) -> Fault:
    """The fault that this means. One of which nothing is said, or no position, is at the start, whence it is moved."""
    if kind not in FAULTS:
        raise MockLLMError(f"there is no fault '{kind}': {nearest(kind, list(FAULTS))}known: {', '.join(FAULTS)}")
    value = {} if body is None else body
    if isinstance(value, Mapping) and "at" in FAULTS[kind].model_fields and (unit != "attempt" or not value):
        value = {"at": "start", **value}
    try:
        return _FAULT.validate_python({kind: value})
    except ValidationError as error:
        problems = "; ".join(details["msg"] for details in error.errors(include_url=False))
        raise MockLLMError(f"the fault '{kind}' is not written as it should be: {problems}") from None


def _moved(fault: Fault, position: Mapping[str, int]) -> Fault:
    return fault.model_copy(update={"at": _AT.validate_python(position)})


def _places(answer: _Answered, over: Over, most: int | None) -> range:
    if over == "attempts":
        return range(1, (most or MOST_ATTEMPTS) + 1)
    sends = [step for step in answer.exchange.plan if isinstance(step, Send) and step.frame.ordinal >= 0]
    counts: Mapping[Over, int] = {
        "frames": max((send.frame.ordinal + 1 for send in sends), default=0),
        "tokens": max((send.frame.tokens_before + send.frame.tokens for send in sends), default=0),
        "bytes": max((send.offset + len(send.data) for send in sends), default=0),
    }
    places = counts[over] + 1
    return range(places if most is None else min(places, most))


def _changed(scenario: Scenario, answer: _Answered, name: str, update: _Update) -> Scenario:
    """The scenario with one reply changed and a name of its own."""
    rule = scenario.rules[answer.rule]
    reply = rule.replies[answer.reply]
    replies = _with(rule.replies, answer.reply, reply.model_copy(update=update(reply)))
    rules = _with(scenario.rules, answer.rule, rule.model_copy(update={"replies": replies}))
    return scenario.model_copy(update={"name": name, "rules": rules})


def _with(values: tuple[_Value, ...], index: int, value: _Value) -> tuple[_Value, ...]:
    return (*values[:index], value, *values[index + 1 :])
