import pytest

from mockllm.dialects.rules import Choice, Either, Fields, Flag, Items, Map, Row, Tagged, Text, Whole, check

OBJECT = Fields()
CHOICE = Choice(("low", "medium", "high"))
PET = Tagged("kind", {"cat": (Row("lives", Whole(1, 9), required=True),), "dog": ()})
LOOSE = Tagged("kind", {"cat": ()}, otherwise=(Row("name", Text(), required=True),))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (OBJECT, "an object"),
        (Map(Text()), "an object"),
        (PET, "an object"),
        (Map(Text(), phrase="a metadata object"), "a metadata object"),
        (Items(Text()), "an array of strings"),
        (Items(OBJECT), "an array of objects"),
        (Items(Fields(phrase="a function definition")), "an array of function definitions"),
        (Items(Choice(("text", "audio"))), "an array of one of 'text' or 'audio'"),
        (Either((Text(), Items(OBJECT))), "one of a string or array of objects"),
        (Either((CHOICE, OBJECT)), "one of one of 'low', 'medium', or 'high' or object"),
        (Either((OBJECT, CHOICE)), "one of an object or 'low', 'medium', or 'high'"),
        (Either((Text(), Fields(phrase="null"))), "one of a string or null"),
        (Either((Text(), Whole(), Items(Whole()))), "one of a string, integer, or array of integers"),
    ],
)
def test_a_wrong_type_is_told_what_was_expected(shape, expected, refused):
    message = f"Invalid type for 'p': expected {expected}, but got null instead."
    assert refused(shape, None) == (message, "invalid_type", "p")


@pytest.mark.parametrize(
    ("shape", "value", "message", "code"),
    [
        (
            Items(Text(), filled=True),
            [],
            "Invalid 'p': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
        ),
        (
            Items(Text(), most=1),
            ["a", "b"],
            (
                "Invalid 'p': array too long. Expected an array with maximum length 1, but got an array with length 2 "
                "instead."
            ),
            "array_above_max_length",
        ),
        (
            Map(Text(), most=1),
            {"a": "", "b": ""},
            (
                "Invalid 'p': too many properties. Expected an object with at most 1 properties, but got an object "
                "with 2 properties instead."
            ),
            "object_above_max_properties",
        ),
    ],
)
def test_a_value_beyond_its_limits_is_refused(shape, value, message, code, refused):
    assert refused(shape, value) == (message, code, "p")


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (Items(Text()), []),
        (Items(Whole(), filled=True, most=2), [1, 2]),
        (OBJECT, {"anything": None}),
        (PET, {"kind": "cat", "lives": 9}),
        (PET, {"kind": "dog", "lives": "many"}),
        (LOOSE, {"kind": "cat"}),
        (LOOSE, {"kind": "fox", "name": "rey"}),
        (Map(Whole(), most=1, longest=2), {"ab": 1}),
        (Either((Text(), Items(Text()))), ["a"]),
        (Either((Text(), Items(Text()))), "a"),
    ],
)
def test_a_value_within_its_limits_passes(shape, value):
    check(shape, value, "p")


@pytest.mark.parametrize(
    ("shape", "value", "message", "param"),
    [
        (
            Items(Whole()),
            [1, "2"],
            "Invalid type for 'p[1]': expected an integer, but got a string instead.",
            "p[1]",
        ),
        (Map(Text()), {"k": 7}, "Invalid type for 'p.k': expected a string, but got an integer instead.", "p.k"),
        (Fields((Row("a", Flag(), required=True),)), {}, "Missing required parameter: 'p.a'.", "p.a"),
        (PET, {}, "Missing required parameter: 'p.kind'.", "p.kind"),
        (PET, {"kind": "fox"}, "Invalid value: 'fox'. Supported values are: 'cat' and 'dog'.", "p.kind"),
        (
            PET,
            {"kind": ["cat"]},
            "Invalid type for 'p.kind': expected one of 'cat' or 'dog', but got an array instead.",
            "p.kind",
        ),
        (PET, {"kind": "cat"}, "Missing required parameter: 'p.lives'.", "p.lives"),
        (LOOSE, {"kind": "fox"}, "Missing required parameter: 'p.name'.", "p.name"),
        (
            Either((Text(), Items(OBJECT))),
            ["a"],
            "Invalid type for 'p[0]': expected an object, but got a string instead.",
            "p[0]",
        ),
        (
            Either((Items(Text()), Items(Whole()))),
            [1, "a"],
            "Invalid type for 'p[1]': expected an integer, but got a string instead.",
            "p[1]",
        ),
        (
            Either((Items(Text()), Items(Whole()))),
            [True],
            "Invalid type for 'p[0]': expected a string, but got a boolean instead.",
            "p[0]",
        ),
        (
            Map(Text(), longest=5),
            {"abcdef": ""},
            (
                "Invalid property name in 'p': 'abc...def' is too long. Expected a string with maximum length 5, but "
                "got a string with length 6 instead."
            ),
            "p.abcdef",
        ),
    ],
)
def test_a_fault_inside_is_found_under_its_path(shape, value, message, param, refused):
    assert refused(shape, value)[::2] == (message, param)
