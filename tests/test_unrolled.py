"""What an iterator gives, looked at in any order: the same as the list of it, and never more of it than is needed."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.unrolled import STRIDE, Unrolled

MANY = 10 * STRIDE


@given(st.lists(st.integers(), max_size=3 * STRIDE), st.slices(2 * STRIDE), st.integers(-2 * STRIDE, 2 * STRIDE))
def test_it_is_looked_at_like_the_list_of_its_items(items, part, index):
    assert Unrolled(items)[part] == tuple(items[part])
    assert list(Unrolled(items)) == items
    assert len(Unrolled(items)) == len(items)
    assert bool(Unrolled(items)) is bool(items)
    if -len(items) <= index < len(items):
        assert Unrolled(items)[index] == items[index]
    else:
        with pytest.raises(IndexError):
            Unrolled(items)[index]


@pytest.mark.parametrize(
    ("look", "most"),
    [
        (lambda found: found[5], STRIDE),
        (bool, STRIDE),
        (lambda found: found[2:9], STRIDE),
        (lambda found: next(iter(found)), STRIDE),
        (lambda found: found.reach(2 * STRIDE), 2 * STRIDE),
        (lambda found: found[-1], MANY),
        (len, MANY),
    ],
)
def test_no_more_is_made_than_was_asked_for_and_a_stride(look, most):
    found = Unrolled(iter(range(MANY)))
    assert found.made == 0
    look(found)
    assert found.made == most


def test_it_reaches_as_far_as_it_is_asked_to_or_as_there_is_anything():
    found = Unrolled(range(5))
    assert (found.reach(3), found.reach(5), found.reach(6)) == (3, 5, 5)


def test_it_equals_what_has_the_same_items_and_shows_them():
    assert Unrolled([1, 2]) == (1, 2)
    assert Unrolled([1, 2]) != [1, 3]
    assert Unrolled([1]) != 1
    assert repr(Unrolled([1, 2])) == "(1, 2)"


def test_everybody_finds_the_same_items_whoever_made_them():
    found = Unrolled(object() for _ in range(MANY))
    seen = []
    looking = [threading.Thread(target=lambda: seen.append(list(found))) for _ in range(4)]
    for thread in looking:
        thread.start()
    for thread in looking:
        thread.join()
    assert [list(map(id, items)) for items in seen] == [list(map(id, found))] * 4
