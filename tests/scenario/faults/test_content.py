"""Faults of what is said."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mockllm.scenario.faults.content import CutArguments
from mockllm.seeds import Seed
from mockllm.tokens import Piece, count, joined
from mockllm.turn import Reasoning, Text, ToolCall, Usage, part_tokens
from tests.turns import pieces, said, turn

SEED = Seed.of("fault")
FIRST = ToolCall("call_1", "get_weather", pieces("{", '"city"', ":", '"Paris"', "}"))
SECOND = ToolCall("call_2", "get_time", pieces("{", "}"))
BEFORE = (Reasoning(pieces("hm", ".")), Text(pieces("I", " look")))
TURN = turn(said(*BEFORE, FIRST, SECOND, stop="tool_calls"), usage=Usage(input_tokens=7, output_tokens=20))
"""Eleven tokens: 2 + 2 + 5 + 2. The other nine of the usage are overhead."""


def arguments(changed):
    return [joined(part.pieces) for choice in changed.choices for part in choice.parts if isinstance(part, ToolCall)]


@pytest.mark.parametrize(
    ("fault", "texts", "lost"),
    [
        ({}, ["{"], 6),
        ({"after": 0}, [""], 7),
        ({"after": 4}, ['{"city":"Paris"'], 3),
        ({"call": 1}, ['{"city":"Paris"}', "{"], 1),
        ({"call": 1, "after": 0}, ['{"city":"Paris"}', ""], 2),
    ],
)
def test_the_arguments_end_after_so_many_tokens_and_later_calls_never_come(fault, texts, lost):
    changed = CutArguments.model_validate(fault).apply(TURN, SEED)
    assert arguments(changed) == texts
    assert changed.choices[0].parts[:2] == BEFORE
    assert changed.usage == Usage(input_tokens=7, output_tokens=20 - lost)


def test_honestly_the_turn_ends_with_length_and_lying_as_if_nothing_were_missing():
    assert CutArguments().apply(TURN, SEED).choices[0].stop == "length"
    assert CutArguments(finish="lying").apply(TURN, SEED).choices[0].stop == "tool_calls"
    assert CutArguments(finish="lying").apply(turn(said(FIRST, stop="stop")), SEED).choices[0].stop == "stop"


def test_a_token_that_shows_only_with_the_next_is_not_shown_alone():
    emoji = ToolCall("call_1", "f", (*pieces('{"a":"'), Piece("🌞", 2, (b"\xf0\x9f", b"\x8c\x9e")), *pieces('"}')))
    assert arguments(CutArguments(after=2).apply(turn(said(emoji)), SEED)) == ['{"a":"']
    assert arguments(CutArguments(after=3).apply(turn(said(emoji)), SEED)) == ['{"a":"🌞']


def test_each_choice_that_has_the_call_is_cut_and_the_others_stay():
    other = said(Text(pieces("no")))
    changed = CutArguments(after=1).apply(turn(said(FIRST), other, said(SECOND)), SEED)
    assert arguments(changed) == ["{", "{"]
    assert changed.choices[1] is other
    assert [choice.stop for choice in changed.choices] == ["length", "stop", "length"]


def test_the_usage_never_falls_below_zero():
    small = turn(said(FIRST), usage=Usage(input_tokens=1, output_tokens=2))
    assert CutArguments(after=0).apply(small, SEED).usage.output_tokens == 0


@pytest.mark.parametrize("fault", [{"call": 2}, {"after": 5}, {"after": 99}, {"call": 1, "after": 2}])
def test_a_position_beyond_the_end_is_reported(fault):
    assert CutArguments.model_validate(fault).apply(TURN, SEED) is None


@pytest.mark.parametrize("parts", [(), BEFORE, (ToolCall("call_1", "f", ()),)])
def test_a_turn_without_such_a_call_is_reported(parts):
    assert CutArguments(after=0).apply(turn(said(*parts)), SEED) is None


@given(st.integers(0, 3), st.integers(0, 8), st.sampled_from(["honest", "lying"]))
def test_the_turn_that_was_given_is_never_edited_and_the_same_seed_gives_the_same(call, after, finish):
    fault = CutArguments(call=call, after=after, finish=finish)
    given_turn = deepcopy(TURN)
    changed = fault.apply(given_turn, SEED)
    assert given_turn == TURN
    assert fault.apply(given_turn, SEED) == changed
    if changed is not None:
        [cut] = [part for part in changed.choices[0].parts if isinstance(part, ToolCall)][call:]
        assert part_tokens(cut) == min(after, count((FIRST, SECOND)[call].pieces))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"call": -1}, "expected a value of at least 0, found -1"),
        ({"after": "1"}, "expected a whole number, found '1': remove the quotes"),
        ({"finish": "lie"}, "expected honest or lying, found 'lie'"),
        ({"afer": 1}, "unknown key 'afer': did you mean 'after'? allowed here: call, after, finish"),
    ],
)
def test_what_makes_no_sense_is_refused(fault, message):
    with pytest.raises(ValidationError) as error:
        CutArguments.model_validate(fault)
    assert error.value.errors()[0]["msg"] == message
