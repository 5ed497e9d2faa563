"""What the validator finds becomes a sentence; none of the validator's own words come through."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field, Strict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from mockllm.scenario.words import KEY, below, finding, key_finding, listed, nearest, remedy, told
from mockllm.units import REFUSAL, refusal


class Part(BaseModel):
    size: Annotated[int, Strict()]


class Whole(BaseModel, extra="forbid"):
    part: Part


def found(kind: Any, value: object) -> ErrorDetails:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(value)
    return error.value.errors()[0]


def strict(kind: type) -> Any:
    return Annotated[kind, Strict()]


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (str, None, "expected a text, found null"),
        (str, ["a"], "expected a text, found ['a']"),
        (str, 5, "expected a text, found 5: put it in quotes"),
        (str, 0.5, "expected a text, found 0.5: put it in quotes"),
        (str, True, "expected a text, found true: put it in quotes"),
        (strict(int), "x", "expected a whole number, found 'x'"),
        (strict(int), "-3", "expected a whole number, found '-3': remove the quotes"),
        (strict(int), 1.5, "expected a whole number, found 1.5"),
        (strict(int), True, "expected a whole number, found true"),
        (strict(float), "0.4", "expected a number, found '0.4': remove the quotes"),
        (strict(float), {}, "expected a number, found {}"),
        (strict(bool), "yes", "expected true or false, found 'yes'"),
        (strict(bool), 1, "expected true or false, found 1"),
        (tuple[str, ...], "a", "expected a list, found 'a'"),
        (dict[str, int], [], "expected a mapping, found []"),
        (Part, 7, "expected a mapping, found 7"),
        (Part, {}, "the key 'size' is missing"),
        (Annotated[list[int], Field(min_length=1)], [], "the list is empty: give it at least one entry"),
        (Annotated[int, Field(gt=0)], 0, "expected a value above 0, found 0"),
        (Annotated[int, Field(ge=0)], -1, "expected a value of at least 0, found -1"),
        (Annotated[int, Field(le=1_000_000)], 1_000_001, "expected a value of at most 1000000, found 1000001"),
        (Annotated[float, Field(ge=0.001)], 0.0, "expected a value of at least 0.001, found 0.0"),
        (Literal["omit", "twice"], "omi", "expected omit or twice, found 'omi': did you mean 'omit'?"),
        (Literal["omit", "twice", "late"], 3, "expected omit, twice or late, found 3"),
        (Literal[True], False, "expected true, found false"),
        (Literal["now"], None, "expected now, found null"),
        (Annotated[str, Field(max_length=1)], "ab", "string should have at most 1 character, found 'ab'"),
    ],
)
def test_each_finding_says_what_was_expected_and_what_was_found(kind, value, sentence):
    assert told(found(kind, value)) == sentence


def test_a_callable_cannot_come_from_yaml():
    assert told(found(Callable[[], None], "x")) == "expected a Python callable, which YAML cannot give, found 'x'"


def test_a_key_must_be_text():
    assert told(found(Whole, {3: 1, "part": {"size": 1}})) == "a key must be text, found 3: put it in quotes"


def test_our_own_messages_stay_as_they_are():
    def refuse(_value: object) -> object:
        raise refusal("ours: {x}")

    def object_to(_value: object) -> object:
        raise ValueError("Also: ours")

    assert told(found(Annotated[str, AfterValidator(refuse)], "x")) == "ours: {x}"
    assert told(found(Annotated[str, AfterValidator(object_to)], "x")) == "Also: ours"


def raised(*lines):
    with pytest.raises(ValidationError) as error:
        raise ValidationError.from_exception_data("Title", list(lines))
    return [(details["loc"], details["type"], details["msg"]) for details in error.value.errors()]


def test_a_finding_can_be_raised_again_with_its_place_and_words():
    details = found(Whole, {"part": {"size": "x"}})
    assert details["loc"] == ("part", "size")
    assert raised(finding(details)) == [(("part", "size"), REFUSAL, "expected a whole number, found 'x'")]
    assert raised(finding(details, "other words", start=1)) == [(("size",), REFUSAL, "other words")]


def test_a_finding_about_a_key_stays_one_when_it_is_raised_again():
    details = found(Whole, {"part": {"size": 1}, "prat": 1})
    assert raised(key_finding(details, "unknown")) == [(("prat",), KEY, "unknown")]
    with pytest.raises(ValidationError) as error:
        raise ValidationError.from_exception_data("Title", [key_finding(details, "unknown")])
    [again] = error.value.errors()
    assert raised(finding(again)) == [(("prat",), KEY, "unknown")]


def test_findings_move_up_with_all_their_company():
    with pytest.raises(ValidationError) as error:
        Whole.model_validate({"part": {}, "more": 1})
    assert raised(
        *[finding(details) for details in below(error.value, "whole").errors()]
    ) == [
        (("whole", "part", "size"), REFUSAL, "the key 'size' is missing"),
        (("whole", "more"), REFUSAL, "extra inputs are not permitted, found 1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "hint"), [("tokn", "did you mean 'token'? "), ("frames", "did you mean 'frame'? "), ("zebra", "")]
)
def test_the_nearest_word_is_named_if_it_is_near(word, hint):
    assert nearest(word, ["frame", "token", "byte"]) == hint


@pytest.mark.parametrize(
    ("words", "text"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)  # fmt: skip
def test_alternatives_are_listed_as_people_do(words, text):
    assert listed(words) == text


def test_quotes_are_named_only_where_they_make_the_difference():
    assert remedy(found(str, 5)) == ": put it in quotes"
    assert remedy(found(strict(int), "5")) == ": remove the quotes"
    assert remedy(found(strict(int), "five")) == ""
    assert remedy(found(tuple[str, ...], "5")) == ""
