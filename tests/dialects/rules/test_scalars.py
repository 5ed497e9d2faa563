import pytest

from mockllm.dialects.rules import Choice, Decimal, Flag, Supported, Text, Unsupported, Whole, check

NAME = Text(filled=True, most=4, pattern="^[a-z]+$")
CHOICE = Choice(("low", "medium", "high"))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Text(), "a string"),
        (Flag(), "a boolean"),
        (Whole(), "an integer"),
        (Decimal(), "a decimal"),
        (Choice(("auto", "disabled")), "one of 'auto' or 'disabled'"),
        (CHOICE, "one of 'low', 'medium', or 'high'"),
    ],
)
def test_a_wrong_type_is_told_what_was_expected(shape, expected, refused):
    message = f"Invalid type for 'p': expected {expected}, but got null instead."
    assert refused(shape, None) == (message, "invalid_type", "p")


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ("1", "a string"),
        (True, "a boolean"),
        (1.0, "a decimal number"),
        ([1], "an array"),
        ({"a": 1}, "an object"),
        (None, "null"),
    ],
)
def test_a_wrong_type_is_told_what_was_found(value, got, refused):
    assert refused(Whole(), value)[0] == f"Invalid type for 'p': expected an integer, but got {got} instead."


def test_an_integer_is_found_as_an_integer(refused):
    assert refused(Text(), 1)[0] == "Invalid type for 'p': expected a string, but got an integer instead."


def test_a_boolean_is_no_number(refused):
    assert refused(Decimal(), True)[1] == "invalid_type"


@pytest.mark.parametrize(
    ("shape", "value", "message", "code"),
    [
        (
            NAME,
            "",
            "Invalid 'p': empty string. Expected a string with minimum length 1, but got an empty string instead.",
            "empty_string",
        ),
        (
            NAME,
            "abcde",
            (
                "Invalid 'p': string too long. Expected a string with maximum length 4, but got a string with length 5 "
                "instead."
            ),
            "string_above_max_length",
        ),
        (
            NAME,
            "a b",
            "Invalid 'p': string does not match pattern. Expected a string that matches the pattern '^[a-z]+$'.",
            "invalid_value",
        ),
        (
            NAME,
            "ab\n",
            "Invalid 'p': string does not match pattern. Expected a string that matches the pattern '^[a-z]+$'.",
            "invalid_value",
        ),
        (
            Whole(1, 8),
            0,
            "Invalid 'p': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
        ),
        (
            Whole(1, 8),
            9,
            "Invalid 'p': integer above maximum value. Expected a value <= 8, but got 9 instead.",
            "integer_above_max_value",
        ),
        (
            Decimal(0, 2),
            -0.5,
            "Invalid 'p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
            "decimal_below_min_value",
        ),
        (
            Decimal(0, 2),
            3,
            "Invalid 'p': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
            "decimal_above_max_value",
        ),
        (CHOICE, "max", "Invalid value: 'max'. Supported values are: 'low', 'medium', and 'high'.", "invalid_value"),
        (Choice(("a", "b")), "c", "Invalid value: 'c'. Supported values are: 'a' and 'b'.", "invalid_value"),
        (Choice(("a",)), "c", "Invalid value: 'c'. Supported values are: 'a'.", "invalid_value"),
        (Choice(("a",), sentence="No such thing"), "c", "No such thing", None),
        (
            Supported(("a", "b")),
            "c",
            "Unsupported value: 'p' does not support 'c' with this model. Supported values are: 'a' and 'b'.",
            "unsupported_value",
        ),
        (
            Supported(("a", "b")),
            {"k": "v"},
            "Unsupported value: 'p' does not support {'k': 'v'} with this model. Supported values are: 'a' and 'b'.",
            "unsupported_value",
        ),
        (
            Unsupported("q"),
            1,
            "Unsupported parameter: 'p' is not supported with this model. Use 'q' instead.",
            "unsupported_parameter",
        ),
    ],
)
def test_a_value_beyond_its_limits_is_refused(shape, value, message, code, refused):
    assert refused(shape, value) == (message, code, "p")


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (NAME, "abcd"),
        (Text(), ""),
        (Text(most=2), "🌞🌞"),
        (Flag(), False),
        (Whole(1, 8), 1),
        (Whole(1, 8), 8),
        (Whole(), -(10**20)),
        (Decimal(0, 2), 0),
        (Decimal(0, 2), 2.0),
        (Decimal(), 1e300),
        (CHOICE, "low"),
        (Choice(("a",), unlisted=("z",)), "z"),
        (Supported(("a", "b")), "b"),
    ],
)
def test_a_value_within_its_limits_passes(shape, value):
    check(shape, value, "p")
