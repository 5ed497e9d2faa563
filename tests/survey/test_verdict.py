"""The verdicts on what clients end up with, by hand."""

import pytest

from mockllm.scenario.load import load_text
from tests.survey.verdict import Verdict, judge, worst

CALL = {"id": "c", "name": "f", "arguments": '{"x":1}'}
ANSWER = {"text": "Hi", "calls": [], "finish": "stop"}
OWN = {"error": {"class": "APIError", "message": "no", "own": True}}
FOREIGN = {"error": {"class": "TypeError", "message": "no", "own": False}}


def expectation(text):
    return load_text(f"{{expect: {text}, rules: [{{replies: [Hi]}}]}}").expect[0]


@pytest.mark.parametrize(
    ("expected", "seen", "word"),
    [
        ("{text: Hi, finish: stop}", ANSWER, "right"),
        ("{text: Ho}", ANSWER, "wrong"),
        ("{text: Hi}", {**ANSWER, "calls": [CALL]}, "wrong"),
        ("{text: Hi, finish: length}", ANSWER, "details"),
        ("{text: Hi, finish: eos}", {**ANSWER, "finish": "other"}, "right"),
        ("{text: Hi, finish: eos}", {**ANSWER, "finish": "stop"}, "details"),
        ("{text: Hi, finish: stop}", {"text": "Hi"}, "right"),
        ("{text: Hi, reasoning: Hm}", {**ANSWER, "reasoning": "Ho"}, "details"),
        ("{text: Hi, reasoning: Hm}", ANSWER, "right"),
        ("{text: Hi, usage: {input: 1}}", {**ANSWER, "usage": {"input": 2}}, "details"),
        ("{text: Hi, usage: {input: 1}}", {**ANSWER, "usage": None}, "details"),
        ("{text: Hi, usage: {input: 1, cached: 1}}", {**ANSWER, "usage": {"input": 1}}, "right"),
        ("{text: Hi, refusal: Never}", {**ANSWER, "refusal": "No"}, "wrong"),
        ("{data: [0.1]}", {"data": [0.10000000149]}, "right"),
        ("{data: [0.1]}", {"data": [0.2]}, "wrong"),
        ("{text: Hi}", OWN, "error"),
        ("{text: Hi}", FOREIGN, "crash"),
        ("{text: Hi}", {**ANSWER, "told": "an error part"}, "error"),
        ("{text: Hi}", {"hang": "no end"}, "hang"),
        ("{text: Hi}", {"died": "it ended"}, "crash"),
        ("{text: Hi}", {"cannot": "no such API"}, "none"),
        ("{failure: cut}", OWN, "right"),
        ("{failure: cut}", FOREIGN, "crash"),
        ("{failure: cut}", {**ANSWER, "told": "an error part"}, "right"),
        ("{failure: cut}", ANSWER, "wrong"),
        ("{failure: filtered}", {**ANSWER, "finish": "content_filter"}, "right"),
        ("{failure: cut}", {**ANSWER, "finish": "interrupted"}, "right"),
        ("{failure: filtered}", {**ANSWER, "refusal": "No"}, "right"),
        ("{failure: unreadable}", {**ANSWER, "calls": [{**CALL, "arguments": '{"x'}]}, "right"),
    ],
)
def test_a_verdict_follows_from_what_is_expected_and_what_is_seen(expected, seen, word):
    assert judge(expectation(expected), seen).word == word


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (CALL, "right"),
        ({**CALL, "arguments": {"x": 1}}, "right"),
        ({**CALL, "arguments": '{"x":2}'}, "wrong"),
        ({**CALL, "arguments": '{"x":1}{"x":1}'}, "wrong"),
        ({**CALL, "name": "ff"}, "wrong"),
        ({**CALL, "id": "d"}, "wrong"),
    ],
)
def test_a_call_is_its_name_its_arguments_as_a_value_and_its_id_if_that_is_named(call, word):
    expected = expectation("{tool_calls: [{name: f, arguments: {x: 1}, id: c}]}")
    assert judge(expected, {**ANSWER, "calls": [call]}).word == word


@pytest.mark.parametrize("nothing", [None, "", "{}", {}])
def test_no_arguments_are_an_empty_object(nothing):
    expected = expectation("{tool_calls: [{name: f, arguments: {}}]}")
    assert judge(expected, {**ANSWER, "calls": [{**CALL, "arguments": nothing}]}).word == "right"


def test_half_a_call_beside_the_finish_length_is_told():
    half = {**ANSWER, "calls": [{**CALL, "arguments": '{"x'}], "finish": "length"}
    assert judge(expectation("{text: Hi, finish: length}"), half).word == "right"


def test_the_worst_request_is_the_verdict_and_says_which_it_is():
    verdicts = [Verdict("none", "no"), Verdict("right"), Verdict("wrong", "other text"), Verdict("error", "raises")]
    assert worst(verdicts) == Verdict("wrong", "request 3: other text")
    assert worst(verdicts[:2]) == Verdict("right", "")
    assert worst(verdicts[:1]) == Verdict("none", "no")


def test_a_long_reason_is_cut():
    verdict = judge(expectation("{text: Hi}"), {"told": "a\n" + "b" * 1_000})
    assert verdict.why == "a " + "b" * 117 + "…"
