"""What a request costs before it is answered."""

import pytest

from mockllm.limits.cost import token_cost
from mockllm.request import Call, Message, Request, ToolUse

CALL = Call("POST", "/v1/chat/completions")


def asking(characters=0, **fields):
    return Request("chat", CALL, messages=(Message("user", "x" * characters),), **fields)


@pytest.mark.parametrize(
    ("characters", "max_tokens", "cost"),
    [
        (0, None, 0),
        (1, None, 1),
        (4, None, 1),
        (5, None, 2),
        (400, 10, 100),
        (400, 100, 100),
        (400, 500, 500),
        (0, 7, 7),
    ],
)
def test_a_request_costs_the_larger_of_its_input_and_what_it_may_generate(characters, max_tokens, cost):
    assert token_cost(asking(characters, max_tokens=max_tokens), "openai") == cost
    assert token_cost(asking(characters, max_tokens=max_tokens), "fixed_window") == cost


@pytest.mark.parametrize("mode", ["slices", "per_day"])
def test_some_limits_count_input_and_output_together(mode):
    assert token_cost(asking(400, max_tokens=500), mode) == 600
    assert token_cost(asking(400), mode) == 100


def test_each_choice_may_generate_as_much():
    assert token_cost(asking(4, max_tokens=5_000, choices=100), "openai") == 500_000


def test_all_messages_and_the_calls_in_them_are_input():
    messages = (Message("user", "x" * 10), Message("assistant", tool_calls=(ToolUse("call_1", "add", '{"a": 1}'),)))
    # 10 characters of text, 3 of the name, 8 of the arguments: 21, which is five tokens and a part of one.
    assert token_cost(Request("chat", CALL, messages=messages), "openai") == 6


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        ({"input": "x" * 9}, 3),
        ({"prompt": "x" * 9}, 3),
        ({"input": ["x" * 4, "x" * 4, "x"]}, 3),
        ({"input": [1, 2, 3]}, 3),
        ({"prompt": [[1, 2], [3, 4, 5]]}, 5),
        ({"prompt": ["xxxx", [1, 2]]}, 3),
        ({"input": [True, None, {"text": "xxxx"}, 1.5]}, 0),
        ({}, 0),
    ],
)
def test_input_without_messages_is_counted_by_characters_or_is_tokens_already(body, cost):
    assert token_cost(Request("embeddings", CALL, json=body), "openai") == cost


def test_input_may_be_nested_as_deeply_as_json_is():
    deep = 1
    for _ in range(5_000):
        deep = [deep]
    assert token_cost(Request("embeddings", CALL, json={"input": deep}), "openai") == 1
