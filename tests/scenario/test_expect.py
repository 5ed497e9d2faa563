import pytest

from mockllm.errors import ScenarioError
from mockllm.scenario.document import Scenario
from mockllm.scenario.expect import FAILURES, Expectation
from mockllm.scenario.load import load_text


def test_a_plain_text_is_the_text_of_the_answer():
    assert load_text("expect: Hello").expect == (Expectation(text="Hello"),)


def test_one_mapping_or_a_list_with_one_for_each_request():
    one = load_text("expect: {tool_calls: [{name: f, arguments: {a: 1}}], finish: tool_calls}")
    assert one.expect[0].tool_calls[0].arguments == {"a": 1}
    two = load_text("{example: [{}, {n: 2}], expect: [Hello, {failure: cut, text: Hel, requests: 3}]}")
    assert [entry.failure for entry in two.expect] == [None, "cut"]


@pytest.mark.parametrize("failure", FAILURES)
def test_every_kind_of_failure_is_a_word_of_the_language(failure):
    assert load_text(f"expect: {{failure: {failure}}}").expect[0].failure == failure


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("expect: {failure: cutt}", "did you mean 'cut'?"),
        ("expect: {}", "an expectation says what the client ends up with: give text, tool_calls, data or failure"),
        ("expect: [a, b]", "expect has 2 entries for 1 requests of example: give one for each, in order"),
        ("expect: {requests: 0}", "expected a value of at least 1, found 0"),
        ("expect: {usage: {input: -1}}", "expected a value of at least 0, found -1"),
    ],
)
def test_what_is_wrong_with_an_expectation_is_told(text, message):
    with pytest.raises(ScenarioError) as caught:
        load_text(text)
    assert message in str(caught.value)


def test_nothing_is_expected_unless_it_is_said():
    assert Scenario().expect == ()
