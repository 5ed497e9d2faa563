from fractions import Fraction

import pytest

from mockllm.fill.schema.document import (
    MAX_NODES,
    Document,
    Node,
    UnsupportedSchema,
    exact,
    is_list,
    is_number,
    lookup,
)


def test_a_string_is_no_list_and_true_is_no_number():
    assert is_list([])
    assert is_list((1,))
    assert not is_list("ab")
    assert is_number(1)
    assert is_number(1.5)
    assert is_number(10**400)
    assert not is_number(True)
    assert not is_number(float("inf"))
    assert not is_number("1")


def test_numbers_are_exact_as_they_are_written():
    assert exact(0.1) == Fraction(1, 10)
    assert exact(10**400) == 10**400
    assert exact(1e-7) == Fraction(1, 10**7)


def test_absent_keywords_read_as_their_defaults():
    node = Node.of({}, "#")
    assert node.number("minimum") is None
    assert node.count("minItems") == 0
    assert node.count("maxItems", 9) == 9
    assert node.text("pattern") is None
    assert node.list("allOf") == ()
    assert node.names("required") == ()
    assert node.table("properties") == {}
    assert node.get("items", True) is True
    assert "items" not in node


def test_keywords_read_as_what_they_say():
    node = Node.of({"minimum": 0.1, "minItems": 2.0, "pattern": "a", "type": "string", "required": ["a", "b"]}, "#")
    assert node.number("minimum") == Fraction(1, 10)
    assert node.count("minItems") == 2
    assert node.text("pattern") == "a"
    assert node.names("type") == ("string",)
    assert node.names("required") == ("a", "b")
    assert node.list("required") == ["a", "b"]


def test_true_is_a_schema_without_keywords():
    assert Node.of(True, "#/a") == Node({}, "#/a")


def test_paths_are_json_pointers_in_a_fragment():
    assert Node({}, "#").within("properties", "a/b~c", "items", 0) == "#/properties/a~1b~0c/items/0"


@pytest.mark.parametrize(
    ("written", "modern"),
    [
        ({"minimum": None, "const": None}, {"const": None}),
        ({"items": [{}, {}], "additionalItems": False}, {"prefixItems": [{}, {}], "items": False}),
        ({"items": [{}]}, {"prefixItems": [{}], "items": True}),
        ({"items": []}, {"items": True}),
        ({"minimum": 3, "exclusiveMinimum": True}, {"exclusiveMinimum": 3}),
        ({"maximum": 3, "exclusiveMaximum": False}, {"maximum": 3}),
        ({"exclusiveMaximum": True}, {}),
        ({"dependencies": {"a": ["b"]}}, {"dependentRequired": {"a": ["b"]}}),
        ({"nullable": True, "type": "string"}, {"type": ["string", "null"]}),
        ({"nullable": True, "type": ["string", "integer"]}, {"type": ["string", "integer", "null"]}),
        ({"nullable": False, "type": "string"}, {"type": "string"}),
        ({"nullable": True}, {}),
    ],
)
def test_older_ways_of_writing_become_the_newer(written, modern):
    assert Node.of(written, "#").keywords == modern


@pytest.mark.parametrize(
    ("schema", "keyword", "reason"),
    [
        (False, "false", "allows no value"),
        (None, "schema", "is null and must be an object, true or false"),
        ([1], "schema", "is [1] and must be an object, true or false"),
        ({"type": []}, "type", "must be one or more of object, array,"),
        ({"type": ["string", 3]}, "type", 'is ["string", 3] and must be one or more of'),
        ({"enum": "ab"}, "enum", "must be a list"),
        ({"maximum": True}, "maximum", "is true and must be a number"),
        ({"minimum": float("inf")}, "minimum", "must be a number"),
        ({"multipleOf": 0}, "multipleOf", "must be a number above 0"),
        ({"minLength": -1}, "minLength", "must be a whole number from 0"),
        ({"minLength": 1.5}, "minLength", "must be a whole number from 0"),
        ({"pattern": 3}, "pattern", "must be a string"),
        ({"items": 3}, "items", "must be a schema"),
        ({"allOf": []}, "allOf", "must be a list of schemas"),
        ({"properties": []}, "properties", "must be an object"),
        ({"required": ["a", 1]}, "required", "must be a list of property names"),
        ({"dependentRequired": {"a": "b"}}, "dependentRequired", "must be an object of lists of property names"),
        ({"uniqueItems": 1}, "uniqueItems", "must be true or false"),
        ({"dependencies": {"a": {"type": "string"}}}, "dependentSchemas", "is not supported"),
        ({"unevaluatedItems": False}, "unevaluatedItems", "is not supported"),
    ],
)
def test_a_malformed_schema_is_refused_with_what_it_should_be(schema, keyword, reason):
    with pytest.raises(UnsupportedSchema) as caught:
        Node.of(schema, "#/here")
    assert (caught.value.path, caught.value.keyword) == ("#/here", keyword)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        ("#", {"$defs": {"a/b": {"x": 1}, "c%d": {"y": 2}}, "allOf": [{"z": 3}]}),
        ("#/$defs/a~1b", {"x": 1}),
        ("#/$defs/c%25d", {"y": 2}),
        ("#/allOf/0/z", 3),
        ("#/allOf/1", None),
        ("#/allOf/x", None),
        ("#/$defs/none", None),
        ("#/allOf/0/z/deeper", None),
    ],
)
def test_references_are_json_pointers(ref, found):
    assert lookup({"$defs": {"a/b": {"x": 1}, "c%d": {"y": 2}}, "allOf": [{"z": 3}]}, ref) == found


def test_the_target_of_a_reference_has_its_own_path():
    document = Document({"$defs": {"a": {"type": "string"}}})
    assert document.target(Node({"$ref": "#/$defs/a"}, "#/items")) == ({"type": "string"}, "#/$defs/a")


@pytest.mark.parametrize("ref", ["#/$defs/none", "other.json", "#anchor", ""])
def test_a_reference_to_nowhere_is_refused_where_it_stands(ref):
    with pytest.raises(UnsupportedSchema) as caught:
        Document({}).target(Node({"$ref": ref}, "#/items"))
    assert (caught.value.path, caught.value.keyword) == ("#/items", "$ref")
    assert repr(ref) in str(caught.value)


def test_a_document_allows_so_many_values_and_no_more():
    document = Document({})
    for _ in range(MAX_NODES):
        document.spend("#")
    with pytest.raises(UnsupportedSchema, match=f"takes more than {MAX_NODES} values"):
        document.spend("#")
