import pytest

from mockllm.dialects.cursor import page
from mockllm.errors import ApiError

ITEMS = [{"id": f"item_{number}"} for number in range(5)]


def ids(found):
    return [item["id"].removeprefix("item_") for item in found["data"]]


def test_a_page_has_the_five_keys_of_the_wire():
    assert page(ITEMS[:2], {}, order="asc") == {
        "object": "list",
        "data": ITEMS[:2],
        "first_id": "item_0",
        "last_id": "item_1",
        "has_more": False,
    }


def test_an_empty_page_has_no_ids():
    assert page([], {}, order="asc") == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


@pytest.mark.parametrize(
    ("query", "order", "expected", "more"),
    [
        ({}, "asc", ["0", "1", "2", "3", "4"], False),
        ({}, "desc", ["4", "3", "2", "1", "0"], False),
        ({"order": "desc"}, "asc", ["4", "3", "2", "1", "0"], False),
        ({"limit": "2"}, "asc", ["0", "1"], True),
        ({"limit": "5"}, "asc", ["0", "1", "2", "3", "4"], False),
        ({"after": "item_1"}, "asc", ["2", "3", "4"], False),
        ({"after": "item_1", "limit": "2"}, "asc", ["2", "3"], True),
        ({"after": "item_4"}, "asc", [], False),
        ({"after": "item_1"}, "desc", ["0"], False),
    ],
)
def test_order_limit_and_after_choose_the_page(query, order, expected, more):
    found = page(ITEMS, query, order=order)
    assert (ids(found), found["has_more"]) == (expected, more)


def test_following_the_last_id_while_there_is_more_gives_every_item_once():
    seen, query = [], {"limit": "2"}
    while True:
        found = page(ITEMS, query, order="asc")
        seen += ids(found)
        if not found["has_more"]:
            break
        query["after"] = found["last_id"]
    assert seen == ["0", "1", "2", "3", "4"]


def test_the_limit_is_20_unless_it_is_told_and_100_at_most():
    many = [{"id": str(number)} for number in range(200)]
    assert len(page(many, {}, order="asc")["data"]) == 20
    assert len(page(many, {"limit": "100"}, order="asc")["data"]) == 100
    assert len(page(many, {}, order="asc", default=50, most=150)["data"]) == 50
    assert len(page(many, {"limit": "150"}, order="asc", default=50, most=150)["data"]) == 150


@pytest.mark.parametrize(
    ("query", "message", "code", "param"),
    [
        (
            {"limit": "0"},
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
            "limit",
        ),
        (
            {"limit": "-3"},
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got -3 instead.",
            "integer_below_min_value",
            "limit",
        ),
        (
            {"limit": "101"},
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
            "integer_above_max_value",
            "limit",
        ),
        (
            {"limit": "many"},
            "Invalid type for 'limit': expected an integer, but got 'many' instead.",
            "invalid_type",
            "limit",
        ),
        (
            {"limit": "²"},
            "Invalid type for 'limit': expected an integer, but got '²' instead.",
            "invalid_type",
            "limit",
        ),
        ({"limit": ""}, "Invalid type for 'limit': expected an integer, but got '' instead.", "invalid_type", "limit"),
        (
            {"order": "up"},
            "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.",
            "invalid_value",
            "order",
        ),
        ({"after": "item_9"}, "No object found with id 'item_9'.", "invalid_value", "after"),
    ],
)
def test_a_query_that_cannot_be_used_is_refused(query, message, code, param):
    with pytest.raises(ApiError) as caught:
        page(ITEMS, query, order="asc")
    error = caught.value
    assert (error.status, error.message, error.code, error.param) == (400, message, code, param)


def test_a_limit_of_thousands_of_digits_is_refused_like_any_other():
    with pytest.raises(ApiError, match="expected an integer"):
        page(ITEMS, {"limit": "9" * 5000}, order="asc")


@pytest.mark.parametrize(
    ("query", "expected", "more"),
    [
        ({"before": "item_3"}, ["0", "1", "2"], False),
        ({"before": "item_3", "limit": "2"}, ["1", "2"], True),
        ({"before": "item_0"}, [], False),
        ({"before": "item_3", "order": "desc"}, ["4"], False),
        ({"before": "item_0", "order": "desc", "limit": "2"}, ["2", "1"], True),
        ({"after": "item_0", "before": "item_3"}, ["1", "2"], False),
        ({"after": "item_0", "before": "item_4", "limit": "2"}, ["1", "2"], True),
        ({"after": "item_0", "limit": "2"}, ["1", "2"], True),
    ],
)
def test_before_gives_the_page_in_front(query, expected, more):
    found = page(ITEMS, query, order="asc", before=True)
    assert (ids(found), found["has_more"]) == (expected, more)


def test_only_some_lists_have_before():
    assert ids(page(ITEMS, {"before": "item_2"}, order="asc")) == ["0", "1", "2", "3", "4"]
    with pytest.raises(ApiError) as caught:
        page(ITEMS, {"before": "item_9"}, order="asc", before=True)
    assert caught.value.param == "before"
