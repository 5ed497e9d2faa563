"""Errors as values, and how a problem is written."""

import pytest

from mockllm.errors import ApiError, MockLLMError, Problem, ScenarioError, UnknownPathError


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("what", "rules[0].when", "a.yaml", 3, 9), "a.yaml:3:9: rules[0].when: what"),
        (Problem("what", "", "a.yaml", 1, 1), "a.yaml:1:1: what"),
        (Problem("what", "name"), "<scenario>: name: what"),
        (Problem("what"), "<scenario>: what"),
        (Problem("what", source="a.yaml"), "a.yaml: what"),
    ],
)
def test_a_problem_says_where_and_what(problem, text):
    assert str(problem) == text


def test_a_scenario_error_is_its_problems_one_a_line():
    problems = (Problem("first", "name", "a.yaml", 1, 7), Problem("second", "", "b.yaml"))
    error = ScenarioError(problems)
    assert error.problems == problems
    assert str(error) == "a.yaml:1:7: name: first\nb.yaml: second"
    assert isinstance(error, MockLLMError)


def test_an_api_error_is_by_default_an_invalid_request():
    error = ApiError(400, "No.")
    assert str(error) == error.message == "No."
    assert (error.status, error.type, error.code, error.param) == (400, "invalid_request_error", None, None)
    assert (error.headers, error.edge) == ((), False)
    assert isinstance(error, MockLLMError)


def test_an_api_error_keeps_all_that_it_is_given():
    error = ApiError(429, "Wait.", type_="tokens", code=7, param="n", headers=(("retry-after", "1"),), edge=True)
    assert (error.status, error.type, error.code, error.param) == (429, "tokens", 7, "n")
    assert (error.headers, error.edge) == ((("retry-after", "1"),), True)


def test_a_path_that_there_is_not_is_told_by_the_edge():
    error = UnknownPathError("POST", "/x")
    assert (error.status, error.message, error.edge) == (404, "Invalid URL (POST /v1/x)", True)
    assert error.place == "POST /v1/x"
