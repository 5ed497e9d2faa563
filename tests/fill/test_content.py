"""The author's words become parts: pieces, arguments in the model's notation, derived ids."""

import json
import re

import pytest

from mockllm.fill.content import parts
from mockllm.fill.template import Template
from mockllm.fill.words import arguments_text, call_id
from mockllm.scenario.content import Content
from mockllm.tokens import splitter
from mockllm.turn import Audio, Reasoning, Refusal, Text, ToolCall, part_text
from tests.turns import SEED, asked


def made(said):
    content = Content.model_validate(said)
    return parts(content, Template(asked(), SEED, enabled=True), splitter(), SEED, 1_000)


def test_each_kind_of_part_is_made_in_the_order_of_a_model():
    reasoning, text, call = made(
        {"tool_calls": [{"name": "f"}], "text": "Hello", "reasoning": {"text": "Hm", "field": "reasoning"}}
    )
    assert isinstance(reasoning, Reasoning)
    assert (part_text(reasoning), reasoning.field) == ("Hm", "reasoning")
    assert isinstance(text, Text)
    assert part_text(text) == "Hello"
    assert isinstance(call, ToolCall)
    assert (call.name, call.kind, part_text(call)) == ("f", "function", "{}")
    (refusal,) = made({"refusal": "No."})
    assert isinstance(refusal, Refusal)


def test_parts_stay_in_the_order_given():
    kinds = [type(part) for part in made({"parts": [{"tool_call": {"name": "f"}}, {"text": "a"}, {"refusal": "b"}]})]
    assert kinds == [ToolCall, Text, Refusal]


def test_a_list_gives_the_tokens_themselves():
    (text,) = made({"text": ["un", "usual ", "{{ request.model }}"]})
    assert [(piece.text, piece.tokens) for piece in text.pieces] == [("un", 1), ("usual ", 1), ("gpt-4o", 1)]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            {"name": "f", "arguments": {"city": "{{ user }}", "days": [1, "{{ user }}"]}},
            '{"city":"Hi","days":[1,"Hi"]}',
        ),
        ({"name": "f", "arguments": '{"city": '}, '{"city": '),
        ({"name": "f", "arguments": ["{", "}"]}, "{}"),
        ({"name": "f", "arguments": {}}, "{}"),
        ({"name": "f", "input": "SELECT 1"}, "SELECT 1"),
    ],
)
def test_a_call_has_the_text_that_was_asked_for(call, text):
    (part,) = made({"tool_calls": [call]})
    assert part_text(part) == text
    assert part.kind == ("custom" if "input" in call else "function")


def test_parallel_calls_have_spaces_and_a_single_one_has_none():
    # Recorded so by wire-contract §5.1.
    assert arguments_text({"a": "é", "b": 1}, spaced=False) == '{"a":"é","b":1}'
    assert arguments_text({"a": "é", "b": 1}, spaced=True) == '{"a": "é", "b": 1}'
    first, second = made({"tool_calls": [{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": {"b": 2}}]})
    assert (part_text(first), part_text(second)) == ('{"a": 1}', '{"b": 2}')


def test_call_ids_are_derived_and_differ_or_are_the_author_s():
    first, second, third = made({"tool_calls": [{"name": "f"}, {"name": "f"}, {"name": "f", "id": "call_mine"}]})
    assert re.fullmatch(r"call_[0-9A-Za-z]{24}", first.id)
    assert first.id != second.id
    assert third.id == "call_mine"
    assert call_id(SEED) == call_id(SEED)


def test_annotations_belong_to_the_last_text():
    cited = {"parts": [{"text": "a"}, {"text": "b"}, {"tool_call": {"name": "f"}}], "annotations": [{"type": "x"}]}
    first, second, _ = made(cited)
    assert (first.annotations, second.annotations) == ((), ({"type": "x"},))


def test_speech_has_an_id_an_expiry_and_silence_unless_its_sound_is_given():
    (spoken,) = made({"audio": "One two three"})
    assert isinstance(spoken, Audio)
    assert re.fullmatch(r"audio_[0-9a-f]{32}", spoken.id)
    assert spoken.expires_at == 1_000 + 24 * 3600
    assert len(spoken.data) == 6
    (given,) = made({"audio": {"transcript": "One", "data": ["AAAA"]}})
    assert given.data == ("AAAA",)


def test_arguments_are_json_whatever_is_in_them():
    (part,) = made({"tool_calls": [{"name": "f", "arguments": {"a": None, "b": True, "c": 1.5}}]})
    assert json.loads(part_text(part)) == {"a": None, "b": True, "c": 1.5}
