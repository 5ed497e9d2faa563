"""Matchers: each both ways, with the reason in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mockllm.request import Call, Headers, Message, Request, Tool, ToolUse
from mockllm.scenario.match import (
    Difference,
    HeaderMatch,
    MatchError,
    MessageMatch,
    Names,
    TextMatch,
    ToolResultMatch,
    TurnMatch,
    When,
)

CALL = Call("POST", "/v1/chat/completions", headers=Headers((("X-Mode", "fast"), ("x-mode", "slow"), ("X-Empty", ""))))

FIRST = Request(
    api="chat",
    call=CALL,
    json={"model": "gpt-5.1", "temperature": 0.5},
    model="gpt-5.1",
    messages=(
        Message("system", "You are terse."),
        Message("developer", "Answer in French."),
        Message("user", "Hello"),
        Message("user", "What is the weather in Paris?"),
    ),
    tools=(Tool("get_weather"), Tool("get_time")),
)
"""The first call: no answer so far."""

SECOND = Request(
    api="chat",
    call=Call("POST", "/v1/chat/completions"),
    model="gpt-5.1",
    stream=True,
    messages=(
        Message("user", "Weather?"),
        Message("assistant", "", (ToolUse("call_1", "get_time", "{}"),)),
        Message("tool", "noon", tool_call_id="call_1"),
        Message("assistant", "", (ToolUse("call_2", "get_weather", "{}"), ToolUse("call_3", "get_wind", "{}"))),
        Message("tool", "sunny", tool_call_id="call_2"),
        Message("tool", "calm", tool_call_id="call_3"),
    ),
)
"""The call after two rounds of tools."""

EMPTY = Request(api="models", call=Call("GET", "/v1/models"))
"""A call without a conversation."""


def why(when, request):
    return [str(difference) for difference in When.model_validate(when).differences(request)]


MATCHES = [
    ({}, EMPTY),
    ({"api": "chat"}, FIRST),
    ({"api": ["responses", "chat"]}, FIRST),
    ({"model": "gpt-5.1"}, FIRST),
    ({"model": ["o1", "gpt-*"]}, FIRST),
    ({"stream": False}, FIRST),
    ({"stream": True}, SECOND),
    ({"system": "terse"}, FIRST),
    ({"system": "French"}, FIRST),
    ({"system": {"equals": "You are terse.\nAnswer in French."}}, FIRST),
    ({"user": "Paris"}, FIRST),
    ({"user": "Weather"}, SECOND),
    ({"last": {"role": "user", "contains": "weather"}}, FIRST),
    ({"last": "weather"}, FIRST),
    ({"last": {"role": ["function", "tool"]}}, SECOND),
    ({"message": {"role": "user", "equals": "Hello"}}, FIRST),
    ({"message": "noon"}, SECOND),
    ({"tools": "get_weather"}, FIRST),
    ({"tools": ["get_time", "get_w*"]}, FIRST),
    ({"tool_result": "sunny"}, SECOND),
    ({"tool_result": {"name": "get_weather", "equals": "sunny"}}, SECOND),
    ({"tool_result": {"name": "get_w*", "regex": "^calm$"}}, SECOND),
    ({"tool_result": {"name": ["get_time", "get_wind"]}}, SECOND),
    ({"tool_result": {}}, SECOND),
    ({"turn": 0}, FIRST),
    ({"turn": 2}, SECOND),
    ({"turn": {"min": 1, "max": 2}}, SECOND),
    ({"turn": {"min": 2}}, SECOND),
    ({"header": {"x-mode": "fast"}}, FIRST),
    ({"header": {"X-MODE": {"contains": "as"}}}, FIRST),
    ({"header": {"x-empty": ""}}, FIRST),
    ({"header": {"x-empty": {}}}, FIRST),
    ({"header": {"x-none": {"absent": True}}}, FIRST),
    ({"json": {"$.temperature": 0.5}}, FIRST),
    ({"all": [{"api": "chat"}, {"turn": 0}]}, FIRST),
    ({"any": [{"api": "models"}, {"turn": 0}]}, FIRST),
    ({"not": {"api": "models"}}, FIRST),
    ({"not": {"all": [{"any": [{"turn": 1}, {"turn": 2}]}, {"not": {"stream": True}}]}}, SECOND),
    ({"api": "chat", "model": "gpt-5*", "user": "weather", "tools": "get_weather", "turn": 0}, FIRST),
]


@pytest.mark.parametrize(("when", "request_"), MATCHES)
def test_a_request_that_has_all_that_is_wanted_matches(when, request_):
    assert why(when, request_) == []


MISSES = [
    ({"api": "responses"}, FIRST, ["api: wanted responses, found 'chat'"]),
    ({"model": ["o1", "o3*"]}, FIRST, ["model: wanted o1 or o3*, found 'gpt-5.1'"]),
    ({"model": "gpt-*"}, EMPTY, ["model: wanted gpt-*, found ''"]),
    ({"stream": True}, FIRST, ["stream: wanted true, found false"]),
    ({"stream": False}, SECOND, ["stream: wanted false, found true"]),
    ({"system": "German"}, FIRST,
     ["system: wanted a text with 'German', found 'You are terse.\\nAnswer in French.'"]),
    ({"system": "x"}, SECOND, ["system: wanted a system message, found none"]),
    ({"user": "Hello"}, FIRST, ["user: wanted a text with 'Hello', found 'What is the weather in Paris?'"]),
    ({"user": "x"}, EMPTY, ["user: wanted a user message, found none"]),
    ({"last": {"role": "tool", "contains": "sunny"}}, FIRST,
     ["last.role: wanted tool, found user",
      "last: wanted a text with 'sunny', found 'What is the weather in Paris?'"]),
    ({"last": {"role": ["tool", "function"]}}, FIRST, ["last.role: wanted tool or function, found user"]),
    ({"last": {}}, EMPTY, ["last: wanted a message, found none"]),
    ({"message": {"role": "user", "equals": "Bye"}}, FIRST, ["message: wanted exactly 'Bye', found 'Hello'"]),
    ({"message": "x"}, EMPTY, ["message: wanted a message, found none"]),
    ({"tools": ["get_time", "get_moon", "x*"]}, FIRST,
     ["tools: wanted get_moon, found get_weather, get_time", "tools: wanted x*, found get_weather, get_time"]),
    ({"tools": "get_weather"}, SECOND, ["tools: wanted get_weather, found no tools"]),
    ({"tool_result": "noon"}, SECOND, ["tool_result: wanted a text with 'noon', found 'sunny'"]),
    ({"tool_result": {"name": "get_weather", "contains": "calm"}}, SECOND,
     ["tool_result: wanted a text with 'calm', found 'sunny'"]),
    ({"tool_result": {"name": ["get_moon", "x"]}}, SECOND,
     ["tool_result.name: wanted get_moon or x, found get_weather"]),
    ({"tool_result": {}}, FIRST, ["tool_result: wanted a tool result after the last assistant message, found none"]),
    ({"turn": 1}, FIRST, ["turn: wanted 1 assistant message so far, found 0"]),
    ({"turn": {"min": 3}}, SECOND, ["turn: wanted at least 3 assistant messages so far, found 2"]),
    ({"turn": {"max": 1}}, SECOND, ["turn: wanted at most 1 assistant message so far, found 2"]),
    ({"header": {"x-mode": "slow"}}, FIRST, ["header[\"x-mode\"]: wanted exactly 'slow', found 'fast'"]),
    ({"header": {"x-none": "a"}}, FIRST, ['header["x-none"]: wanted the header, found none']),
    ({"header": {"x-none": {}}}, FIRST, ['header["x-none"]: wanted the header, found none']),
    ({"header": {"x-mode": {"absent": True}}}, FIRST, ["header[\"x-mode\"]: wanted no such header, found 'fast'"]),
    ({"header": {"x-mode": "a", "x-none": "b"}}, FIRST,
     ["header[\"x-mode\"]: wanted exactly 'a', found 'fast'", 'header["x-none"]: wanted the header, found none']),
    ({"json": {"$.temperature": 1}}, FIRST, ['json["$.temperature"]: wanted 1, found 0.5']),
    ({"all": [{"api": "chat"}, {"turn": 1, "stream": True}]}, FIRST,
     ["all[1].stream: wanted true, found false", "all[1].turn: wanted 1 assistant message so far, found 0"]),
    ({"any": [{"api": "models", "turn": 3}, {"turn": 1}]}, FIRST,
     ["any[1].turn: wanted 1 assistant message so far, found 0"]),
    ({"not": {"api": "chat"}}, FIRST, ["not: wanted a request that does not match, found one that does"]),
    ({"all": [{"any": [{"not": {"api": "chat"}}]}]}, FIRST,
     ["all[0].any[0].not: wanted a request that does not match, found one that does"]),
    ({"api": "x", "stream": True, "turn": 1}, FIRST,
     ["api: wanted x, found 'chat'", "stream: wanted true, found false",
      "turn: wanted 1 assistant message so far, found 0"]),
]  # fmt: skip


@pytest.mark.parametrize(("when", "request_", "reasons"), MISSES)
def test_each_thing_that_is_missing_is_a_reason(when, request_, reasons):
    assert why(when, request_) == reasons


@pytest.mark.parametrize(
    ("when", "request_"),
    [(when, request) for when, request in MATCHES] + [(when, request) for when, request, _ in MISSES],
)
def test_not_is_the_opposite(when, request_):
    assert bool(why({"not": when}, request_)) is not bool(why(when, request_))


WHENS = st.sampled_from([when for when, _ in MATCHES] + [when for when, _, _ in MISSES])
REQUESTS = st.sampled_from([FIRST, SECOND, EMPTY])


@settings(deadline=None)
@given(st.lists(WHENS, min_size=1, max_size=4), REQUESTS)
def test_all_and_any_are_the_logic_of_their_parts(whens, request):
    matching = [not why(when, request) for when in whens]
    assert (not why({"all": whens}, request)) is all(matching)
    assert (not why({"any": whens}, request)) is any(matching)


def test_only_results_after_the_last_assistant_message_count():
    assert why({"tool_result": {"name": "get_time"}}, SECOND) == [
        "tool_result.name: wanted get_time, found get_weather"
    ]


def test_a_result_of_a_call_that_is_not_in_the_conversation_has_no_name():
    orphan = Request(api="chat", call=CALL, messages=(Message("function", "ok"),))
    assert why({"tool_result": {"equals": "ok"}}, orphan) == []
    assert why({"tool_result": {"name": "f"}}, orphan) == [
        "tool_result.name: wanted f, found a result of an unknown call"
    ]


def test_a_matcher_that_cannot_be_evaluated_is_an_error_and_no_mismatch():
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    request = Request(api="chat", call=CALL, json={"deep": deep})
    when = When.model_validate({"json": {"$..x": 1}})
    with pytest.raises(MatchError, match=r"cannot be evaluated on this request"):
        when.differences(request)
    with pytest.raises(MatchError):
        When.model_validate({"not": when}).differences(request)


@pytest.mark.parametrize(
    ("when", "place", "message"),
    [
        ({"api": 5}, ("api",), "expected a text or a list of texts, found 5"),
        ({"api": []}, ("api",), "the list is empty: give it at least one entry"),
        ({"tools": ["a", 5]}, ("tools", 1), "expected a text, found 5: put it in quotes"),
        ({"stream": "yes"}, ("stream",), "expected true or false, found 'yes'"),
        ({"last": 5}, ("last",), "expected a text or a list of texts, found 5"),
        ({"last": {"regex": "("}}, ("last", "regex"),
         "'(' is not a regular expression: missing ), unterminated subpattern at position 0"),
        ({"last": {"rôle": "user"}}, ("last", "rôle"),
         "unknown key 'rôle': did you mean 'role'? allowed here: equals, contains, regex, role"),
        ({"turn": -1}, ("turn",), "expected a value of at least 0, found -1"),
        ({"turn": {"min": 2, "max": 1}}, ("turn",), "min is above max, so nothing can match: swap them"),
        ({"header": {"x-a": 1}}, ("header", "x-a"), "expected a text, found 1: put it in quotes"),
        ({"header": {"x-a": {"absent": True, "equals": "1", "regex": "1"}}}, ("header", "x-a"),
         "a header that is absent has no text to test: drop absent, or equals and regex"),
        ({"json": {"$.a[": 1}}, ("json", "$.a["), "'$.a[' is not a JSONPath: unexpected end of query"),
        ({"json": {"$.a": {"regex": "("}}}, ("json", "$.a", "regex"),
         "'(' is not a regular expression: missing ), unterminated subpattern at position 0"),
        ({"all": []}, ("all",), "the list is empty: give it at least one entry"),
        ({"any": []}, ("any",), "the list is empty: give it at least one entry"),
        ({"any": [{"modle": "x"}]}, ("any", 0, "modle"), None),
        ({"not": {"not": 3}}, ("not", "not"), None),
        ({"modle": "x"}, ("modle",),
         ("unknown key 'modle': did you mean 'model'? allowed here: api, model, stream, system, user, last, message, "
         "tools, tool_result, turn, header, json, all, any, not")),
    ],
)  # fmt: skip
def test_a_matcher_that_makes_no_sense_is_refused_at_its_place(when, place, message):
    with pytest.raises(ValidationError) as error:
        When.model_validate(when)
    [details] = error.value.errors()
    assert details["loc"] == place
    if message is not None:
        assert details["msg"] == message


def test_the_parts_of_a_matcher_are_public():
    assert {MessageMatch, HeaderMatch, ToolResultMatch} <= set(TextMatch.__subclasses__())
    assert TurnMatch.model_validate(3).equals == 3
    assert Names is not None
    assert Difference("a", "b", "c").path == "a"
