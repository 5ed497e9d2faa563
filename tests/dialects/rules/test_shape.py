"""Rows of a table are checked in its order; a null stands for an absent optional."""

import pytest

from mockllm.dialects.rules import Row, Text, Whole, check, check_rows
from mockllm.errors import ApiError

ROWS = (Row("name", Text(), required=True), Row("age", Whole(0)))


@pytest.mark.parametrize("body", [{"name": "a"}, {"name": "a", "age": None}, {"name": "a", "age": 3, "more": object}])
def test_a_body_that_fits_passes(body):
    check_rows(ROWS, body)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "pet.name"),
        ({"name": None}, "invalid_type", "pet.name"),
        ({"name": 1, "age": "x"}, "invalid_type", "pet.name"),
        ({"name": "a", "age": -1}, "integer_below_min_value", "pet.age"),
    ],
)
def test_the_first_row_that_does_not_fit_refuses(body, code, param):
    with pytest.raises(ApiError) as caught:
        check_rows(ROWS, body, "pet")
    assert (caught.value.code, caught.value.param) == (code, param)


def test_a_wrong_type_is_told_before_the_value_is_looked_at():
    with pytest.raises(ApiError, match="expected an integer, but got a string instead"):
        check(Whole(5), "1", "n")


TABLE = (*(Row(f"field{number}", Whole(0)) for number in range(40)), Row("name", Text(), required=True))


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"field3": -1, "field2": -1, "name": "a"}, "pet.field2"),
        ({"field2": -1, "field3": -1, "name": "a"}, "pet.field2"),
        ({"field7": 1}, "pet.name"),
        ({}, "pet.name"),
        ({**{f"field{number}": 1 for number in range(39)}, "field39": "x"}, "pet.field39"),
    ],
)
def test_of_a_long_table_too_the_first_row_that_does_not_fit_refuses(body, param):
    with pytest.raises(ApiError) as caught:
        check_rows(TABLE, body, "pet")
    assert caught.value.param == param


def test_members_without_a_row_in_a_long_table_are_not_looked_at():
    check_rows(TABLE, {"name": "a", "more": object, "field1": None})
