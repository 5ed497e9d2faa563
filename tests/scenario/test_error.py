"""What a refusal says, and the forms of `retry_after`."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.catalogue import KNOWN_ERRORS
from mockllm.scenario.error import ErrorSpec, RetryAfter

KNOWN = ", ".join(KNOWN_ERRORS)
OR_FORMS = "none, {ms: 1500}, {date: 30s} or {raw: soon}"
UNITS = "(units: us, ms, s, m, h, d)"


def refused(kind, value):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(value)
    return [(details["loc"], details["msg"]) for details in error.value.errors()]


@pytest.mark.parametrize(
    ("written", "retry"),
    [
        ("1s", RetryAfter(after="1s")),
        ("1.5s", RetryAfter(after="1500ms")),
        ("500ms", RetryAfter(after="0.5s")),
        ("0", RetryAfter(after=0)),
        (1, RetryAfter(after="1s")),
        (1.5, RetryAfter(after="1.5s")),
        (2, RetryAfter(after="2s")),
        (0, RetryAfter(after=0)),
        (0.0000001, RetryAfter(after="1us")),
        (1e-05, RetryAfter(after="10us")),
        (0.1, RetryAfter(after="100ms")),
        (86_400, RetryAfter(after="24h")),
        ("none", RetryAfter()),
        ({"ms": 1500}, RetryAfter(ms=1500)),
        ({"date": "30s"}, RetryAfter(date="30s")),
        ({"raw": "soon"}, RetryAfter(raw="soon")),
        ({"after": "2s"}, RetryAfter(after="2s")),
        ({"ms": 1500, "after": "2s"}, RetryAfter(ms=1500, after="2s")),
        (RetryAfter(raw="soon"), RetryAfter(raw="soon")),
    ],
)
def test_every_form_of_retry_after(written, retry):
    assert ErrorSpec.model_validate({"status": 429, "retry_after": written}).retry_after == retry


def test_seconds_are_microseconds_inside():
    assert RetryAfter.model_validate("1.5s").after == 1_500_000
    assert RetryAfter.model_validate(2).after == 2_000_000
    assert RetryAfter.model_validate(0.3).after == 300_000, "0.3 is 0.299999999999999988 as a float"


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ("soon", (),
         (f"'soon' is not a duration: write a number and a unit, such as 250ms, 1.5s or 2m {UNITS}; or write a number "
         f"of seconds, {OR_FORMS}")),
        ("25h", (),
         f"'25h' is longer than the longest wait: write 24h or less; or write a number of seconds, {OR_FORMS}"),
        (-1, (), "-1 seconds is no time to wait: write a number from 0 to 86400"),
        (-0.5, (), "-0.5 seconds is no time to wait: write a number from 0 to 86400"),
        (86_401, (), "86401 seconds is no time to wait: write a number from 0 to 86400"),
        (10**400, (), f"1{'0' * 59}... seconds is no time to wait: write a number from 0 to 86400"),
        (float("nan"), (), "nan seconds is no time to wait: write a number from 0 to 86400"),
        (float("inf"), (), "inf seconds is no time to wait: write a number from 0 to 86400"),
        (True, (), f"expected a time to wait, found true: write 1s, a number of seconds, {OR_FORMS}"),
        (["1s"], (), f"expected a time to wait, found ['1s']: write 1s, a number of seconds, {OR_FORMS}"),
        ({"ms": 1.5}, ("ms",), "expected a whole number, found 1.5"),
        ({"ms": "1500ms"}, ("ms",), "expected a whole number, found '1500ms'"),
        ({"ms": -1}, ("ms",), "expected a value of at least 0, found -1"),
        ({"date": 30}, ("date",), "30 is not a duration: write it as a number with its unit, such as 250ms"),
        ({"raw": 5}, ("raw",), "expected a text, found 5: put it in quotes"),
        ({"raw": "5", "date": "1s"}, (), "date and raw set the same header, retry-after: keep one"),
        ({"after": "1s", "raw": "5", "date": "1s"}, (),
         "date and raw and after set the same header, retry-after: keep one"),
        ({"rwa": "soon"}, ("rwa",), "unknown key 'rwa': did you mean 'raw'? allowed here: ms, date, raw, after"),
    ],
)  # fmt: skip
def test_a_wrong_retry_after_is_refused_with_all_that_is_right(written, place, message):
    assert refused(ErrorSpec, {"status": 429, "retry_after": written}) == [(("retry_after", *place), message)]
    assert refused(RetryAfter, written) == [(place, message)]


def test_leaving_retry_after_out_is_not_the_same_as_none():
    assert ErrorSpec(status=429).retry_after is None
    assert ErrorSpec(status=429, retry_after=None).retry_after is None


@pytest.mark.parametrize("code", KNOWN_ERRORS)
def test_a_known_code_is_enough(code):
    assert ErrorSpec.model_validate(code) == ErrorSpec(code=code)


@pytest.mark.parametrize(
    "written",
    [
        {"status": 400},
        {"status": 400, "code": "my_code"},
        {"code": "rate_limit_exceeded", "retry_after": "1s", "headers": {"x-a": "b"}},
        {"status": 529, "type": "overloaded_error", "param": "model", "message": "Busy."},
    ],
)
def test_every_part_can_be_given(written):
    spec = ErrorSpec.model_validate(written)
    assert {key for key, value in spec if value not in (None, {})} == set(written)


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ("rate_limt_exceeded", (),
         ("unknown error code 'rate_limt_exceeded': did you mean 'rate_limit_exceeded'? give its status too, or use "
         f"one of {KNOWN}")),
        ("zzz", (), f"unknown error code 'zzz': give its status too, or use one of {KNOWN}"),
        ({}, (), f"an error needs a status or a known code; the known codes are {KNOWN}"),
        ({"message": "No."}, (), f"an error needs a status or a known code; the known codes are {KNOWN}"),
        ("", (), "the code is empty: leave it out for a null code"),
        ({"status": 400, "code": ""}, ("code",), "the code is empty: leave it out for a null code"),
        (500, (), "expected a code such as rate_limit_exceeded, found 500: a status is written {status: 500}"),
        ({"code": 500}, ("code",),
         "expected a code such as rate_limit_exceeded, found 500: a status is written {status: 500}"),
        ([], (), "expected a text, found []"),
        ({"status": 200}, ("status",), "expected a value of at least 300, found 200"),
        ({"status": 1000}, ("status",), "expected a value of at most 999, found 1000"),
        ({"status": "500"}, ("status",), "expected a whole number, found '500': remove the quotes"),
        ({"status": 500, "headers": {"x-a": 1}}, ("headers", "x-a"), "expected a text, found 1: put it in quotes"),
        ({"status": 500, "mesage": "No."}, ("mesage",),
         ("unknown key 'mesage': did you mean 'message'? allowed here: code, status, type, param, message, "
         "retry_after, headers")),
    ],
)  # fmt: skip
def test_an_error_that_makes_no_sense_is_refused_at_its_place(written, place, message):
    assert refused(ErrorSpec, written) == [(place, message)]


def test_editors_know_every_form():
    retry = TypeAdapter(RetryAfter).json_schema()["anyOf"]
    assert {"const": "none"} in retry
    assert {"type": "number", "minimum": 0, "maximum": 86_400} in retry
    assert {"enum": list(KNOWN_ERRORS)} in TypeAdapter(ErrorSpec).json_schema()["anyOf"]
