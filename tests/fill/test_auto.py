"""Answers made from the request: a call of an offered tool, data for a schema, or prose."""

import json

import jsonschema
import pytest

from mockllm.fill.auto import generated, parts
from mockllm.scenario.reply import Generate
from mockllm.tokens import count, splitter
from mockllm.turn import Reasoning, Text, ToolCall, part_text
from tests.turns import SEED, asked

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": CITY}}
CLOCK = {"type": "function", "function": {"name": "clock"}}
SQL = {"type": "custom", "custom": {"name": "sql"}}
CALLED = [
    {"role": "user", "content": "Hi"},
    {
        "role": "assistant",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c", "content": "x"},
]


def made(seed=SEED, **fields):
    return parts(asked(**fields), splitter(), seed)


def test_an_offered_tool_is_called_with_arguments_that_fit_its_schema():
    (call,) = made(tools=[WEATHER])
    assert isinstance(call, ToolCall)
    assert call.name == "weather"
    jsonschema.validate(json.loads(part_text(call)), CITY)


def test_a_tool_without_parameters_gets_an_empty_object():
    (call,) = made(tools=[CLOCK])
    assert part_text(call) == "{}"


def test_a_custom_tool_gets_text():
    (call,) = made(tools=[SQL])
    assert (call.name, call.kind, count(call.pieces)) == ("sql", "custom", 12)


def test_every_tool_is_chosen_sometimes_and_a_forced_one_always():
    chosen = {made(SEED.child(number), tools=[WEATHER, CLOCK])[0].name for number in range(20)}
    assert chosen == {"weather", "clock"}
    forced = {"type": "function", "function": {"name": "clock"}}
    assert {made(SEED.child(number), tools=[WEATHER, CLOCK], tool_choice=forced)[0].name for number in range(20)} == {
        "clock"
    }


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, Text),
        ({"tools": [WEATHER], "tool_choice": "none"}, Text),
        ({"tools": [WEATHER], "messages": CALLED}, Text),
        ({"tools": [WEATHER], "messages": CALLED, "tool_choice": "required"}, ToolCall),
        ({"tools": [WEATHER], "tool_choice": "required"}, ToolCall),
    ],
)
def test_a_tool_is_called_when_the_request_lets_it(fields, kind):
    (part,) = made(**fields)
    assert isinstance(part, kind)


def test_an_asked_for_schema_is_filled():
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}
    (text,) = made(response_format=wanted)
    jsonschema.validate(json.loads(part_text(text)), CITY)


def test_any_json_object_will_do_when_no_schema_is_given():
    (text,) = made(response_format={"type": "json_object"})
    assert list(json.loads(part_text(text))) == ["answer"]


def test_prose_has_forty_tokens():
    (text,) = made()
    assert count(text.pieces) == 40


def test_generated_prose_has_exactly_the_tokens_asked_for():
    (text,) = generated(Generate(tokens=7), splitter(), SEED)
    assert count(text.pieces) == 7
    reasoning, text = generated(Generate(tokens=7, reasoning_tokens=5), splitter(), SEED)
    assert isinstance(reasoning, Reasoning)
    assert (count(reasoning.pieces), count(text.pieces)) == (5, 7)
    assert part_text(reasoning) != part_text(text)[: len(part_text(reasoning))]
