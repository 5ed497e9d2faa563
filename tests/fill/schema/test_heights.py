from math import inf

import pytest

from mockllm.fill.schema.heights import Heights


def one(value):
    return {"type": "object", "properties": {"a": value}, "required": ["a"]}


HEIGHTS = [
    (True, 0),
    ({}, 0),
    (False, inf),
    ({"type": "string"}, 0),
    ({"const": {"a": {}}}, 0),
    ({"enum": [[[]]], "type": "array", "minItems": 1}, 0),
    ({"type": "object"}, 0),
    (one({"type": "string"}), 1),
    (one(one({})), 2),
    ({"type": "object", "properties": {"a": one({})}}, 0),
    ({"type": "object", "required": ["a", "b"], "properties": {"b": one({})}}, 2),
    ({"properties": {"a": one({})}, "required": ["a"]}, 2),
    ({"type": "array", "items": one({})}, 0),
    ({"type": "array", "items": one({}), "minItems": 1}, 2),
    ({"items": one({}), "minItems": 1}, 2),
    ({"type": "array", "minItems": 1}, 1),
    ({"type": "array", "prefixItems": [{}, one({})], "minItems": 1}, 1),
    ({"type": "array", "prefixItems": [{}, one({})], "minItems": 2}, 2),
    ({"type": "array", "items": [{}, one({})], "minItems": 2}, 2),
    ({"type": "array", "items": [], "minItems": 1}, 1),
    ({**one({}), "type": ["object", "null"]}, 0),
    ({"type": []}, 0),
    ({"type": 5, "required": 3, "properties": 4, "minItems": "x"}, 0),
    ({"anyOf": [one(one({})), one({})]}, 1),
    ({"oneOf": [one({})], "type": "object"}, 1),
    ({"allOf": [one({}), one(one({}))]}, 2),
    ({"anyOf": []}, 0),
]


@pytest.mark.parametrize(("schema", "height"), HEIGHTS, ids=str)
def test_the_height_is_that_of_the_flattest_value(schema, height):
    assert Heights(schema).of(schema) == height


def test_a_reference_is_as_high_as_its_target():
    root = {"$defs": {"a": one({"$ref": "#/$defs/b"}), "b": one({})}}
    assert Heights({**root, "$ref": "#/$defs/a"}).of({"$ref": "#/$defs/a"}) == 2


def test_recursion_counts_by_its_way_out():
    root = {
        "$defs": {
            "expression": {"anyOf": [{"$ref": "#/$defs/sum"}, {"$ref": "#/$defs/number"}]},
            "sum": one({"$ref": "#/$defs/expression"}),
            "number": one({"type": "number"}),
            "endless": one({"$ref": "#/$defs/endless"}),
        }
    }
    heights = Heights(root)
    names = ("expression", "sum", "number", "endless")
    assert [heights.of(root["$defs"][name]) for name in names] == [1, 2, 1, inf]
    assert heights.of({"$ref": "#/$defs/never/mentioned"}) == inf


def test_references_are_found_in_lists_too():
    root = {"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": one({})}}
    assert Heights(root).of(root) == 1


def test_a_schema_nested_too_deep_counts_as_endless():
    schema = {}
    for _ in range(30):
        schema = one(schema)
    assert Heights(schema).of(schema) == inf
