"""How much in how long: text to exact numbers, and the message of each refusal."""

import pytest

from mockllm.limits.rate import Rate, parse_amount, parse_rate

FORMS = "write an amount and a window, such as 60/min or 1.5M/day (windows: s, min, h, day)"


@pytest.mark.parametrize(
    ("text", "amount", "window_us"),
    [
        ("60/min", 60, 60_000_000),
        ("10/s", 10, 1_000_000),
        ("1000/h", 1_000, 3_600_000_000),
        ("1.5M/day", 1_500_000, 86_400_000_000),
        ("90K/min", 90_000, 60_000_000),
        ("0.5K/min", 500, 60_000_000),
        ("2.0/s", 2, 1_000_000),
        ("1000000M/day", 10**12, 86_400_000_000),
    ],
)
def test_a_rate_is_an_amount_and_a_window(text, amount, window_us):
    assert parse_rate(text) == Rate(amount, window_us)
    assert isinstance(parse_rate(text).amount, int)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "60",
        "60/",
        "/min",
        "60/minute",
        "60/m",
        "60/10s",
        "60 / min",
        "-1/s",
        "1e3/s",
        "60/min/s",
        "5k/s",
        "٣/s",
        "6/s\n",
    ],
)
def test_what_is_no_rate_is_refused_with_the_forms_there_are(text):
    with pytest.raises(ValueError) as error:
        parse_rate(text)
    assert str(error.value) == f"{text!r} is not a rate: {FORMS}"


@pytest.mark.parametrize(
    ("text", "amount"), [("1", 1), ("1000", 1_000), ("90K", 90_000), ("1.5M", 1_500_000), ("0.001K", 1)]
)
def test_an_amount_is_a_whole_number(text, amount):
    assert parse_amount(text) == amount


@pytest.mark.parametrize("text", ["", "K", "1,000", "90 K", "1.5G", "5/day", "-3"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError) as error:
        parse_amount(text)
    assert str(error.value) == f"{text!r} is not an amount: write a number, such as 1000, 90K or 1.5M"


@pytest.mark.parametrize("parse", [parse_amount, lambda text: parse_rate(f"{text}/s")])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.5", "is no whole number: round it"),
        ("0.0001K", "is no whole number: round it"),
        ("0", "would admit nothing: to refuse every request, reply with an error"),
        ("0.0M", "would admit nothing: to refuse every request, reply with an error"),
        ("1000001M", "is above 1000000000000, which is no limit: leave it out"),
    ],
)
def test_an_amount_that_makes_no_limit_is_refused(parse, text, message):
    with pytest.raises(ValueError, match=message):
        parse(text)
