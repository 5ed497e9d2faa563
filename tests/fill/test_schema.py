import json
import os
import re
import subprocess
import sys
from datetime import date, datetime
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from mockllm.errors import MockLLMError
from mockllm.fill.schema import UnsupportedSchema, example
from mockllm.seeds import Seed

WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Where"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 7},
    },
    "required": ["city", "unit"],
    "additionalProperties": False,
}
TREE = {
    "$ref": "#/$defs/Node",
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["value", "children"],
            "additionalProperties": False,
        }
    },
}
LINKED = {
    "type": "object",
    "properties": {"value": {"type": "string"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
    "required": ["value", "next"],
}
EXPRESSION = {
    "$ref": "#/definitions/Expression",
    "definitions": {
        "Expression": {"anyOf": [{"$ref": "#/definitions/Sum"}, {"$ref": "#/definitions/Number"}]},
        "Sum": {
            "type": "object",
            "properties": {"left": {"$ref": "#/definitions/Expression"}, "right": {"$ref": "#/definitions/Expression"}},
            "required": ["left", "right"],
        },
        "Number": {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]},
    },
}
SHAPES = {
    "oneOf": [
        {
            "type": "object",
            "properties": {"kind": {"const": kind}, size: {"type": "number"}},
            "required": ["kind", size],
        }
        for kind, size in (("circle", "radius"), ("square", "side"))
    ]
}
EITHER = {
    "type": "object",
    "properties": {"email": {"type": "string"}, "phone": {"type": "string"}},
    "oneOf": [{"required": ["email"]}, {"required": ["phone"]}],
}
CONDITIONAL = {
    "type": "object",
    "properties": {"kind": {"enum": ["a", "b"]}, "x": {"type": "string"}, "y": {"type": "string"}},
    "required": ["kind"],
    "if": {"properties": {"kind": {"const": "a"}}},
    "then": {"required": ["x"]},
    "else": {"required": ["y"]},
}
MERGED = {
    "allOf": [
        {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]},
        {"properties": {"n": {"maximum": 4}, "s": {"type": "string", "minLength": 2}}, "required": ["s"]},
    ]
}
STRINGS = [
    {"type": "string"},
    {"type": "string", "minLength": 30, "maxLength": 31},
    {"type": "string", "maxLength": 0},
    {"type": "string", "pattern": r"^[A-Z]{2}\d{4}$"},
    {"type": "string", "pattern": "^(cat|dog)s?$"},
    {"type": "string", "pattern": "[0-9]", "minLength": 12},
    {"type": "string", "pattern": r"^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{8,}$"},
    {"type": "string", "format": "email", "minLength": 3, "maxLength": 320},
    {"type": "string", "format": "date", "pattern": "^20"},
    {"minLength": 4},
]
NUMBERS = [
    {"type": "integer"},
    {"type": "integer", "minimum": -3, "exclusiveMaximum": -1},
    {"type": "integer", "multipleOf": 7, "minimum": 8, "maximum": 20},
    {"type": "integer", "minimum": 2**60},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    {"type": "number", "multipleOf": 0.01, "minimum": 0.05, "maximum": 0.09},
    {"type": "number", "minimum": 1e300},
    {"minimum": 5, "maximum": 6},
]
ARRAYS = [
    {"type": "array"},
    {"type": "array", "items": {"type": "string"}, "minItems": 4, "maxItems": 4},
    {"type": "array", "items": {"enum": [1, 2, 3, 4, 5]}, "uniqueItems": True, "minItems": 5},
    {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
    {"type": "array", "items": {"type": "integer"}, "contains": {"const": 7}, "maxContains": 1},
    {"items": {"type": "null"}, "minItems": 1},
]
OBJECTS = [
    WEATHER,
    {"type": "object"},
    {"type": "object", "additionalProperties": {"type": "number"}},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3},
    {"type": "object", "propertyNames": {"enum": ["red", "green"]}, "minProperties": 2},
    {"type": "object", "patternProperties": {"^x-[a-z]+$": {"type": "boolean"}}, "additionalProperties": False},
    {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "maxProperties": 1},
    {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"], "dependentRequired": {"a": ["b"]}},
    {"type": "object", "properties": {"s": {"type": "string"}}, "not": {"required": ["s"]}},
    {"required": ["undeclared"]},
    {
        "allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}],
        "properties": {"b": {"type": "null"}},
        "unevaluatedProperties": False,
    },
]
COMBINED = [
    TREE,
    LINKED,
    EXPRESSION,
    SHAPES,
    EITHER,
    CONDITIONAL,
    MERGED,
    {"type": ["string", "null"]},
    {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 5, "maximum": 5}]},
    {"oneOf": [{"type": "integer"}, {"type": "number"}]},
    {"anyOf": [{"type": "integer"}, {"type": "null"}], "oneOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
    {"enum": [1, "a", None]},
    {"enum": [3, "x"], "type": "string"},
    {"const": {"deep": [1, None]}},
    {"type": "null"},
    {"not": {"type": "object"}},
    {},
]
TABLE = STRINGS + NUMBERS + ARRAYS + OBJECTS + COMBINED


def of(schema, seed=7):
    return example(schema, Seed.of(seed))


@pytest.mark.parametrize("schema", TABLE, ids=json.dumps)
@pytest.mark.parametrize("seed", range(5))
def test_an_example_is_valid_under_its_schema(schema, seed):
    Draft202012Validator(schema).validate(of(schema, seed))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False, "minItems": 2},
        {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"], "dependencies": {"a": ["b"]}},
        EXPRESSION,
    ],
    ids=json.dumps,
)
def test_draft_7_is_read_as_its_own_validator_reads_it(schema):
    Draft7Validator(schema).validate(of(schema))


def numbers(kind):
    bounds = st.tuples(st.integers(-1000, 1000), st.integers(0, 500))
    steps = st.sampled_from([{}, {"multipleOf": 1}, {"multipleOf": 0.5}])
    return st.builds(
        lambda bound, step: {"type": kind, "minimum": bound[0], "maximum": bound[0] + bound[1], **step}, bounds, steps
    )


def texts():
    lengths = st.tuples(st.integers(0, 40), st.integers(0, 40))
    patterns = st.sampled_from([r"^\d{3}-\d{4}$", "^[a-f]+$", "^(yes|no|maybe)$", r"^\w{1,9}$", "x"])
    formats = st.sampled_from(["date", "time", "date-time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname"])
    return st.one_of(
        st.builds(lambda pair: {"type": "string", "minLength": pair[0], "maxLength": sum(pair)}, lengths),
        st.builds(lambda pattern: {"type": "string", "pattern": pattern}, patterns),
        st.builds(lambda form: {"type": "string", "format": form}, formats),
    )


def containers(inner):
    names = st.sampled_from(["name", "email", "price", "tags", "createdAt", "order_id", "x"])
    return st.one_of(
        st.builds(
            lambda items, least, more, unique: {
                "type": "array",
                "items": items,
                "minItems": least,
                "maxItems": least + more,
                **({"uniqueItems": True} if unique and least < 2 else {}),
            },
            inner,
            st.integers(0, 3),
            st.integers(0, 3),
            st.booleans(),
        ),
        st.builds(
            lambda properties, needed, extra: {
                "type": "object",
                "properties": properties,
                "required": [name for name, need in zip(properties, needed, strict=False) if need],
                **extra,
            },
            st.dictionaries(names, inner, max_size=4),
            st.lists(st.booleans(), min_size=4, max_size=4),
            st.sampled_from([{}, {"additionalProperties": False}]),
        ),
        st.builds(lambda values: {"type": "object", "additionalProperties": values}, inner),
        st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda branches: {
                "oneOf": [
                    {"type": "object", "properties": {"kind": {"const": at}, "of": branch}, "required": ["kind", "of"]}
                    for at, branch in enumerate(branches)
                ]
            },
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda one: {"allOf": [one, {}]}, inner),
    )


SCALARS = st.one_of(
    texts(),
    numbers("integer"),
    numbers("number"),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": ["integer", "null"]}, {}]),
    st.builds(lambda values: {"enum": values}, st.lists(st.integers() | st.text() | st.none(), min_size=1, max_size=4)),
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.recursive(SCALARS, containers, max_leaves=12), st.integers(0, 1000))
def test_every_satisfiable_schema_of_the_subset_has_a_valid_example(schema, seed):
    value = of(schema, seed)
    Draft202012Validator(schema).validate(value)
    assert json.loads(json.dumps(value, allow_nan=False)) == value


def test_no_schema_and_a_schema_of_anything_give_an_empty_object():
    assert of(None) == {}
    assert of({}) == {}
    assert of(True) == {}


def test_the_same_seed_gives_the_same_example_and_another_seed_another():
    assert of(WEATHER) == of(WEATHER)
    assert len({json.dumps(of(WEATHER, seed)) for seed in range(20)}) > 10


def test_an_example_does_not_depend_on_the_process():
    script = (
        "import json, sys\nfrom mockllm.fill.schema import example\nfrom mockllm.seeds import Seed\n"
        "print(json.dumps([example(schema, Seed.of(7)) for schema in json.load(sys.stdin)]))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script],
            input=json.dumps(TABLE),
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0]) == [of(schema) for schema in TABLE]


def test_the_value_of_a_property_does_not_depend_on_the_other_properties():
    city = {"type": "string"}
    alone = of({"type": "object", "properties": {"city": city}})
    among = of({"type": "object", "properties": {"id": {"type": "string"}, "city": city, "tags": {"type": "array"}}})
    assert among["city"] == alone["city"]


def test_properties_come_in_the_order_of_the_schema_and_undeclared_ones_last():
    schema = {"type": "object", "properties": {"b": {}, "a": {}, "c": {}}, "required": ["z", "c", "a"]}
    assert list(of(schema)) == ["b", "a", "c", "z"]


def test_optional_properties_are_there_down_to_the_sixth_object():
    schema = {"type": "object", "properties": {"leaf": {"type": "integer"}}}
    for _ in range(9):
        schema = {"type": "object", "properties": {"in": schema, "leaf": {"type": "integer"}}, "required": ["in"]}
    value, with_leaf = of(schema), []
    while "in" in value:
        with_leaf.append("leaf" in value)
        value = value["in"]
    assert with_leaf == [True] * 5 + [False] * 4


def test_an_optional_property_without_a_possible_value_is_left_out():
    schema = {"type": "object", "properties": {"a": False, "b": {"type": "string", "pattern": "("}, "c": {"const": 1}}}
    assert of(schema) == {"c": 1}


def test_null_is_taken_only_where_nothing_else_is_possible():
    for schema in (
        {"type": ["null", "integer"]},
        {"anyOf": [{"type": "null"}, {"type": "integer"}]},
        {"enum": [None, 3]},
        {"type": "integer", "nullable": True},
    ):
        assert all(isinstance(of(schema, seed), int) for seed in range(10))
    assert of({"type": ["null", "integer"], "minimum": 3, "maximum": 2}) is None


def test_recursion_ends_at_the_second_visit():
    tree = of(TREE)
    assert tree["children"]
    assert all(child["children"] == [] for child in tree["children"])
    linked = of(LINKED)
    while linked["next"] is not None:
        linked = linked["next"]
    assert {len(json.dumps(of(EXPRESSION, seed))) < 300 for seed in range(20)} == {True}


def test_openapi_null_ends_a_recursion_that_has_no_other_end():
    schema = {
        "type": "object",
        "nullable": True,
        "properties": {"parent": {"$ref": "#"}},
        "required": ["parent"],
    }
    assert of(schema) == {"parent": None}


def test_all_types_and_branches_turn_up():
    several = {"type": ["string", "integer", "boolean", "number"]}
    assert {type(of(several, seed)) for seed in range(60)} == {str, int, bool, float}
    assert {of(SHAPES, seed)["kind"] for seed in range(30)} == {"circle", "square"}
    assert {of({"enum": ["a", "b", "c"]}, seed) for seed in range(40)} == {"a", "b", "c"}


FORMATS = {
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
    "time": re.compile(r"([01]\d|2[0-3])(:[0-5]\d){2}Z").fullmatch,
    "uuid": UUID,
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "email": re.compile(r"[\w.]+@example\.(com|net|org)").fullmatch,
    "uri": re.compile(r"https://[a-z]+\.example\.com/[a-z-]+").fullmatch,
    "hostname": re.compile(r"[a-z]+\.example\.com").fullmatch,
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("seed", range(10))
def test_a_format_is_honoured(form, seed):
    assert FORMATS[form](of({"type": "string", "format": form}, seed))


def test_formats_that_refer_to_time_do_not_refer_to_today():
    dates = {date.fromisoformat(of({"type": "string", "format": "date"}, seed)) for seed in range(200)}
    assert min(dates) >= date(2020, 1, 1)
    assert max(dates) < date(2026, 1, 1)


def test_items_take_their_names_from_the_array():
    emails = of({"type": "object", "properties": {"emails": {"type": "array", "items": {"type": "string"}}}})["emails"]
    assert emails
    assert all("@example." in email for email in emails)


def test_an_integer_is_one_that_json_readers_keep_exact():
    values = [of({"type": "integer", "minimum": 2**53 - 3, "maximum": 2**70}, seed) for seed in range(20)]
    assert all(2**53 - 3 <= value <= 2**53 - 1 for value in values)


def test_numbers_have_two_decimals():
    values = [of({"type": "number"}, seed) for seed in range(50)]
    assert all(len(str(value).partition(".")[2]) <= 2 for value in values)


REFUSED = [
    (False, "#", "false"),
    (3, "#", "schema"),
    ({"type": "frob"}, "#", "type"),
    ({"minimum": "3"}, "#", "minimum"),
    ({"type": "object", "properties": {"a": {"required": True}}, "required": ["a"]}, "#/properties/a", "required"),
    ({"type": "string", "minLength": 5, "maxLength": 2}, "#", "minLength"),
    ({"type": "string", "minLength": 10**9}, "#", "minLength"),
    ({"type": "string", "pattern": "("}, "#", "pattern"),
    ({"type": "string", "pattern": "^a", "enum": ["b"]}, "#", "pattern"),
    ({"type": "string", "format": "date", "maxLength": 3}, "#", "maxLength"),
    ({"type": "integer", "minimum": 3, "maximum": 2}, "#", "minimum"),
    ({"type": "array", "minItems": 10**9}, "#", "minItems"),
    ({"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3}, "#", "uniqueItems"),
    ({"type": "object", "properties": {"a/b": {"enum": []}}, "required": ["a/b"]}, "#/properties/a~1b", "enum"),
    ({"type": "object", "required": ["a"], "additionalProperties": False}, "#/additionalProperties", "false"),
    ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "#", "type"),
    ({"oneOf": [{"type": "string"}, {"type": "string"}]}, "#", "oneOf"),
    ({"anyOf": [False, {"type": "integer", "minimum": 3, "maximum": 2}]}, "#/anyOf/0", "false"),
    ({"not": {}}, "#", "not"),
    ({"$ref": "#/$defs/missing"}, "#", "$ref"),
    ({"$ref": "https://example.com/schema"}, "#", "$ref"),
    ({"$ref": "#"}, "#", "$ref"),
    ({"anyOf": [{"$ref": "#"}]}, "#/anyOf/0", "anyOf"),
    ({"properties": {"self": {"$ref": "#"}}, "required": ["self"]}, "#/properties/self", "$ref"),
    ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "string", "pattern": "("}}}, "#/$defs/A", "pattern"),
    ({"$dynamicRef": "#node"}, "#", "$dynamicRef"),
]


@pytest.mark.parametrize(("schema", "path", "keyword"), REFUSED, ids=lambda value: json.dumps(value)[:60])
def test_a_refusal_names_the_place_and_the_keyword(schema, path, keyword):
    with pytest.raises(UnsupportedSchema) as caught:
        of(schema)
    assert (caught.value.path, caught.value.keyword) == (path, keyword)
    assert f"JSON Schema at {path}: `{keyword}` " in str(caught.value)
    assert "script the answer" in str(caught.value)
    assert isinstance(caught.value, MockLLMError)


def test_an_example_that_costs_too_much_is_refused():
    item = {"type": "array", "items": {"type": "integer"}, "minItems": 100}
    with pytest.raises(UnsupportedSchema, match="takes more than 5000 values"):
        of({"type": "array", "items": item, "minItems": 100})


def test_a_schema_nested_too_deep_for_the_interpreter_is_refused():
    schema = {"type": "integer"}
    for _ in range(15):
        for _ in range(18):
            schema = {"anyOf": [schema]}
        schema = {"type": "object", "properties": {"in": schema}, "required": ["in"]}
    # Where the interpreter gives up, and so in which words, differs between versions of Python.
    with pytest.raises(UnsupportedSchema):
        of(schema)


def test_a_branch_that_cannot_be_met_is_passed_over():
    assert of({"anyOf": [{"type": "string", "maxLength": 3, "minLength": 4}, {"const": 5}, False]}) == 5
    assert of({"anyOf": [{"type": "string", "pattern": "("}, {"const": 5}]}) == 5


def test_lean_values_take_the_branch_that_nests_least():
    branches = [{"$ref": "#/$defs/deep"}, {"type": "object", "properties": {"n": {"const": 1}}, "required": ["n"]}]
    schema = {
        "$ref": "#/$defs/deep",
        "$defs": {"deep": {"type": "object", "properties": {"to": {"anyOf": branches}}, "required": ["to"]}},
    }
    depths = {str(of(schema, seed)).count("to") for seed in range(20)}
    assert max(depths) <= 3


def test_each_length_of_a_list_turns_up():
    sizes = [len(of({"type": "array", "items": {"type": "integer"}}, seed)) for seed in range(40)]
    assert set(sizes) == {1, 2, 3}
    assert any(before != after for before, after in pairwise(sizes))
