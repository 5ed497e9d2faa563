"""What every class of the language shares: strictness, shorthands, one-key mappings, and words for what is wrong."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

from mockllm.scenario.base import (
    Authored,
    Chosen,
    Flag,
    Integer,
    Number,
    Shaped,
    either,
    nearest,
)
from mockllm.scenario.words import KEY
from mockllm.units import REFUSAL, refusal


class Cat(Authored):
    kind: ClassVar[str] = "cat"
    shorthand: ClassVar[str | None] = "name"

    name: str
    lives: Integer = Field(default=9, description="how many it has")
    for_: Integer | None = Field(default=None, alias="for")


class Dog(Authored):
    kind: ClassVar[str] = "dog"

    dog: str = Field(description="what it is called")
    size: Annotated[Integer, Field(ge=1)] = 1


Words = Annotated[str | tuple[str, ...], Shaped("a text", "a list of texts")]
Amount = Annotated[
    Annotated[Integer, Field(ge=0)] | Literal["all", "none"] | Mapping[str, Integer],
    Shaped("a number", "all", "none", "a mapping of numbers"),
]


def _lower(key: str) -> str:
    if not key.islower():
        raise ValueError(f"'{key}' is loud: write it small")
    return key


class Zoo(Authored):
    keeper: Cat | None = None
    words: Words | None = None
    amount: Amount = 0
    signs: Annotated[tuple[Words, ...], Field(min_length=1)] = ("a",)
    table: Mapping[Annotated[str, AfterValidator(_lower)], Flag] = Field(default_factory=dict)


def problems(kind, value):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(value)
    return [(details["loc"], details["msg"]) for details in error.value.errors()]


class TestAuthored:
    def test_a_plain_value_stands_for_the_field_of_the_shorthand(self):
        assert Cat.model_validate("Tom") == Cat(name="Tom") == Cat.model_validate({"name": "Tom"})

    def test_an_instance_is_taken_as_it_is(self):
        tom = Cat(name="Tom")
        assert Cat.model_validate(tom) is tom
        assert Zoo(keeper=tom).keeper is tom

    def test_values_are_frozen(self):
        with pytest.raises(ValidationError):
            Cat(name="Tom").name = "Kit"

    def test_keys_are_those_of_yaml_in_order(self):
        assert Cat.allowed() == ["name", "lives", "for"]

    def test_an_alias_is_the_key_in_yaml_and_the_name_is_for_python(self):
        assert Cat.model_validate({"name": "Tom", "for": 3}).for_ == Cat(name="Tom", for_=3).for_ == 3

    def test_an_unknown_key_is_told_with_the_nearest_and_all_that_are_allowed(self):
        assert problems(Cat, {"name": "Tom", "live": 3, "zzz": 1}) == [
            (("live",), "unknown key 'live': did you mean 'lives'? allowed here: name, lives, for"),
            (("zzz",), "unknown key 'zzz': allowed here: name, lives, for"),
        ]

    def test_an_unknown_key_is_a_finding_about_the_key(self):
        with pytest.raises(ValidationError) as error:
            Zoo.model_validate({"keeper": {"name": "Tom", "live": 3, "lives": "x"}})
        assert {details["loc"]: details["type"] for details in error.value.errors()} == {
            ("keeper", "lives"): REFUSAL,
            ("keeper", "live"): KEY,
        }

    def test_a_missing_key_is_told_with_what_it_is_for(self):
        assert problems(Dog, {}) == [(("dog",), "the key 'dog' is missing: what it is called")]
        assert problems(Cat, {"lives": 1}) == [(("name",), "the key 'name' is missing")]

    def test_where_a_mapping_belongs_its_keys_are_told(self):
        assert problems(Dog, 7) == [((), "expected a mapping with keys from dog, size, found 7")]
        assert problems(Dog, None) == [((), "expected a mapping with keys from dog, size, found null")]

    def test_the_field_of_a_shorthand_is_in_no_place(self):
        assert problems(Zoo, {"keeper": 3}) == [(("keeper",), "expected a text, found 3: put it in quotes")]
        assert problems(Zoo, {"keeper": {"name": 3}}) == [
            (("keeper", "name"), "expected a text, found 3: put it in quotes")
        ]

    def test_a_bad_key_of_a_free_mapping_is_a_finding_about_the_key(self):
        with pytest.raises(ValidationError) as error:
            Zoo.model_validate({"table": {"LOUD": True, "low": 1}})
        assert [(details["loc"], details["type"], details["msg"]) for details in error.value.errors()] == [
            (("table", "LOUD"), KEY, "'LOUD' is loud: write it small"),
            (("table", "low"), REFUSAL, "expected true or false, found 1"),
        ]

    def test_a_list_is_called_empty_only_if_it_is(self):
        assert problems(Zoo, {"signs": []}) == [(("signs",), "the list is empty: give it at least one entry")]
        assert problems(Zoo, {"signs": [1, None]}) == [
            (("signs", 0), "expected a text or a list of texts, found 1: put it in quotes"),
            (("signs", 1), "expected a text or a list of texts, found null"),
        ]

    def test_scalars_are_strict(self):
        class Strict(Authored):
            flag: Flag = False
            whole: Integer = 0
            number: Number = 0.0

        assert Strict.model_validate({"number": 3}).number == 3.0
        for key in ("flag", "whole", "number"):
            assert len(problems(Strict, {key: "1"})) == 1
        assert len(problems(Strict, {"flag": 1, "whole": True, "number": True})) == 3


class TestShaped:
    @pytest.mark.parametrize("value", ["a", ("a", "b"), ()])
    def test_the_shape_decides_which_type_is_meant(self, value):
        assert TypeAdapter(Words).validate_python(value) == value

    def test_a_list_becomes_a_tuple(self):
        assert TypeAdapter(Words).validate_python(["a"]) == ("a",)

    @pytest.mark.parametrize(("value", "kept"), [(3, 3), ("all", "all"), ({"a": 1}, {"a": 1})])
    def test_numbers_words_and_mappings_have_shapes_too(self, value, kept):
        assert TypeAdapter(Amount).validate_python(value) == kept

    @pytest.mark.parametrize(
        ("value", "place", "message"),
        [
            (5, (), "expected a text or a list of texts, found 5: put it in quotes"),
            (None, (), "expected a text or a list of texts, found null"),
            (True, (), "expected a text or a list of texts, found true: put it in quotes"),
            ({"a": 1}, (), "expected a text or a list of texts, found {a: 1}"),
            (["a", 5], (1,), "expected a text, found 5: put it in quotes"),
        ],
    )
    def test_a_wrong_shape_is_told_once_with_all_that_is_allowed(self, value, place, message):
        assert problems(Words, value) == [(place, message)]

    @pytest.mark.parametrize(
        ("value", "place", "message"),
        [
            (-1, (), "expected a value of at least 0, found -1"),
            ("al", (), "expected a number, all, none or a mapping of numbers, found 'al': did you mean 'all'?"),
            (0.5, (), "expected a number, all, none or a mapping of numbers, found 0.5"),
            (True, (), "expected a number, all, none or a mapping of numbers, found true"),
            ({"a": "x"}, ("a",), "expected a whole number, found 'x'"),
        ],
    )
    def test_inside_the_right_shape_the_fault_is_told_in_its_own_words(self, value, place, message):
        assert problems(Amount, value) == [(place, message)]

    def test_for_editors_it_is_any_of_its_types(self):
        assert TypeAdapter(Words).json_schema() == {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
        }


class TestChosen:
    @staticmethod
    def choose(value: Any) -> str:
        if value is None:
            raise refusal("null is no animal")
        return "cat" if isinstance(value, str) else "dog"

    def test_the_form_is_chosen_by_looking(self):
        kind = Annotated[Cat | Dog, Chosen(self.choose, cat=Cat, dog=Dog)]
        assert TypeAdapter(kind).validate_python("Tom") == Cat(name="Tom")
        assert TypeAdapter(kind).validate_python({"dog": "Rex"}) == Dog(dog="Rex")

    def test_the_name_of_the_form_is_in_no_place_and_the_choice_may_refuse(self):
        kind = tuple[Annotated[Cat | Dog, Chosen(self.choose, cat=Cat, dog=Dog)], ...]
        assert problems(kind, [{"dog": 3}, None, {}]) == [
            ((0, "dog"), "expected a text, found 3: put it in quotes"),
            ((1,), "null is no animal"),
            ((2, "dog"), "the key 'dog' is missing: what it is called"),
        ]


class TestJSONSchema:
    def test_a_mapping_with_a_shorthand_may_also_be_the_plain_value(self):
        plain, full = Cat.model_json_schema()["anyOf"]
        assert plain == {"title": "Name", "type": "string"}
        assert set(full["properties"]) == {"name", "lives", "for"}
        assert full["additionalProperties"] is False

    def test_a_mapping_without_shorthand_is_only_that(self):
        assert Dog.model_json_schema()["type"] == "object"

    def test_a_shorthand_of_any_type_takes_all_but_a_mapping(self):
        class Anything(Authored):
            shorthand: ClassVar[str | None] = "data"

            data: Any = None

        plain, _ = Anything.model_json_schema()["anyOf"]
        assert plain["type"] == ["string", "number", "boolean", "array", "null"]
        assert "default" not in plain

    def test_title_and_description_stay_outside_a_choice(self):
        full = {"title": "T", "description": "D", "type": "object"}
        assert either(full, {"const": 1}) == {
            "title": "T", "description": "D", "anyOf": [{"const": 1}, {"type": "object"}],
        }  # fmt: skip

    def test_a_shorthand_that_only_python_can_write_is_left_out(self):
        class Python(Authored):
            shorthand: ClassVar[str | None] = "call"

            call: str

            @classmethod
            def __get_pydantic_json_schema__(cls, schema, handler):
                def without(inner):
                    full = handler(inner)
                    full["properties"].pop("call")
                    return full

                without.resolve_ref_schema = handler.resolve_ref_schema
                return super().__get_pydantic_json_schema__(schema, without)

        assert "anyOf" not in Python.model_json_schema()


def test_the_names_that_others_import_from_here_are_the_same():
    assert nearest("frme", ["frame"]) == "did you mean 'frame'? "
    assert issubclass(Authored, BaseModel)
