from itertools import islice

import pytest

from mockllm.fill.schema.document import MAX_LENGTH, Node, UnsupportedSchema
from mockllm.fill.schema.scalars import booleans, integers, numbers, texts
from mockllm.seeds import Seed

SEEDS = [Seed.of(seed) for seed in range(20)]
LARGEST_SAFE = 2**53 - 1


def firsts(make, schema, name=""):
    """The first value for each of some seeds."""
    return [next(iter(make(Node.of(schema, "#"), name, seed))) for seed in SEEDS]


def many(make, schema, count, name=""):
    return list(islice(make(Node.of(schema, "#"), name, SEEDS[0]), count))


def test_both_booleans_come_and_either_first():
    assert {tuple(booleans(seed)) for seed in SEEDS} == {(True, False), (False, True)}


@pytest.mark.parametrize(
    ("schema", "allowed"),
    [
        ({}, range(1, 101)),
        ({"minimum": 5, "maximum": 7}, range(5, 8)),
        ({"exclusiveMinimum": 5, "exclusiveMaximum": 7}, range(6, 7)),
        ({"minimum": 5, "exclusiveMinimum": 5}, range(6, 101)),
        ({"minimum": 4.2, "maximum": 5.9}, range(5, 6)),
        ({"minimum": 1000}, range(1000, 2001)),
        ({"maximum": -1000}, range(-2000, -999)),
        ({"multipleOf": 7, "maximum": 20}, range(7, 21, 7)),
        ({"multipleOf": 1.5, "minimum": 1, "maximum": 5}, range(3, 4)),
        ({"multipleOf": 1000}, range(0, 2001, 1000)),
    ],
)
def test_integers_are_within_the_bounds_and_usual_ones_first(schema, allowed):
    assert all(isinstance(value, int) for value in firsts(integers, schema))
    assert set(firsts(integers, schema)) <= set(allowed)


def test_a_range_is_passed_through_completely():
    assert set(many(integers, {"minimum": -2, "maximum": 150}, 999)) == set(range(-2, 151))
    assert len(many(integers, {"minimum": -2, "maximum": 150}, 999)) == 153
    assert set(many(integers, {"multipleOf": 50, "minimum": -100, "maximum": 100}, 99)) == {-100, -50, 0, 50, 100}
    assert len(set(many(integers, {}, 500))) == 500
    assert len(set(many(integers, {"maximum": -5}, 500))) == 500
    assert set(many(numbers, {"minimum": 0.01, "maximum": 0.03}, 9)) == {0.01, 0.02, 0.03}


def test_names_choose_the_usual_range():
    assert all(18 <= age <= 80 for age in firsts(integers, {}, "age"))
    assert all(0 <= score <= 1 for score in firsts(numbers, {}, "confidence_score"))
    assert all(5 <= age <= 7 for age in firsts(integers, {"minimum": 5, "maximum": 7}, "age"))


def test_integers_are_exact_in_every_reader_unless_the_bounds_forbid_it():
    assert all(value <= LARGEST_SAFE for value in firsts(integers, {"minimum": LARGEST_SAFE - 1}))
    assert all(value >= 2**60 for value in firsts(integers, {"minimum": 2**60}))
    assert all(value <= -(2**60) for value in firsts(integers, {"maximum": -(2**60)}))


@pytest.mark.parametrize(
    ("schema", "low", "high", "decimals"),
    [
        ({}, 0, 100, 2),
        ({"minimum": -1.5, "maximum": -1.25}, -1.5, -1.25, 2),
        ({"minimum": 0.001, "maximum": 0.002}, 0.001, 0.002, 3),
        ({"multipleOf": 0.25, "maximum": 1}, 0, 1, 2),
        ({"minimum": 3, "maximum": 3}, 3, 3, 1),
    ],
)
def test_numbers_are_short_and_within_the_bounds(schema, low, high, decimals):
    values = firsts(numbers, schema)
    assert all(isinstance(value, float) and low <= value <= high for value in values)
    assert all(len(str(value).partition(".")[2]) <= decimals for value in values)


def test_numbers_between_close_exclusive_bounds_are_found():
    assert all(0 < value < 1e-9 for value in firsts(numbers, {"exclusiveMinimum": 0, "exclusiveMaximum": 1e-9}))


def test_where_floats_lie_apart_numbers_are_integers():
    values = firsts(numbers, {"minimum": 1e300})
    assert all(isinstance(value, int) and value >= 1e300 for value in values)


@pytest.mark.parametrize("make", [integers, numbers])
@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"minimum": 3, "maximum": 2}, "minimum"),
        ({"exclusiveMinimum": 3, "exclusiveMaximum": 3}, "exclusiveMinimum"),
        ({"minimum": 8, "maximum": 13, "multipleOf": 7}, "minimum"),
    ],
)
def test_bounds_that_leave_nothing_are_refused(make, schema, keyword):
    with pytest.raises(UnsupportedSchema) as caught:
        firsts(make, schema)
    assert caught.value.keyword == keyword


def test_texts_suit_the_name():
    assert all("@example." in text for text in firsts(texts, {}, "contactEmail"))


def test_texts_suit_the_format_before_the_name():
    assert all(text.count("-") == 2 for text in firsts(texts, {"format": "date"}, "email"))
    assert all("@example." in text for text in firsts(texts, {"format": "int32"}, "email"))


@pytest.mark.parametrize(("least", "most"), [(0, 0), (0, 3), (1, 1), (7, 9), (200, 200), (500, 900), (5000, 6000)])
def test_texts_are_made_to_fit_their_length(least, most):
    values = firsts(texts, {"minLength": least, "maxLength": most}, "description")
    assert all(least <= len(text) <= most for text in values)
    assert all(not text.endswith(" ") for text in values)


def test_a_text_without_a_longest_length_is_no_longer_than_it_must_be():
    assert {len(text) for text in firsts(texts, {"minLength": 300})} == {300}


def test_different_texts_follow():
    assert len(set(many(texts, {}, 50, "uuid"))) == 50


def test_a_pattern_is_tried_by_name_first_and_then_drawn_from():
    values = many(texts, {"pattern": r"^\d{5}$"}, 10, "zip")
    assert all(len(text) == 5 and text.isdigit() for text in values)
    assert values[:4] == many(texts, {}, 4, "zip")


def test_a_format_is_tried_longer_for_a_pattern():
    values = many(texts, {"pattern": "^a$", "format": "uuid"}, 18)
    assert [len(text) for text in values] == [36] * 16 + [1, 1]


def test_a_costly_pattern_is_not_tried_on_texts_it_did_not_draw():
    assert many(texts, {"pattern": "^(a+)+$", "minLength": 9, "maxLength": 9}, 5) == ["a" * 9] * 5


def test_a_pattern_without_anchors_is_found_in_longer_texts():
    drawn, padded_after, padded_before = many(texts, {"pattern": "[0-9]", "minLength": 9}, 7)[4:]
    assert len(drawn) == 1
    assert (len(padded_after), len(padded_before)) == (9, 9)
    assert padded_after[0] == drawn == padded_before[-1]
    assert len(set(many(texts, {"pattern": "^k"}, 60))) > 20


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"minLength": 3, "maxLength": 2}, "minLength"),
        ({"minLength": MAX_LENGTH + 1}, "minLength"),
        ({"pattern": "("}, "pattern"),
        ({"pattern": "[^ -~]"}, "pattern"),
    ],
)
def test_lengths_and_patterns_without_a_text_are_refused(schema, keyword):
    with pytest.raises(UnsupportedSchema) as caught:
        many(texts, schema, 9)
    assert (caught.value.path, caught.value.keyword) == ("#", keyword)
