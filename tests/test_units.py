"""Quantities: text to exact numbers, and the message of each refusal."""

from contextlib import suppress
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from mockllm.units import (
    REFUSAL,
    Duration,
    Share,
    Size,
    found,
    parse_duration,
    parse_share,
    parse_size,
    refusal,
)

DURATION_UNITS = "(units: us, ms, s, m, h, d)"
SIZE_UNITS = "(units: B, KiB, MiB, GiB, kB, MB, GB)"


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("0", 0),
        ("0s", 0),
        ("1us", 1),
        ("40us", 40),
        ("250ms", 250_000),
        ("250 ms", 250_000),
        ("0.5ms", 500),
        ("0.001ms", 1),
        ("1s", 1_000_000),
        ("1.5s", 1_500_000),
        ("0.000001s", 1),
        ("1.000s", 1_000_000),
        ("2m", 120_000_000),
        ("0.1h", 360_000_000),
        ("24h", 86_400_000_000),
        ("1d", 86_400_000_000),
        ("007s", 7_000_000),
    ],
)
def test_a_duration_is_microseconds(text, us):
    assert parse_duration(text) == us
    assert isinstance(parse_duration(text), int)


@pytest.mark.parametrize(
    "text", ["", "250", "1", "ms", "-1s", "+1s", "1,5s", "1.s", ".5s", "1e3s", "5 seconds", "1S", "1sec", " 1s", "٣s"]
)
def test_what_is_no_duration_is_refused_with_the_forms_there_are(text):
    with pytest.raises(ValueError) as error:
        parse_duration(text)
    told = f"'{text}' is not a duration: write a number and a unit, such as 250ms, 1.5s or 2m {DURATION_UNITS}"
    assert str(error.value) == told


@pytest.mark.parametrize("text", ["86400000001us", "24.1h", "2d", "999999999999d"])
def test_no_wait_is_longer_than_a_day(text):
    with pytest.raises(ValueError) as error:
        parse_duration(text)
    assert str(error.value) == f"'{text}' is longer than the longest wait: write 24h or less"


@pytest.mark.parametrize("text", ["0.5us", "1.0005ms", "0.0000001s"])
def test_part_of_a_microsecond_is_refused_and_not_rounded(text):
    with pytest.raises(ValueError) as error:
        parse_duration(text)
    assert str(error.value) == f"'{text}' is no whole number of microseconds: round it"


def test_a_number_without_end_is_refused_and_shown_short():
    with pytest.raises(ValueError) as error:
        parse_duration("9" * 2_000_000 + "s")
    assert str(error.value) == (
        f"'{'9' * 59}... is not a duration: write a number and a unit, such as 250ms, 1.5s or 2m {DURATION_UNITS}"
    )


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("0B", 0),
        ("512B", 512),
        ("64KiB", 65_536),
        ("64 KiB", 65_536),
        ("1.5KiB", 1_536),
        ("1MiB", 1_048_576),
        ("2GiB", 2_147_483_648),
        ("1kB", 1_000),
        ("1.5MB", 1_500_000),
        ("3GB", 3_000_000_000),
    ],
)
def test_a_size_is_bytes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "64", "64K", "64KB", "64kib", "-1B", "1b"])
def test_what_is_no_size_is_refused_with_the_forms_there_are(text):
    with pytest.raises(ValueError) as error:
        parse_size(text)
    told = f"'{text}' is not a size: write a number and a unit, such as 512B, 64KiB or 1MiB {SIZE_UNITS}"
    assert str(error.value) == told


def test_part_of_a_byte_is_refused():
    with pytest.raises(ValueError, match=r"^'0\.3B' is no whole number of bytes: round it$"):
        parse_size("0.3B")


@pytest.mark.parametrize(
    ("text", "share"), [("0", 0.0), ("0%", 0.0), ("5%", 0.05), ("0.5%", 0.005), ("29%", 0.29), ("100 %", 1.0)]
)
def test_a_share_is_a_fraction(text, share):
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["", "5", "0.5", "-5%", "5 percent", "%"])
def test_what_is_no_share_is_refused_with_the_form_there_is(text):
    with pytest.raises(ValueError) as error:
        parse_share(text)
    assert str(error.value) == f"'{text}' is not a share: write a percentage, such as 5%"


def test_no_share_is_above_the_whole():
    with pytest.raises(ValueError, match=r"^'100\.1%' is more than the whole: write 100% or less$"):
        parse_share("100.1%")


@settings(deadline=None)
@given(st.text())
def test_any_other_text_is_refused_with_a_value_error(text):
    for parse in (parse_duration, parse_size, parse_share):
        with suppress(ValueError):
            assert parse(text) >= 0


class Fields(BaseModel):
    wait: Duration = 7
    size: Size = 7
    share: Share = 0.7


@pytest.mark.parametrize(
    ("field", "given", "value"),
    [
        ("wait", "250ms", 250_000),
        ("wait", 0, 0),
        ("size", "64KiB", 65_536),
        ("size", 0, 0),
        ("share", "5%", 0.05),
        ("share", 0, 0.0),
    ],
)
def test_a_field_takes_the_text_form_and_zero(field, given, value):
    assert getattr(Fields.model_validate({field: given}), field) == value


@pytest.mark.parametrize(
    ("field", "given", "message"),
    [
        ("wait", 250, "250 is not a duration: write it as a number with its unit, such as 250ms"),
        ("wait", 0.5, "0.5 is not a duration: write it as a number with its unit, such as 250ms"),
        ("wait", True, "true is not a duration: write it as a number with its unit, such as 250ms"),
        ("wait", False, "false is not a duration: write it as a number with its unit, such as 250ms"),
        ("wait", None, "null is not a duration: write it as a number with its unit, such as 250ms"),
        ("wait", "soon", (f"'soon' is not a duration: write a number and a unit, such as 250ms, 1.5s or 2m "
                         f"{DURATION_UNITS}")),
        ("size", 64, "64 is not a size: write it as a number with its unit, such as 64KiB"),
        ("share", 0.5, "0.5 is not a share: write it as a number with its unit, such as 5%"),
    ],
)  # fmt: skip
def test_a_bare_number_is_refused_because_its_unit_is_unknown(field, given, message):
    with pytest.raises(ValidationError) as error:
        Fields.model_validate({field: given})
    [details] = error.value.errors()
    assert (details["loc"], details["type"], details["msg"]) == ((field,), REFUSAL, message)


def test_the_json_schema_accepts_what_the_parser_accepts():
    text, zero = TypeAdapter(Duration).json_schema()["anyOf"]
    assert zero == {"const": 0}
    assert text["type"] == "string"
    assert text["pattern"].startswith("^(0|")
    assert text["pattern"].endswith(")$")
    for example in text["examples"]:
        assert parse_duration(example) > 0


def test_a_refusal_keeps_braces_as_they_are():
    assert refusal("write {frame: 3} or {message}").message() == "write {frame: 3} or {message}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (0.5, "0.5"),
        ("a'b", '"a\'b"'),
        ("two\nlines", "'two\\nlines'"),
        ([], "[]"),
        ({}, "{}"),
        ({"frame": 3, "at": ["x", None]}, "{frame: 3, at: ['x', null]}"),
        ((1, 2), "[1, 2]"),
        (b"raw", "b'raw'"),
        ([[[[[1]]]]], "[[[[[...]]]]]"),
        ({"a": {"a": {"a": {"a": {"a": 1}}}}}, "{a: {a: {a: {a: {a: ...}}}}}"),
    ],
)
def test_what_was_found_is_shown_as_in_yaml(value, shown):
    assert found(value) == shown


def test_what_was_found_is_short_however_long_it_is():
    assert found("x" * 1_000_000) == "'" + "x" * 59 + "..."
    assert found(range(10)) == "range(0, 10)"
    assert found(list(range(1_000_000))).startswith("[0, 1, 2, ")
    assert len(found(dict.fromkeys(map(str, range(1_000_000))))) == 63


def test_what_was_found_may_contain_itself():
    loop: list[object] = []
    loop.append(loop)
    assert found(loop) == "[[[[[...]]]]]"


def test_only_as_much_is_read_as_is_shown():
    numbers = count()
    found(_Endless(numbers))
    assert next(numbers) < 100


class _Endless(list):
    """A list that would be read for ever."""

    def __init__(self, numbers):
        super().__init__()
        self._numbers = numbers

    def __iter__(self):
        return self._numbers
