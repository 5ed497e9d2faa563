"""A probe says only of what does not match that it cannot match, and of most of that it says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.bounded import Same
from mockllm.request import Call, Headers, Message, Request
from mockllm.scenario.document import Scenario
from mockllm.scenario.match import When
from mockllm.scenario.probe import View, probes

WEATHER = Request(
    "chat",
    Call("POST", "/v1/chat/completions", headers=Headers((("X-Trace", "abc"),))),
    {"model": "gpt-4o", "user": "me", "deep": {"name": "x", "count": 3}, "list": [{"name": "x"}]},
    model="gpt-4o",
    messages=(Message("user", "Is it sunny?"), Message("assistant", "Yes"), Message("tool", "21 degrees")),
    stream=True,
)
NOBODY = Request("models", Call("GET", "/v1/models"))


def cannot_match(when, request):
    (probe,) = probes(Same(Scenario.model_validate({"rules": [{"when": when, "replies": ["x"]}]}).rules))
    return probe(View.of(request))


UNFIT = [
    {"api": "responses"},
    {"api": ["responses", "models*"]},
    {"model": "gpt-5*"},
    {"model": ["gpt-5", "o4"]},
    {"model": "gpt-4[o]"},
    {"stream": False},
    {"user": "rainy"},
    {"user": {"equals": "Is it sunny"}},
    {"user": {"contains": ["sunny", "rainy"]}},
    {"user": {"regex": "^sunny"}},
    {"last": "sunny"},
    {"last": {"role": "user"}},
    {"last": {"role": ["user", "system"], "contains": "21"}},
    {"header": {"x-trace": "ab"}},
    {"header": {"x-other": "abc"}},
    {"json": {"$.user": "you"}},
    {"json": {"$.deep.name": {"contains": "y"}}},
    {"json": {"$.deep.other": 1}},
    {"json": {"$.user.name": 1}},
    {"all": [{"model": "gpt-4*"}, {"user": "rainy"}]},
]

FIT = [
    {},
    {"api": "chat"},
    {"api": ["responses", "ch?t"]},
    {"model": "gpt-4*"},
    {"model": ["o4", "gpt-4o"]},
    {"stream": True},
    {"user": {"contains": ["sunny", "Is"], "regex": "sun+y"}},
    {"last": {"role": "tool", "contains": "21"}},
    {"header": {"X-TRACE": {"regex": "b"}}},
    {"json": {"$.user": "me", "$.deep.name": {"contains": "x"}}},
    {"all": [{"model": "gpt-4*"}, {"user": "sunny"}]},
]

# What only the match itself can tell.
UNTOLD = [
    {"json": {"$.deep.count": 4}},
    {"json": {"$.deep.count": {"contains": "4"}}},
    {"json": {"$.list[*].name": "y"}},
    {"json": {"$.list[0].name": "y"}},
    {"header": {"x-trace": {"absent": True}}},
    {"turn": 5},
    {"any": [{"user": "rainy"}]},
    {"not": {"user": "sunny"}},
]


@pytest.mark.parametrize("when", UNFIT, ids=str)
def test_what_fails_at_the_first_look_cannot_match(when):
    assert cannot_match(when, WEATHER)
    assert When.model_validate(when).differences(WEATHER)


@pytest.mark.parametrize("when", FIT, ids=str)
def test_what_matches_can_match(when):
    assert not cannot_match(when, WEATHER)
    assert not When.model_validate(when).differences(WEATHER)


@pytest.mark.parametrize("when", UNTOLD, ids=str)
def test_what_takes_longer_is_left_to_the_match(when):
    assert not cannot_match(when, WEATHER)
    assert When.model_validate(when).differences(WEATHER)


@pytest.mark.parametrize("when", [{"user": ""}, {"last": ""}, {"last": {"role": "user"}}, {"json": {"$.model": "x"}}])
def test_a_request_without_messages_has_no_text_to_fit(when):
    assert cannot_match(when, NOBODY)
    assert When.model_validate(when).differences(NOBODY)


@given(st.sampled_from(UNFIT + FIT + UNTOLD), st.sampled_from(UNFIT + FIT + UNTOLD), st.sampled_from((WEATHER, NOBODY)))
def test_what_a_probe_refuses_has_differences(one, other, request):
    both = {"all": [one, other]}
    if cannot_match(both, request):
        assert When.model_validate(both).differences(request)
