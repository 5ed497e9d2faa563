"""Tests of a JSON body by JSONPath."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.scenario.json_match import JSONTest, MatchError, json_differences

BODY = {
    "model": "gpt-5.1",
    "stream": True,
    "n": 1,
    "temperature": 0.0,
    "user": None,
    "stop": ["\n", "END"],
    "response_format": {"type": "json_schema", "json_schema": {"strict": True}},
    "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None}],
}


def why(wanted, body=BODY):
    tests = {path: TypeAdapter(JSONTest).validate_python(test) for path, test in wanted.items()}
    return [str(difference) for difference in json_differences(tests, body)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"$.model": "gpt-5.1"},
        {"model": "gpt-5.1"},
        {"$.stream": True},
        {"$.n": 1},
        {"$.n": 1.0},
        {"$.temperature": 0},
        {"$.user": None},
        {"$.stop": ["\n", "END"]},
        {"$.stop": ("\n", "END")},
        {"$.stop[*]": "END"},
        {"$.response_format": {"type": "json_schema", "json_schema": {"strict": True}}},
        {"$..role": "assistant"},
        {"$.messages[?@.role == 'user'].content": "Hi"},
        {"$.messages[-1].role": "assistant"},
        {"$.model": {"contains": "gpt"}},
        {"$.model": {"regex": r"^gpt-\d"}, "$.n": {"equals": "1"}},
        {"$.stream": {"equals": "true"}},
        {"$.user": {"equals": "null"}},
        {"$.stop": {"contains": '"END"'}},
        {"$..role": {"equals": "assistant"}},
        {},
    ],
)
def test_a_body_passes_when_some_value_at_each_path_does(wanted):
    assert why(wanted) == []


@pytest.mark.parametrize(
    ("wanted", "reasons"),
    [
        ({"$.model": "gpt-4"}, ["[\"$.model\"]: wanted 'gpt-4', found 'gpt-5.1'"]),
        ({"$.seed": 7}, ['["$.seed"]: wanted 7, found nothing']),
        ({"$.stream": 1}, ['["$.stream"]: wanted 1, found true']),
        ({"$.stream": "true"}, ["[\"$.stream\"]: wanted 'true', found true"]),
        ({"$.n": True}, ['["$.n"]: wanted true, found 1']),
        ({"$.temperature": False}, ['["$.temperature"]: wanted false, found 0.0']),
        ({"$.user": False}, ['["$.user"]: wanted false, found null']),
        ({"$.seed": None}, ['["$.seed"]: wanted null, found nothing']),
        ({"$.stop": ["\n"]}, ["[\"$.stop\"]: wanted ['\\n'], found ['\\n', 'END']"]),
        ({"$.stop": ["END", "\n"]}, ["[\"$.stop\"]: wanted ['END', '\\n'], found ['\\n', 'END']"]),
        ({"$.model": ["gpt-5.1"]}, ["[\"$.model\"]: wanted ['gpt-5.1'], found 'gpt-5.1'"]),
        (
            {"$.response_format": {"type": "json_schema"}},
            [
                (
                    "[\"$.response_format\"]: wanted {type: 'json_schema'}, "
                    "found {type: 'json_schema', json_schema: {strict: true}}"
                )
            ],
        ),
        ({"$.model": {"type": 1}}, ["[\"$.model\"]: wanted {type: 1}, found 'gpt-5.1'"]),
        (
            {"$.response_format": {"type": "json_schema", "json_schema": {"strict": 1}}},
            [
                (
                    "[\"$.response_format\"]: wanted {type: 'json_schema', json_schema: {strict: 1}}, "
                    "found {type: 'json_schema', json_schema: {strict: true}}"
                )
            ],
        ),
        ({"$..role": "tool"}, ["[\"$..role\"]: wanted 'tool', found 'user', 'assistant'"]),
        ({"$.model": {"contains": "o1"}}, ["[\"$.model\"]: wanted a text with 'o1', found 'gpt-5.1'"]),
        ({"$.seed": {"contains": "1"}}, ['["$.seed"]: wanted a value, found none']),
        (
            {"$..role": {"contains": ["us", "x"]}},
            ["[\"$..role\"]: wanted a text with 'x', found 'user'"],
        ),
        ({"$.n": 2, "$.model": "x"}, ['["$.n"]: wanted 2, found 1', "[\"$.model\"]: wanted 'x', found 'gpt-5.1'"]),
    ],
)
def test_each_path_that_fails_gives_its_reason(wanted, reasons):
    assert why(wanted) == reasons


def test_only_the_first_few_values_are_shown():
    assert why({"$[*]": 9}, [1, 2, 3, 4]) == ['["$[*]"]: wanted 9, found 1, 2, 3']


def test_a_mapping_with_other_keys_than_those_of_a_text_test_is_a_value():
    assert why({"$.x": {"contains": "a", "more": 1}}, {"x": {"contains": "a", "more": 1}}) == []
    assert why({"$.x": {}}, {"x": {}}) == []


@pytest.mark.parametrize(
    ("test", "place", "message"),
    [
        (
            {"regex": "("},
            ("regex",),
            "'(' is not a regular expression: missing ), unterminated subpattern at position ",
        ),
        ({"equals": 5}, ("equals",), "expected a text, found 5: put it in quotes"),
        ({"contains": 5}, ("contains",), "expected a text or a list of texts, found 5"),
    ],
)
def test_a_text_test_is_checked_when_it_is_read(test, place, message):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(JSONTest).validate_python(test)
    [details] = error.value.errors()
    assert details["loc"] == place
    assert details["msg"].startswith(message)


def test_a_path_that_cannot_be_followed_is_an_error_and_no_mismatch():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(MatchError) as error:
        why({"$..x": 1}, {"deep": deep})
    told = str(error.value)
    assert told.startswith('the matcher json["$..x"] cannot be evaluated on this request: recursion limit')
    assert told.endswith(". Correct the path, or put a matcher before it that keeps such requests away")
