"""Tests of texts, and the reasons they give."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.scenario.text import Difference, Names, TextMatch, Wanted, fits


def why(given, text):
    return [str(difference) for difference in TextMatch.model_validate(given).text_differences(text)]


def refused(kind, value):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(value)
    return [(details["loc"], details["msg"]) for details in error.value.errors()]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("weather", "the weather today"),
        ("", ""),
        (["the", "today"], "the weather today"),
        ({"contains": "weather"}, "weather"),
        ({"equals": "weather"}, "weather"),
        ({"equals": ""}, ""),
        ({"regex": "^the .+ today$"}, "the weather today"),
        ({"regex": "weath"}, "the weather"),
        ({"regex": "(?i)WEATHER"}, "the weather"),
        ({"equals": "a b", "contains": ["a", "b"], "regex": r"\s"}, "a b"),
        ({}, "anything"),
    ],
)
def test_a_text_passes_when_every_test_holds(given, text):
    assert why(given, text) == []


@pytest.mark.parametrize(
    ("given", "text", "reasons"),
    [
        ("Weather", "the weather", [": wanted a text with 'Weather', found 'the weather'"]),
        (["the", "x", "y"], "the", [": wanted a text with 'x', found 'the'", ": wanted a text with 'y', found 'the'"]),
        ({"equals": "weather"}, "weather ", [": wanted exactly 'weather', found 'weather '"]),
        ({"regex": "^w"}, "the weather", [": wanted a text that matches /^w/, found 'the weather'"]),
        (
            {"equals": "a", "contains": "b", "regex": "c"},
            "x",
            [
                ": wanted exactly 'a', found 'x'",
                ": wanted a text with 'b', found 'x'",
                ": wanted a text that matches /c/, found 'x'",
            ],
        ),
    ],
)
def test_each_test_that_fails_gives_its_reason(given, text, reasons):
    assert why(given, text) == reasons


@pytest.mark.parametrize(
    ("pattern", "why_not"),
    [
        ("(", "missing ), unterminated subpattern at position 0"),
        ("a{99999999999}", "the repetition number is too large"),
        ("[z-a]", "bad character range z-a at position 1"),
    ],
)
def test_what_is_no_regular_expression_is_refused(pattern, why_not):
    assert refused(TextMatch, {"regex": pattern}) == [
        (("regex",), f"'{pattern}' is not a regular expression: {why_not}")
    ]


def test_a_regular_expression_without_end_is_refused():
    [(place, message)] = refused(TextMatch, {"regex": "(" * 100_000 + ")" * 100_000})
    assert place == ("regex",)
    assert "is not a regular expression" in message
    assert len(message) < 200


@pytest.mark.parametrize(("given", "names"), [("a", ("a",)), (["a", "b"], ("a", "b")), ((), ())])
def test_names_are_one_or_several(given, names):
    assert TypeAdapter(Names).validate_python(given) == names


@pytest.mark.parametrize("kind", [Names, Wanted])
def test_what_is_neither_a_text_nor_a_list_is_refused(kind):
    assert refused(kind, 5) == [((), "expected a text or a list of texts, found 5")]
    assert refused(kind, {"a": 1}) == [((), "expected a text or a list of texts, found {a: 1}")]


def test_a_wish_for_nothing_is_refused():
    assert refused(TextMatch, {"contains": []}) == [
        (("contains",), "the list is empty: give it at least one entry")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "pattern", "does"),
    [
        ("gpt-5.1", "gpt-5*", True),
        ("gpt-5", "gpt-5*", True),
        ("openai/gpt-5.1", "gpt-5*", False),
        ("openai/gpt-5.1", "*/gpt-*", True),
        ("gpt-5.1", "gpt-5?1", True),
        ("gpt-51", "gpt-5?1", False),
        ("GPT-5", "gpt-5", False),
        ("gpt-5", "gpt-[45]", False),
        ("gpt-[45]", "gpt-[45]", True),
        ("a[!b]c", "a[!b]*", True),
        ("gpt-5\n", "gpt-5", False),
        ("", "*", True),
        ("", "?", False),
    ],
)
def test_star_and_question_mark_are_the_only_wildcards(value, pattern, does):
    assert fits(value, pattern) is does


def test_a_difference_is_written_with_its_place():
    difference = Difference("", "a", "b").under("last")
    assert str(difference) == "last: wanted a, found b"
    assert str(difference.under("[0]").under("all")) == "all[0].last: wanted a, found b"
    assert str(Difference("", "a", "b").under('["$.x"]').under("json").under("not")) == (
        'not.json["$.x"]: wanted a, found b'
    )
