"""Faults of what is said."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Send
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.content import CutArguments, FinishReason, GarbageAfterArguments, UnknownTool
from mockllm.seeds import Seed
from mockllm.tokens import Piece, count, joined
from mockllm.turn import Reasoning, Text, ToolCall, Usage, part_tokens
from tests.calls import body, chat, chunks, engine, sent, text
from tests.turns import pieces, said, turn

SEED = Seed.of("fault")
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
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


@settings(deadline=None)
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


TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {}}}]
CALL = "tool_calls: [{name: get_weather, arguments: {city: Paris}}]"


def served(reply, fault, *, stream):
    scenario = f"rules: [{{replies: [{{{reply}, faults: [{fault}]}}]}}]"
    options = {"stream_options": {"include_usage": True}} if stream else {}
    return engine(scenario).handle(chat(stream=stream, tools=TOOLS, **options))


def folded(exchange):
    """The name and the arguments of the call, the finish reasons that came, and the tokens of the answer."""
    if not exchange.request.stream:
        [choice] = body(exchange)["choices"]
        function = choice["message"]["tool_calls"][0]["function"]
        tokens = body(exchange)["usage"]["completion_tokens"]
        return function["name"], function["arguments"], [choice["finish_reason"]], tokens
    *chosen, usage = chunks(exchange)
    choices = [choice for chunk in chosen for choice in chunk["choices"]]
    calls = [call["function"] for choice in choices for call in choice["delta"].get("tool_calls", ())]
    name = "".join(call.get("name", "") for call in calls)
    finishes = [choice["finish_reason"] for choice in choices if choice["finish_reason"] is not None]
    arguments = "".join(call["arguments"] for call in calls)
    return name, arguments, finishes, usage["usage"]["completion_tokens"]


@pytest.mark.parametrize("stream", [True, False])
class TestOnTheWire:
    def test_text_follows_the_arguments_and_costs_tokens(self, stream):
        healthy = folded(served(CALL, "", stream=stream))
        wrong = served(CALL, '{garbage_after_arguments: "\\n\\nDone!"}', stream=stream)
        name, arguments, finishes, tokens = folded(wrong)
        assert (name, arguments, finishes) == ("get_weather", '{"city":"Paris"}\n\nDone!', ["tool_calls"])
        assert tokens > healthy[-1]
        assert wrong.unfired == ()

    def test_the_call_names_a_tool_that_was_never_offered(self, stream):
        name, arguments, finishes, _ = folded(served(CALL, "{unknown_tool: launch}", stream=stream))
        assert (name, arguments, finishes) == ("launch", '{"city":"Paris"}', ["tool_calls"])

    @pytest.mark.parametrize("reason", ["stop", "end_turn", ""])
    def test_the_finish_reason_is_any_text(self, stream, reason):
        assert folded(served(CALL, f"{{finish_reason: '{reason}'}}", stream=stream))[2] == [reason]

    def test_with_null_there_is_no_finish_reason(self, stream):
        exchange = served(CALL, "{finish_reason: null}", stream=stream)
        assert folded(exchange)[2] == ([] if stream else [None])
        assert [step for step in exchange.plan if isinstance(step, Send) and step.frame.kind == "finish"] == []

    @pytest.mark.parametrize("fault", ["garbage_after_arguments: x", "unknown_tool: x", "finish_reason: stop"])
    def test_without_anything_to_act_on_the_answer_is_whole_and_the_fault_is_reported(self, stream, fault):
        wrong = served("text: Hi there", f"{{{fault}}}", stream=stream)
        assert text(wrong) == "Hi there"
        assert wrong.unfired == (fault.split(":")[0],)
        # The seed of a rule, so the bytes, do not depend on its faults.
        assert sent(wrong) == sent(served("text: Hi there", "", stream=stream))


def test_only_the_call_that_is_meant_changes():
    changed = UnknownTool(call=1, name="launch").apply(TURN, SEED)
    assert changed.choices[0].parts == (*BEFORE, FIRST, ToolCall("call_2", "launch", pieces("{", "}")))
    changed = GarbageAfterArguments(call=1, text="!").apply(TURN, SEED)
    assert arguments(changed) == ['{"city":"Paris"}', "{}!"]
    assert changed.usage == Usage(input_tokens=7, output_tokens=21)
    assert changed.choices[0].stop == "tool_calls"


def test_each_choice_that_has_the_call_changes_and_the_others_stay():
    other = said(Text(pieces("no")))
    changed = UnknownTool(name="launch").apply(turn(other, said(FIRST)), SEED)
    assert changed.choices[0] is other
    assert changed.choices[1].parts[0].name == "launch"


def test_every_choice_gets_the_finish_reason():
    changed = FinishReason(reason="eos").apply(turn(said(FIRST), said(SECOND, stop=None)), SEED)
    assert [choice.stop for choice in changed.choices] == ["eos", "eos"]


@pytest.mark.parametrize(
    "fault",
    [
        UnknownTool(call=2, name="x"),
        UnknownTool(name="get_weather"),
        GarbageAfterArguments(call=2, text="x"),
        GarbageAfterArguments(text=""),
        FinishReason(reason="tool_calls"),
    ],
)
def test_what_would_change_nothing_is_reported(fault):
    before = deepcopy(TURN)
    assert fault.apply(TURN, SEED) is None
    assert before == TURN


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"garbage_after_arguments": {"call": 0}}, ("text",), "the key 'text' is missing: what follows the arguments"),
        ({"garbage_after_arguments": {"call": -1, "text": "x"}}, ("call",), "expected a value of at least 0, found -1"),
        ({"unknown_tool": {"call": 0}}, ("name",), "the key 'name' is missing: the name in the call"),
        ({"unknown_tool": 5}, (), "expected a text, found 5: put it in quotes"),
        ({"unknown_tool": {"name": "x", "cal": 0}}, ("cal",), "unknown key 'cal': did you mean 'call'? allowed here: "),
        ({"finish_reason": 5}, (), "expected a text, found 5: put it in quotes"),
        ({"finish_reason": {}}, ("reason",), "the key 'reason' is missing: any text, or null"),
    ],
)
def test_what_no_fault_of_content_can_mean_is_refused(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python(written)
    [details] = error.value.errors()
    assert details["loc"] == (next(iter(written)), *place)
    assert details["msg"].startswith(message)
