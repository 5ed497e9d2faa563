import pytest

from mockllm.fill.schema.document import Document, Node, UnsupportedSchema
from mockllm.fill.schema.flat import Flat, flatten, merged


def flat(schema, path="#"):
    return flatten(schema, path, Document(schema))


def keywords(schema):
    return flat(schema).node.keywords


def both(one, two):
    return keywords({"allOf": [one, two]})


# Each row: two schemas, the keyword, and its value in the schema that is both.
MERGES = [
    ({"type": "integer"}, {"type": "number"}, "type", ["integer"]),
    ({"type": "number"}, {"type": ["number", "string"]}, "type", ["number"]),
    ({"type": ["string", "null", "integer"]}, {"type": ["null", "string"]}, "type", ["string", "null"]),
    ({"enum": [1, "a", None]}, {"enum": ["a", 1.0]}, "enum", [1, "a"]),
    ({"const": 1}, {"enum": [1, 2]}, "enum", [1]),
    ({"const": 1, "enum": [1, 2]}, {}, "enum", [1]),
    ({"const": None}, {}, "enum", [None]),
    ({"minimum": 1}, {"minimum": 2}, "minimum", 2),
    ({"exclusiveMinimum": 3}, {"exclusiveMinimum": 2}, "exclusiveMinimum", 3),
    ({"maximum": 1}, {"maximum": 2}, "maximum", 1),
    ({"exclusiveMaximum": 2}, {"exclusiveMaximum": 3}, "exclusiveMaximum", 2),
    ({"minLength": 1}, {"minLength": 2}, "minLength", 2),
    ({"maxLength": 1}, {"maxLength": 2}, "maxLength", 1),
    ({"minItems": 1}, {"minItems": 2}, "minItems", 2),
    ({"maxItems": 1}, {"maxItems": 2}, "maxItems", 1),
    ({"minContains": 1}, {"minContains": 2}, "minContains", 2),
    ({"maxContains": 1}, {"maxContains": 2}, "maxContains", 1),
    ({"minProperties": 1}, {"minProperties": 2}, "minProperties", 2),
    ({"maxProperties": 1}, {"maxProperties": 2}, "maxProperties", 1),
    ({"multipleOf": 4}, {"multipleOf": 6}, "multipleOf", 12),
    ({"multipleOf": 0.2}, {"multipleOf": 0.3}, "multipleOf", 0.6),
    ({"uniqueItems": False}, {"uniqueItems": True}, "uniqueItems", True),
    ({"uniqueItems": False}, {"uniqueItems": False}, "uniqueItems", False),
    ({"required": ["a", "b"]}, {"required": ["c", "a"]}, "required", ["a", "b", "c"]),
    (
        {"dependentRequired": {"a": ["b"], "c": []}},
        {"dependentRequired": {"a": ["d"], "e": ["f"]}},
        "dependentRequired",
        {"a": ["b", "d"], "c": [], "e": ["f"]},
    ),
    ({"pattern": "a"}, {"pattern": "b"}, "pattern", "a"),
    ({"format": "date"}, {}, "format", "date"),
    ({"items": {"title": "x"}}, {"items": True}, "items", {"title": "x"}),
    ({"items": True}, {"items": {"title": "x"}}, "items", {"title": "x"}),
    ({"items": {"title": "x"}}, {"items": {"title": "x"}}, "items", {"title": "x"}),
    ({"items": {"title": "x"}}, {"items": {"title": "y"}}, "items", {"allOf": [{"title": "x"}, {"title": "y"}]}),
    ({"contains": {"title": "x"}}, {"contains": False}, "contains", {"allOf": [{"title": "x"}, False]}),
    (
        {"patternProperties": {"a": {"title": "x"}, "b": True}},
        {"patternProperties": {"a": {"title": "y"}, "c": True}},
        "patternProperties",
        {"a": {"allOf": [{"title": "x"}, {"title": "y"}]}, "b": True, "c": True},
    ),
    (
        {"properties": {"a": {"title": "x"}, "b": True}},
        {"properties": {"b": {"title": "y"}, "c": {"title": "z"}}},
        "properties",
        {"a": {"title": "x"}, "b": {"title": "y"}, "c": {"title": "z"}},
    ),
    (
        {"properties": {"a": {"title": "x"}}, "additionalProperties": False},
        {"properties": {"b": {"title": "y"}}},
        "properties",
        {"a": {"title": "x"}, "b": {"allOf": [False, {"title": "y"}]}},
    ),
    (
        {"properties": {"ab": {"title": "x"}}, "patternProperties": {"^a": {"title": "p"}}},
        {},
        "properties",
        {"ab": {"title": "x"}},
    ),
    (
        {"patternProperties": {"^a": {"title": "p"}}, "additionalProperties": False},
        {"properties": {"ab": {"title": "x"}}},
        "properties",
        {"ab": {"title": "x"}},
    ),
    (
        {"prefixItems": [{"title": "x"}], "items": {"title": "rest"}},
        {"prefixItems": [{"title": "y"}, {"title": "z"}]},
        "prefixItems",
        [{"allOf": [{"title": "x"}, {"title": "y"}]}, {"allOf": [{"title": "rest"}, {"title": "z"}]}],
    ),
]


@pytest.mark.parametrize(("one", "two", "keyword", "value"), MERGES, ids=str)
def test_two_schemas_at_once_are_one(one, two, keyword, value):
    assert both(one, two)[keyword] == value


def test_keywords_of_only_one_are_kept_and_annotations_are_not():
    assert both({"minimum": 1, "title": "x"}, {"maxLength": 2, "default": 3}) == {"minimum": 1, "maxLength": 2}


def test_types_that_have_nothing_in_common_are_refused_where_they_meet():
    with pytest.raises(UnsupportedSchema) as caught:
        flat({"allOf": [{"type": "string"}, {"type": "integer"}]}, "#/items")
    assert (caught.value.path, caught.value.keyword) == ("#/items", "type")


def test_a_reference_is_followed_and_its_siblings_hold_too():
    document = Document({"$defs": {"a": {"minimum": 1, "maximum": 9}}})
    assert flatten({"$ref": "#/$defs/a", "minimum": 3}, "#/x", document) == Flat(
        Node({"minimum": 3, "maximum": 9}, "#/x"), (), frozenset({"#/$defs/a"})
    )


def test_what_only_points_elsewhere_is_known_by_where_it_points():
    document = Document({"$defs": {"a": {"$ref": "#/$defs/b", "title": "x"}, "b": {"type": "string"}}})
    result = flatten({"$ref": "#/$defs/a"}, "#/x", document)
    assert result.node == Node({"type": "string"}, "#/$defs/a")
    assert result.refs == {"#/$defs/a", "#/$defs/b"}
    assert flatten({"allOf": [{"minimum": 1}]}, "#/y", document).node.path == "#/y/allOf/0"


def test_choices_stay_choices_with_their_paths():
    schema = {"anyOf": [{"minimum": 1}], "oneOf": [True, False], "if": {"minimum": 3}, "else": {"maximum": 1}}
    assert flat(schema, "#/x").choices == (
        (({"minimum": 1}, "#/x/anyOf/0"),),
        ((True, "#/x/oneOf/0"), (False, "#/x/oneOf/1")),
        (({"allOf": [{"minimum": 3}, True]}, "#/x/if"), ({"maximum": 1}, "#/x/else")),
    )


def test_choices_of_parts_are_all_kept():
    schema = {"allOf": [{"anyOf": [{"minimum": 1}]}, {"anyOf": [{"maximum": 9}]}]}
    assert flat(schema).choices == ((({"minimum": 1}, "#/allOf/0/anyOf/0"),), (({"maximum": 9}, "#/allOf/1/anyOf/0"),))


def test_a_merge_is_known_by_the_given_path_and_has_the_references_of_both():
    one = Flat(Node({"minimum": 1}, "#/a"), (), frozenset({"#/a"}))
    two = Flat(Node({"maximum": 2}, "#/b"), (), frozenset({"#/b"}))
    assert merged(one, two, "#/c") == Flat(Node({"minimum": 1, "maximum": 2}, "#/c"), (), frozenset({"#/a", "#/b"}))


@pytest.mark.parametrize(
    ("schema", "path", "keyword"),
    [
        ({"$ref": "#"}, "#", "$ref"),
        ({"allOf": [{"$ref": "#"}]}, "#/allOf/0", "$ref"),
        ({"$ref": "#/$defs/b", "$defs": {}}, "#", "$ref"),
        ({"allOf": [{"minimum": "1"}]}, "#/allOf/0", "minimum"),
    ],
)
def test_a_schema_without_a_bottom_is_refused(schema, path, keyword):
    with pytest.raises(UnsupportedSchema) as caught:
        flat(schema)
    assert (caught.value.path, caught.value.keyword) == (path, keyword)


def test_a_cycle_of_references_is_refused():
    with pytest.raises(UnsupportedSchema, match="leads to itself, or is nested too deep"):
        flat({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}})


def test_parts_nested_too_deep_are_refused():
    schema = {"type": "string"}
    for _ in range(30):
        schema = {"allOf": [schema]}
    with pytest.raises(UnsupportedSchema, match="`allOf` leads to itself, or is nested too deep"):
        flat(schema)
