"""Nodes, the marks found by walking them, and the keys that an open mapping objects to."""

import pytest

from mockllm.scenario.tree import Mark, Marks, Node, Open, OpenMapping


def scalar(value, line, column=1):
    return Node(value, (line, column), "" if value is None else str(value))


class Objections(list):
    def __call__(self, message, at):
        self.append((at, message))


@pytest.fixture
def objections():
    return Objections()


def mapping(objections, *children, at=(1, 1)):
    frame = OpenMapping(at)
    for child in children:
        frame.take(child, objections)
    return frame.close()


def sequence(objections, *children, at=(1, 1)):
    frame = Open(at)
    for child in children:
        frame.take(child, objections)
    return frame.close()


def merge(line):
    return Node("<<", (line, 1), "<<", merges=True)


def test_a_list_keeps_its_items_in_order_and_counts_its_levels(objections):
    node = sequence(objections, scalar("a", 1), sequence(objections, scalar("b", 2)))
    assert (node.value, node.height, node.name, objections) == (["a", ["b"]], 2, None, [])


def test_an_empty_list_or_mapping_has_one_level(objections):
    assert [(node.value, node.height) for node in (sequence(objections), mapping(objections))] == [([], 1), ({}, 1)]


def test_a_mapping_takes_keys_and_values_in_turn(objections):
    node = mapping(objections, scalar("a", 1), scalar(1, 1, 4), scalar("b", 2), sequence(objections))
    assert (node.value, node.height, objections) == ({"a": 1, "b": []}, 2, [])


def test_a_key_is_called_by_its_text(objections):
    assert mapping(objections, Node(31, (1, 1), "0x1F"), scalar("x", 1)).value == {"0x1F": "x"}


def test_the_step_is_the_child_that_is_being_read(objections):
    listing, entry = Open((1, 1)), OpenMapping((1, 1))
    assert (listing.step, entry.step) == (0, None)
    listing.take(scalar("a", 1), objections)
    entry.take(scalar("a", 1), objections)
    assert (listing.step, entry.step) == (1, "a")
    entry.take(scalar("b", 1), objections)
    assert entry.step is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "a key must be text, found null: quote it or name it"),
        ([], "a key must be text, found a list: quote it or name it"),
        ({}, 'a key must be text, found a mapping: a template needs quotes, "{{ ... }}"'),
    ],
)
def test_a_key_that_is_no_text_is_refused_and_its_value_left_out(objections, value, message):
    node = mapping(objections, Node(value, (3, 5), None if value is not None else "~"), scalar("x", 3))
    assert (node.value, objections) == ({}, [((3, 5), message)])


def test_a_key_that_is_given_again_names_both_lines(objections):
    mapping(objections, scalar("a", 2), scalar(1, 2), scalar("a", 7), scalar(2, 7))
    assert objections == [((7, 1), "the key 'a' is given twice, on line 2 and on line 7: keep one of them")]


def test_a_merge_key_that_is_given_again_names_both_lines(objections):
    mapping(objections, merge(2), mapping(objections), merge(3), mapping(objections))
    message = "the key '<<' is given twice, on line 2 and on line 3: write <<: [*first, *second]"
    assert objections == [((3, 1), message)]


def test_own_keys_win_over_merged_ones_and_earlier_mappings_over_later_ones(objections):
    first = mapping(objections, scalar("a", 1), scalar("first", 1), scalar("b", 1), scalar("first", 1))
    second = mapping(objections, *(scalar(text, 2) for text in ("b", "second", "c", "second", "d", "second")))
    both = sequence(objections, first, second)
    node = mapping(objections, scalar("d", 3), scalar("own", 3), merge(4), both)
    assert node.value == {"a": "first", "b": "first", "c": "second", "d": "own"}
    assert objections == []
    assert [Marks(node)[key,][0].line for key in "abcd"] == [1, 1, 2, 3]


@pytest.mark.parametrize(("value", "kind"), [(None, "null"), ("x", "'x'"), (5, "5"), ([[]], "a list"), (["x"], "'x'")])
def test_a_merge_of_anything_but_mappings_is_refused(objections, value, kind):
    def node(value):
        return sequence(objections, *map(node, value), at=(2, 6)) if isinstance(value, list) else scalar(value, 2, 6)

    mapping(objections, merge(2), node(value))
    message = f"<< merges a mapping or a list of mappings, found {kind}: write <<: *anchor"
    assert objections == [((2, 6), message)]


def test_marks_give_key_and_value_of_every_path_in_the_order_of_the_file(objections):
    node = mapping(
        objections,
        scalar("a", 1, 1),
        sequence(objections, scalar("x", 2, 3), scalar("y", 3, 3), at=(2, 1)),
        scalar("b", 4, 1),
        scalar(None, 4, 4),
    )
    expected = {
        (): (Mark(1, 1), Mark(1, 1)),
        ("a",): (Mark(1, 1), Mark(2, 1)),
        ("a", 0): (Mark(2, 3), Mark(2, 3)),
        ("a", 1): (Mark(3, 3), Mark(3, 3)),
        ("b",): (Mark(4, 1), Mark(4, 4)),
    }
    assert list(Marks(node).items()) == list(expected.items())
    assert len(Marks(node)) == 5


@pytest.mark.parametrize("path", [("c",), ("a", 2), ("a", "0"), ("b", 0), (0,)])
def test_a_path_that_does_not_exist_has_no_marks(objections, path):
    node = mapping(objections, scalar("a", 1), sequence(objections, scalar("x", 1)), scalar("b", 2), scalar(1, 2))
    assert path not in Marks(node)
    with pytest.raises(KeyError):
        Marks(node)[path]
