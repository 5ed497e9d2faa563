from dataclasses import replace
from itertools import islice, repeat

import pytest

from mockllm.fill.schema.containers import arrays, objects
from mockllm.fill.schema.document import MAX_ITEMS, Document, Node, UnsupportedSchema
from mockllm.fill.schema.heights import Heights
from mockllm.fill.schema.place import Place
from mockllm.seeds import Seed


def grow(schema, place):
    """The simplest maker of values: `values` lists them, anything else gives the place's path again and again."""
    if schema is False:
        raise UnsupportedSchema(place.path, "false", "allows no value")
    keywords = schema if isinstance(schema, dict) else {}
    yield from keywords.get("values") or repeat(keywords.get("allOf", place.path))


def made(make, schema, count=2, *, seed=1, name="", lean=False, inside=grow):
    place = Place(Document(schema), Heights(schema), "#", Seed.of(seed), name=name, lean=lean)
    return list(islice(make(Node.of(schema, "#"), place, inside), count))


A, B, C = (f"#/properties/{name}" for name in "abc")
EXTRA = "#/additionalProperties"


def values(*each):
    return {"values": each}


@pytest.mark.parametrize(
    ("schema", "full", "lean"),
    [
        ({}, {}, {}),
        ({"properties": {"a": {}, "b": {}}, "required": ["b"]}, {"a": A, "b": B}, {"b": B}),
        ({"properties": {"b": {}}, "required": ["z", "b"]}, {"b": B, "z": EXTRA}, {"b": B, "z": EXTRA}),
        ({"properties": {"a": False, "b": {}}}, {"b": B}, {}),
        ({"properties": {"a": {}, "b": {}, "c": {}}, "maxProperties": 2}, {"a": A, "b": B}, {}),
        ({"properties": {"a": {}, "b": {}}, "maxProperties": 1, "required": ["b"]}, {"b": B}, {"b": B}),
        ({"properties": {"a": {}, "b": {}, "c": {}}, "minProperties": 2}, {"a": A, "b": B, "c": C}, {"a": A, "b": B}),
        (
            {
                "properties": {"a": {}, "b": {}, "c": {}},
                "required": ["a"],
                "dependentRequired": {"a": ["c"], "c": ["a"]},
            },
            {"a": A, "b": B, "c": C},
            {"a": A, "c": C},
        ),
        (
            {"properties": {"ab": {"x": 1}}, "patternProperties": {"^a": {"y": 1}}},
            {"ab": [{"x": 1}, {"y": 1}]},
            {},
        ),
    ],
    ids=str,
)
def test_an_object_comes_full_and_then_lean(schema, full, lean):
    assert made(objects, schema, 4) == [full, lean, full, lean]
    assert made(objects, schema, 2, lean=True) == [lean, lean]
    assert list(made(objects, schema)[0]) == list(full)


def test_each_attempt_at_an_object_has_its_own_draws():
    def seeds(_, place):
        return iter([place.seed])

    drawn = made(objects, {"properties": {"a": {}}, "required": ["a"]}, 4, inside=seeds)
    assert drawn[0] == drawn[1] != drawn[2] == drawn[3]


def test_a_property_is_known_by_its_name_and_an_entry_by_that_of_its_map():
    def names(_, place):
        return iter([place.name])

    assert made(objects, {"properties": {"a": {}}}, 1, name="outer", inside=names) == [{"a": "a"}]
    (entries,) = made(objects, {"additionalProperties": {"x": 1}}, 1, name="outer", inside=names)
    assert set(entries.values()) == {"outer"}


def test_a_map_has_two_entries_and_lean_none():
    full, lean = made(objects, {"additionalProperties": {"x": 1}})
    assert (list(full.values()), lean) == ([EXTRA, EXTRA], {})


def test_what_no_schema_evaluates_is_additional_unless_additional_properties_are_told():
    full, _ = made(objects, {"unevaluatedProperties": {"x": 1}})
    assert list(full.values()) == [EXTRA, EXTRA]
    assert made(objects, {"unevaluatedProperties": False, "additionalProperties": {}, "required": ["a"]}, 1) == [
        {"a": EXTRA}
    ]


@pytest.mark.parametrize("additional", [True, {}])
def test_an_object_of_anything_is_empty(additional):
    assert made(objects, {"additionalProperties": additional}) == [{}, {}]


def test_entries_make_up_the_fewest_properties_and_do_not_take_declared_names():
    schema = {"properties": {"a": {}}, "minProperties": 3, "propertyNames": values("a", "b", "b", 5, "c")}
    full, lean = made(objects, schema, inside=_names_or_path)
    assert full == lean == {"a": A, "b": EXTRA, "c": EXTRA}


def _names_or_path(schema, place):
    return iter(schema["allOf"][1]["values"]) if isinstance(schema, dict) and "allOf" in schema else grow(schema, place)


def test_names_are_drawn_from_the_patterns():
    schema = {"patternProperties": {"^x-[a-z]+$": {}, "^y-[a-z]+$": {}}, "minProperties": 4}
    names = list(made(objects, schema, 1)[0])
    assert [name[:2] for name in names] == ["x-", "y-", "x-", "y-"]


@pytest.mark.parametrize(
    ("schema", "path", "keyword"),
    [
        ({"minProperties": 3, "maxProperties": 2}, "#", "minProperties"),
        ({"minProperties": MAX_ITEMS + 1}, "#", "minProperties"),
        ({"required": ["a", "b"], "maxProperties": 1}, "#", "maxProperties"),
        ({"properties": {"a": False}, "required": ["a"]}, "#/properties/a", "false"),
        ({"additionalProperties": False, "minProperties": 1}, "#/additionalProperties", "false"),
        ({"unevaluatedProperties": False, "required": ["a"]}, "#/additionalProperties", "false"),
        ({"minProperties": 2, "patternProperties": {"^x$": {}}}, "#", "minProperties"),
        ({"minProperties": 1, "patternProperties": {r"^[^\s\S]": {}}}, "#", "patternProperties"),
    ],
    ids=str,
)
def test_an_object_that_cannot_be_made_is_refused(schema, path, keyword):
    with pytest.raises(UnsupportedSchema) as caught:
        made(objects, schema)
    assert (caught.value.path, caught.value.keyword) == (path, keyword)


ITEM, FIRST, SECOND = "#/items", "#/prefixItems/0", "#/prefixItems/1"


@pytest.mark.parametrize(
    ("schema", "full", "lean"),
    [
        ({"items": {}, "minItems": 4}, [ITEM] * 4, [ITEM] * 4),
        ({"items": {}, "maxItems": 1}, [ITEM], []),
        ({"items": {}, "maxItems": 0}, [], []),
        ({"items": False}, [], []),
        ({"prefixItems": [{}, {}], "items": False, "minItems": 1}, [FIRST, SECOND], [FIRST]),
        ({"prefixItems": [{}, False], "maxItems": 2}, [FIRST], []),
        ({"prefixItems": [{}], "minItems": 3}, [FIRST, ITEM, ITEM], [FIRST, ITEM, ITEM]),
        ({"items": {}, "contains": False, "minContains": 0, "maxItems": 1}, [ITEM], []),
        ({"items": {"x": 1}, "contains": {"y": 1}, "maxItems": 1}, [[{"x": 1}, {"y": 1}]], [[{"x": 1}, {"y": 1}]]),
        (
            {"items": {"x": 1}, "contains": {"y": 1}, "minContains": 2, "minItems": 3},
            [ITEM, [{"x": 1}, {"y": 1}], [{"x": 1}, {"y": 1}]],
            [ITEM, [{"x": 1}, {"y": 1}], [{"x": 1}, {"y": 1}]],
        ),
        ({"items": values(1, 1.0, True, 2), "uniqueItems": True, "minItems": 3}, [1, True, 2], [1, True, 2]),
        ({"items": values(1), "uniqueItems": True, "minItems": 1, "maxItems": 1}, [1], [1]),
    ],
    ids=str,
)
def test_an_array_comes_full_and_then_lean(schema, full, lean):
    assert made(arrays, schema, 4) == [full, lean, full, lean]
    assert made(arrays, schema, 2, lean=True) == [lean, lean]


def test_an_array_has_one_to_three_items_and_fewer_where_no_others_are_found():
    assert {len(made(arrays, {"items": {}}, 1, seed=seed)[0]) for seed in range(40)} == {1, 2, 3}
    assert {len(made(arrays, {"items": values(7), "uniqueItems": True}, 1, seed=seed)[0]) for seed in range(40)} == {1}


def test_items_are_known_by_the_name_of_their_array():
    def names(_, place):
        return iter([place.name])

    assert made(arrays, {"minItems": 2, "maxItems": 2}, 1, name="tags", inside=names) == [["tags", "tags"]]


def test_each_item_has_its_own_draws():
    def seeds(_, place):
        return iter([place.seed])

    (drawn,) = made(arrays, {"minItems": 5}, 1, inside=seeds)
    assert len(set(drawn)) == 5


@pytest.mark.parametrize(
    ("schema", "path", "keyword"),
    [
        ({"minItems": 3, "maxItems": 2}, "#", "minItems"),
        ({"minItems": MAX_ITEMS + 1}, "#", "minItems"),
        ({"items": False, "contains": {}}, "#", "minItems"),
        ({"prefixItems": [False], "minItems": 1}, "#/prefixItems/0", "false"),
        ({"items": values(1, 2), "uniqueItems": True, "minItems": 3}, "#", "uniqueItems"),
    ],
    ids=str,
)
def test_an_array_that_cannot_be_made_is_refused(schema, path, keyword):
    with pytest.raises(UnsupportedSchema) as caught:
        made(arrays, schema)
    assert (caught.value.path, caught.value.keyword) == (path, keyword)


def test_a_place_that_is_lean_stays_lean_inside():
    place = replace(Place(Document({}), Heights({}), "#", Seed.of(1)), lean=True)
    seen = []

    def leans(_, inner):
        seen.append(inner.lean)
        return iter([1])

    next(objects(Node.of({"required": ["a"]}, "#"), place, leans))
    assert seen == [True]
