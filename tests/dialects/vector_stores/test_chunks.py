"""Pieces of files, and which of them are searched and found."""

import pytest

from mockllm.dialects.rules import check_rows
from mockllm.dialects.vector_stores.chunks import (
    ATTRIBUTES,
    MOST_CHUNKS,
    RANKING,
    STRATEGY,
    USUAL_STRATEGY,
    Chunk,
    check_filter,
    cut,
    fits,
    ranked,
)
from mockllm.errors import ApiError


def strategy(size, overlap):
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


def words(first, last):
    return " ".join(f"w{number}" for number in range(first, last))


@pytest.mark.parametrize(
    ("count", "size", "overlap", "pieces"),
    [
        (0, 4, 2, []),
        (3, 4, 2, [(0, 3)]),
        (4, 4, 2, [(0, 4)]),
        (5, 4, 2, [(0, 4), (1, 5)]),
        (8, 4, 2, [(0, 4), (2, 6), (4, 8)]),
        (8, 4, 0, [(0, 4), (4, 8)]),
        (6, 4, 4, [(0, 4), (1, 5), (2, 6)]),
    ],
)
def test_pieces_overlap_and_together_are_the_whole(count, size, overlap, pieces):
    found = cut(words(0, count).encode(), strategy(size, overlap))
    assert list(found) == [words(*piece) for piece in pieces]


def test_a_file_that_is_no_text_has_no_pieces():
    assert cut(b"\xff\xfe", USUAL_STRATEGY) == ()


def test_only_so_many_pieces_are_made():
    assert len(cut(words(0, MOST_CHUNKS + 10).encode(), strategy(1, 0))) == MOST_CHUNKS


def test_the_nearest_comes_first_and_equals_stay_in_order():
    texts = ("Taxes are due.", "Cats purr.", "Taxes are due.")
    pieces = [Chunk(str(place), "f", {}, text) for place, text in enumerate(texts)]
    found = list(ranked(pieces, ["When are taxes due?"], 0))
    assert [chunk.file_id for _, chunk in found] == ["0", "2", "1"]
    assert all(0 <= score <= 1 for score, _ in found)
    assert [chunk.file_id for _, chunk in ranked(pieces, ["purr", "nothing"], 0.15)] == ["1"]


@pytest.mark.parametrize(
    ("kind", "value", "passes"),
    [
        ("eq", 3, True),
        ("eq", 4, False),
        ("ne", 4, True),
        ("gt", 2, True),
        ("gt", 3, False),
        ("gte", 3, True),
        ("lt", 4, True),
        ("lt", 3, False),
        ("lte", 3, True),
        ("gt", "2", False),
        ("in", [1, 3], True),
        ("nin", [1, 3], False),
    ],
)
def test_a_comparison_looks_at_one_attribute(kind, value, passes):
    condition = {"type": kind, "key": "n", "value": value}
    check_filter(condition)
    assert fits(condition, {"n": 3}) is passes


def test_what_is_not_said_of_a_file_is_neither_greater_nor_less():
    for kind in ("eq", "gt", "lt"):
        assert not fits({"type": kind, "key": "n", "value": 3}, {})
    assert fits({"type": "ne", "key": "n", "value": 3}, {})


def test_conditions_are_joined():
    small, named = {"type": "lt", "key": "n", "value": 3}, {"type": "eq", "key": "name", "value": "x"}
    for kind, passes in (("and", (True, False, False)), ("or", (True, True, False))):
        condition = {"type": kind, "filters": [small, named]}
        check_filter(condition)
        files = ({"n": 1, "name": "x"}, {"n": 1, "name": "y"}, {"n": 5, "name": "y"})
        assert tuple(fits(condition, file) for file in files) == passes


@pytest.mark.parametrize(
    ("condition", "param"),
    [
        ("x", "filters"),
        ({}, "filters.type"),
        ({"type": "like"}, "filters.type"),
        ({"type": "eq", "value": 1}, "filters.key"),
        ({"type": "eq", "key": "n", "value": [1]}, "filters.value"),
        ({"type": "in", "key": "n", "value": 1}, "filters.value"),
        ({"type": "and"}, "filters.filters"),
        ({"type": "and", "filters": [1]}, "filters.filters[0]"),
        (
            {"type": "or", "filters": [{"type": "and", "filters": [{"type": "x"}]}]},
            "filters.filters[0].filters[0].type",
        ),
    ],
)
def test_what_is_no_filter_is_refused(condition, param):
    with pytest.raises(ApiError) as caught:
        check_filter(condition)
    assert (caught.value.status, caught.value.param) == (400, param)


@pytest.mark.parametrize(
    "body",
    [
        {"attributes": {"a": ["x"]}},
        {"chunking_strategy": {"type": "smart"}},
        {"chunking_strategy": {"type": "static"}},
        {"chunking_strategy": strategy(99, 0)},
        {"ranking_options": {"ranker": "best"}},
        {"ranking_options": {"score_threshold": 2}},
    ],
)
def test_the_tables_refuse(body):
    rows = (ATTRIBUTES, STRATEGY, RANKING)
    check_rows(rows, {"attributes": {"a": 1, "b": True, "c": "x"}, "chunking_strategy": USUAL_STRATEGY})
    with pytest.raises(ApiError):
        check_rows(rows, body)
