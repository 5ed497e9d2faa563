"""Durations as Go prints them; the expected texts are those of Go's `time.Duration.String`."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.limits.duration import go_duration

UNITS_US = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "µs": 1}
PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s|µs)")


def parsed(text):
    """Microseconds of a Go duration, by Go's own grammar: numbers with units, one after the other."""
    assert "".join(f"{number}{unit}" for number, unit in PART.findall(text)) == text
    return sum(Fraction(number) * UNITS_US[unit] for number, unit in PART.findall(text))


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "0s"),
        (1, "1µs"),
        (999, "999µs"),
        (1_000, "1ms"),
        (12_000, "12ms"),
        (1_500, "1.5ms"),
        (1_001, "1.001ms"),
        (100_000, "100ms"),
        (999_999, "999.999ms"),
        (1_000_000, "1s"),
        (1_000_001, "1.000001s"),
        (8_640_000, "8.64s"),
        (10_000_000, "10s"),
        (59_999_999, "59.999999s"),
        (60_000_000, "1m0s"),
        (360_000_000, "6m0s"),
        (69_696_000, "1m9.696s"),
        (3_600_000_000, "1h0m0s"),
        (86_400_000_000, "24h0m0s"),
        (83_909_144_000, "23h18m29.144s"),
        (360_000_000_000, "100h0m0s"),
    ],
)
def test_a_duration_has_the_form_that_go_gives_it(us, text):
    assert go_duration(us) == text


@given(st.integers(min_value=0, max_value=10**13))
def test_a_duration_can_be_read_back_exactly(us):
    assert parsed(go_duration(us)) == us
