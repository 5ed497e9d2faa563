"""A memory with a limit: what is put can be got, until there is too much."""

from mockllm.bounded import Bounded, Same


def test_what_was_put_can_be_got():
    memory = Bounded(10)
    memory.put("a", 1)
    assert (memory.get("a"), memory.get("b")) == (1, None)


def test_above_the_limit_the_oldest_go_first():
    memory = Bounded(3)
    for key in "abcd":
        memory.put(key, key)
    assert [memory.get(key) for key in "abcd"] == [None, "b", "c", "d"]


def test_weights_count_and_a_heavy_value_takes_the_place_of_several():
    memory = Bounded(10)
    for key, weight in (("a", 4), ("b", 4), ("c", 2), ("d", 7)):
        memory.put(key, key, weight)
    assert [memory.get(key) for key in "abcd"] == [None, None, "c", "d"]


def test_a_value_that_is_too_heavy_is_not_remembered():
    memory = Bounded(3)
    memory.put("a", 1, 4)
    assert memory.get("a") is None
    memory.put("b", 2, 3)
    assert memory.get("b") == 2


def test_a_new_value_takes_the_place_and_the_weight_of_the_old_one_and_counts_as_new():
    memory = Bounded(10)
    memory.put("a", 1, 8)
    memory.put("b", 2, 1)
    memory.put("a", 3, 5)
    memory.put("c", 4, 4)
    assert [memory.get(key) for key in "abc"] == [3, 2, 4]
    memory.put("d", 5, 1)
    assert [memory.get(key) for key in "abcd"] == [3, None, 4, 5]


def test_cleared_it_has_all_its_room_again():
    memory = Bounded(3)
    memory.put("a", 1, 3)
    memory.clear()
    assert memory.get("a") is None
    memory.put("b", 2, 2)
    memory.put("c", 3, 1)
    assert (memory.get("b"), memory.get("c")) == (2, 3)


def test_a_value_as_a_key_is_told_apart_by_identity():
    one, equal = ["a"], ["a"]
    known = {Same(one): 1}
    assert known.get(Same(one)) == 1
    assert known.get(Same(equal)) is None
    assert Same(one) != one
    assert Same(one).value is one
