import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mockllm.fill.schema.accept import identity, property_schemas, refusal
from mockllm.fill.schema.document import Document, Node, UnsupportedSchema


def verdict(schema, value):
    return refusal(schema, value, "#", Document(schema))


# Each row: a schema, values that are valid under it, and values that are not with the keyword that says so.
VERDICTS = [
    (True, [1, None], {}),
    ({}, [1, None, "a"], {}),
    ({"type": "integer"}, [1, 1.0, -3], {"type": [1.5, True, "1", None]}),
    ({"type": ["string", "null"]}, ["", None], {"type": [1, False, [], {}]}),
    ({"type": "object"}, [{}], {"type": [[]]}),
    ({"type": "array"}, [[], [1]], {"type": ["ab", {}]}),
    ({"type": "number"}, [1, 1.5], {"type": [True]}),
    ({"type": "boolean"}, [True], {"type": [1]}),
    ({"const": 1}, [1, 1.0], {"const": [True, "1"]}),
    ({"const": {"a": [1, 2]}}, [{"a": [1, 2]}], {"const": [{"a": [2, 1]}]}),
    ({"enum": [0, "a"]}, [0, "a", 0.0], {"enum": [False, "b"]}),
    ({"minimum": 3}, [3, 4, "a", True], {"minimum": [2, 2.999]}),
    ({"maximum": 0.1}, [0.1, 0], {"maximum": [0.2]}),
    ({"exclusiveMinimum": 3}, [3.5], {"exclusiveMinimum": [3]}),
    ({"exclusiveMaximum": 3}, [2], {"exclusiveMaximum": [3]}),
    ({"multipleOf": 3}, [6, 0, -3, "a"], {"multipleOf": [7, 6.5]}),
    ({"multipleOf": 0.01}, [0.05, 19], {"multipleOf": [0.005]}),
    ({"minLength": 2}, ["ab", "🌞🌞", 1], {"minLength": ["a", "🌞"]}),
    ({"maxLength": 2}, ["ab"], {"maxLength": ["abc"]}),
    ({"pattern": "^a"}, ["ab", 1], {"pattern": ["ba"]}),
    ({"prefixItems": [{"type": "string"}, {"type": "null"}]}, [[], ["a"], ["a", None, 1], "x"], {"prefixItems": [[1]]}),
    ({"items": {"type": "string"}}, [[], ["a"], {}], {"items": [["a", 1]]}),
    ({"prefixItems": [{}], "items": False}, [[1]], {"prefixItems": [[1, 2]]}),
    ({"contains": {"const": 1}}, [[1], [0, 1], "a"], {"contains": [[], [0]]}),
    ({"contains": {"const": 1}, "minContains": 2, "maxContains": 2}, [[1, 1]], {"contains": [[1], [1, 1, 1]]}),
    ({"contains": {"const": 1}, "minContains": 0}, [[]], {}),
    ({"minItems": 1}, [[1], "a"], {"minItems": [[]]}),
    ({"maxItems": 1}, [[1]], {"maxItems": [[1, 2]]}),
    ({"uniqueItems": True}, [[1, True], [[1], [2]], "aa"], {"uniqueItems": [[1, 1.0], [{"a": 1}, {"a": 1}]]}),
    ({"uniqueItems": False}, [[1, 1]], {}),
    ({"required": ["a"]}, [{"a": None}, []], {"required": [{"b": 1}]}),
    ({"dependentRequired": {"a": ["b"]}}, [{}, {"a": 1, "b": 1}, "a"], {"dependentRequired": [{"a": 1}]}),
    ({"properties": {"a": {"type": "string"}}}, [{"a": "x", "b": 1}, {}, "a"], {"properties": [{"a": 1}]}),
    ({"additionalProperties": False}, [{}], {"additionalProperties": [{"a": 1}]}),
    (
        {"properties": {"a": {}}, "patternProperties": {"^x": {"type": "null"}}, "additionalProperties": False},
        [{"a": 1, "x1": None}],
        {"properties": [{"b": 1}, {"x1": 1}]},
    ),
    ({"propertyNames": {"maxLength": 1}}, [{"a": 1}, "abc"], {"propertyNames": [{"ab": 1}]}),
    ({"minProperties": 1}, [{"a": 1}, []], {"minProperties": [{}]}),
    ({"maxProperties": 1}, [{"a": 1}], {"maxProperties": [{"a": 1, "b": 2}]}),
    ({"$ref": "#/$defs/s", "$defs": {"s": {"type": "string"}}}, ["a"], {"$ref": [1]}),
    (
        {"properties": {"next": {"$ref": "#"}}, "required": ["v"]},
        [{"v": 1, "next": {"v": 2}}],
        {"properties": [{"v": 1, "next": {}}]},
    ),
    ({"allOf": [{"minimum": 1}, {"maximum": 3}]}, [2], {"allOf": [0, 4]}),
    ({"anyOf": [{"const": 1}, {"const": 2}]}, [1, 2], {"anyOf": [3]}),
    ({"oneOf": [{"minimum": 1}, {"maximum": 3}]}, [0, 4], {"oneOf": [2]}),
    ({"not": {"type": "string"}}, [1], {"not": ["a"]}),
    ({"if": {"minimum": 5}, "then": {"multipleOf": 2}, "else": {"const": 1}}, [6, 1], {"if": [7, 2]}),
    ({"if": {"minimum": 5}}, [6, 1], {}),
    ({"title": "x", "format": "date", "default": 3}, ["no date"], {}),
]


@pytest.mark.parametrize(("schema", "valid", "_invalid"), VERDICTS, ids=str)
def test_valid_values_are_accepted(schema, valid, _invalid):
    assert [verdict(schema, value) for value in valid] == [None] * len(valid)
    assert all(Draft202012Validator(schema).is_valid(value) for value in valid)


@pytest.mark.parametrize(("schema", "_valid", "invalid"), VERDICTS, ids=str)
def test_invalid_values_are_refused_by_the_keyword(schema, _valid, invalid):
    for keyword, values in invalid.items():
        assert [verdict(schema, value) for value in values] == [keyword] * len(values)
        assert not any(Draft202012Validator(schema).is_valid(value) for value in values)


def test_a_false_schema_refuses_everything():
    assert verdict(False, 1) == "false"


def test_a_multiple_is_one_by_floating_point_division_as_well():
    # 7 * 0.01 is 0.07 in decimal, but 0.07 / 0.01 is 7.000000000000001 in binary.
    assert verdict({"multipleOf": 0.01}, 0.07) == "multipleOf"
    assert verdict({"multipleOf": 1e-300}, 1e300) == "multipleOf"
    assert verdict({"multipleOf": 0.5}, 10**400) == "multipleOf"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, 1.0, 2.0]) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.sampled_from([schema for schema, _, _ in VERDICTS]), JSON)
def test_the_verdict_is_that_of_the_jsonschema_library(schema, value):
    assert (verdict(schema, value) is None) == Draft202012Validator(schema).is_valid(value)


def test_equal_json_values_are_identical_and_others_are_not():
    assert identity({"a": 1, "b": [2]}) == identity({"b": [2.0], "a": 1.0})
    assert identity(1) != identity(True)
    assert identity([1, 2]) != identity([2, 1])
    assert identity([]) != identity({})


def test_a_property_meets_its_own_schema_and_those_of_patterns_or_else_the_additional_one():
    node = Node.of({"properties": {"ab": {"title": "n"}}, "patternProperties": {"^a": {"title": "p"}}}, "#")
    assert property_schemas(node, "ab") == [
        ({"title": "n"}, ("properties", "ab")),
        ({"title": "p"}, ("patternProperties", "^a")),
    ]
    assert property_schemas(node, "zz") == [(True, ("additionalProperties",))]


@pytest.mark.parametrize(
    ("schema", "value", "path", "keyword"),
    [
        ({"properties": {"a": {"pattern": "("}}}, {"a": "x"}, "#/properties/a", "pattern"),
        ({"patternProperties": {"(": {}}}, {"a": 1}, "#", "patternProperties"),
        ({"anyOf": [{"minimum": "1"}]}, 1, "#/anyOf/0", "minimum"),
        ({"$ref": "#"}, 1, "#", "$ref"),
        ({"not": {"$ref": "#/$defs/none"}}, 1, "#/not", "$ref"),
    ],
)
def test_a_schema_that_cannot_be_read_is_refused_with_its_place(schema, value, path, keyword):
    with pytest.raises(UnsupportedSchema) as caught:
        verdict(schema, value)
    assert (caught.value.path, caught.value.keyword) == (path, keyword)
