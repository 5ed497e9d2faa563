"""The kinds of rate limits, and what each kind does."""

from typing import get_args

from mockllm.limits.mode import REFILLED, SLICED, SUMMED, Mode


def test_what_a_mode_does_is_said_of_modes_that_there_are():
    assert set(get_args(Mode)) == {"openai", "slices", "per_day", "fixed_window"}
    assert set(get_args(Mode)) >= REFILLED | SLICED | SUMMED


def test_only_limits_that_start_again_have_slices():
    assert not REFILLED & SLICED
