"""Values of any kind, read without surprises."""

import math

import pytest

from tests.robust.loose import clean, entries, excerpt, fields, first_word, parse, whole, word


def test_json_may_hold_control_characters_and_numbers_that_are_none():
    assert parse('"a\tb\x01"') == "a\tb\x01"
    assert math.isnan(float(str(parse("NaN"))))
    with pytest.raises(ValueError, match="Extra data"):
        parse("{}{}")


@pytest.mark.parametrize("value", [None, "", 0, True, "text"])
def test_what_is_of_another_kind_is_empty(value):
    assert (fields(value), entries(value)) == ({}, [])
    assert first_word(value, None, 5, "else") == (value if value == "text" else "else")


def test_a_lone_object_is_a_list_of_one():
    assert entries({"a": 1}) == [{"a": 1}]
    assert word(5) == ""


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), ("3", 3), (" -3 ", -3), (3.0, 3), (3.5, None), (True, None), ("x", None), (None, None)],
)
def test_a_whole_number_may_be_written_in_several_ways(value, number):
    assert whole(value) == number


def test_texts_are_clean_and_messages_short():
    assert clean("\ud83c\udf0d and \ud83c") == "🌍 and \ufffd"
    assert excerpt("a\n b") == "a b"
    assert excerpt("x" * 200) == "x" * 120 + "..."
