"""Values that are set and removed in frames."""

from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Frame, stamp
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.payload.patch import Patch
from tests.chunks import FRAMES, SEED, chunk, data, patched

FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)


class TestSet:
    @pytest.mark.parametrize(
        ("before", "paths", "after"),
        [
            ({"a": 1}, {"$.a": 2}, {"a": 2}),
            ({"a": 1}, {"a": 2}, {"a": 2}),
            ({"a": 1}, {"$['a']": None}, {"a": None}),
            ({"a": 1}, {"$.b": {"c": [1]}}, {"a": 1, "b": {"c": [1]}}),
            ({"a": {"b": 1}}, {"$.a.c": 2}, {"a": {"b": 1, "c": 2}}),
            ({"a": [1, 2]}, {"$.a[0]": 9}, {"a": [9, 2]}),
            ({"a": [1, 2]}, {"$.a[-1]": 9}, {"a": [1, 9]}),
            ({"a": [1, 2]}, {"$.a[2]": 9}, {"a": [1, 2, 9]}),
            ({"a": []}, {"$.a[0]": 9}, {"a": [9]}),
            ({"a": [{"b": 1}, {"b": 2}]}, {"$.a[*].b": 9}, {"a": [{"b": 9}, {"b": 9}]}),
            ({"a": [{"b": 1}, {"c": 2}]}, {"$.a[?@.b == 1].c": 9}, {"a": [{"b": 1, "c": 9}, {"c": 2}]}),
            ({"a": 1}, {"$.b": {}, "$.b.c": 2}, {"a": 1, "b": {"c": 2}}),
            ({"a": [1]}, {"$.a[1]": 2, "$.a[2]": 3}, {"a": [1, 2, 3]}),
        ],
    )
    def test_a_value_is_set_where_the_path_leads(self, before, paths, after):
        assert data(before, set=paths) == after

    @pytest.mark.parametrize(
        ("before", "value"), [(0, False), (1, True), (1, 1.0), (False, 0), (2, 2.0), (None, None), ("a", "a")]
    )
    def test_a_value_of_another_type_is_another_value(self, before, value):
        """1 is equal to true and to 1.0 in Python, and not on the wire."""
        after = data({"a": before}, set={"$.a": value})["a"]
        assert after is value or (after, type(after)) == (value, type(value))

    @pytest.mark.parametrize(
        "path", ["$.b.c", "$.a.c", "$.list[7]", "$.list[-3]", "$.list.x", "$.map[0]", "$.list[*].x"]
    )
    def test_a_path_that_leads_nowhere_is_reported(self, path):
        frames = stamp((Frame({"a": 1, "list": [1, 2], "map": {"0": 1}}, "body"),))
        assert patched(frames, set={path: 1}) is None

    def test_one_path_that_leads_somewhere_is_enough(self):
        assert data({"a": 1}, set={"$.b.c": 1, "$.a": 2}) == {"a": 2}

    def test_the_authors_value_is_never_shared_with_a_frame(self):
        patch = Patch.model_validate({"set": {"$.new": {}, "$.new.deep": []}})
        first, second = (patch.apply(FRAMES, SEED)[0].data["new"] for _ in range(2))
        first["deep"].append("spoiled")
        assert second == {"deep": []}
        assert patch.set == {"$.new": {}, "$.new.deep": []}
        assert patch.apply(FRAMES, SEED)[1].data["new"] == {"deep": []}


class TestRemove:
    @pytest.mark.parametrize(
        ("before", "paths", "after"),
        [
            ({"a": 1, "b": 2}, "$.a", {"b": 2}),
            ({"a": {"b": 1}}, "$.a.b", {"a": {}}),
            ({"a": [1, 2, 3]}, "$.a[1]", {"a": [1, 3]}),
            ({"a": [1, 2, 3]}, "$.a[-1]", {"a": [1, 2]}),
            ({"a": [1, 2, 3]}, "$.a[*]", {"a": []}),
            ({"a": [1, 2, 3]}, "$.a[::-1]", {"a": []}),
            ({"a": [1, 2, 3]}, "$.a[0,0,2]", {"a": [2]}),
            ({"a": [1, 2, 3]}, "$.a[:2]", {"a": [3]}),
            ({"a": [{"b": 1}, {"b": 2}]}, "$.a[*].b", {"a": [{}, {}]}),
            ({"a": {"a": 1, "b": 2}, "b": 3}, "$..b", {"a": {"a": 1}}),
            ({"a": [1, 2, 3, 4]}, "$.a[?@ > 2]", {"a": [1, 2]}),
            ({"a": 1, "b": 2, "c": 3}, ["$.a", "$.c"], {"b": 2}),
            ({"a": 1, "b": 2}, "$.*", {}),
        ],
    )
    def test_what_the_path_finds_is_taken_away(self, before, paths, after):
        assert data(before, remove=paths) == after

    @pytest.mark.parametrize("path", ["$.z", "$.a.b", "$.list[9]", "$.~a"])
    def test_a_path_that_finds_nothing_is_reported(self, path):
        assert patched(stamp((Frame({"a": 1, "list": []}, "body"),)), remove=path) is None

    def test_it_comes_before_setting(self):
        assert data({"a": {"old": 1}}, remove="$.a.old", set={"$.a.new": 2}) == {"a": {"new": 2}}
        assert data({"a": [1, 2]}, remove="$.a[*]", set={"$.a[0]": 9}) == {"a": [9]}


def test_what_is_not_patched_keeps_everything():
    [role, *rest] = patched(frames="role", set={"$.choices[0].delta.role": ""})
    assert rest == list(FRAMES[1:])
    assert role == replace(
        FRAMES[0], data=chunk({"role": "", "content": ""}), cause="fault: patch"
    )  # fmt: skip


@pytest.mark.parametrize("frames", [(), stamp((Frame("[DONE]", "done"), Frame(None, "event"), Frame([1], "event")))])
def test_what_is_no_json_object_has_nothing_to_patch(frames):
    assert patched(frames, set={"$.a": 1}) is None


PATHS = st.sampled_from(["$.id", "$.new", "$.choices[0].delta", "$.choices[0].delta.content", "$.choices[1]", "$.x.y"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
PATCHES = st.builds(
    dict,
    frames=st.sampled_from(["all", "first", "last", "token", 1, [0, 2]]),
    set=st.dictionaries(PATHS, VALUES, min_size=1),
    remove=st.lists(PATHS | st.sampled_from(["$..content", "$.choices[*]"])),
)


@settings(deadline=None)
@given(PATCHES)
def test_frames_that_were_given_are_never_edited_and_the_same_seed_gives_the_same(fields):
    fault = Patch.model_validate(fields)
    frames = deepcopy(FRAMES)
    new = fault.apply(frames, SEED)
    assert frames == FRAMES
    assert fault.apply(frames, SEED) == new
    if new is not None:
        assert [(frame.ordinal, frame.tokens) for frame in new] == [(frame.ordinal, frame.tokens) for frame in FRAMES]


@settings(deadline=None)
@given(VALUES, VALUES)
def test_patches_of_different_frames_commute(first, second):
    one, two = (Patch.model_validate({"frames": n, "set": {"$.x": v}}) for n, v in ((0, first), (2, second)))
    assert two.apply(one.apply(FRAMES, SEED), SEED) == one.apply(two.apply(FRAMES, SEED), SEED)


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({}, (), "a patch needs something to set or to remove"),
        ({"frames": "role"}, (), "a patch needs something to set or to remove"),
        ({"set": {"$.a[": 1}}, ("set", "$.a["), "'$.a[' is not a JSONPath: unexpected end of query"),
        (
            {"set": {"$.a[*]": 1}},
            ("set", "$.a[*]"),
            "'$.a[*]' must end in a key or an index to be set, such as $.choices[0].delta.role",
        ),
        (
            {"set": {"$": 1}},
            ("set", "$"),
            "'$' must end in a key or an index to be set, such as $.choices[0].delta.role",
        ),
        (
            {"set": {"$.a | $.b": 1}},
            ("set", "$.a | $.b"),
            "'$.a | $.b' joins several paths: write one entry for each",
        ),
        ({"remove": "$.a["}, ("remove", 0), "'$.a[' is not a JSONPath: unexpected end of query"),
        (
            {"remove": ["$.a", "$"]},
            ("remove", 1),
            "'$' is the whole of the JSON, which cannot be removed: name a key or an index in it",
        ),
        ({"remove": ["$.a & $.b"]}, ("remove", 0), "'$.a & $.b' joins several paths: write one entry for each"),
        ({"remove": 5}, ("remove",), "expected a text or a list of texts, found 5"),
        ({"set": ["$.a"]}, ("set",), "expected a mapping, found ['$.a']"),
        (
            {"ste": {"$.a": 1}, "remove": "$.a"},
            ("ste",),
            "unknown key 'ste': did you mean 'set'? allowed here: frames, set, remove, each",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_place(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python({"patch": written})
    [details] = error.value.errors()
    assert (details["loc"], details["msg"]) == (("patch", *place), message)


class TestEach:
    FRAMES = stamp((Frame({"id": 0}), Frame("[DONE]", "done"), Frame({"id": 0}), Frame({"id": 0})))

    def patched(self, written):
        changed = FAULT.validate_python({"patch": written}).apply(self.FRAMES, SEED)
        return [frame.data["id"] for frame in changed if isinstance(frame.data, dict)]

    def test_a_list_gives_its_values_in_turn_and_over_and_over(self):
        assert self.patched({"each": {"$.id": ["a", None]}}) == ["a", None, "a"]

    def test_a_text_has_the_number_of_its_frame(self):
        assert self.patched({"each": {"$.id": "x-{{ frame }}-{{frame}}"}}) == ["x-0-0", "x-2-2", "x-3-3"]

    def test_only_the_frames_that_are_chosen_take_a_turn(self):
        assert self.patched({"frames": [2, 3], "each": {"$.id": ["a", "b"]}}) == [0, "a", "b"]

    @pytest.mark.parametrize(
        ("series", "message"),
        [
            ([], "there is no value to set: give a list of them, or a text with {{ frame }} in it"),
            ("x", "'x' is the same in each frame: put {{ frame }} in it, or write it under set"),
            ({}, "expected a text with {{ frame }} in it or a list of values, found {}"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, series, message):
        with pytest.raises(ValidationError) as error:
            FAULT.validate_python({"patch": {"each": {"$.id": series}}})
        assert [details["msg"] for details in error.value.errors()] == [message]
