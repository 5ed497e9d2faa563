"""Presets: each is a pace, has a source, and keeps to the percentiles that its source tells."""

from itertools import islice
from typing import get_args

import pytest

from mockllm.scenario.pace import PRESETS, Pace
from mockllm.scenario.pace.presets import PresetName, preset
from mockllm.seeds import Seed

SEED = Seed.of("presets")

# The limits that the sources tell, in microseconds: of TTFT, and of TPOT, taken for the p99 of each gap.
TOLD = {
    "fast-small": (500_000, 30_000),
    "large": (450_000, 40_000),
    "huge": (6_000_000, 175_000),
    "reasoning": (1_500_000, 15_000),
}


def test_every_name_has_its_preset_and_each_says_what_it_is_and_where_it_comes_from():
    assert tuple(entry.name for entry in PRESETS) == get_args(PresetName)
    assert all(entry.about.endswith(".") and entry.source for entry in PRESETS)
    assert preset("large") is PRESETS[1]
    assert preset("no such") is None


def share_above(limit, draws):
    return sum(draw > limit for draw in islice(draws, 10_000)) / 10_000


@pytest.mark.parametrize("name", TOLD)
def test_one_draw_of_a_hundred_is_above_the_limit_of_the_source(name):
    """10,000 draws: the share is within 3 standard errors of 1% (3 * sqrt(0.01 * 0.99 / 10,000) = 0.003)."""
    pace = Pace.model_validate(name)
    for latency, limit in zip((pace.ttft, pace.itl), TOLD[name], strict=True):
        assert abs(share_above(limit, latency.draws(SEED)) - 0.01) < 0.003


def test_a_cold_start_keeps_even_its_head_for_forty_seconds():
    pace = Pace.model_validate("cold-start")
    assert 40_000_000 <= pace.head_us(SEED) <= 45_000_000
    assert pace.itl == Pace(itl="30ms").itl


def test_keys_beside_a_preset_change_what_they_name():
    plain, changed = Pace.model_validate("large"), Pace.model_validate({"preset": "large", "ttft": "1s", "tell": True})
    assert changed.ttft == Pace(ttft="1s").ttft
    assert changed.itl == plain.itl


@pytest.mark.parametrize("speed", [{"tokens_per_second": 5}, {"burst": {"tokens": 2, "every": "1s"}}, {"itl": "5ms"}])
def test_another_speed_takes_the_place_of_that_of_the_preset(speed):
    changed = Pace.model_validate({"preset": "large", **speed})
    assert {name for name in ("itl", "tokens_per_second", "burst", "trace") if getattr(changed, name)} == set(speed)
    assert changed.ttft == Pace.model_validate("large").ttft


def test_a_trace_takes_the_place_of_its_ttft_too():
    changed = Pace.model_validate({"preset": "large", "trace": ["1s", "5ms"]})
    assert (changed.ttft, changed.itl) == (Pace().ttft, None)
