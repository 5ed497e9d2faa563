import pytest
from pydantic import ValidationError

from mockllm.plan import Frame, stamp
from mockllm.request import Call, Request
from mockllm.scenario.profile import Context
from mockllm.scenario.profile.shape import Shape
from mockllm.seeds import Seed

SEED = Seed.of("test")


def frames(*data, kinds=("role", "token", "token", "finish", "done")):
    return stamp(tuple(Frame(it, kind, int(kind == "token")) for it, kind in zip(data, kinds, strict=False)))


def shaped(data, **keys):
    return Shape(**keys).reshaped(data, Context().words())


def test_keys_are_renamed_in_their_place():
    found = shaped({"a": 1, "b": [{"x": 1, "y": 2}, {"y": 3}, 7]}, rename={"$.a": "c", "$.b[*].x": "z"})
    assert list(found.items()) == [("c", 1), ("b", [{"z": 1, "y": 2}, {"y": 3}, 7])]


def test_a_value_is_evaluated_for_each_place_that_it_is_set_in():
    data = {"choices": [{"delta": {"a": 1}}, {"delta": {"a": 2}}, {"delta": None}]}
    found = shaped(data, set={"$.choices[*].delta.b": "{{ here.a * 10 }}"})
    assert found["choices"] == [{"delta": {"a": 1, "b": 10}}, {"delta": {"a": 2, "b": 20}}, {"delta": None}]
    assert data["choices"][0]["delta"] == {"a": 1}


def test_what_has_no_value_is_not_set():
    assert shaped({"a": 1}, set={"$.b": "{{ 1 if here.c }}", "$.a": "{{ here.c }}"}) == {"a": 1}


def test_a_later_value_sees_an_earlier_one():
    assert shaped({"a": 1}, set={"$.b": 2, "$.c": "{{ here.b + chunk.a }}"}) == {"a": 1, "b": 2, "c": 3}


def test_keys_are_removed_after_their_values_were_used():
    assert shaped({"a": 1}, set={"$.b": "{{ here.a }}"}, remove="$.a") == {"b": 1}


def test_null_and_empty_lists_are_pruned_and_nothing_else():
    data = {"a": None, "b": [], "c": 0, "d": "", "e": [None], "f": {"a": None}}
    assert shaped(data, prune=["$.a", "$.b", "$.c", "$.d", "$.e", "$.g", "$.f.a"]) == {
        "c": 0,
        "d": "",
        "e": [None],
        "f": {},
    }


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (["c", "a", "x"], ["c", "a", "b"]),
        ({"$": ["b"], "$.c[*]": ["z"]}, ["b", "a", "c"]),
        ({"$.a": ["z"]}, ["a", "b", "c"]),
    ],
)
def test_keys_come_in_the_order_that_is_given_and_then_the_others(order, found):
    assert list(shaped({"a": 1, "b": 2, "c": [{"y": 1, "z": 2}]}, order=order)) == found


def test_the_order_of_what_a_path_leads_to():
    found = shaped({"c": [{"y": 1, "z": 2}]}, order={"$.c[*]": ["z"]})
    assert list(found["c"][0]) == ["z", "y"]


def test_sorted_is_everywhere():
    found = shaped({"b": [{"z": 1, "y": {"d": 1, "c": 2}}], "a": 1}, order="sorted")
    assert list(found) == ["a", "b"]
    assert list(found["b"][0]) == ["y", "z"]
    assert list(found["b"][0]["y"]) == ["c", "d"]


def test_only_the_frames_that_are_meant_change():
    given = frames({"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}, "[DONE]")
    found = Shape(frames="token", set={"$.b": 1}).apply(given, SEED)
    assert [frame.data for frame in found] == [{"a": 1}, {"a": 2, "b": 1}, {"a": 3, "b": 1}, {"a": 4}, "[DONE]"]
    assert [frame.cause for frame in found] == ["", "fault: shape", "fault: shape", "", ""]
    assert found[0] is given[0]


def test_a_shape_that_changes_nothing_has_no_place():
    given = frames({"a": 1}, {"a": 2})
    assert Shape(set={"$.a": "{{ here.a }}"}).apply(given, SEED) is None
    assert Shape(order=["a"]).apply(given, SEED) is not None
    assert Shape(set={"$.b": 1}).apply((), SEED) is None
    assert Shape(set={"$.b": 1}).apply(frames("text"), SEED) is None


def test_values_know_how_far_the_stream_is():
    given = frames({}, {}, {}, {}, "[DONE]")
    found = Shape(set={"$.sent": "{{ sent }}", "$.number": "{{ number }}"}).apply(given, SEED)
    assert [frame.data for frame in found[:4]] == [
        {"sent": 0, "number": 0},
        {"sent": 1, "number": 1},
        {"sent": 2, "number": 2},
        {"sent": 2, "number": 3},
    ]


def test_values_know_the_request_of_the_answer_that_it_is_bound_to():
    shape = Shape(set={"$.b": "{{ model }}"})
    request = Request("chat", Call("POST", "/"), model="m")
    assert shape.within(Context(request)).apply(frames({}), SEED)[0].data == {"b": "m"}
    assert shape.apply(frames({}), SEED)[0].data == {"b": ""}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "this shape changes nothing"),
        ({"set": {"$": 1}}, "must end in a key"),
        ({"rename": {"$..a[*]": "b"}}, "must end in a key"),
        ({"remove": ["$"]}, "must end in a key"),
        ({"prune": ["nonsense["]}, "not a JSONPath"),
        ({"set": {"$.a": "{{ a"}}, "is no template"),
        ({"order": "by-name"}, "expected sorted, a list of keys or a mapping"),
        ({"ordre": ["a"]}, "unknown key 'ordre'"),
    ],
)
def test_what_makes_no_sense_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        Shape(**keys)
